"""Whether a model knows markers, measured on a real tiny one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from labelproj.errors import MissingInputError
from labelproj.evaluate.marker_samples import Sample, bitext_samples, gold_samples
from labelproj.evaluate.markers import VERDICTS, check_markers
from labelproj.records import Span

PLACES = ("Kano", "Lagos", "Abuja", "Zaria")


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELPROJ_CACHE", str(tmp_path_factory.getbasetemp() / "check-cache"))


def gold_file(path: Path) -> Path:
    lines = []
    for number, place in enumerate(PLACES):
        src, tgt = f"Amina went to {place}.", f"Amina ya tafi {place}."
        spans = [("p", "PER", 0, 5), ("q", "LOC", 14, 14 + len(place))]
        record = {
            "id": f"g{number}",
            "src_lang": "en",
            "tgt_lang": "ha",
            "src_text": src,
            "tgt_text": tgt,
            "src_spans": [{"id": i, "start": a, "end": b, "label": n} for i, n, a, b in spans],
            "tgt_spans": [{"id": i, "start": a, "end": b, "label": n} for i, n, a, b in spans],
        }
        if number == 1:  # no ids: known by their labels
            record["tgt_spans"] = [{"start": 0, "end": 5, "label": "PER"}]
        if number == 2:  # none on the other side
            record["tgt_spans"] = []
        lines.append(json.dumps(record) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_samples_of_gold(tmp_path: Path) -> None:
    samples = gold_samples(gold_file(tmp_path / "gold.jsonl"))
    assert [len(sample.src_spans) for sample in samples] == [2, 1, 2]
    for sample in samples:
        for one, other in zip(sample.src_spans, sample.tgt_spans, strict=True):
            assert one.id == other.id
            assert one.surface(sample.src_text) == other.surface(sample.tgt_text)


def test_no_samples(tmp_path: Path) -> None:
    lines = gold_file(tmp_path / "gold.jsonl").read_text().splitlines(keepends=True)
    path = tmp_path / "none.jsonl"
    path.write_text(lines[2])
    with pytest.raises(MissingInputError, match="known to correspond"):
        gold_samples(path)
    with pytest.raises(MissingInputError, match="confidently"):
        bitext_samples([("a b", "c d")], src="en", tgt="ha", work=tmp_path / "work", number=3)


def figures(model: Path, samples: list[Sample], **options: Any) -> dict[str, Any]:
    defaults = {"markers": "brackets", "src": "en", "tgt": "ha", "device": "cpu"}
    return check_markers(str(model), samples, **(defaults | options))


def test_a_model_is_measured(tiny_hf: Path, tmp_path: Path) -> None:
    samples = gold_samples(gold_file(tmp_path / "gold.jsonl"))
    found = figures(tiny_hf, samples)
    assert found == figures(tiny_hf, samples)
    assert found["verdict"] in VERDICTS
    for name in ("separability", "top", "changed", "survival", "chrf_plain", "chrf_marked"):
        assert 0 <= found[name] <= 100
    assert found["texts"] == found["spans"] == 3
    assert figures(tiny_hf, samples, spans=2)["texts"] == 2


def test_one_word_has_no_wrong_place(tiny_hf: Path) -> None:
    span = (Span("s", 0, 4, "LOC"),)
    with pytest.raises(MissingInputError, match="no wrong place"):
        figures(tiny_hf, [Sample("Kano", "Kano", span, span)])


def test_the_command(tiny_hf: Path, tmp_path: Path) -> None:
    def run(*arguments: object, code: int) -> subprocess.CompletedProcess[str]:
        words = ("mt", "check-markers", tiny_hf, "--src", "en", "--tgt", "ha", *arguments)
        done = subprocess.run(
            [sys.executable, "-m", "labelproj", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    gold = gold_file(tmp_path / "gold.jsonl")
    done = run("--gold", gold, "--scheme", "xml", "--strict", "--json", code=3)
    assert json.loads(done.stdout)["verdict"] == "ignores"
    assert "finetune-markers" in done.stderr
    assert "one of --gold and --bitext" in run(code=2).stderr
