"""What people said, as a table: one row for each unit and person."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from labelproj import tables
from labelproj.errors import FormatError, MissingInputError
from labelproj.records import Reject, Span, span_problem
from labelproj.review.base import ACCEPT, REJECT, Answer, Item
from labelproj.review.edits import carried_spans
from labelproj.review.tie import predicted_spans, tied_spans
from labelproj.text import strip_space

__all__ = ["EDIT", "correction_row", "effective", "merged", "read_corrections"]

Row = Mapping[str, Any]
#: The status of a unit whose text or spans a person changed.
EDIT = "edit"


def correction_row(answer: Answer, item: Item, *, tool: str, signature: str) -> Row | Reject:
    """Return an answer as a row of ``tables.CORRECTIONS``, or why it cannot be used.

    Its ``spans`` are over ``text``, the translation as the person left it; those marked in the
    shown translation are carried over where it was edited. ``status`` is ``accept`` when nothing
    was changed, ``edit`` when something was, ``reject`` when the person refused the unit.
    """

    def refused(reason: str) -> Reject:
        return Reject(answer.source, answer.line, answer.unit_id, reason, answer.shown[:1000])

    if answer.shown != item.tgt_text:
        return refused("its translation is not the job's: the job has changed since the export")
    if not answer.text.strip():
        return refused("the translation was emptied; reject the unit instead")
    marks = []
    for mark in answer.marks:
        if 0 <= mark.start < mark.end <= len(answer.shown):
            start, end = strip_space(answer.shown, mark.start, mark.end)
            mark = replace(mark, start=start, end=end)
        problem = span_problem(Span(mark.id or "?", mark.start, mark.end, mark.label), answer.shown)
        if problem:
            return refused(problem)
        marks.append(mark)
    spans = tied_spans(item, marks)
    same = _places(spans) == _places(predicted_spans(item)) and answer.text == answer.shown
    status = REJECT if answer.verdict == REJECT else ACCEPT if same else EDIT
    return {
        "unit_id": item.id,
        "src_lang": item.src_lang,
        "tgt_lang": item.tgt_lang,
        "src_text": item.src_text,
        "tgt_text": item.tgt_text,
        "src_spans": [tables.span_row(span) for span in item.src_spans],
        "projections": [tables.projection_row(one) for one in item.projections],
        "status": status,
        "text": answer.text,
        "spans": [
            tables.span_row(span) for span in carried_spans(answer.shown, answer.text, spans)
        ],
        "annotator": answer.annotator,
        "at": answer.at,
        "tool": tool,
        "source": Path(answer.source).name,
        "signature": signature,
    }


def _places(spans: Iterable[Span]) -> set[tuple[str, int, int, str]]:
    return {(span.id, span.start, span.end, span.label) for span in spans}


def merged(*tables_of_rows: Iterable[Row]) -> list[Row]:
    """Return rows with one for each unit, language and person: of two, the newer.

    Newer is what has the later time; where one has none, what comes later here. Sorted by unit
    and person, so that the order of files does not matter to what is written.
    """
    found: dict[tuple[str, str, str], Row] = {}
    for rows in tables_of_rows:
        for row in rows:
            key = (row["unit_id"], row["tgt_lang"], row["annotator"] or "")
            before = found.get(key)
            if before is None or not _is_later(before["at"], row["at"]):
                found[key] = row
    return [found[key] for key in sorted(found)]


def _is_later(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one > other


def effective(rows: Iterable[Row], *, precedence: Sequence[str] = ()) -> dict[str, Row]:
    """Return the one correction of each unit that counts.

    The people in ``precedence`` come first, in that order; among the others, and between several
    answers of equal rank, the latest (without a time: the last by name).
    """
    ranks = {name: number for number, name in enumerate(precedence)}

    def strength(row: Row) -> tuple[int, str, str]:
        name = row["annotator"] or ""
        return -ranks.get(name, len(ranks)), row["at"] or "", name

    found: dict[str, Row] = {}
    for row in rows:
        before = found.get(row["unit_id"])
        if before is None or strength(row) >= strength(before):
            found[row["unit_id"]] = row
    return found


def read_corrections(paths: Iterable[Path], *, tgt: str | None = None) -> list[Row]:
    """Read tables of ``tables.CORRECTIONS`` and merge them; of ``tgt`` only, where it is given.

    Raises MissingInputError, StorageError, and FormatError where it is another table.
    """

    def rows(path: Path) -> Iterator[Row]:
        _check(path)
        for table in tables.iter_frames(path, tables.CORRECTIONS):
            kept = table if tgt is None else table.filter(pl.col("tgt_lang") == tgt)
            yield from kept.iter_rows(named=True)

    return merged(*(rows(path) for path in paths))


def _check(path: Path) -> None:
    if not path.is_file():
        raise MissingInputError(
            "no such table of corrections",
            where=str(path),
            remedy="labelproj review import writes it",
        )
    try:
        known = "unit_id" in pq.read_schema(path).names
    except (pa.ArrowInvalid, OSError):
        known = False
    if not known:
        raise FormatError(
            "not a table of corrections",
            where=str(path),
            remedy="give what labelproj review import wrote",
        )
