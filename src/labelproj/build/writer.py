"""Parquet files of one split, as ``datasets`` writes them, without holding the split."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from labelproj import tables

__all__ = ["SplitWriter"]

_ROWS_PER_GROUP = 1000


@dataclass(slots=True)
class SplitWriter:
    """Writes ``<split>-00000-of-0000N.parquet`` files of at most ``rows_per_file`` rows.

    ``schema`` is an arrow schema with the ``huggingface`` metadata (``Features.arrow_schema``).
    ``total`` is the number of rows that will come: it gives N. Each file appears whole.
    A context manager. ``rows`` and ``bytes`` (in memory, as ``datasets`` counts) say what was
    written, ``counted`` what the task counts of the rows (spans of each label, say).
    """

    folder: Path
    split: str
    schema: Any
    total: int
    rows_per_file: int
    rows: int = 0
    bytes: int = 0
    counted: dict[str, int] = field(default_factory=dict)
    _waiting: list[dict[str, object]] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)
    _writer: Any = None
    _files: int = 0
    _in_file: int = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self._flush()
            self._stack.close()
        else:
            self._stack.__exit__(kind, *rest)  # type: ignore[arg-type]

    def write(self, row: dict[str, object], *, counted: Iterable[str] = ()) -> None:
        """Take one row, and what to count of it."""
        self._waiting.append(row)
        for name in counted:
            self.counted[name] = self.counted.get(name, 0) + 1
        room = self.rows_per_file - self._in_file
        if len(self._waiting) >= min(_ROWS_PER_GROUP, room):
            self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        if self._writer is None:
            self._open()
        table = pa.Table.from_pylist(self._waiting, schema=self.schema)
        self._writer.write_table(table)
        self.rows += len(self._waiting)
        self.bytes += table.nbytes
        self._in_file += len(self._waiting)
        self._waiting = []
        if self._in_file >= self.rows_per_file:
            self._stack.close()
            self._writer, self._in_file = None, 0

    def _open(self) -> None:
        files = -(-self.total // self.rows_per_file)
        name = f"{self.split}-{self._files:05d}-of-{files:05d}.parquet"
        temporary = self._stack.enter_context(tables.atomic_path(self.folder / name))
        self._writer = self._stack.enter_context(
            pq.ParquetWriter(temporary, self.schema, compression="zstd")
        )
        self._files += 1
