"""Stage ``project``: every source span gets a place in the translation, or null with a reason."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from labelproj import tables
from labelproj.config import ProjectParams
from labelproj.progress import track
from labelproj.project import LabelledPair, Projector, open_projector, project_places
from labelproj.provenance import now, signature, versions
from labelproj.records import Projection
from labelproj.shards import run_sharded, signature_of, write_manifest

__all__ = ["run_project"]


def run_project(
    *,
    units: Path,
    out: Path,
    params: ProjectParams,
    src: str,
    tgt: str,
    work: Path,
    resume: bool = True,
    device: str = "auto",
    mt: str | None = None,
    markers: str | None = None,
) -> dict[str, object]:
    """Project the spans of ``units`` (a TRANSLATED table) and write ``out/units.parquet``.

    ``mt`` is the translation model, for the methods that need one, and ``markers`` the scheme
    in which the source was marked for translation.
    """
    started = time.monotonic()
    projector = open_projector(
        params, work=work, src_lang=src, tgt_lang=tgt, device=device, mt=mt, markers=markers
    )
    # First, because what an aligner learns from its corpus shapes all links.
    projector.fit(lambda: _corpus(units))
    upstream = signature_of(units, tables.TRANSLATED)
    shaping = {"src": src, "tgt": tgt, "min_score": params.min_score, "upstream": upstream}
    sign = signature("project", {**shaping, **projector.params()})
    total = tables.count_rows(units)
    reasons: Counter[str] = Counter()

    def process(table: pl.DataFrame) -> pl.DataFrame:
        return project_table(table, projector, min_score=params.min_score, sign=sign)

    with track("projecting", total) as progress:
        counts = run_sharded(
            process,
            source=units,
            source_schema=tables.TRANSLATED,
            out=out / "units.parquet",
            out_schema=tables.PROJECTED,
            signature=sign,
            work=work,
            rows_per_shard=params.rows_per_shard,
            progress=progress,
            resume=resume,
        )
    spans = 0
    for table in tables.iter_frames(out / "units.parquet", tables.PROJECTED):
        places = table["projections"].explode().drop_nulls().struct.unnest()
        spans += len(places)
        reasons.update(places.filter(pl.col("start").is_null())["reason"].to_list())
    manifest: dict[str, object] = {
        "stage": "project",
        "signature": sign,
        "params": params.model_dump(mode="json"),
        "projector": projector.params(),
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 2),
        "counts": {
            "in": total,
            "kept": counts.rows,
            "rejected": 0,
            "failed": 0,
            "shards_computed": counts.computed,
            "shards_resumed": counts.resumed,
            "spans": spans,
            "projected": spans - sum(reasons.values()),
            "null": dict(sorted(reasons.items())),
        },
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def project_table(
    table: pl.DataFrame, projector: Projector, *, min_score: float, sign: str
) -> pl.DataFrame:
    """Return a TRANSLATED table with projections added (a PROJECTED table).

    A projection that scores below ``min_score`` becomes null with the reason ``low score``.
    """
    pairs = list(_pairs(table))
    projections = [
        [tables.projection_row(_accepted(projection, min_score)) for projection in found]
        for found in project_places(projector, pairs)
    ]
    column = pl.Series("projections", projections, dtype=pl.List(tables.PROJECTION))
    extended = table.with_columns(column, pl.lit(sign).alias("signature"))
    return extended.select(list(tables.PROJECTED))


def _accepted(projection: Projection, min_score: float) -> Projection:
    if projection.start is None or projection.score >= min_score:
        return projection
    return replace(projection, start=None, end=None, reason="low score")


def _corpus(units: Path) -> Iterator[LabelledPair]:
    for table in tables.iter_frames(units, tables.TRANSLATED):
        yield from _pairs(table)


def _pairs(table: pl.DataFrame) -> Iterator[LabelledPair]:
    columns = table.select("src_text", "src_spans", "tgt_text", "marked")
    for src_text, src_spans, tgt_text, marked in columns.iter_rows():
        yield LabelledPair(src_text, tables.spans_of(src_spans), tgt_text, marked=marked)
