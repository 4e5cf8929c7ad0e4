"""What a filter is: a signal for every row, and a verdict on each signal with a reason.

Signals and thresholds are apart, as in datatrove (huggingface/datatrove): a filter that is
switched off still measures, so that its threshold can be chosen from what it measured.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

import polars as pl

from labelproj.config import FilterParams
from labelproj.filters.combine import Combiner
from labelproj.filters.resources import Resources

__all__ = ["Filter", "Job", "Limited", "Signal", "SpanFilter", "SpanSignals"]

#: The value of one row: null where there is nothing to measure (no spans, no translation).
Signal = float | None
#: One value for every projection of a row, in their order.
SpanSignals = Sequence[Sequence[Signal]]


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of all rows of a job before any row is judged.

    ``median_ratio`` is the median of target over source length in characters. ``same_language``
    says that source and target are one language (a paraphrase, a test). ``resources`` are the
    models and what the job teaches of itself; a filter whose resource is not there measures
    nothing. ``combiner`` makes one probability of many facts.
    """

    median_ratio: float = 1.0
    same_language: bool = False
    resources: Resources = field(default_factory=Resources)
    combiner: Combiner | None = None


class Filter(Protocol):
    """One idea of what makes a row bad.

    ``name`` is the name in params, tables and reports. Filters may remember rows they have
    seen (duplicates), so one filter object serves one pass over one job, in row order.
    """

    name: str
    #: Measured when verdicts are given, not before: cheap, or in need of all rows in their order.
    late: bool

    @classmethod
    def of(cls, params: FilterParams, job: Job) -> Self:
        """Make the filter with its threshold from ``params``."""

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return one value for each row of a table of ``tables.PROJECTED``."""

    def reason(self, signal: Signal) -> str | None:
        """Return why a row with this signal is rejected, or None when it is accepted.

        The reason names the filter and its threshold, not the value, so that equal reasons can
        be counted; it starts with ``<name>:``.
        """


class Limited(ABC):
    """A filter with one threshold; most are this and a way to measure.

    ``says`` is the reason, with ``{limit}`` in it; ``lowest`` says that the threshold is the
    lowest value that is accepted, not the highest.
    """

    name: str
    says: str
    lowest: bool = False
    late: bool = False

    def __init__(self, *, limit: float | None, job: Job):
        self._limit = limit
        self._job = job

    @classmethod
    def of(cls, params: FilterParams, job: Job) -> Self:
        """Make the filter with its threshold from ``params``."""
        return cls(limit=getattr(params, cls.name), job=job)

    @abstractmethod
    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return one value for each row of a table of ``tables.PROJECTED``."""

    def reason(self, signal: Signal) -> str | None:
        """Reject on the wrong side of the threshold."""
        if self._limit is None or signal is None:
            return None
        if signal >= self._limit if self.lowest else signal <= self._limit:
            return None
        return f"{self.name}: {self.says.format(limit=f'{self._limit:g}')}"


class SpanFilter(Limited):
    """A filter that measures every span; a row's signal is that of its worst span.

    What a rejected span means for its row is ``filter.rejected_span``.
    """

    @abstractmethod
    def span_signals(self, table: pl.DataFrame) -> SpanSignals:
        """Return one value for each projection of each row; null ones have none."""

    def worst(self, values: SpanSignals) -> list[Signal]:
        """Return each row's worst value; None for a row without a value."""
        choose = min if self.lowest else max
        return [choose((v for v in own if v is not None), default=None) for own in values]

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return the worst of the spans of each row."""
        return self.worst(self.span_signals(table))
