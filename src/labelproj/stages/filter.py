"""The filter stage: projected units -> kept and rejected units, and what rejected them."""

import csv
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from labelproj import tables
from labelproj.config import FilterParams
from labelproj.errors import LabelprojError
from labelproj.filters import FILTERS, Job, judge, median_ratio
from labelproj.filters.verdict import Attrition
from labelproj.progress import log, track
from labelproj.provenance import now, signature, versions
from labelproj.shards import write_manifest
from labelproj.tasks import task_named

__all__ = ["run_filter"]

_ROWS = 4096


def run_filter(
    *,
    units: Path,
    out: Path,
    params: FilterParams,
    task: str = "ner",
    src: str | None = None,
    tgt: str | None = None,
    resume: bool = True,
) -> dict[str, object]:
    """Judge every row of ``units`` (``tables.PROJECTED``) and write it to one of two tables.

    Writes ``kept.parquet`` and ``rejected.parquet`` (``tables.FILTERED``, row order kept),
    ``attrition.json`` (counts, thresholds), ``attrition.csv`` (``filter,rejected``) and last
    ``manifest.json``, which is returned. ``task`` may leave some filters to its own policy:
    they measure only. Two passes, flat memory. With ``src`` and ``tgt`` of
    one language, copies are not rejected. ``resume`` changes nothing: the stage is quick and
    always runs whole. Raises MissingInputError or StorageError.
    """
    started = time.monotonic()
    params = task_named(task).filters(params)
    (out / "manifest.json").unlink(missing_ok=True)
    total = tables.count_rows(units) if units.is_file() else 0
    job = Job(
        median_ratio=round(median_ratio(tables.iter_frames(units, tables.PROJECTED)), 4),
        same_language=src is not None and src == tgt,
    )
    shaping = params.model_dump() | {
        "median_ratio": job.median_ratio,
        "same_language": job.same_language,
    }

    @cache
    def signed(upstream: str) -> str:
        return signature("filter", shaping | {"upstream": upstream})

    filters = [kind.of(params, job) for kind in FILTERS.values()]
    attrition = Attrition(tuple(FILTERS))
    upstreams: set[str] = set()

    def judged() -> Iterator[pl.DataFrame]:
        with track("filter", total) as progress:
            for table in tables.iter_frames(units, tables.PROJECTED, rows=_ROWS):
                made_by = table["signature"].to_list()
                upstreams.update(made_by)
                result = judge(table, filters).with_columns(
                    pl.Series("signature", [signed(one) for one in made_by], dtype=pl.String)
                )
                attrition.add(result)
                progress.advance(len(result))
                yield result

    kept, rejected = _write_apart(judged(), out / "kept.parquet", out / "rejected.parquet")
    if kept + rejected != attrition.rows or kept != attrition.kept:
        raise LabelprojError(f"{attrition.rows} rows became {kept} kept and {rejected} rejected")
    _write_attrition(attrition, out, thresholds=shaping)
    if attrition.rows and not kept:
        log.warning("all %d units were rejected; attrition.json says by what", rejected)
    manifest: dict[str, object] = {
        "stage": "filter",
        "signature": signed("+".join(sorted(upstreams))),
        "params": shaping,
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 3),
        "counts": {"in": attrition.rows, "kept": kept, "rejected": rejected, "failed": 0},
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _write_apart(judged: Iterator[pl.DataFrame], kept: Path, rejected: Path) -> tuple[int, int]:
    """Write accepted rows to ``kept`` and the others to ``rejected``; return their numbers."""
    schema = pl.DataFrame(schema=tables.FILTERED).to_arrow().schema
    rows = {"accept": 0, "reject": 0}
    with ExitStack() as stack:
        writers = {}
        for verdict, path in (("accept", kept), ("reject", rejected)):
            temporary = stack.enter_context(tables.atomic_path(path))
            writers[verdict] = stack.enter_context(
                pq.ParquetWriter(temporary, schema, compression="zstd")
            )
        for table in judged:
            for verdict, writer in writers.items():
                part = table.filter(pl.col("verdict") == verdict)
                if len(part):
                    part = tables.check(part, tables.FILTERED, where=verdict)
                    writer.write_table(part.to_arrow().cast(schema))
                    rows[verdict] += len(part)
    return rows["accept"], rows["reject"]


def _write_attrition(attrition: Attrition, out: Path, *, thresholds: dict[str, object]) -> None:
    content = attrition.as_dict() | {"thresholds": thresholds}
    with tables.atomic_path(out / "attrition.json") as temporary:
        temporary.write_text(
            json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    with (
        tables.atomic_path(out / "attrition.csv") as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["filter", "rejected"])
        writer.writerows((name, count["rejected"]) for name, count in attrition.by_filter.items())
