"""Counts of values in fixed bins, kept and rejected apart, so that nothing is held in memory."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

__all__ = ["Histogram", "range_of"]

BINS = 40


@dataclass(slots=True)
class Histogram:
    """``bins`` equal bins from ``low`` to ``high``; what lies outside goes to the edge bins.

    ``note`` says how to read it, ``threshold`` where the filter cuts. Values that are null or
    not finite are not counted; with ``no_zeros``, zeros are counted apart, as ``zeros``: where
    most values are zero nothing else could be seen.
    """

    name: str
    low: float
    high: float
    note: str = ""
    threshold: float | None = None
    bins: int = BINS
    no_zeros: bool = False
    zeros: int = 0
    kept: list[int] = field(default_factory=list)
    rejected: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kept = self.kept or [0] * self.bins
        self.rejected = self.rejected or [0] * self.bins

    def add(self, values: pl.Series, accepted: pl.Series) -> None:
        """Count ``values``, each under what was decided of it (``accepted``: booleans)."""
        numbers = values.cast(pl.Float64).to_numpy()
        good = np.isfinite(numbers)
        if self.no_zeros:
            self.zeros += int((numbers == 0).sum())
            good &= numbers != 0
        width = (self.high - self.low) / self.bins
        # Rounded first: a value on an edge belongs to the bin that begins there.
        places = np.floor(np.round((numbers[good] - self.low) / width, 9))
        chosen = np.clip(places, 0, self.bins - 1).astype(np.int64)
        which = accepted.to_numpy()[good]
        for counts, part in ((self.kept, chosen[which]), (self.rejected, chosen[~which])):
            for place, number in enumerate(np.bincount(part, minlength=self.bins)):
                counts[place] += int(number)

    @property
    def total(self) -> int:
        """The number of values counted."""
        return sum(self.kept) + sum(self.rejected) + self.zeros

    def as_dict(self) -> dict[str, object]:
        """Return the histogram as JSON values."""
        return {
            "name": self.name,
            "note": self.note,
            "low": self.low,
            "high": self.high,
            "threshold": self.threshold,
            "zeros": self.zeros,
            "kept": self.kept,
            "rejected": self.rejected,
        }


def range_of(values: Sequence[float], *, threshold: float | None = None) -> tuple[float, float]:
    """Return round ends for the bins of ``values``: nearly all of them, and the threshold.

    Shares get 0 to 1. Of others the outermost 0.5% on each side may lie outside.
    """
    finite = np.asarray([value for value in values if math.isfinite(value)])
    if not len(finite):
        return 0.0, 1.0
    low, high = (float(value) for value in np.quantile(finite, (0.005, 0.995)))
    if threshold is not None and math.isfinite(threshold):
        low, high = min(low, threshold), max(high, threshold)
    if low >= 0.0 and high <= 1.0 + 1e-9 and finite.max() <= 1.0 + 1e-9:
        return 0.0, 1.0
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    step = 10.0 ** math.floor(math.log10((high - low) / 4))
    return math.floor(low / step) * step, math.ceil(high / step + 0.5) * step
