"""The evaluate stage from trained systems to metrics."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from invented import TINY, invented_documents
from labelproj.config import EvaluateParams, TrainParams
from labelproj.errors import MissingInputError
from labelproj.evaluate.methods import Comparison
from labelproj.formats import write_documents
from labelproj.records import Document, Segment, Span
from labelproj.stages.evaluate import run_evaluate
from labelproj.train.systems import System, publish, train_system

COMPARED = Comparison(
    own="alignment:a",
    scores={
        "alignment:a": {"exact": {"f1": 91.5}, "overlap": {"f1": 95.0}},
        "constrained": {"exact": {"f1": 80.0}, "overlap": {"f1": 85.0}},
    },
    times={"alignment:a": {"learning": 1.0, "projecting": 2.0, "ms_per_unit": 3.0}},
    patterns=[{"right": ["alignment:a"], "texts": 2}],
    examples=[],
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for name, seed, steps in (("gold", 1, 10), ("projected", 2, 50), ("zero-shot", 3, 10)):
        system = System(name, invented_documents(50, seed=seed), invented_documents(10, seed=7))
        chosen = TrainParams.model_validate(TINY | {"max_steps": steps, "eval_every": 10})
        model, _ = train_system(system, params=chosen, work=folder / "work")
        publish(model, folder / "systems" / name)
    return folder / "systems"


def write_gold(path: Path) -> Path:
    """Write test documents, with labels of another name and one nobody was taught."""
    renamed = {"PER": "PERSON", "LOC": "LOC"}
    documents = [
        Document(
            document.id,
            "ha",
            tuple(
                Segment(
                    segment.id,
                    segment.role,
                    segment.text,
                    tuple(Span(s.id, s.start, s.end, renamed[s.label]) for s in segment.spans),
                )
                for segment in document.segments
            ),
        )
        for document in invented_documents(25, seed=5)
    ]
    text = "Taron Nil ya fara ranar Litinin."
    spans = (Span("e", 6, 9, "EVENT"), Span("d", 24, 31, "DATE"))
    documents.append(Document("extra", "ha", (Segment("0", "text", text, spans),)))
    write_documents(documents, path)
    return path


def evaluate(models: Path, out: Path, gold: Path, **more: Any) -> dict[str, Any]:
    run_evaluate(
        models=models,
        gold_test=gold,
        out=out,
        params=EvaluateParams(bootstrap=100, label_map={"PERSON": "PER", "DATE": None}),
        tgt="ha",
        **more,
    )
    metrics: dict[str, Any] = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    return metrics


def test_the_systems_are_scored(models: Path, tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "gold.jsonl")
    metrics = evaluate(models, tmp_path / "out", gold, comparison=COMPARED)
    systems = metrics["systems"]
    assert list(systems) == ["projected", "zero-shot", "gold"]
    best = systems["projected"]
    assert best["f1_low"] <= best["f1"] <= best["f1_high"]
    assert best["f1"] > 60
    assert best["documents"] == 26
    assert set(best["per_label"]) == {"EVENT", "LOC", "PER"}
    assert best["spans"] == sum(one["spans"] for one in best["per_label"].values())
    assert metrics["unseen_labels"]["projected"] == ["EVENT"]
    assert metrics["projection"] == COMPARED.scores["alignment:a"]
    assert list(metrics["methods"]) == ["alignment:a", "constrained"]
    table = (tmp_path / "out" / "methods.csv").read_text(encoding="utf-8")
    assert table == "method,f1,overlap_f1\nalignment:a,91.5,95.0\nconstrained,80.0,85.0\n"
    found = json.loads((tmp_path / "out" / "methods.json").read_text(encoding="utf-8"))
    assert found == {"patterns": COMPARED.patterns, "examples": []}
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["times"] == COMPARED.times
    assert list(metrics["differences"]) == [
        "projected - zero-shot",
        "projected - gold",
        "zero-shot - gold",
    ]
    gap = metrics["differences"]["projected - zero-shot"]
    assert gap["f1_low"] <= gap["f1"] <= gap["f1_high"]
    assert 0 < gap["p"] <= gap["p_holm"] <= 1
    for key in ("per_length", "per_text_length"):
        assert sum(one["spans"] for one in best[key].values()) == best["spans"]
    assert best["error_types"]["strict"]["correct"] == round(best["recall"] * best["spans"] / 100)

    with (tmp_path / "out" / "systems.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["system"] for row in rows] == list(systems)
    assert float(rows[0]["f1"]) == best["f1"]
    labels = (tmp_path / "out" / "labels.csv").read_text(encoding="utf-8").splitlines()
    assert labels[0] == "system,label,f1"
    assert len(labels) == 1 + sum(len(one["per_label"]) for one in systems.values())

    lines = (tmp_path / "out" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    rows_out = [json.loads(line) for line in lines]
    assert [row["id"] for row in rows_out][-1] == "extra"
    assert rows_out[-1]["gold"] == [{"start": 6, "end": 9, "label": "EVENT"}]
    wrong = sum(row["errors"] for row in rows_out)
    right = sum(len(row["gold"]) + len(row["predicted"]) for row in rows_out) - wrong
    assert right / (right + wrong) == pytest.approx(best["f1"] / 100, abs=1e-4)


def test_seeds_are_scored_together(models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    for run in ("projected", "projected@17"):
        publish(models / "projected", folder / run)
    publish(models / "gold", folder / "projected@4")
    publish(models / "zero-shot", folder / "zero-shot")
    for number, card in enumerate(sorted(folder.glob("projected*/labelproj.json"))):
        card.write_text(json.dumps(json.loads(card.read_text()) | {"seed": number}))
    gold = write_gold(tmp_path / "gold.jsonl")
    alone = evaluate(models, tmp_path / "alone", gold)["systems"]
    metrics = evaluate(folder, tmp_path / "out", gold)
    best = metrics["systems"]["projected"]
    assert list(metrics["systems"]) == ["projected", "zero-shot"]
    runs = [alone["projected"]["f1"], alone["projected"]["f1"], alone["gold"]["f1"]]
    assert best["seeds"] == {"0": runs[0], "1": runs[1], "2": runs[2]}
    assert best["f1"] == pytest.approx(sum(runs) / 3, abs=0.01)
    assert best["f1_sd"] == pytest.approx(abs(runs[0] - runs[2]) / 3**0.5, abs=0.01)
    assert best["f1_high"] - best["f1_low"] > 0
    assert best["spans"] == alone["projected"]["spans"]
    assert "seeds" not in metrics["systems"]["zero-shot"]
    rows = (tmp_path / "out" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(row)["system"] for row in rows} == {"projected"}


def test_twice_gives_the_same_bytes(models: Path, tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "gold.jsonl")
    tables = ("systems.csv", "labels.csv", "methods.csv")
    names = (*tables, "metrics.json", "methods.json", "predictions.jsonl")
    for out in ("a", "b"):
        evaluate(models, tmp_path / out, gold)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert sorted(p.name for p in (tmp_path / "a").iterdir()) == sorted((*names, "manifest.json"))
    metrics = json.loads((tmp_path / "a" / "metrics.json").read_text())
    assert not {"projection", "methods"} & set(metrics)


def test_what_is_missing_is_named(models: Path, tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "gold.jsonl")
    with pytest.raises(MissingInputError, match="no trained system"):
        evaluate(tmp_path / "none", tmp_path / "out", gold)
    with pytest.raises(MissingInputError):
        evaluate(models, tmp_path / "out", tmp_path / "none.jsonl")
    assert not (tmp_path / "out" / "manifest.json").exists()
