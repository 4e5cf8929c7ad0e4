"""Corrections take the place of what the machine made."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from labelproj import tables
from labelproj.progress import log
from labelproj.provenance import signature, text_digest
from labelproj.records import POST_EDITED, REVIEWED
from labelproj.review.base import ACCEPT, REJECT

__all__ = ["METHOD", "Applied", "apply_corrections"]

Row = Mapping[str, Any]
#: The projection method of a place that a person gave or confirmed.
METHOD = "review"
REASON = "review: rejected by a person"
_ROWS = 4096


@dataclass(slots=True)
class Applied:
    """How many units people accepted, edited and rejected, and whose source has changed since."""

    accept: int = 0
    edit: int = 0
    reject: int = 0
    stale: int = 0

    @property
    def used(self) -> int:
        """The number of corrections that counted."""
        return self.accept + self.edit + self.reject


def apply_corrections(
    kept: Path,
    rejected: Path,
    documents: Path,
    corrections: Mapping[str, Row],
    *,
    out_kept: Path,
    out_rejected: Path,
) -> Applied:
    """Write both tables (``tables.FILTERED``) anew with ``corrections``, by unit, worked in.

    A corrected unit is kept, with the person's text and spans, whatever the filters said of it;
    a unit that a person rejected is rejected. Units stay in the order of ``documents``
    (``tables.DOCUMENTS``). A correction of another source text, or the rejection of another
    translation, is stale: it is not used. Memory does not grow with the job.
    """
    counts = Applied()

    @cache
    def signed(upstream: str, correction: str) -> str:
        return signature("review", {"upstream": upstream, "correction": correction})

    def changed(row: Row) -> Row:
        one = corrections.get(row["id"])
        if one is None:
            return row
        if not _fits(one, row):
            counts.stale += 1
            return row
        setattr(counts, one["status"], getattr(counts, one["status"]) + 1)
        sign = signed(row["signature"], text_digest(one["status"], one["text"], str(one["spans"])))
        return _corrected(row, one) | {"signature": sign}

    with ExitStack() as stack:
        writers = {
            ACCEPT: stack.enter_context(tables.TableWriter(out_kept, tables.FILTERED)),
            REJECT: stack.enter_context(tables.TableWriter(out_rejected, tables.FILTERED)),
        }
        for row in _in_order(kept, rejected, documents):
            row = changed(row)
            writers[row["verdict"]].add(row)
    if counts.stale:
        log.warning("%d corrections are of texts that have changed: not used", counts.stale)
    return counts


def _fits(one: Row, row: Row) -> bool:
    if one["src_text"] != row["src_text"]:
        return False
    return bool(one["status"] != REJECT or one["tgt_text"] == row["tgt_text"])


def _corrected(row: Row, one: Row) -> dict[str, Any]:
    if one["status"] == REJECT:
        reasons = [REASON, *(row["reasons"] or ())]
        return {**row, "verdict": REJECT, "reasons": reasons}
    return {
        **row,
        "tgt_text": one["text"],
        "mt_status": REVIEWED if one["text"] == one["tgt_text"] else POST_EDITED,
        "projections": list(_projections(one)),
        "verdict": ACCEPT,
        "reasons": [],
    }


def _projections(one: Row) -> Iterator[dict[str, object]]:
    """Yield a certain place for every span the person left, and null for every other."""
    placed = {span["id"] for span in one["spans"] or ()}
    missing = [span for span in one["src_spans"] or () if span["id"] not in placed]
    for span in one["spans"] or ():
        yield _place(span, start=span["start"], end=span["end"], score=1.0, reason=None)
    for span in missing:
        yield _place(span, start=None, end=None, score=0.0, reason="not in the reviewed text")


def _place(
    span: Row, *, start: int | None, end: int | None, score: float, reason: str | None
) -> dict[str, object]:
    return {
        "span_id": span["id"],
        "label": span["label"],
        "group": span["group"],
        "start": start,
        "end": end,
        "score": score,
        "method": METHOD,
        "reason": reason,
        "evidence": [],
        "nbest": [],
    }


def _in_order(kept: Path, rejected: Path, documents: Path) -> Iterator[Row]:
    """Yield the rows of both tables in the order they had before they were parted."""
    streams = [_Ahead(_rows(path, tables.FILTERED)) for path in (kept, rejected)]
    for document in _rows(documents, tables.DOCUMENTS):
        order = {one["id"]: number for number, one in enumerate(document["segments"] or ())}
        own = chain.from_iterable(stream.of(document["id"]) for stream in streams)
        yield from sorted(own, key=lambda row: (order.get(row["segment_id"], 0), row["position"]))
    for stream in streams:
        yield from stream.rest()


def _rows(path: Path, schema: tables.Schema) -> Iterator[Row]:
    for table in tables.iter_frames(path, schema, rows=_ROWS):
        yield from table.iter_rows(named=True)


class _Ahead:
    """Rows of which the next can be looked at."""

    def __init__(self, rows: Iterable[Row]):
        self._rows = iter(rows)
        self._next: Row | None = next(self._rows, None)

    def of(self, document: str) -> Iterator[Row]:
        """Yield the next rows as long as they are of ``document``."""
        while self._next is not None and self._next["document_id"] == document:
            yield self._next
            self._next = next(self._rows, None)

    def rest(self) -> Iterator[Row]:
        """Yield what is left."""
        while self._next is not None:
            yield self._next
            self._next = next(self._rows, None)
