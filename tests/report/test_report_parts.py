"""Histograms count, the rows to show are chosen fairly, metrics are read in every shape."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import Pair, make_units
from labelproj import tables
from labelproj.languages import direction
from labelproj.report.collect import collect, labels_of
from labelproj.report.facts import projection_methods
from labelproj.report.histogram import Histogram, range_of
from labelproj.report.rows import Names, chosen_rows, packed


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("ar", "rtl"), ("he", "rtl"), ("ur", "rtl"), ("ha", "ltr"), ("en", "ltr")],
)
def test_direction(lang: str, expected: str) -> None:
    assert direction(lang) == expected


def test_histograms_put_outliers_at_the_edges_and_leave_nothing_out() -> None:
    chart = Histogram("t", 0.0, 1.0, bins=4)
    values = [-5.0, 0.1, 0.3, 1.0, 7.0, None, float("nan"), 0.6]
    chart.add(pl.Series(values, dtype=pl.Float64), pl.Series([True] * 7 + [False]))
    assert chart.kept == [2, 1, 0, 2]
    assert chart.rejected == [0, 0, 1, 0]
    assert chart.total == 6
    zeros = Histogram("t", 0.0, 1.0, bins=4, no_zeros=True)
    zeros.add(pl.Series([0.0, 0.0, 0.25]), pl.Series([True, False, True]))
    assert (zeros.kept, zeros.zeros, zeros.total) == ([0, 1, 0, 0], 2, 3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), max_size=30), st.none() | st.floats(-1e6, 1e6))
def test_ranges_hold_the_threshold_and_are_never_empty(
    values: list[float], threshold: float | None
) -> None:
    low, high = range_of(values, threshold=threshold)
    assert low < high
    if values and threshold is not None:
        assert low <= threshold <= high or abs(threshold) > 1e5
    assert range_of([0.1, 0.9]) == (0.0, 1.0)


def judged(folder: Path, kept: int, refused: dict[str, int]) -> tuple[Path, Path]:
    """Write tables of ``kept`` rows with rising scores, and of rejected ones by filter."""
    pair = Pair("[PER:1 Amina] came", "[PER:1 Amina] ta zo")
    units = make_units([[pair]] * (kept + sum(refused.values())))
    names = [name for name, number in refused.items() for _ in range(number)]
    reasons: list[list[str]] = [[] for _ in range(kept)]
    reasons += [[f"{name}: x", "other: y"] for name in names]
    scores = [number / (kept + 1) for number in range(kept)] + [0.5] * len(names)
    rows = []
    for number, row in enumerate(units.iter_rows(named=True)):
        row["projections"][0]["score"] = scores[number]
        signals = [{"name": "length_ratio", "value": 1.0 + scores[number]}]
        verdict = "reject" if reasons[number] else "accept"
        rows.append(row | {"signals": signals, "verdict": verdict, "reasons": reasons[number]})
    paths = folder / "kept.parquet", folder / "rejected.parquet"
    for path, part in zip(paths, (rows[:kept], rows[kept:]), strict=True):
        tables.write(tables.frame(part, tables.FILTERED), path, tables.FILTERED)
    return paths


def test_counts_are_of_all_units(tmp_path: Path) -> None:
    kept, rejected = judged(tmp_path, 7, {"copied": 2, "duplicate": 1})
    got = collect(kept, rejected, thresholds={"length_ratio": {"threshold": 2.5}})
    assert (got.units, got.kept) == (10, 7)
    assert got.flow == {
        ("translated", "kept"): 7,
        ("translated", "copied"): 2,
        ("translated", "duplicate"): 1,
    }
    assert labels_of(got) == [{"label": "PER", "spans": 10, "placed": 10, "kept": 7}]
    assert got.histograms["length_ratio"].threshold == 2.5
    assert all(one.total == 10 for one in got.histograms.values())
    assert got.methods["alignment:test", "PER"][0] == 10


def test_a_large_job_shows_the_worst_and_every_filter(tmp_path: Path) -> None:
    kept, rejected = judged(tmp_path, 100, {"copied": 60, "duplicate": 1})
    refused = {"copied": 60, "duplicate": 1}
    whole = list(chosen_rows(kept, rejected, limit=1000, by_filter=refused))
    assert [row["order"] for row in whole] == list(range(161))
    some = list(chosen_rows(kept, rejected, limit=50, by_filter=refused))
    assert len(some) == 50
    orders = [row["order"] for row in some]
    assert orders == sorted(orders)
    assert orders[:15] == list(range(15))  # the lowest scores
    first = [row["reasons"][0] for row in some if row["reasons"]]
    assert first.count("duplicate: x") == 1
    assert first.count("copied: x") == 19
    assert some == list(chosen_rows(kept, rejected, limit=50, by_filter=refused))


def test_rows_are_packed_the_same_every_time(tmp_path: Path) -> None:
    kept, rejected = judged(tmp_path, 3, {"copied": 1})
    names = Names()
    text = packed(chosen_rows(kept, rejected, limit=9, by_filter={}), names, ("length_ratio",))
    rows: list[list[Any]] = json.loads(gzip.decompress(base64.b64decode(text)))
    known = list(names.known)
    assert [row[3] for row in rows] == [1, 1, 1, 0]
    assert [known[reason] for reason in rows[3][5]] == ["copied: x", "other: y"]
    assert rows[1][10][0][:4] == [0, 0, 5, 0.25]
    assert known[rows[1][10][0][6]] == "PER"
    again = packed(chosen_rows(kept, rejected, limit=9, by_filter={}), Names(), ("length_ratio",))
    assert text == again


def test_metrics_of_one_method_or_several() -> None:
    bins = [{"score": 0.9, "right": 0.8, "number": 5}]
    one = {"exact": {"f1": 80.0}, "overlap": {"f1": 90.0}, "support": 7, "calibration": bins}
    (found,) = projection_methods(one | {"method": "alignment:eflomal"})
    assert (found["name"], found["f1"], found["overlap_f1"]) == ("alignment:eflomal", 80.0, 90.0)
    assert found["calibration"] == bins
    several = projection_methods({"methods": {"a": one, "b": {"exact_f1": 70.0}, "c": 3}})
    assert [(line["name"], line["f1"]) for line in several] == [("a", 80.0), ("b", 70.0)]
    assert projection_methods({}) == []
