"""The report stage: one page that needs nothing else, for full, odd and empty jobs."""

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
from labelproj.stages.report import run_report

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
        if tag not in ("meta", "br", "rect", "line"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("rect", "line"):
            return
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


def well_formed(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert reader.addresses == []
    assert not {"script", "link", "img", "iframe"} & reader.tags
    assert "@import" not in page and "url(" not in page
    return reader


def test_the_page_has_everything(tmp_path: Path) -> None:
    page = report(tmp_path, sample(2), metrics=METRICS)
    well_formed(page)
    assert "English <span" in page and "</span> Hausa" in page
    for said in (
        "73.1",
        "70.0–76.0",
        "91.0",
        "+33.1",
        "TIME",
        "missing_spans",
        "no-alignment",
        "prepare:abc",
    ):
        assert said in page
    assert "A &lt;b&gt;title&lt;/b&gt;" in page
    assert "Rejected by copied" in page and "Rejected by mt_failed" in page
    assert "no translation" in page
    assert re.search(r"<th>filter</th><td>sentences</td><td class=\"n\">16</td>", page)


def test_strange_texts_do_no_harm(tmp_path: Path) -> None:
    strange = "<script>alert(1)</script> [PER:1 Tom & \u202eilA] {{ 7*7 }} 🎉"
    page = report(tmp_path, [[Pair(strange, strange)]], tgt="ar")
    well_formed(page)
    assert "&lt;script&gt;alert(1)" in page
    assert "{{ 7*7 }}" in page
    assert 'lang="ar" dir="rtl"' in page


def test_no_scores_no_manifests_no_rows(tmp_path: Path) -> None:
    page = report(tmp_path, [], prepared=tmp_path / "none", dataset=tmp_path / "none")
    well_formed(page)
    assert "No system was scored" in page
    assert "There are no sentences" in page


def test_the_same_input_gives_the_same_page(tmp_path: Path) -> None:
    one = report(tmp_path / "a", sample(3), metrics=METRICS)
    assert one == report(tmp_path / "b", sample(3), metrics=METRICS)


def test_missing_and_broken_inputs_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"kept\.parquet"):
        report(tmp_path, sample(), filtered=tmp_path / "none")
    (tmp_path / "prepare" / "manifest.json").write_text("{")
    with pytest.raises(StorageError, match=r"manifest\.json"):
        report(tmp_path / "x", sample(), prepared=tmp_path / "prepare")
