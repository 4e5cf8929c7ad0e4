"""What is shown: one or two texts with spans, and what is known of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from labelproj import tables
from labelproj.errors import FormatError, InputError, MissingInputError
from labelproj.evaluate.spans import is_parallel
from labelproj.formats import read_documents
from labelproj.formats.base import joined_text
from labelproj.formats.parallel import read_gold_pairs
from labelproj.progress import log
from labelproj.records import Document, Reject, Span

__all__ = ["Pair", "Side", "read_pairs"]

Row = Mapping[str, Any]
_ROWS = 1024


@dataclass(frozen=True, slots=True)
class Side:
    """A text and its spans (code points); ``scores`` has those of projected spans, by place."""

    text: str
    spans: tuple[Span, ...] = ()
    scores: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """A text, its translation where there is one, and what is known of them.

    ``missing`` says which spans have no place, and why; ``notes`` are verdict, reasons and
    scores, a name and a value each.
    """

    id: str
    source: Side
    target: Side | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()

    def labels(self) -> set[str]:
        """Return the labels of all spans."""
        spans = (*self.source.spans, *(self.target.spans if self.target else ()))
        return {span.label for span in spans}

    def as_dict(self) -> dict[str, Any]:
        """Return the pair as JSON values."""
        return asdict(self) | {"notes": dict(self.notes)}


def read_pairs(
    file: Path,
    *,
    ids: Sequence[str] = (),
    limit: int = 10,
    label: str | None = None,
    format: str | None = None,
) -> list[Pair]:
    """Return at most ``limit`` pairs of ``file``, in its order; with ``ids``, those and no others.

    ``file`` is a folder with ``kept.parquet`` (its rejected rows come after the kept ones), a
    table of labelproj, parallel gold data, or a file in a readable format. Records that cannot
    be read are left out, with a warning. Raises MissingInputError where the file, an id or
    anything to show is missing, FormatError where it is no such file.
    """
    wanted = set(ids)
    chosen = (
        pair
        for pair in _pairs(file, format)
        if (not wanted or pair.id in wanted) and (label is None or label in pair.labels())
    )
    found = list(islice(chosen, len(wanted) if wanted else limit))
    unknown = [one for one in ids if one not in {pair.id for pair in found}]
    if unknown:
        raise InputError(
            f"no record with the id {unknown[0]!r}",
            where=str(file),
            remedy="labelproj show without --id says what ids there are",
        )
    if not found:
        raise MissingInputError(
            "nothing to show" + (f" with the label {label!r}" if label else ""), where=str(file)
        )
    return found


def _pairs(file: Path, format: str | None) -> Iterator[Pair]:
    if (file / "kept.parquet").is_file():
        for name in ("kept.parquet", "rejected.parquet"):
            if (file / name).is_file():
                yield from _table(file / name)
    elif file.suffix == ".parquet":
        yield from _table(file)
    elif (file / "units.parquet").is_file():
        yield from _table(file / "units.parquet")
    elif not file.exists():
        raise MissingInputError("no such file or folder", where=str(file), remedy="check the path")
    elif format is None and file.is_file() and is_parallel(file):
        for item in read_gold_pairs(file):
            if not isinstance(item, Reject):
                yield Pair(
                    item.id,
                    Side(item.src_text, item.src_spans),
                    Side(item.tgt_text, item.tgt_spans),
                )
    else:
        for one in read_documents(str(file), lang="xx", format=format):
            if isinstance(one, Reject):
                log.warning("%s:%s: %s", one.source, one.line, one.reason)
            else:
                yield _document(one)


def _document(document: Document) -> Pair:
    text, spans = joined_text(document)
    given = [segment.translation for segment in document.segments if segment.translation]
    target = Side("\n\n".join(given)) if given else None
    return Pair(document.id, Side(text, tuple(spans)), target)


def _table(path: Path) -> Iterator[Pair]:
    if not path.is_file():
        raise MissingInputError("no such table", where=str(path), remedy="check the path")
    try:
        columns = pq.read_schema(path).names
    except (pa.ArrowInvalid, OSError) as error:
        raise FormatError("not a parquet table", where=str(path)) from error
    for schema, made in _TABLES:
        if set(columns) == set(schema):
            for table in tables.iter_frames(path, schema, rows=_ROWS):
                for row in table.iter_rows(named=True):
                    yield made(row)
            return
    raise FormatError(
        "not a table with texts that labelproj wrote",
        where=str(path),
        remedy="show kept.parquet, rejected.parquet, units.parquet or corrections.parquet",
    )


def _unit(row: Row) -> Pair:
    spans = tables.spans_of(row["src_spans"])
    source = Side(row["src_text"], spans)
    if "tgt_text" not in row:
        return Pair(row["id"], source)
    places = [tables.projection_of(value) for value in row.get("projections") or ()]
    placed = [one for one in places if one.start is not None]
    target = Side(
        row["tgt_text"] or "",
        tuple(one.span() for one in placed),
        {number: one.score for number, one in enumerate(placed)},
    )
    surfaces = {span.id: span.surface(row["src_text"]) for span in spans}
    missing = tuple(
        f"{surfaces.get(one.span_id, one.span_id)} ({one.label}): {one.reason}"
        for one in places
        if one.start is None
    )
    return Pair(row["id"], source, target, missing, tuple(_notes(row)))


def _notes(row: Row) -> Iterator[tuple[str, str]]:
    if row.get("verdict"):
        yield "verdict", row["verdict"]
    for reason in row.get("reasons") or ():
        yield "reason", reason
    if row["mt_status"] != "translated":
        yield "translation", row["mt_status"] or "unknown"
    for flag in row["mt_flags"] or ():
        yield "flag", flag
    if row["mt_score"] is not None:
        yield "mt_score", f"{row['mt_score']:.3g}"
    for signal in row.get("signals") or ():
        if signal["value"] and signal["name"] != "mt_score":
            yield signal["name"], f"{signal['value']:.3g}"


def _correction(row: Row) -> Pair:
    notes = [("status", row["status"]), ("annotator", row["annotator"] or "unknown")]
    if row["at"]:
        notes.append(("at", row["at"]))
    if row["text"] != row["tgt_text"]:
        notes.append(("machine", row["tgt_text"]))
    return Pair(
        row["unit_id"],
        Side(row["src_text"], tables.spans_of(row["src_spans"])),
        Side(row["text"], tables.spans_of(row["spans"])),
        notes=tuple(notes),
    )


def _quarantined(row: Row) -> Pair:
    place = f"{row['source']}:{row['line']}" if row["line"] else row["source"]
    name = f"{place} {row['record_id']}" if row["record_id"] else place
    return Pair(name, Side(row["raw"] or ""), notes=(("reason", row["reason"]),))


def _dropped(row: Row) -> Pair:
    return Pair(f"{row['kind']} {row['id']}", Side(row["raw"]), notes=(("reason", row["reason"]),))


_TABLES: tuple[tuple[tables.Schema, Callable[[Row], Pair]], ...] = (
    (tables.FILTERED, _unit),
    (tables.PROJECTED, _unit),
    (tables.TRANSLATED, _unit),
    (tables.UNITS, _unit),
    (tables.CORRECTIONS, _correction),
    (tables.REJECTS, _quarantined),
    (tables.DROPPED, _dropped),
)
