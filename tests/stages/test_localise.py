"""Localising dialogues from files to files, with given words and with a model."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from invented_dialogues import MTOD, woz2, write_woz2
from labelproj import tables
from labelproj.config import AlignParams, PrepareParams, ProjectParams, TranslateParams
from labelproj.dialogue import dialogue_of
from labelproj.errors import MissingInputError, RecordError, UsageError
from labelproj.formats import read_documents
from labelproj.records import Document
from labelproj.shards import read_manifest
from labelproj.stages.localise import run_localise

PROJECT = ProjectParams(align=AlignParams(name="systran"))
SUBTASKS = ("dst", "api", "da", "rg")


def localise(inputs: list[str], out: Path, **options: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "src": "en",
        "tgt": "ha",
        "format": "woz2",
        "prepare": PrepareParams(),
        "translate": TranslateParams(),
        "project": PROJECT,
    }
    counts = run_localise(inputs=inputs, out=out, **(settings | options))["counts"]
    assert isinstance(counts, dict)
    return counts


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_woz2(tmp_path_factory.mktemp("woz"))


@pytest.fixture(scope="module")
def done(files: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    out = tmp_path_factory.mktemp("out")
    localise([str(files[0])], out, translations=str(files[1]))
    yield out


def test_given_words_are_projected_and_values_mapped(files: tuple[Path, Path], done: Path) -> None:
    local = list(read_documents(str(done / "dialogues.woz2.json"), lang="ha", format="woz2"))
    gold = list(read_documents(str(files[1]), lang="ha", format="woz2"))
    right = 0
    for one, other in zip(local, gold, strict=True):
        assert isinstance(one, Document) and isinstance(other, Document)
        assert [s.text for s in one.segments] == [s.text for s in other.segments]
        right += dialogue_of(one).turns[0].state == dialogue_of(other).turns[0].state
    assert right == len(gold)


def test_values_say_how_they_were_mapped(done: Path) -> None:
    found = {(one["slot"], one["source"]): one for one in lines(done / "values.jsonl")}
    assert found["price", "dontcare"]["method"] == "kept"
    assert found["food", "fish"]["target"] == "kifi"
    assert found["food", "fish"]["method"] == "projected"
    assert found["food", "fish"]["surfaces"]


def test_every_example_is_kept_or_rejected_with_reasons(done: Path) -> None:
    manifest = read_manifest(done / "manifest.json")
    assert manifest is not None
    counts: Any = manifest["counts"]
    kept, rejected = lines(done / "examples.jsonl"), lines(done / "rejected.jsonl")
    for name in SUBTASKS:
        here = counts["examples"][name]
        assert here["in"] == here["kept"] + here["rejected"]
        assert here["kept"] == sum(one["subtask"] == name for one in kept)
        assert here["rejected"] == sum(one["subtask"] == name for one in rejected)
    assert all(one["reasons"] for one in rejected)
    assert counts["examples"]["dst"] == {"in": 72, "kept": 72, "rejected": 0}


def test_the_same_work_gives_the_same_bytes(files: tuple[Path, Path], done: Path) -> None:
    before = {p.name: p.read_bytes() for p in done.glob("*.json*") if p.name != "manifest.json"}
    localise([str(files[0])], done, translations=str(files[1]))
    assert before == {
        p.name: p.read_bytes() for p in done.glob("*.json*") if p.name != "manifest.json"
    }


def test_bad_dialogues_and_missing_words(tmp_path: Path) -> None:
    english = [woz2(i, "rice", "north") for i in range(3)]
    hausa = [woz2(i, "shinkafa", "arewa", hausa=True) for i in range(3)]
    del english[1]["dialogue"][1]
    hausa[2]["dialogue"][1]["transcript"] = ""
    for name, records in (("en", english), ("ha", hausa)):
        (tmp_path / name).write_text(json.dumps(records), encoding="utf-8")
    out = tmp_path / "out"
    ontology = tmp_path / "o.json"
    ontology.write_text('{"food": {"rice": "shinkafa"}}')
    source, given = str(tmp_path / "en"), str(tmp_path / "ha")
    counts = localise([source], out, translations=given, ontology=ontology, slots=["food", "price"])
    assert counts["dialogues"] == {"in": 3, "kept": 2, "rejected": 1}
    assert counts["segments_without_translation"] == 1
    # A turn without words costs its own examples, not its dialogue.
    assert counts["examples"]["dst"]["in"] == 5
    assert any(reason.startswith("dst: unknown slot: area") for reason in counts["reasons"])
    assert counts["state_values"]["ontology"] == 6
    (bad,) = tables.read(out / "quarantine.parquet", tables.REJECTS).iter_rows(named=True)
    assert "turn 1 is missing" in bad["reason"]
    with pytest.raises(RecordError, match="turn 1 is missing"):
        localise([source], out, translations=given, prepare=PrepareParams(strict=True))


def test_a_model_translates_words_and_lonely_values(tiny_mt: Path, tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text(MTOD * 3, encoding="utf-8")
    out = tmp_path / "out"
    counts = localise([str(path)], out, format="mtod", mt=str(tiny_mt))
    assert counts["dialogues"]["kept"] == 6
    assert (out / "dialogues.mtod.txt").read_text(encoding="utf-8").count(" <=> ") == 6
    localise([str(path)], out, format="mtod", mt=str(tiny_mt), canonical_words=True)
    for one in lines(out / "dialogues.jsonl"):
        for segment in one["segments"]:
            for span in segment["spans"]:
                assert segment["text"][span["start"] : span["end"]] == span["group"]


def test_what_cannot_be_localised(files: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to translate with"):
        localise([str(files[0])], tmp_path / "out")
    plain = tmp_path / "plain.jsonl"
    plain.write_text('{"id": "a", "text": "Kano"}\n', encoding="utf-8")
    with pytest.raises(MissingInputError, match="no dialogue in it"):
        localise([str(plain)], tmp_path / "out", format="jsonl", translations=str(plain))
