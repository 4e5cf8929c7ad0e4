"""The report stage: one page that needs nothing else, for full, odd and empty jobs."""

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from builders import Pair, sample, write_tables
from labelproj.config import FilterParams, ReportParams
from labelproj.errors import MissingInputError, StorageError
from labelproj.shards import write_manifest
from labelproj.stages.filter import run_filter
from labelproj.stages.report import report_folder, run_report

METRICS = {
    "systems": {
        "projected": {
            "f1": 73.1,
            "precision": 75.0,
            "recall": 71.0,
            "f1_low": 70.0,
            "f1_high": 76.0,
            "per_label": {"PER": {"f1": 80.0}, "LOC": {"f1": 70.0}},
        },
        "zero-shot": {"f1": 40.0, "precision": 50.0, "recall": 30.0, "per_label": {}},
    },
    "differences": {"projected - zero-shot": {"f1": 33.1, "f1_low": 30.0, "f1_high": 36.0}},
    "unseen_labels": {"projected": [], "zero-shot": ["TIME"]},
    "projection": {"exact": {"f1": 91.0}, "overlap_f1": 95.0, "support": 40, "per_label": {}},
}


class Reader(HTMLParser):
    """Collects tags that are open at the end, and addresses of other things."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def report(
    folder: Path, documents: list[list[Pair]], *, metrics: dict[str, Any] | None = None, **more: Any
) -> str:
    units, _ = write_tables(folder, documents)
    run_filter(units=units, out=folder / "filtered", params=FilterParams())
    for stage in ("prepare", "build"):
        counts = {"in": 9, "kept": 7, "rejected": 2, "failed": 0}
        content: dict[str, object] = {
            "stage": stage,
            "signature": f"{stage}:abc",
            "params": {"name": "<i>"},
            "versions": {"labelproj": "9.9"},
            "counts": counts,
        }
        write_manifest(folder / stage / "manifest.json", content)
    if metrics is not None:
        (folder / "evaluation").mkdir(exist_ok=True)
        (folder / "evaluation" / "metrics.json").write_text(json.dumps(metrics))
    arguments: dict[str, Any] = {
        "prepared": folder / "prepare",
        "translated": folder / "translated",
        "projected": folder / "projected",
        "filtered": folder / "filtered",
        "dataset": folder / "build",
        "evaluation": folder / "evaluation" if metrics is not None else None,
        "out": folder / "report",
        "params": ReportParams(title="A <b>title</b>"),
        "task": "ner",
        "src": "en",
        "tgt": "ha",
    }
    run_report(**(arguments | more))
    return (folder / "report" / "index.html").read_text(encoding="utf-8")


def figures(page: str) -> dict[str, Any]:
    """Return the figures in a well-formed page that needs nothing else."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert all(address.startswith("#") for address in reader.addresses)
    assert not {"link", "img", "iframe"} & reader.tags
    raw = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.S)
    assert raw is not None
    assert "<" not in raw[1]
    (run,) = json.loads(raw[1])["runs"]
    return dict(run)


def rows(page: str) -> list[list[Any]]:
    raw = re.search(r'<script type="text/plain" id="rows-0">(.*?)</script>', page, re.S)
    assert raw is not None
    found: list[list[Any]] = json.loads(gzip.decompress(base64.b64decode(raw[1])))
    return found


def test_the_page_has_everything(tmp_path: Path) -> None:
    page = report(tmp_path, sample(2), metrics=METRICS)
    run = figures(page)
    assert "English <span" in page and "</span> Hausa" in page
    assert "A &lt;b&gt;title&lt;/b&gt;" in page
    assert "73.1" in page and "70.0–76.0" in page
    assert (run["units"], run["kept"], len(rows(page))) == (16, run["kept"], 16)
    assert [one["name"] for one in run["systems"]] == ["projected", "zero-shot"]
    assert run["projection"][0]["f1"] == 91.0
    assert {one["name"] for one in run["filters"]} >= {"missing_spans", "copied", "mt_failed"}
    assert {"mt_score", "span score", "length_ratio"} <= {x["name"] for x in run["histograms"]}
    assert run["made_by"]["prepare"]["signature"] == "prepare:abc"
    assert sum(number for *_, number in run["flow"]) == 16
    filters = {"name": "filter", "what": "sentences", "in": 16, "out": run["kept"]}
    assert filters in run["stages"]


