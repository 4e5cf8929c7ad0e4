"""Work in content-addressed shards: stop anywhere, resume exactly.

A stage maps an input table to an output table of as many rows in the same order. The input is
cut into shards of a fixed number of rows; a shard's name is a digest of its rows and of the
stage's signature, so a finished shard is used again if and only if it is the same work. Shards
lie in a work folder of the stage's own; when all are done they are joined into the output in one
atomic step. They stay until the next finished run, which removes those it has no use for.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from labelproj import tables
from labelproj.errors import LabelprojError, MissingInputError, StorageError
from labelproj.progress import Progress, log
from labelproj.provenance import text_digest

__all__ = [
    "ShardCounts",
    "read_json",
    "read_manifest",
    "run_sharded",
    "shard_key",
    "signature_of",
    "write_manifest",
]


@dataclass(slots=True)
class ShardCounts:
    """What a sharded run did: rows in and out, shards computed now and found from before."""

    rows: int = 0
    computed: int = 0
    resumed: int = 0


def signature_of(path: Path, schema: tables.Schema) -> str:
    """Return the signature of the stage that made a table's first row, or nothing without rows."""
    first = next(tables.iter_frames(path, schema, rows=1), None)
    return "" if first is None else str(first["signature"][0])


def shard_key(table: pl.DataFrame, signature: str) -> str:
    """Return the name of the work of ``signature`` on the rows of ``table``, in this order."""
    return text_digest(signature, table.write_ndjson())


def run_sharded(
    process: Callable[[pl.DataFrame], pl.DataFrame],
    *,
    source: Path,
    source_schema: tables.Schema,
    out: Path,
    out_schema: tables.Schema,
    signature: str,
    work: Path,
    rows_per_shard: int,
    progress: Progress,
    resume: bool = True,
) -> ShardCounts:
    """Run ``process`` over ``source`` shard by shard and write ``out``.

    ``process`` takes a table of ``source_schema`` and returns one of ``out_schema`` with the
    same ids in the same order. A shard that is there but broken is made again. With
    ``resume=False`` nothing from before is used. Raises what ``process`` raises; what was
    finished by then stays and is used next time.
    """
    counts = ShardCounts()
    used: list[Path] = []
    for table in tables.iter_frames(source, source_schema, rows=rows_per_shard):
        path = work / f"{shard_key(table, signature)}.parquet"
        if resume and _is_done(path, table, out_schema):
            counts.resumed += 1
        else:
            result = process(table)
            if not result["id"].equals(table["id"]):
                raise LabelprojError(f"stage {signature} changed the rows of a shard")
            tables.write(result, path, out_schema)
            counts.computed += 1
        used.append(path)
        counts.rows += len(table)
        progress.advance(len(table))
    tables.write_frames(_frames(used, out_schema), out, out_schema)
    for path in set(work.glob("*.parquet")) - set(used):
        path.unlink(missing_ok=True)
    return counts


def _is_done(path: Path, table: pl.DataFrame, schema: tables.Schema) -> bool:
    if not path.is_file():
        return False
    try:
        return tables.read(path, schema)["id"].equals(table["id"])
    except StorageError as error:
        log.warning("%s; it is made again", error.message + f" ({path})")
        return False


def _frames(paths: list[Path], schema: tables.Schema) -> Iterator[pl.DataFrame]:
    for path in paths:
        yield tables.read(path, schema)


def write_manifest(path: Path, content: dict[str, object]) -> None:
    """Write a manifest as JSON, whole or not at all. It is the last file of a stage."""
    with tables.atomic_path(path) as temporary:
        text = json.dumps(content, indent=2, ensure_ascii=False, sort_keys=True, default=str)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_manifest(path: Path) -> dict[str, object] | None:
    """Read a manifest; None when there is none or it cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object that a stage wrote. Raises MissingInputError or StorageError."""
    if not path.is_file():
        raise MissingInputError(
            "no such file", where=str(path), remedy="run the stage that writes it first"
        )
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise StorageError(
            "not readable JSON", where=str(path), remedy="run the stage that writes it again"
        ) from error
