"""The filter stage from files to files."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import Pair, make_units, sample, write_tables
from labelproj import tables
from labelproj.config import FilterParams
from labelproj.errors import MissingInputError, StorageError
from labelproj.filters import FILTERS
from labelproj.stages.filter import run_filter


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"
    }


def test_nothing_is_lost_and_counts_add_up(tmp_path: Path) -> None:
    units, _ = write_tables(tmp_path, sample(3))
    manifest = run_filter(units=units, out=tmp_path / "out", params=FilterParams())
    kept = tables.read(tmp_path / "out/kept.parquet", tables.FILTERED)
    rejected = tables.read(tmp_path / "out/rejected.parquet", tables.FILTERED)
    before = tables.read(units, tables.PROJECTED)
    together = pl.concat([kept, rejected])
    assert sorted(together["id"]) == sorted(before["id"])
    assert manifest["counts"] == {
        "in": len(before),
        "kept": len(kept),
        "rejected": len(rejected),
        "failed": 0,
    }
    assert all(not reasons for reasons in kept["reasons"].to_list())
    assert all(rejected["reasons"].to_list())
    columns = [name for name in tables.PROJECTED if name != "signature"]
    after = before.select("id").join(together, on="id", how="left", maintain_order="left")
    assert after.select(columns).equals(before.select(columns))
    assert set(together["signature"]) == {manifest["signature"]}


def test_attrition_says_what_rejected_what(tmp_path: Path) -> None:
    units, _ = write_tables(tmp_path, sample())
    run_filter(units=units, out=tmp_path, params=FilterParams())
    attrition = json.loads((tmp_path / "attrition.json").read_text(encoding="utf-8"))
    assert (attrition["in"], attrition["kept"], attrition["rejected"]) == (8, 3, 5)
    assert attrition["by_filter"]["copied"] == {"rejected": 1, "only": 1}
    assert attrition["by_filter"]["length_ratio"] == {"rejected": 1, "only": 0}
    assert attrition["by_reason"]["missing_spans: a span has no place in the translation"] == 1
    assert attrition["null_projections"] == {"no-alignment": 1}
    assert attrition["thresholds"]["copied"] == 0.9
    with (tmp_path / "attrition.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["filter"] for row in rows] == list(FILTERS)
    assert rows[0] == {"filter": "mt_failed", "rejected": "1"}


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    units, _ = write_tables(tmp_path, sample(2))
    for name in ("a", "b"):
        run_filter(units=units, out=tmp_path / name, params=FilterParams())
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_threshold_changes_the_signature(tmp_path: Path) -> None:
    units, _ = write_tables(tmp_path, sample())
    one = run_filter(units=units, out=tmp_path / "a", params=FilterParams())
    two = run_filter(units=units, out=tmp_path / "b", params=FilterParams(copied=None))
    assert one["signature"] != two["signature"]


def test_no_rows_and_all_rejected(tmp_path: Path) -> None:
    for name, documents in (("none", []), ("bad", [[Pair("a b c", "", status="failed")]])):
        units, _ = write_tables(tmp_path / name, documents)
        manifest = run_filter(units=units, out=tmp_path / name, params=FilterParams())
        assert manifest["counts"] == {
            "in": len(documents),
            "kept": 0,
            "rejected": len(documents),
            "failed": 0,
        }
        assert tables.read(tmp_path / name / "kept.parquet", tables.FILTERED).is_empty()


def test_one_language_on_both_sides_is_no_copy(tmp_path: Path) -> None:
    text = "the market was quiet after the flood"
    units, _ = write_tables(tmp_path, [[Pair(text, text)]])
    manifest = run_filter(units=units, out=tmp_path, params=FilterParams(), src="en", tgt="en")
    assert manifest["counts"]["kept"] == 1  # type: ignore[index]


def test_bad_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError):
        run_filter(units=tmp_path / "no.parquet", out=tmp_path, params=FilterParams())
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 not really")
    with pytest.raises(StorageError, match=r"broken\.parquet"):
        run_filter(units=broken, out=tmp_path, params=FilterParams())
    assert not (tmp_path / "manifest.json").exists()
    assert not list(tmp_path.glob("*.tmp"))


TEXT = st.text(alphabet="abc ƙ水🎉1.", max_size=30)


@settings(max_examples=25, deadline=None)
@given(pairs=st.lists(st.tuples(TEXT, TEXT), max_size=12))
def test_rows_in_are_kept_or_rejected(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("filter")
    units = folder / "units.parquet"
    table = make_units([[Pair(source, target)] for source, target in pairs])
    tables.write(table, units, tables.PROJECTED)
    run_filter(units=units, out=folder, params=FilterParams())
    kept = tables.read(folder / "kept.parquet", tables.FILTERED)["id"].to_list()
    rejected = tables.read(folder / "rejected.parquet", tables.FILTERED)["id"].to_list()
    assert sorted(kept + rejected) == sorted(table["id"])