def test_methods_side_by_side(tmp_path: Path) -> None:
    own = {"exact": {"f1": 91.0}, "overlap": {"f1": 95.0}, "support": 40}
    own |= {"per_label": {"PER": {"exact": {"f1": 90.0}}}, "calibration": []}
    names = ("alignment:eflomal", "constrained", "ensemble:a+b")
    methods: dict[str, Any] = {name: own | {"method": name} for name in names}
    span = {"start": 0, "end": 5, "label": "PER", "score": 0.9, "right": True}
    right = {"right": True, "spans": [span], "missing": []}
    missed = {"right": False, "spans": [], "missing": [{"label": "PER", "reason": "no <link>"}]}
    example = {
        "id": "p1",
        "src_text": "Amina came",
        "src_spans": [{"start": 0, "end": 5, "label": "PER"}],
        "tgt_text": "Amina ta zo",
        "gold": [{"start": 0, "end": 5, "label": "PERSON"}],
        "methods": dict(zip(names, (right, missed, right), strict=True)),
    }
    found = {"patterns": [{"right": [names[0], names[2]], "texts": 7}], "examples": [example]}
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "methods.json").write_text(json.dumps(found))
    times = {names[1]: {"learning": 0.0, "projecting": 3.2, "ms_per_unit": 12.5}}
    write_manifest(tmp_path / "evaluation" / "manifest.json", {"stage": "e", "times": times})
    run = figures(report(tmp_path, sample(2), metrics=METRICS | {"methods": methods}))
    assert [one["name"] for one in run["projection"]] == list(names)
    assert run["projection"][0]["per_label"] == {"PER": 90.0}
    assert [one["ms_per_unit"] for one in run["projection"]] == [None, 12.5, None]
    assert run["patterns"] == found["patterns"]
    (shown,) = run["examples"]
    assert [one["methods"] for one in shown["answers"]] == [[names[0], names[2]], [names[1]]]
    assert run["names"][shown["gold"][0]["label"]] == "PERSON"


def test_strange_texts_do_no_harm(tmp_path: Path) -> None:
    strange = "</script><script>alert(1)</script> [PER:1 Tom & \u202eilA] {{ 7*7 }} 🎉"
    page = report(tmp_path, [[Pair(strange, strange)]], tgt="ar")
    run = figures(page)
    assert run["tgt"] == {"code": "ar", "name": "Arabic", "dir": "rtl"}
    assert "alert(1)" not in page
    assert rows(page)[0][1] == strange.replace("[PER:1 ", "").replace("]", "")


def test_no_scores_no_manifests_no_rows(tmp_path: Path) -> None:
    page = report(tmp_path, [], prepared=tmp_path / "none", dataset=tmp_path / "none")
    run = figures(page)
    assert (run["systems"], run["units"], rows(page)) == ([], 0, [])


def test_the_same_input_gives_the_same_page(tmp_path: Path) -> None:
    one = report(tmp_path / "a", sample(3), metrics=METRICS)
    assert one == report(tmp_path / "b", sample(3), metrics=METRICS)


def test_a_project_has_one_page_for_all_its_languages(tmp_path: Path) -> None:
    config = {"languages": {"source": "en", "targets": ["ha", "ar", "sw"]}}
    (tmp_path / "params.yaml").write_text(json.dumps(config))
    with pytest.raises(MissingInputError, match="nothing has been filtered"):
        report_folder(tmp_path)
    for target in ("ha", "ar"):
        units, _ = write_tables(tmp_path / target, sample(2))
        filtered = tmp_path / "outputs" / "filtered" / f"ner-{target}"
        run_filter(units=units, out=filtered, params=FilterParams())
    result = report_folder(tmp_path, limit=5)
    assert (result["runs"], result["units"], result["in_page"]) == (2, 32, 10)
    page = (tmp_path / "outputs" / "report" / "index.html").read_text(encoding="utf-8")
    assert '<script type="text/plain" id="rows-1">' in page
    assert "English → Hausa" in page and "English → Arabic" in page


def test_missing_and_broken_inputs_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"attrition\.json"):
        report(tmp_path, sample(), filtered=tmp_path / "none")
    (tmp_path / "prepare" / "manifest.json").write_text("{")
    with pytest.raises(StorageError, match=r"manifest\.json"):
        report(tmp_path / "x", sample(), prepared=tmp_path / "prepare")
