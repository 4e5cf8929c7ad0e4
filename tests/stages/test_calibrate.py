"""Measuring once, judging often; calibration from data to params.yaml and back."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from builders import Pair, sample, write_tables
from labelproj import tables
from labelproj.calibration import run_calibration
from labelproj.config import AlignParams, FilterParams, PairThresholds, load_config
from labelproj.errors import ConfigError, FormatError, MissingInputError, UsageError
from labelproj.filters.explain import explain
from labelproj.params_file import write_thresholds
from labelproj.review.judged import judged_units
from labelproj.stages.calibrate import calibrate_job, calibrate_samples
from labelproj.stages.filter import run_filter

PARAMS = """\
# My project.
languages: {targets: [ha]}
mt: {given: true}  # translations come along
project:
  align:
    name: systran

filter:
  length_ratio: 2.5   # as before
  copied: 0.9
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with filtered units of three copies of the sample."""
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    units, _ = write_tables(tmp_path, sample(3))
    run_filter(units=units, out=tmp_path / "outputs/filtered/ner-ha", params=FilterParams())
    return tmp_path


def test_another_threshold_measures_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units, _ = write_tables(tmp_path, sample(3))
    options: dict[str, Any] = {
        "units": units,
        "src": "en",
        "tgt": "ha",
        "work": tmp_path / "work",
        "align": AlignParams(name="systran"),
    }
    one = run_filter(out=tmp_path / "a", params=FilterParams(), **options)
    monkeypatch.setattr("labelproj.stages.measure.open_resources", None)  # must not be called
    two = run_filter(out=tmp_path / "b", params=FilterParams(quality=1.0), **options)
    assert one["counts"]["kept"] > two["counts"]["kept"]  # type: ignore[index]
    kept = tables.read(tmp_path / "a/kept.parquet", tables.FILTERED)
    signals = {one["name"]: one["value"] for one in kept["signals"][0].to_list()}
    assert signals["quality"] is not None and signals["alignment"] is not None


def test_a_span_can_go_without_its_unit(tmp_path: Path) -> None:
    units, _ = write_tables(
        tmp_path, [[Pair("[A:1 one] two", "[A:1 daya] biyu", score=0.4), Pair("three", "uku")]]
    )
    whole = FilterParams(projection_score=0.5)
    assert run_filter(units=units, out=tmp_path / "u", params=whole)["counts"] == {
        "in": 2,
        "kept": 1,
        "rejected": 1,
        "failed": 0,
    }
    alone = FilterParams(projection_score=0.5, rejected_span="span")
    run_filter(units=units, out=tmp_path / "s", params=alone)
    kept = tables.read(tmp_path / "s/kept.parquet", tables.FILTERED)
    (projection,) = kept["projections"][0].to_list()
    assert (projection["start"], projection["reason"]) == (None, "filtered: projection_score")
    (span,) = tables.read(tmp_path / "s/spans.parquet", tables.SPANS).to_dicts()
    assert (span["surface"], span["verdict"], span["start"]) == ("daya", "reject", 0)
    assert span["reasons"] == ["projection_score: a span scores below 0.5"]


def test_thresholds_of_a_pair_go_before_the_others(tmp_path: Path) -> None:
    units, _ = write_tables(tmp_path, sample())
    own = PairThresholds(calibrated="by hand", thresholds={"copied": None})
    params = FilterParams(pairs={"en-ha": own})
    run_filter(units=units, out=tmp_path / "a", params=params, src="en", tgt="ha")
    attrition = json.loads((tmp_path / "a/attrition.json").read_text())
    assert attrition["by_filter"]["copied"]["rejected"] == 0
    assert attrition["calibrated"] == "by hand"
    run_filter(units=units, out=tmp_path / "b", params=params, src="en", tgt="sw")
    attrition = json.loads((tmp_path / "b/attrition.json").read_text())
    assert attrition["by_filter"]["copied"]["rejected"] == 1
    assert attrition["calibrated"] is None


def test_writing_thresholds_leaves_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS, encoding="utf-8")
    for cut in (0.5, 0.75):
        write_thresholds(
            path, pair="en-ha", calibrated="on: it", thresholds={"quality": cut}, combiner=None
        )
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[: len(PARAMS.splitlines())] == PARAMS.splitlines()
    assert load_config(path).filter.of_pair("en", "ha").quality == 0.75
    before = path.read_bytes()
    with pytest.raises(ConfigError):
        write_thresholds(path, pair="x", calibrated="", thresholds={"no": 1.0}, combiner=None)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["params.yaml"]


def gold_file(path: Path) -> Path:
    people = ("Amina", "Bello", "Musa", "Halima", "Grace", "Peter", "Sani", "Rahila")
    places = ("Kano", "Zariya", "Jos", "Lagos", "Abuja", "Sokoto", "Ilorin")
    patterns = (
        ("{0} went to {1} by bus", "{0} ya tafi {1} a mota"),
        (
            "The old market of {1} is closed today, said {0}",
            "Tsohuwar kasuwar {1} a rufe, in ji {0}",
        ),
        ("{0} sold three goats in {1}", "{0} ya sayar da awaki uku a {1}"),
    )
    rows = []
    for n in range(120):
        own = people[n % 8], places[(n // 3) % 7]
        source, target = (text.format(*own) for text in patterns[n % 3])
        spans = [
            [
                {"id": label, "start": text.index(name), "label": label}
                | {"end": text.index(name) + len(name)}
                for label, name in zip(("PER", "LOC"), own, strict=True)
            ]
            for text in (source, target)
        ]
        rows.append(
            {"id": f"g{n}", "src_lang": "en", "tgt_lang": "ha", "src_text": f"{source}"}
            | {"tgt_text": target, "src_spans": spans[0], "tgt_spans": spans[1]}
        )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def calibrated(project: Path, **options: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "task": "ner",
        "target": "ha",
        "gold": None,
        "samples": None,
        "no_gold": False,
        "signals": (),
        "keep": 0.95,
        "precision": None,
        "combiner": False,
        "out": None,
        "write": True,
    }
    return run_calibration(params=project / "params.yaml", **(usual | options))


def test_calibrating_on_gold(project: Path) -> None:
    result = calibrated(project, gold=gold_file(project / "gold.jsonl"), combiner=True)
    assert set(result["thresholds"]) == {"quality", "span_quality"}
    assert result["together"]["units"]["recall"] >= 0.95
    assert result["together"]["units"]["caught"] > 0.8
    assert set(result["caught"]) == {"shuffled", "truncated", "language", "copied", "shifted"}
    folder = project / "calibration/en-ha"
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<svg" in page and "http" not in page.replace("http-equiv", "")
    assert (folder / "curves.csv").read_text().startswith("signal,threshold,precision")
    own = yaml.safe_load((project / "params.yaml").read_text())["filter"]["pairs"]["en-ha"]
    assert own["thresholds"] == result["thresholds"]
    assert own["combiner"] == "calibration/en-ha/combiner.json"
    assert "gold.jsonl" in own["calibrated"]
    params = load_config(project / "params.yaml").filter.of_pair("en", "ha")
    assert params.quality == result["thresholds"]["quality"]


def test_calibrating_on_samples(project: Path) -> None:
    filtered = project / "outputs/filtered/ner-ha"
    units = pl.concat(
        [
            tables.read(filtered / name, tables.FILTERED)
            for name in ("kept.parquet", "rejected.parquet")
        ]
    )
    lines = [
        {"id": row["id"], "verdict": "bad" if "reject" in row["verdict"] else "good"}
        for row in units.iter_rows(named=True)
    ] + [{"id": "d0:text:0", "span_id": "s1", "verdict": "good"}]
    path = project / "samples.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    result = calibrate_samples(path, filtered=filtered, signals=["likeness"], precision=0.9)
    assert "judged: samples.jsonl" in result.provenance
    path.write_text('{"id": "d0:text:0", "verdict": "so so"}\n', encoding="utf-8")
    with pytest.raises(FormatError, match="good or bad"):
        calibrate_samples(path, filtered=filtered)
    path.write_text('{"id": "nobody", "verdict": "good"}\n', encoding="utf-8")
    with pytest.raises(MissingInputError, match="none of its ids"):
        calibrate_samples(path, filtered=filtered)


def correction(row: dict[str, Any], **said: object) -> dict[str, Any]:
    """Return a correction in which the person ``said`` something else than the machine."""
    places = [p for p in row["projections"] if p["start"] is not None]
    spans = [
        {"id": p["span_id"], "group": None} | {k: p[k] for k in ("start", "end", "label")}
        for p in places
    ]
    same = {"unit_id": row["id"], "status": "accept", "text": row["tgt_text"], "spans": spans}
    known = {k: row[k] for k in ("src_text", "tgt_text", "src_spans", "projections")}
    nobody = dict.fromkeys(("tool", "source", "signature"), "x")
    who = {"annotator": "a", "at": "2026-01-01", "src_lang": "en", "tgt_lang": "ha"}
    return known | same | who | nobody | said


def test_calibrating_on_corrections(project: Path) -> None:
    filtered = project / "outputs/filtered/ner-ha"
    names = ("kept.parquet", "rejected.parquet")
    table = pl.concat([tables.read(filtered / name, tables.FILTERED) for name in names])
    units = [row for row in table.sort("id").iter_rows(named=True) if row["projections"]]
    placed = [row for row in units if row["projections"][0]["start"] is not None]
    one, two, three, four, five = placed[:5]
    rows = [
        correction(one),
        correction(two, status="reject"),
        correction(three, status="edit", spans=[]),
        correction(four, status="edit", text="Wani abu daban.", spans=[]),
        correction(five, tgt_text="another translation"),
        # The latest answer of all people counts.
        correction(one, annotator="b", status="edit", spans=[], at="2026-01-02"),
        correction(three, annotator="b", at="2025-01-01"),
    ]
    path = project / "corrections.parquet"
    tables.write(tables.frame(rows, tables.CORRECTIONS), path, tables.CORRECTIONS)
    found = judged_units(path, filtered=filtered)
    assert found.units == {
        one["id"]: "good",
        two["id"]: "bad",
        three["id"]: "good",
        four["id"]: "bad",
    }
    assert set(found.spans.values()) == {"bad"}
    assert {unit for unit, _ in found.spans} == {one["id"], three["id"], four["id"]}
    result = calibrate_samples(path, filtered=filtered, signals=["likeness", "projection_score"])
    assert "on 4 units" in result.provenance and "corrections.parquet" in result.provenance
    with pytest.raises(MissingInputError, match="no such table of corrections"):
        calibrate_samples(project / "none.parquet", filtered=filtered)


def test_without_gold_it_says_so(project: Path) -> None:
    with pytest.raises(UsageError, match="no gold to calibrate on"):
        calibrated(project)
    with pytest.raises(UsageError, match="no signal 'truncated'"):
        calibrate_job(project / "outputs/filtered/ner-ha", signals=["truncated"])
    result = calibrated(project, no_gold=True, signals=("likeness", "projection_score"))
    assert set(result["thresholds"]) == {"likeness", "projection_score"}
    assert "without gold" in result["calibrated"]


def test_explaining_a_unit(project: Path) -> None:
    filtered = project / "outputs/filtered/ner-ha"
    (unit,) = explain(filtered, "d3:text:0")
    assert unit["verdict"] == "reject"
    by_name = {one["name"]: one for one in unit["signals"]}
    assert by_name["copied"]["threshold"] == 0.9
    assert by_name["copied"]["reason"].startswith("copied: ")
    assert by_name["length_ratio"]["reason"] is None
    with pytest.raises(MissingInputError, match="ids of units look like d0:text:0"):
        explain(filtered, "nobody")


def test_explaining_a_document(project: Path) -> None:
    filtered = project / "outputs/filtered/ner-ha"
    found = explain(filtered, "d0")
    assert [one["id"] for one in found] == ["d0:text:0", "d0:text:1"]
    assert explain(filtered, "d0:text:1") == found[1:]
    assert any(one["spans"] for one in found)


def test_the_command_shows_what_was_rejected(project: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "labelproj", "filter", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=project)

    done = run("--explain", "d0:text:0")
    assert done.returncode == 0, done.stderr
    assert "accept" in done.stderr and "'Amina Bello'" in done.stderr
    whole = run("--explain", "d0", "--json")
    assert [one["id"] for one in json.loads(whole.stdout)] == ["d0:text:0", "d0:text:1"]
    shown = run("--json")
    assert json.loads(shown.stdout)["by_filter"]["copied"]["rejected"] == 3
    assert run("--explain", "x").returncode == 4
