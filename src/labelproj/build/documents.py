"""Units become documents again, in the target language."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from labelproj import tables
from labelproj.errors import StorageError
from labelproj.languages import is_unspaced_language
from labelproj.records import Document, Projection, Segment, Span

__all__ = ["Reassembled", "reassemble", "target_documents"]

_ROWS = 4096
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reassembled:
    """A target document with what its records do not say.

    ``projections`` has, for each segment of ``document``, one non-null projection for each of
    its spans, in the same order and with the same offsets. ``complete`` says whether all units
    of the source document were accepted. ``signature`` is that of the units.
    """

    document: Document
    projections: tuple[tuple[Projection, ...], ...]
    complete: bool
    signature: str


def target_documents(kept: Path, documents: Path, *, tgt: str) -> Iterator[Document]:
    """Yield the target documents of the accepted units, in order. See :func:`reassemble`."""
    for one in reassemble(kept, documents, tgt=tgt):
        yield one.document


def reassemble(kept: Path, documents: Path, *, tgt: str) -> Iterator[Reassembled]:
    """Put accepted units together to documents in the language ``tgt``, one at a time.

    ``kept`` is a table of ``tables.FILTERED`` in the order of the documents of ``documents``
    (``tables.DOCUMENTS``). A document is its accepted units in order, joined by what stood
    before each in the source; a document without accepted units is left out, and so is a
    segment of which no unit was accepted. Raises MissingInputError, and StorageError when the
    two tables do not belong together or a projection lies outside its text.
    """
    groups = groupby(_rows(kept, tables.FILTERED), key=lambda row: row["document_id"])
    waiting = next(groups, None)
    for row in _rows(documents, tables.DOCUMENTS):
        if waiting is None:
            return
        if waiting[0] == row["id"]:
            yield _document(row, list(waiting[1]), tgt=tgt)
            waiting = next(groups, None)
    if waiting is not None:
        raise StorageError(
            f"document {waiting[0]!r} is not among the documents, or not in their order",
            where=str(kept),
            remedy=f"run the stages from prepare again; the documents are {documents}",
        )


def _rows(path: Path, schema: tables.Schema) -> Iterator[Row]:
    for table in tables.iter_frames(path, schema, rows=_ROWS):
        yield from table.iter_rows(named=True)


def _document(row: Row, units: Sequence[Row], *, tgt: str) -> Reassembled:
    unspaced = is_unspaced_language(tgt)
    by_segment: dict[object, list[Row]] = {}
    for unit in units:
        by_segment.setdefault(unit["segment_id"], []).append(unit)
    segments: list[Segment] = []
    projections: list[tuple[Projection, ...]] = []
    expected = 0
    for one in row["segments"] or ():  # type: ignore[attr-defined]
        expected += one["n_units"]
        accepted = by_segment.pop(one["id"], [])
        if one["n_units"] and not accepted:
            continue
        text, found = _join(accepted, unspaced=unspaced)
        spans = tuple(projection.span() for projection in found)
        segments.append(Segment(one["id"], one["role"], text, spans))
        projections.append(found)
    if by_segment:
        raise StorageError(
            f"document {row['id']!r} has no segment {next(iter(by_segment))!r}",
            remedy="run the stages from prepare again",
        )
    payload = json.loads(str(row["payload"])) if row["payload"] else {}
    return Reassembled(
        document=Document(str(row["id"]), tgt, tuple(segments), payload),
        projections=tuple(projections),
        complete=len(units) == expected,
        signature=str(units[0]["signature"]),
    )


def _join(units: Sequence[Row], *, unspaced: bool) -> tuple[str, tuple[Projection, ...]]:
    """Join the target texts of one segment's units, and shift their projections."""
    text = ""
    found: list[Projection] = []
    for index, unit in enumerate(units):
        piece = str(unit["tgt_text"] or "")
        lead = str(unit["lead"] or "")
        first_of_segment = unit["start"] == len(lead)
        if index > 0:
            text += _gap(lead, text, piece, unspaced=unspaced)
        elif first_of_segment:
            text += _bare(lead) if unspaced else lead
        found += _shifted(unit, piece, by=len(text))
        text += piece
    if units:
        trail = str(units[-1]["trail"] or "")
        text += _bare(trail) if unspaced else trail
    return text, tuple(found)


def _gap(lead: str, left: str, right: str, *, unspaced: bool) -> str:
    """Return what stands between two units: one of them may be without a space before it."""
    if unspaced:
        return _bare(lead)
    touch = left and right and not left[-1].isspace() and not right[0].isspace()
    return lead or (" " if touch else "")


def _bare(lead: str) -> str:
    """Return the line breaks of ``lead``: what is left of it between unspaced texts."""
    return "".join(character for character in lead if character in "\r\n")


def _shifted(unit: Row, text: str, *, by: int) -> Iterator[Projection]:
    for value in unit["projections"] or ():  # type: ignore[attr-defined]
        projection = tables.projection_of(value)
        if projection.start is None or projection.end is None:
            continue
        if not 0 <= projection.start < projection.end <= len(text):
            raise StorageError(
                f"span {projection.span_id} [{projection.start}, {projection.end}) is outside "
                f"the translation (0-{len(text)})",
                where=f"unit {unit['id']}",
                remedy="run the project stage again",
            )
        span: Span = projection.span().shifted(by)
        yield replace(projection, start=span.start, end=span.end)
