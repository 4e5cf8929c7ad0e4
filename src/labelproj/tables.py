"""The tables at the stage boundaries: one schema each, parquet in and out, written atomically.

``UNITS`` (prepare) ⊂ ``TRANSLATED`` (translate) ⊂ ``PROJECTED`` (project) ⊂ ``FILTERED``
(filter): every stage keeps the rows and columns it was given and adds its own, so each table
reads alone. ``id`` is stable: the same input record always has the same unit ids. ``signature``
names the stage and parameters that made the row last (see :mod:`labelproj.provenance`).
"""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from labelproj.errors import MissingInputError, StorageError
from labelproj.records import Candidate, Projection, Span, Unit

__all__ = [
    "CORRECTIONS",
    "DOCUMENTS",
    "DROPPED",
    "FILTERED",
    "PROJECTED",
    "REJECTS",
    "SPANS",
    "TRANSLATED",
    "UNITS",
    "TableWriter",
    "atomic_path",
    "check",
    "count_rows",
    "frame",
    "iter_frames",
    "projection_of",
    "projection_row",
    "read",
    "span_row",
    "spans_of",
    "unit_row",
    "write",
    "write_frames",
]

SPAN = pl.Struct(
    {"id": pl.String, "start": pl.Int64, "end": pl.Int64, "label": pl.String, "group": pl.String}
)
SIGNAL = pl.Struct({"name": pl.String, "value": pl.Float64})
PROJECTION = pl.Struct(
    {
        "span_id": pl.String,
        "label": pl.String,
        "group": pl.String,
        "start": pl.Int64,
        "end": pl.Int64,
        "score": pl.Float64,
        "method": pl.String,
        "reason": pl.String,
        "evidence": pl.List(SIGNAL),
        "nbest": pl.List(pl.Struct({"start": pl.Int64, "end": pl.Int64, "score": pl.Float64})),
    }
)

Schema = dict[str, pl.DataType | type[pl.DataType]]

REJECTS: Schema = {
    "source": pl.String,
    "line": pl.Int64,
    "record_id": pl.String,
    "reason": pl.String,
    "raw": pl.String,
}
#: One row a document: what is needed to put it together again from its units.
DOCUMENTS: Schema = {
    "id": pl.String,
    "lang": pl.String,
    "segments": pl.List(pl.Struct({"id": pl.String, "role": pl.String, "n_units": pl.Int64})),
    "payload": pl.String,
    "source": pl.String,
    "signature": pl.String,
}
#: One row a thing (an event, a question) that the task's policy left out of the dataset.
DROPPED: Schema = {
    "kind": pl.String,
    "id": pl.String,
    "reason": pl.String,
    "raw": pl.String,
}
#: One row a translation unit of the source text.
UNITS: Schema = {
    "id": pl.String,
    "document_id": pl.String,
    "segment_id": pl.String,
    "role": pl.String,
    "position": pl.Int64,
    "start": pl.Int64,
    "end": pl.Int64,
    "lead": pl.String,
    "trail": pl.String,
    "src_text": pl.String,
    "src_spans": pl.List(SPAN),
    "given": pl.String,
    "signature": pl.String,
}
#: UNITS and the translation of each (``mt_status`` as in records.Translation.status); ``marked``
#: is the translation with the marks that came through it, null where none were sent.
TRANSLATED: Schema = UNITS | {
    "tgt_text": pl.String,
    "marked": pl.String,
    "mt_score": pl.Float64,
    "mt_status": pl.String,
    "mt_flags": pl.List(pl.String),
}
#: TRANSLATED and one projection for each source span (or one for each of its parts).
PROJECTED: Schema = TRANSLATED | {"projections": pl.List(PROJECTION)}
#: PROJECTED and the filters' signals, verdict (``accept`` or ``reject``) and reasons.
FILTERED: Schema = PROJECTED | {
    "signals": pl.List(SIGNAL),
    "verdict": pl.String,
    "reasons": pl.List(pl.String),
}
#: One row a projection of the filtered units: its signals and verdict (``null``: no place).
SPANS: Schema = {
    "unit_id": pl.String,
    "number": pl.Int64,
    "span_id": pl.String,
    "label": pl.String,
    "group": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
    "surface": pl.String,
    "score": pl.Float64,
    "method": pl.String,
    "reason": pl.String,
    "signals": pl.List(SIGNAL),
    "verdict": pl.String,
    "reasons": pl.List(pl.String),
}
#: One row for each unit and person that reviewed it: what was shown, what was made of it
#: (``status``: ``accept``, ``edit`` or ``reject``; ``text`` and ``spans``), and who, when, in what.
CORRECTIONS: Schema = {
    "unit_id": pl.String,
    "src_lang": pl.String,
    "tgt_lang": pl.String,
    "src_text": pl.String,
    "tgt_text": pl.String,
    "src_spans": pl.List(SPAN),
    "projections": pl.List(PROJECTION),
    "status": pl.String,
    "text": pl.String,
    "spans": pl.List(SPAN),
    "annotator": pl.String,
    "at": pl.String,
    "tool": pl.String,
    "source": pl.String,
    "signature": pl.String,
}


