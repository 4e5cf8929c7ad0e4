"""What a filter is: a signal for every row, and a verdict on each signal with a reason.

Signals and thresholds are apart, as in datatrove (huggingface/datatrove): a filter that is
switched off still measures, so that its threshold can be chosen from what it measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import polars as pl

from labelproj.config import FilterParams

__all__ = ["Filter", "Job", "Signal"]

#: The value of one row: null where there is nothing to measure (no spans, no translation).
Signal = float | None


@dataclass(frozen=True, slots=True)
class Job:
    """What is known of all rows of a job before any row is judged.

    ``median_ratio`` is the median of target over source length in characters. ``same_language``
    says that source and target are one language (a paraphrase, a test).
    """

    median_ratio: float = 1.0
    same_language: bool = False


class Filter(Protocol):
    """One idea of what makes a row bad.

    ``name`` is the name in params, tables and reports. Filters may remember rows they have
    seen (duplicates), so one filter object serves one pass over one job, in row order.
    """

    name: str

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
