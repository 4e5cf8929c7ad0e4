"""Stage project over tables."""

from pathlib import Path

import polars as pl
import pytest

from labelproj import tables
from labelproj.config import AlignParams, PrepareParams, ProjectParams, TranslateParams
from labelproj.stages.prepare import run_prepare
from labelproj.stages.project import run_project
from labelproj.stages.translate import run_translate

GOLD = Path(__file__).parents[2] / "data" / "demo" / "ner" / "parallel.en-ha.jsonl"


def translated(folder: Path, *, limit: int) -> Path:
    run_prepare(
        inputs=[str(GOLD)], out=folder / "prepared", params=PrepareParams(limit=limit), lang="en"
    )
    run_translate(
        units=folder / "prepared" / "units.parquet",
        model=None,
        out=folder / "translated",
        params=TranslateParams(),
        src="en",
        tgt="ha",
        work=folder / "work",
    )
    return folder / "translated" / "units.parquet"


def projected(units: Path, out: Path, work: Path, **params: object) -> pl.DataFrame:
    settings = ProjectParams.model_validate({"rows_per_shard": 16, **params})
    run_project(units=units, out=out, params=settings, src="en", tgt="ha", work=work)
    return tables.read(out / "units.parquet", tables.PROJECTED)


@pytest.mark.parametrize("aligner", ["eflomal", "systran"])
def test_a_grown_corpus_gives_the_rows_of_a_fresh_run(tmp_path: Path, aligner: str) -> None:
    align = AlignParams(name=aligner).model_dump()
    small = translated(tmp_path / "small", limit=40)
    projected(small, tmp_path / "out", tmp_path / "work", align=align)
    grown = translated(tmp_path / "grown", limit=120)
    again = projected(grown, tmp_path / "out", tmp_path / "work", align=align)
    fresh = projected(grown, tmp_path / "fresh", tmp_path / "fresh-work", align=align)
    assert again.equals(fresh)


def test_every_span_is_accounted_for(tmp_path: Path) -> None:
    units = translated(tmp_path, limit=60)
    table = projected(units, tmp_path / "out", tmp_path / "work", min_score=0.6)
    assert len(table) == 60
    for row in table.iter_rows(named=True):
        spans = {span["id"] for span in row["src_spans"]}
        assert {place["span_id"] for place in row["projections"]} == spans
        for place in row["projections"]:
            if place["start"] is None:
                assert place["reason"] in {"no link", "overlap", "low score"}
            else:
                assert place["score"] >= 0.6
                surface = row["tgt_text"][place["start"] : place["end"]]
                assert surface == surface.strip() != ""
    reasons = table["projections"].explode().struct.field("reason").drop_nulls()
    assert "low score" in reasons.to_list()
