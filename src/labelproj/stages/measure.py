"""Measuring: the part of the filter stage that costs time, kept in shards and found again."""

import dataclasses
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polars as pl

from labelproj import tables
from labelproj.config import AlignParams, FilterParams
from labelproj.filters import FILTERS, Filter, Job, measure, measured_schema, median_ratio
from labelproj.filters.combine import load_combiner
from labelproj.filters.near import NEAR, near_duplicates
from labelproj.filters.opening import open_resources, request
from labelproj.progress import track
from labelproj.provenance import file_digest, signature
from labelproj.shards import run_sharded

__all__ = ["Measured", "measure_job"]

_ROWS = 4096


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """The measured rows of a job, and the table of near-duplicates."""

    job: Job
    path: Path
    schema: tables.Schema
    near: Path

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows in pieces, with the column ``near``."""
        rows = tables.iter_frames(self.path, self.schema, rows=_ROWS)
        for table, near in zip(rows, tables.iter_frames(self.near, NEAR, rows=_ROWS), strict=True):
            yield table.with_columns(near["value"].alias("near"))


def measure_job(
    *,
    units: Path,
    params: FilterParams,
    src: str | None,
    tgt: str | None,
    work: Path,
    align: AlignParams | None,
    align_work: Path | None = None,
    model: Path | None = None,
    device: str = "auto",
    resume: bool = True,
) -> Measured:
    """Measure all rows of ``units`` (``tables.PROJECTED``), or find what was measured before.

    The arguments are those of :func:`labelproj.stages.filter.run_filter`. Nothing is opened,
    no model and no aligner, when all shards are there.
    """
    total = tables.count_rows(units) if units.is_file() else 0
    median = median_ratio(tables.iter_frames(units, tables.PROJECTED))
    job = Job(
        median_ratio=round(median, 4),
        same_language=src is not None and src == tgt,
        combiner=load_combiner(Path(params.combiner) if params.combiner else None),
    )
    ask = request(params, units=units, src=src, tgt=tgt, align=align, model=model)
    signed = signature("measure", ask | {"median": job.median_ratio, "same": job.same_language})
    schema = measured_schema([kind.of(params, job) for kind in FILTERS.values()])

    @cache
    def opened() -> tuple[Job, list[Filter]]:
        resources = open_resources(
            params,
            units=units,
            src=src,
            tgt=tgt,
            align=align,
            align_work=align_work or work / "align",
            model=model,
            device=device,
        )
        full = dataclasses.replace(job, resources=resources)
        return full, [kind.of(params, full) for kind in FILTERS.values()]

    def process(table: pl.DataFrame) -> pl.DataFrame:
        full, filters = opened()
        return measure(table, filters, job=full)

    path = work / "measured" / "units.parquet"
    with track("measuring", total) as progress:
        run_sharded(
            process,
            source=units,
            source_schema=tables.PROJECTED,
            out=path,
            out_schema=schema,
            signature=signed,
            work=work,
            rows_per_shard=params.rows_per_shard,
            progress=progress,
            resume=resume,
        )
    return Measured(job, path, schema, _near(units, total, work / "near"))


def _near(units: Path, total: int, folder: Path) -> Path:
    path = folder / f"{file_digest(units)}.parquet"
    if not path.is_file():
        for stale in folder.glob("*.parquet"):
            stale.unlink()
        near_duplicates(
            lambda: tables.iter_frames(units, tables.PROJECTED), count=total, out=path, work=folder
        )
    return path
