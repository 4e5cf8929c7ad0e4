"""The length of the translation: against the rest of the job, against the decoder's limit."""

import math
from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
import polars as pl

from labelproj.config import FilterParams
from labelproj.filters.base import Job, Limited, Signal

__all__ = ["Brevity", "LengthRatio", "Truncated", "median_ratio"]

#: Added to both lengths, in characters: the ratio of short texts is noise.
_SMOOTH = 10
#: The median is read from a histogram of log ratios: 0.1 % wide bins, from 1/55 to 55.
_WIDTH, _LIMIT = 1e-3, 4.0


def median_ratio(tables: Iterable[pl.DataFrame]) -> float:
    """Return the median over all rows of target length / source length, in characters.

    Rows without a translation do not count; 1.0 when there is none that does. ``tables`` are
    pieces of one table with ``src_text`` and ``tgt_text``; memory does not grow with them. The
    result is exact to 0.1 % and does not depend on how the table is cut.
    """
    counts = np.zeros(2 * round(_LIMIT / _WIDTH) + 1, dtype=np.int64)
    for table in tables:
        lengths = table.select(
            pl.col("src_text").str.len_chars().alias("src"),
            pl.col("tgt_text").str.len_chars().alias("tgt"),
        ).filter((pl.col("src") > 0) & (pl.col("tgt") > 0))
        logs = np.log(lengths["tgt"].to_numpy() / lengths["src"].to_numpy())
        bins = np.rint((np.clip(logs, -_LIMIT, _LIMIT) + _LIMIT) / _WIDTH).astype(np.int64)
        counts += np.bincount(bins, minlength=len(counts))
    if not counts.sum():
        return 1.0
    middle = int(np.searchsorted(np.cumsum(counts), (counts.sum() + 1) // 2))
    return math.exp(middle * _WIDTH - _LIMIT)


class LengthRatio:
    """How many times longer or shorter a translation is than the job's median makes expect.

    1.0 is as expected; 2.0 is twice or half as long. Null without a translation.
    """

    name = "length_ratio"
    late = False

    def __init__(self, *, limit: float | None, median: float):
        self._limit = limit
        self._median = median

    @classmethod
    def of(cls, params: FilterParams, job: Job) -> Self:
        """Make the filter with its threshold from ``params``."""
        return cls(limit=params.length_ratio, median=job.median_ratio)

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return the larger of found/expected and expected/found length."""
        values: list[Signal] = []
        for source, target in zip(table["src_text"], table["tgt_text"], strict=True):
            if not target:
                values.append(None)
                continue
            ratio = (len(target) + _SMOOTH) / (self._median * len(source) + _SMOOTH)
            values.append(max(ratio, 1 / ratio))
        return values

    def reason(self, signal: Signal) -> str | None:
        """Reject above the threshold."""
        if self._limit is None or signal is None or signal <= self._limit:
            return None
        return f"{self.name}: over {self._limit:g} times longer or shorter than expected"


class Brevity(Limited):
    """How many times shorter a translation is than the job's median makes expect.

    1.0 is as expected or longer: text is lost more often than it is made up. Null without a
    translation.
    """

    name = "brevity"
    says = "over {limit} times shorter than expected"

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return expected over found length, 1.0 at least."""
        median = self._job.median_ratio
        return [
            max(1.0, (median * len(source) + _SMOOTH) / (len(target) + _SMOOTH)) if target else None
            for source, target in zip(table["src_text"], table["tgt_text"], strict=True)
        ]


class Truncated:
    """1.0 when the decoder stopped at its limit (flag ``at-limit``), so that text is lost."""

    name = "truncated"
    late = False

    @classmethod
    def of(cls, params: FilterParams, job: Job) -> Self:
        """Make the filter; it has no threshold."""
        return cls()

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return 1.0 for a row whose translation is cut off."""
        return [float("at-limit" in (flags or ())) for flags in table["mt_flags"].to_list()]

    def reason(self, signal: Signal) -> str | None:
        """Reject what is cut off."""
        return f"{self.name}: the translation reached the output limit" if signal else None
