"""Which units to show: the worst that were kept, rejected ones of every filter, and a sample."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labelproj.provenance import text_digest

__all__ = ["Examples", "Picked", "signals_of"]

Row = Mapping[str, Any]
#: Larger is worse: reasons, share of missing spans, doubt of the worst span, doubt of the MT.
Badness = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Picked:
    """The rows (of ``tables.FILTERED``) to show, each group worst first.

    ``rejected`` goes by the filter that is named first in a row's reasons.
    """

    kept: list[Row]
    rejected: dict[str, list[Row]]
    sample: list[Row]


def signals_of(row: Row) -> dict[str, float | None]:
    """Return the signals of a row by name."""
    return {signal["name"]: signal["value"] for signal in row["signals"] or ()}


@dataclass(slots=True)
class _Top:
    """The ``size`` rows with the largest keys; of equal ones the earliest."""

    size: int
    heap: list[tuple[Badness, int, Row]] = field(default_factory=list)

    def offer(self, key: Badness, order: int, row: Row) -> None:
        item = (key, -order, row)
        if len(self.heap) < self.size:
            heapq.heappush(self.heap, item)
        elif self.heap and item[:2] > self.heap[0][:2]:
            heapq.heapreplace(self.heap, item)

    def rows(self) -> list[Row]:
        return [row for _, _, row in sorted(self.heap, key=lambda item: item[:2], reverse=True)]


class Examples:
    """Takes all rows of a job and keeps ``size`` of them: memory does not grow with the job."""

    def __init__(self, size: int):
        self._sample = _Top(max(1, size // 5))
        self._kept = _Top(max(1, 2 * size // 5))
        self._size_rejected = max(1, size - size // 5 - 2 * size // 5)
        self._rejected: dict[str, _Top] = {}
        self._order = 0

    def offer(self, row: Row) -> None:
        """Look at one row of ``tables.FILTERED``."""
        self._order += 1
        signals = signals_of(row)
        score = signals.get("projection_score")
        badness: Badness = (
            float(len(row["reasons"] or ())),
            signals.get("missing_spans") or 0.0,
            1.0 - score if score is not None else 0.0,
            -row["mt_score"] if row["mt_score"] is not None else 0.0,
        )
        if row["verdict"] == "accept":
            self._kept.offer(badness, self._order, row)
            self._sample.offer((float(int(text_digest(row["id"]), 16)),), self._order, row)
        else:
            name = row["reasons"][0].split(":", 1)[0]
            top = self._rejected.setdefault(name, _Top(self._size_rejected))
            top.offer(badness, self._order, row)

    def picked(self) -> Picked:
        """Return what to show; every filter that rejected anything has its share."""
        kept = self._kept.rows()
        shown = {row["id"] for row in kept}
        queues = {name: top.rows() for name, top in sorted(self._rejected.items())}
        chosen: dict[str, list[Row]] = {name: [] for name in queues}
        room = self._size_rejected
        while room and any(queues.values()):
            for name, queue in queues.items():
                if queue and room:
                    chosen[name].append(queue.pop(0))
                    room -= 1
        return Picked(
            kept=kept,
            rejected={name: rows for name, rows in chosen.items() if rows},
            sample=[row for row in self._sample.rows() if row["id"] not in shown],
        )
