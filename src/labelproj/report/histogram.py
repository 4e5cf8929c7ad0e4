"""Counts of values in fixed bins, kept and rejected apart, so that nothing is held in memory."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Bar", "Histogram"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin to draw: its range, counts, and heights as shares of the highest bin."""

    low: float
    high: float
    kept: int
    rejected: int
    kept_height: float
    rejected_height: float


@dataclass(slots=True)
class Histogram:
    """``bins`` equal bins from ``low`` to ``high``; what lies outside goes to the edge bins.

    ``note`` says how to read it. Values that are None or not finite are not counted.
    """

    title: str
    note: str
    low: float
    high: float
    bins: int = 40
    kept: list[int] = field(default_factory=list)
    rejected: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kept = [0] * self.bins
        self.rejected = [0] * self.bins

    def add(self, value: float | None, *, accepted: bool) -> None:
        """Count one value."""
        if value is None or not math.isfinite(value):
            return
        place = int((value - self.low) / (self.high - self.low) * self.bins)
        counts = self.kept if accepted else self.rejected
        counts[min(max(place, 0), self.bins - 1)] += 1

    @property
    def total(self) -> int:
        """Return the number of values counted."""
        return sum(self.kept) + sum(self.rejected)

    def bars(self) -> Sequence[Bar]:
        """Return the bins with their heights."""
        top = max(map(sum, zip(self.kept, self.rejected, strict=True)), default=0) or 1
        width = (self.high - self.low) / self.bins
        return [
            Bar(
                low=self.low + index * width,
                high=self.low + (index + 1) * width,
                kept=kept,
                rejected=rejected,
                kept_height=kept / top,
                rejected_height=rejected / top,
            )
            for index, (kept, rejected) in enumerate(zip(self.kept, self.rejected, strict=True))
        ]
