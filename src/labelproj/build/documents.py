"""Units become documents again, in the target language."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from labelproj import tables
from labelproj.errors import StorageError
from labelproj.languages import is_unspaced_language
from labelproj.records import POST_EDITED, REVIEWED, Document, Projection, Segment, Span

__all__ = ["LostSpan", "Reassembled", "SegmentUnits", "reassemble", "target_documents"]

_ROWS = 4096
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LostSpan:
    """A span of the source that has no place in the target document, and why.

    ``surface`` is what it covers in the source.
    """

    id: str
    label: str
    group: str | None
    surface: str
    reason: str


@dataclass(frozen=True, slots=True)
class SegmentUnits:
    """A segment of the source document: how many units it has and how many were accepted."""

    id: str
    role: str
    accepted: int
    units: int


@dataclass(frozen=True, slots=True)
class Reassembled:
    """A target document with what its records do not say.

    ``projections`` has, for each segment of ``document``, one non-null projection for each of
    its spans, in the same order and with the same offsets. ``complete`` says whether all units
    of the source document were accepted. ``signature`` is that of the units. ``status`` says
    whether people have seen it: ``machine`` (nobody), ``reviewed`` (all units), ``partly
    reviewed``. ``source`` is the source document as far as its units were accepted (None where
    nobody asked), ``lost`` are its spans without a place (those of rejected units where these
    are known), and ``segments`` counts the units of all its segments.
    """

    document: Document
    projections: tuple[tuple[Projection, ...], ...]
    complete: bool
    signature: str
    status: str = "machine"
    source: Document | None = None
    lost: tuple[LostSpan, ...] = ()
    segments: tuple[SegmentUnits, ...] = ()


def target_documents(kept: Path, documents: Path, *, tgt: str) -> Iterator[Document]:
    """Yield the target documents of the accepted units, in order. See :func:`reassemble`."""
    for one in reassemble(kept, documents, tgt=tgt):
        yield one.document


def reassemble(
    kept: Path, documents: Path, *, tgt: str, rejected: Path | None = None
) -> Iterator[Reassembled]:
    """Put accepted units together to documents in the language ``tgt``, one at a time.

    ``kept`` is a table of ``tables.FILTERED`` in the order of the documents of ``documents``
    (``tables.DOCUMENTS``). A document is its accepted units in order, joined by what stood
    before each in the source (as it is, where that is a text of ``tgt`` itself, else as ``tgt``
    is written); a document without accepted units is left out, and so is a
    segment of which no unit was accepted. With ``rejected``, the table beside ``kept``, the
    labels of its units are among the lost ones. Raises MissingInputError, and StorageError when
    the tables do not belong together or a projection lies outside its text.
    """
    accepted, others = _grouped(kept), _grouped(rejected)
    for row in _rows(documents, tables.DOCUMENTS):
        units, without = accepted(row["id"]), others(row["id"])
        if units:
            yield _document(row, units, without, tgt=tgt)
    if (left := accepted(None)) is not None:
        raise StorageError(
            f"document {left[0]['document_id']!r} is not among the documents, or not in their "
            "order",
            where=str(kept),
            remedy=f"run the stages from prepare again; the documents are {documents}",
        )


def _grouped(table: Path | None) -> Callable[[object], list[Row] | None]:
    """Return what gives the rows of a document when it is their turn, and None when not.

    Asked for None, it gives the rows whose turn never came.
    """
    rows = _rows(table, tables.FILTERED) if table else iter(())
    groups = groupby(rows, key=lambda row: row["document_id"])
    waiting = next(groups, None)

    def take(name: object) -> list[Row] | None:
        nonlocal waiting
        if waiting is None or (name is not None and waiting[0] != name):
            return None
        found = list(waiting[1])
        waiting = next(groups, None)
        return found

    return take


def _rows(path: Path, schema: tables.Schema) -> Iterator[Row]:
    for table in tables.iter_frames(path, schema, rows=_ROWS):
        yield from table.iter_rows(named=True)


def _document(
    row: Row, units: Sequence[Row], rejected: Sequence[Row] | None, *, tgt: str
) -> Reassembled:
    unspaced = is_unspaced_language(tgt)
    by_segment: dict[object, list[Row]] = {}
    for unit in units:
        by_segment.setdefault(unit["segment_id"], []).append(unit)
    segments: list[Segment] = []
    sources: list[Segment] = []
    counts: list[SegmentUnits] = []
    projections: list[tuple[Projection, ...]] = []
    expected = 0
    for one in row["segments"] or ():  # type: ignore[attr-defined]
        expected += one["n_units"]
        accepted = by_segment.pop(one["id"], [])
        counts.append(SegmentUnits(one["id"], one["role"], len(accepted), one["n_units"]))
        if one["n_units"] and not accepted:
            continue
        if row["lang"] == tgt:
            text, found = _join_as_it_was(accepted)
        else:
            text, found = _join(accepted, unspaced=unspaced)
        spans = tuple(projection.span() for projection in found)
        segments.append(Segment(one["id"], one["role"], text, spans))
        sources.append(_source_segment(one["id"], one["role"], accepted))
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
        status=_status(units),
        source=Document(str(row["id"]), str(row["lang"]), tuple(sources), payload),
        lost=(*_lost(units), *_lost(rejected or ())),
        segments=tuple(counts),
    )


def _source_segment(name: str, role: str, units: Sequence[Row]) -> Segment:
    """Join the source texts of one segment's accepted units."""
    text = ""
    spans: list[Span] = []
    for index, unit in enumerate(units):
        lead = str(unit["lead"] or "")
        text += lead if index or unit["start"] == len(lead) else ""
        own = tables.spans_of(unit["src_spans"])  # type: ignore[arg-type]
        spans += [span.shifted(len(text)) for span in own]
        text += str(unit["src_text"])
    trail = str(units[-1]["trail"] or "") if units else ""
    return Segment(name, role, text + trail, tuple(spans))


def _lost(units: Sequence[Row]) -> Iterator[LostSpan]:
    """Yield the source spans of units that have no place: all of them in a rejected unit."""
    for unit in units:
        rejected = unit["verdict"] == "reject"
        values: Sequence[Row] = unit["projections"] or ()  # type: ignore[assignment]
        found = {p["span_id"] for p in values if p["start"] is not None}
        why = {p["span_id"]: str(p["reason"] or "no place") for p in values}
        said = f"unit rejected: {next(iter(unit['reasons'] or ()), '')}"  # type: ignore[call-overload]
        for span in tables.spans_of(unit["src_spans"]):  # type: ignore[arg-type]
            if rejected or span.id not in found:
                reason = said if rejected else why.get(span.id, "no place")
                surface = span.surface(str(unit["src_text"]))
                yield LostSpan(span.id, span.label, span.group, surface, reason)


def _status(units: Sequence[Row]) -> str:
    seen = sum(unit["mt_status"] in {REVIEWED, POST_EDITED} for unit in units)
    return "machine" if not seen else "reviewed" if seen == len(units) else "partly reviewed"


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


def _join_as_it_was(units: Sequence[Row]) -> tuple[str, tuple[Projection, ...]]:
    """Join units with what stood between them in a text of the same language."""
    text = ""
    found: list[Projection] = []
    for index, unit in enumerate(units):
        piece, lead = str(unit["tgt_text"] or ""), str(unit["lead"] or "")
        text += lead if index or unit["start"] == len(lead) else ""
        found += _shifted(unit, piece, by=len(text))
        text += piece
    return text + str(units[-1]["trail"] or "" if units else ""), tuple(found)


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
