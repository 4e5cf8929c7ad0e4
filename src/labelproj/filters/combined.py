"""Filters that are settled when verdicts are given: from facts that were measured before."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from rapidfuzz import fuzz

from labelproj.filters.base import Limited, Signal, SpanFilter, SpanSignals

__all__ = ["Likeness", "NearDuplicate", "Quality", "SpanQuality"]


class Quality(Limited):
    """The probability, by the combiner, that the unit's translation is as it should be."""

    name = "quality"
    says = "all signals together give less than {limit}"
    lowest = True
    late: bool = True

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return probabilities; null where the table has no facts."""
        if "facts" not in table.columns or self._job.combiner is None:
            return [None] * len(table)
        rows = table["facts"].to_list()
        known = [n for n, row in enumerate(rows) if row]
        values: list[Signal] = [None] * len(rows)
        good = self._job.combiner.unit.good([rows[n] for n in known])
        for n, value in zip(known, good, strict=True):
            values[n] = float(value)
        return values


class SpanQuality(SpanFilter):
    """The probability, by the combiner, that a span's place is right."""

    name = "span_quality"
    says = "all signals together give a span less than {limit}"
    lowest = True
    late: bool = True

    def span_signals(self, table: pl.DataFrame) -> SpanSignals:
        """Return probabilities; null where the table has no facts."""
        if "place_facts" not in table.columns or self._job.combiner is None:
            return [[None] * len(own or ()) for own in table["projections"].to_list()]
        rows = [list(own or ()) for own in table["place_facts"].to_list()]
        flat = [facts for own in rows for facts in own if facts]
        good = iter(self._job.combiner.span.good(flat) if flat else np.zeros(0))
        return [[float(next(good)) if facts else None for facts in own] for own in rows]


class NearDuplicate(Limited):
    """How like the texts are to those of an earlier unit: 0 to 1, by MinHash."""

    name = "near_duplicate"
    says = "over {limit} like a unit before"
    late: bool = True

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return likenesses; null where they were not measured."""
        return table["near"].to_list() if "near" in table.columns else [None] * len(table)


class Likeness(Limited):
    """How alike the two texts are, letter by letter: 1.0 is a copy.

    ``copied`` looks at words and leaves names and numbers out; this looks at all.
    """

    name = "likeness"
    says = "the texts are over {limit} alike"

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return shares between 0 and 1; null without a translation or within one language."""
        if self._job.same_language:
            return [None] * len(table)
        return [
            round(fuzz.ratio(source, target) / 100, 4) if target else None
            for source, target in zip(table["src_text"], table["tgt_text"], strict=True)
        ]
