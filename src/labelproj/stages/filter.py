"""The filter stage: projected units -> kept and rejected units, and what rejected them."""

import csv
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from labelproj import tables
from labelproj.config import AlignParams, FilterParams
from labelproj.errors import LabelprojError
from labelproj.filters import FILTERS, verdicts
from labelproj.filters.verdict import Attrition
from labelproj.progress import log, track
from labelproj.provenance import now, signature, text_digest, versions
from labelproj.shards import write_manifest
from labelproj.stages.measure import Measured, measure_job
from labelproj.tasks import task_named

__all__ = ["run_filter"]


def run_filter(
    *,
    units: Path,
    out: Path,
    params: FilterParams,
    task: str = "ner",
    src: str | None = None,
    tgt: str | None = None,
    work: Path | None = None,
    align: AlignParams | None = None,
    align_work: Path | None = None,
    model: Path | None = None,
    device: str = "auto",
    resume: bool = True,
) -> dict[str, object]:
    """Judge every row of ``units`` (``tables.PROJECTED``) and write it to one of two tables.

    Writes ``kept.parquet`` and ``rejected.parquet`` (``tables.FILTERED``, row order kept),
    ``spans.parquet`` (``tables.SPANS``: every projection with its verdict), ``attrition.json``
    (counts, thresholds), ``attrition.csv`` (``filter,rejected``) and last ``manifest.json``,
    which is returned. ``task`` may leave some filters to its own policy: they measure only.
    With ``src`` and ``tgt`` of one language, copies are not rejected.

    What is measured is kept in shards under ``work`` (nowhere without it), so that another
    threshold asks for new verdicts only. ``align`` is the aligner to gather evidence with and
    ``align_work`` the projection's work folder, where its links are found again; without
    ``align`` there is no evidence. ``model`` is the prepared MT model. Memory is flat but for
    the digests of ``duplicate``. Raises MissingInputError, StorageError and what opening a
    model raises.
    """
    started = time.monotonic()
    params = task_named(task).filters(params.of_pair(src, tgt))
    (out / "manifest.json").unlink(missing_ok=True)
    with ExitStack() as stack:
        if work is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="labelproj-filter-"))
            work = Path(folder)
        measured = measure_job(
            units=units,
            params=params,
            src=src,
            tgt=tgt,
            work=work,
            align=align,
            align_work=align_work,
            model=model,
            device=device,
            resume=resume,
        )
        return _judged(measured, params, out=out, started=started, pair=f"{src}-{tgt}")


def _judged(
    measured: Measured, params: FilterParams, *, out: Path, started: float, pair: str
) -> dict[str, object]:
    job = measured.job
    combined = text_digest(json.dumps(job.combiner.as_dict())) if job.combiner else None
    shaping = params.model_dump(exclude={"pairs", "rows_per_shard", "comet_command"}) | {
        "median_ratio": job.median_ratio,
        "same_language": job.same_language,
        "combiner": combined,
    }
    own = params.pairs.get(pair)
    filters = [kind.of(params, job) for kind in FILTERS.values()]
    attrition = Attrition(tuple(FILTERS))
    upstreams: set[str] = set()

    @cache
    def signed(upstream: str) -> str:
        return signature("filter", shaping | {"upstream": upstream})

    with tables.TableWriter(out / "spans.parquet", tables.SPANS) as spans:

        def judged() -> Iterator[pl.DataFrame]:
            with track("filter", tables.count_rows(measured.path)) as progress:
                for table in measured.frames():
                    made_by = table["signature"].to_list()
                    upstreams.update(made_by)
                    result = verdicts(table, filters, rejected_span=params.rejected_span)
                    attrition.add(result)
                    spans.add_frame(result.spans)
                    progress.advance(len(table))
                    yield result.units.with_columns(
                        pl.Series("signature", [signed(one) for one in made_by], dtype=pl.String)
                    )

        kept, rejected = _write_apart(judged(), out / "kept.parquet", out / "rejected.parquet")
    if kept + rejected != attrition.rows or kept != attrition.kept:
        raise LabelprojError(f"{attrition.rows} rows became {kept} kept and {rejected} rejected")
    used = params.quality is not None or params.span_quality is not None
    content = attrition.as_dict() | {
        "thresholds": shaping,
        "calibrated": own.calibrated if own else None,
        "combiner": job.combiner.as_dict() if used and job.combiner else None,
    }
    _write_attrition(content, attrition.by_filter, out)
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


def _write_attrition(
    content: dict[str, object], by_filter: Mapping[str, Mapping[str, int]], out: Path
) -> None:
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
        writer.writerows((name, count["rejected"]) for name, count in by_filter.items())
