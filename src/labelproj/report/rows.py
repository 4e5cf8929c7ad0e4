"""The units that are in the page with their texts: all, or of a large job the telling ones."""

import base64
import gzip
import heapq
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from labelproj import tables
from labelproj.provenance import text_digest
from labelproj.report.collect import first_filter

__all__ = ["Names", "chosen_rows", "compressed", "offer", "packed"]

_ROWS = 4096
#: Shares of a large job's room: the worst of what was kept; what was rejected. The rest is drawn.
WORST, REJECTED = 0.3, 0.4


@dataclass(slots=True)
class Names:
    """Strings that many rows have, each once: rows have their numbers."""

    known: dict[str, int] = field(default_factory=dict)

    def number(self, name: str | None) -> int:
        """Return the number of ``name``; -1 of None."""
        return -1 if name is None else self.known.setdefault(name, len(self.known))


def chosen_rows(
    kept: Path, rejected: Path, *, limit: int, by_filter: Mapping[str, int]
) -> Iterator[Mapping[str, Any]]:
    """Yield the rows (``tables.FILTERED``) that go into the page, in their order.

    All of them, where there are at most ``limit``; else three tenths the worst that were kept
    (missing spans, then low scores), four tenths rejected ones, every filter with its share
    (``by_filter``: how many each rejects), and for the rest kept ones drawn by a hash of their
    ids. Memory holds no more than ``limit`` numbers and one piece of the tables.
    """
    total = tables.count_rows(kept) + tables.count_rows(rejected)
    wanted = None if total <= limit else _choose(kept, rejected, limit, by_filter)
    order = 0
    for path in (kept, rejected):
        for table in tables.iter_frames(path, tables.FILTERED, rows=_ROWS):
            for number, row in enumerate(table.iter_rows(named=True) if wanted is None else ()):
                yield row | {"order": order + number}
            if wanted is not None:
                own = [n for n in range(len(table)) if order + n in wanted]
                for number, row in zip(own, table[own].iter_rows(named=True), strict=True):
                    yield row | {"order": order + number}
            order += len(table)


def _choose(kept: Path, rejected: Path, limit: int, by_filter: Mapping[str, int]) -> set[int]:
    """Return the places, kept rows first, of what is shown of a large job."""
    n_kept = tables.count_rows(kept)
    n_rejected = tables.count_rows(rejected)
    room_rejected = max(limit - n_kept, min(n_rejected, int(limit * REJECTED)))
    room_kept = limit - min(room_rejected, n_rejected)
    shares = _shares(by_filter, room_rejected)
    worst: list[tuple[tuple[float, ...], int]] = []
    drawn: list[tuple[str, int]] = []
    refused: dict[str, list[tuple[tuple[float, ...], int]]] = {}
    n_worst = int(room_kept * WORST / (1 - REJECTED))
    for order, name, badness, digest in _keys(kept, rejected):
        if name is None:
            offer(worst, (badness, -order), n_worst)
            offer(drawn, (digest, -order), room_kept)
        else:
            offer(refused.setdefault(name, []), (badness, -order), shares.get(name, 1))
    chosen = {-order for heap in refused.values() for _, order in heap}
    chosen |= {-order for _, order in worst}
    for _, order in sorted(drawn, reverse=True):
        if len(chosen) >= limit:
            break
        chosen.add(-order)
    return chosen


def _shares(by_filter: Mapping[str, int], room: int) -> dict[str, int]:
    """Part ``room`` among the filters: equally, but none gets more than it rejects."""
    shares: dict[str, int] = {}
    left = room
    waiting = sorted(((n, name) for name, n in by_filter.items() if n), reverse=True)
    while waiting:
        number, name = waiting.pop()
        shares[name] = min(number, left // (len(waiting) + 1))
        left -= shares[name]
    return shares


def _keys(kept: Path, rejected: Path) -> Iterator[tuple[int, str | None, tuple[float, ...], str]]:
    """Yield place, first filter against it, badness (larger is worse) and digest of each row."""
    order = 0
    scores = pl.col("projections").list.eval(pl.element().struct.field("score"))
    starts = pl.col("projections").list.eval(pl.element().struct.field("start").is_null())
    for path in (kept, rejected):
        for table in tables.iter_frames(path, tables.FILTERED, rows=_ROWS):
            keys = table.select(
                "id",
                first_filter(pl.col("reasons")).alias("filter"),
                starts.list.sum().fill_null(0),
                scores.list.min().fill_null(1.0).alias("score"),
                pl.col("mt_score").fill_null(0.0),
            )
            for name, against, missing, score, mt in keys.iter_rows():
                yield order, against, (float(missing), 1.0 - score, -mt), text_digest(name)
                order += 1


def packed(rows: Iterator[Mapping[str, Any]], names: Names, signals: tuple[str, ...]) -> str:
    """Return rows as base64 of gzipped JSON: an array of arrays, see :func:`_values`.

    The same rows give the same text.
    """
    pieces = [json.dumps(_values(row, names, signals), ensure_ascii=False) for row in rows]
    return compressed(f"[{','.join(pieces)}]")


def compressed(text: str) -> str:
    """Return a text as base64 of its gzip, as the page unpacks it."""
    raw = gzip.compress(text.encode("utf-8", "replace"), 6, mtime=0)
    return base64.b64encode(raw).decode("ascii")


def offer(heap: list[Any], item: Any, size: int) -> None:
    """Put an item on a heap that holds the ``size`` largest."""
    if len(heap) < size:
        heapq.heappush(heap, item)
    elif heap and item > heap[0]:
        heapq.heapreplace(heap, item)


def _values(row: Mapping[str, Any], names: Names, signals: tuple[str, ...]) -> list[Any]:
    """Return a row: id, source, target, kept, status, reasons, flags, MT score, signals, spans.

    Spans are the source's [start, end, label, id] and the projections [span's place in that
    list or -1, start or -1, end, score, method, reason, label]. Strings that many rows have are
    numbers of ``names``; offsets are code points.
    """
    values = {one["name"]: one["value"] for one in row["signals"] or ()}
    spans = row["src_spans"] or []
    ids: dict[str, int] = {}
    for place, span in enumerate(spans):
        ids.setdefault(span["id"], place)
    return [
        row["id"],
        row["src_text"],
        row["tgt_text"] or "",
        int(row["verdict"] == "accept"),
        names.number(row["mt_status"]),
        [names.number(reason) for reason in row["reasons"] or ()],
        [names.number(flag) for flag in row["mt_flags"] or ()],
        _short(row["mt_score"]),
        [_short(values.get(name)) for name in signals],
        [[s["start"], s["end"], names.number(s["label"])] for s in spans],
        [
            [
                ids.get(p["span_id"], -1),
                -1 if p["start"] is None else p["start"],
                -1 if p["end"] is None else p["end"],
                _short(p["score"]),
                names.number(p["method"]),
                names.number(p["reason"]),
                names.number(p["label"]),
            ]
            for p in row["projections"] or ()
        ],
    ]


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
