"""The spans of a row: how many found no place, and how sure the others are."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import polars as pl

from labelproj.config import FilterParams
from labelproj.filters.base import Job, Signal, SpanFilter, SpanSignals

__all__ = ["MissingSpans", "ProjectionMargin", "ProjectionScore"]


class MissingSpans:
    """The share of source spans that have no place in the translation; 0.0 without spans.

    A span in several parts is there when one of its parts is.
    """

    name = "missing_spans"
    late = False

    def __init__(self, *, limit: float | None):
        self._limit = limit

    @classmethod
    def of(cls, params: FilterParams, job: Job) -> Self:
        """Make the filter with its threshold from ``params``."""
        return cls(limit=params.missing_spans)

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return shares between 0 and 1."""
        values: list[Signal] = []
        columns = ("src_spans", "projections")
        for spans, projections in table.select(columns).iter_rows():
            wanted = {span["id"] for span in spans or ()}
            found = {p["span_id"] for p in projections or () if p["start"] is not None}
            values.append(len(wanted - found) / len(wanted) if wanted else 0.0)
        return values

    def reason(self, signal: Signal) -> str | None:
        """Reject above the threshold."""
        if self._limit is None or signal is None or signal <= self._limit:
            return None
        if self._limit == 0:
            return f"{self.name}: a span has no place in the translation"
        return f"{self.name}: over {self._limit:g} of the spans have no place in the translation"


class ProjectionScore(SpanFilter):
    """The score that the projection gave a span's place; null for spans that are not projected."""

    name = "projection_score"
    says = "a span scores below {limit}"
    lowest = True

    def span_signals(self, table: pl.DataFrame) -> SpanSignals:
        """Return scores between 0 and 1."""
        return [
            [p["score"] if p["start"] is not None else None for p in projections or ()]
            for projections in table["projections"].to_list()
        ]


class ProjectionMargin(SpanFilter):
    """By how much a span's place outweighs the next best; null where there is no other."""

    name = "projection_margin"
    says = "a span's place is better than the next by less than {limit}"
    lowest = True

    def span_signals(self, table: pl.DataFrame) -> SpanSignals:
        """Return margins, in the units of the projection method."""
        return [
            [_margin(p["evidence"]) if p["start"] is not None else None for p in projections or ()]
            for projections in table["projections"].to_list()
        ]


def _margin(evidence: Sequence[Mapping[str, Any]] | None) -> Signal:
    found = (one["value"] for one in evidence or () if one["name"] == "margin")
    value = next(found, None)
    return None if value is None else float(value)
