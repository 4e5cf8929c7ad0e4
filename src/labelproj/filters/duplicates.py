"""Rows that were there before."""

from collections.abc import Sequence
from typing import Self

import polars as pl

from labelproj.config import FilterParams
from labelproj.filters.base import Job, Signal
from labelproj.provenance import text_digest

__all__ = ["Duplicate"]


class Duplicate:
    """1.0 when source and target text of a row, together, were seen before in this pass.

    Keeps 8 bytes a row: the one thing in filtering that grows with the job.
    """

    name = "duplicate"
    late = True

    def __init__(self, *, reject: bool):
        self._reject = reject
        self._seen: set[int] = set()

    @classmethod
    def of(cls, params: FilterParams, job: Job) -> Self:
        """Make the filter as ``params`` say."""
        return cls(reject=params.duplicate)

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return 1.0 for every row but the first of equal ones."""
        values: list[Signal] = []
        for source, target in zip(table["src_text"], table["tgt_text"], strict=True):
            digest = int(text_digest(source, target or ""), 16)
            values.append(float(digest in self._seen))
            self._seen.add(digest)
        return values

    def reason(self, signal: Signal) -> str | None:
        """Reject what was seen before."""
        return f"{self.name}: the same texts were there before" if self._reject and signal else None