def frame(rows: Iterable[Mapping[str, object]], schema: Schema) -> pl.DataFrame:
    """Make a table of ``rows`` with exactly the columns of ``schema``."""
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def check(table: pl.DataFrame, schema: Schema, *, where: str) -> pl.DataFrame:
    """Return ``table`` when its columns and types are those of ``schema``.

    Raises StorageError naming the first difference: a table of another version, or not ours.
    """
    expected = pl.Schema(schema)
    if table.schema == expected:
        return table
    for name, dtype in expected.items():
        found = table.schema.get(name)
        if found != dtype:
            raise StorageError(
                f"column {name!r} should be {dtype} and is {found or 'not there'}",
                where=where,
                remedy="run the stage that writes this table again",
            )
    extra = [name for name in table.columns if name not in expected]
    if extra:
        raise StorageError(f"unexpected columns {', '.join(extra)}", where=where)
    return table.select(list(expected))


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that becomes ``path`` when all went well.

    Raises StorageError where the disk is full or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(handle)
    except OSError as error:
        raise _storage_error(error, path) from error
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise _storage_error(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def _storage_error(error: OSError, path: Path) -> StorageError:
    reason = error.strerror or str(error)
    return StorageError(
        f"cannot be written: {reason}",
        where=str(path),
        remedy="free some space or choose another folder, then run the same command again",
    )


def write(table: pl.DataFrame, path: Path, schema: Schema) -> None:
    """Write ``table`` to ``path`` as parquet, whole or not at all."""
    write_frames([table], path, schema)


class TableWriter:
    """Writes rows to a parquet file in pieces; the file appears whole, at the end, or not at all.

    Use as a context manager. ``add`` takes one row; ``add_frame`` a table.
    """

    def __init__(self, path: Path, schema: Schema, *, rows_per_piece: int = 1 << 13):
        self.rows = 0
        self._path = path
        self._schema = schema
        self._arrow_schema = pl.DataFrame(schema=schema).to_arrow().schema
        self._waiting: list[Mapping[str, object]] = []
        self._rows_per_piece = rows_per_piece
        self._stack = ExitStack()

    def __enter__(self) -> "TableWriter":
        with ExitStack() as stack:
            temporary = stack.enter_context(atomic_path(self._path))
            self._writer = stack.enter_context(
                pq.ParquetWriter(temporary, self._arrow_schema, compression="zstd")
            )
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._flush()
        self._stack.__exit__(kind, error, trace)

    def add(self, row: Mapping[str, object]) -> None:
        """Add one row."""
        self._waiting.append(row)
        if len(self._waiting) >= self._rows_per_piece:
            self._flush()

    def add_frame(self, table: pl.DataFrame) -> None:
        """Add a table, after the rows added so far."""
        self._flush()
        checked = check(table, self._schema, where=str(self._path))
        if len(checked):
            self._writer.write_table(checked.to_arrow().cast(self._arrow_schema))
            self.rows += len(checked)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self.add_frame(frame(waiting, self._schema))


def write_frames(tables: Iterable[pl.DataFrame], path: Path, schema: Schema) -> int:
    """Write tables one after the other to one parquet file; return the number of rows.

    Holds one table in memory at a time. The file appears whole or not at all.
    """
    with TableWriter(path, schema) as writer:
        for table in tables:
            writer.add_frame(table)
    return writer.rows


def read(path: Path, schema: Schema) -> pl.DataFrame:
    """Read a whole table. Raises MissingInputError or StorageError."""
    tables = list(iter_frames(path, schema))
    return pl.concat(tables) if tables else pl.DataFrame(schema=schema)


def iter_frames(path: Path, schema: Schema, *, rows: int = 1 << 14) -> Iterator[pl.DataFrame]:
    """Yield a table in pieces of exactly ``rows`` rows (the last may be shorter).

    Memory holds one piece, whatever the size of the file. Raises MissingInputError when there
    is no such file and StorageError when it is not a table of ``schema``.
    """
    if not path.is_file():
        raise MissingInputError(
            "no such table", where=str(path), remedy="run the stage before this one first"
        )
    try:
        with pq.ParquetFile(path) as file:
            waiting: list[pl.DataFrame] = []
            held = 0
            for batch in file.iter_batches(batch_size=rows):
                piece = pl.DataFrame(pa.Table.from_batches([batch]))
                waiting.append(check(piece.cast(pl.Schema(schema)), schema, where=str(path)))
                held += len(piece)
                while held >= rows:
                    table = pl.concat(waiting)
                    yield table[:rows]
                    waiting = [table[rows:]] if held > rows else []
                    held -= rows
            if held:
                yield pl.concat(waiting)
    except (pa.ArrowInvalid, pa.ArrowIOError, pl.exceptions.PolarsError) as error:
        raise StorageError(
            f"not a readable table: {str(error).splitlines()[0]}",
            where=str(path),
            remedy="delete it and run the stage that writes it again",
        ) from error


def count_rows(path: Path) -> int:
    """Return the number of rows of a parquet file from its footer."""
    try:
        return int(pq.read_metadata(path).num_rows)
    except (pa.ArrowInvalid, OSError) as error:
        raise StorageError("not a readable table", where=str(path)) from error


def span_row(span: Span) -> dict[str, object]:
    """Return a span as a row value."""
    return {
        "id": span.id,
        "start": span.start,
        "end": span.end,
        "label": span.label,
        "group": span.group,
    }


def spans_of(values: Iterable[Mapping[str, object]] | None) -> tuple[Span, ...]:
    """Return the spans of a row value written by :func:`span_row`."""
    return tuple(Span(**value) for value in values or ())  # type: ignore[arg-type]


def unit_row(unit: Unit, *, given: str | None, signature: str) -> dict[str, object]:
    """Return a unit as a row of ``UNITS``; ``given`` is its translation where one came along."""
    return {
        "id": unit.id,
        "document_id": unit.document_id,
        "segment_id": unit.segment_id,
        "role": unit.role,
        "position": unit.position,
        "start": unit.start,
        "end": unit.end,
        "lead": unit.lead,
        "trail": unit.trail,
        "src_text": unit.text,
        "src_spans": [span_row(span) for span in unit.spans],
        "given": given,
        "signature": signature,
    }


def projection_row(projection: Projection) -> dict[str, object]:
    """Return a projection as a row value."""
    evidence = [{"name": name, "value": value} for name, value in projection.evidence.items()]
    nbest = [{"start": c.start, "end": c.end, "score": c.score} for c in projection.nbest]
    plain = {name: getattr(projection, name) for name in PROJECTION.to_schema()}
    return plain | {"evidence": evidence, "nbest": nbest}


def projection_of(value: Mapping[str, Any]) -> Projection:
    """Return the projection of a row value written by :func:`projection_row`."""
    evidence = {one["name"]: one["value"] for one in value["evidence"] or ()}
    nbest = tuple(Candidate(c["start"], c["end"], c["score"]) for c in value["nbest"] or ())
    return Projection(**{**value, "evidence": evidence, "nbest": nbest})
