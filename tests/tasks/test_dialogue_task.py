"""The task tod in a project folder: values localised, examples judged, agents scored."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from invented_dialogues import woz2, write_woz2
from labelproj.build.documents import reassemble
from labelproj.cli.app import app
from labelproj.config import BuildParams, FilterParams
from labelproj.dialogue.linear import parse_acts, parse_state
from labelproj.errors import MissingInputError
from labelproj.formats import read_documents, write_documents
from labelproj.pipeline import STAGES, run_stage
from labelproj.records import Document, Segment
from labelproj.results import collect_results
from labelproj.tasks import TASKS
from labelproj.tasks.dialogue import Dialogues

#: A few steps: whether agents learn is for others to say.
TRAIN = {"max_steps": 3, "batch_words": 500}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with given translations, built."""
    folder = tmp_path_factory.mktemp("tod")
    english, hausa = (
        [one for one in read_documents(str(path), lang="en") if isinstance(one, Document)]
        for path in write_woz2(folder)
    )
    pairs = zip(english, hausa, strict=True)
    write_documents((_with(one, other) for one, other in pairs), folder / "train.jsonl")
    params: dict[str, Any] = {
        "tasks": ["tod"],
        "mt": {"given": True},
        "prepare": {"inputs": {"tod": ["train.jsonl"]}},
        "project": {"align": {"name": "systran"}},
        "train": {"systems": ["projected", "gold"], "tasks": {"tod": TRAIN}},
        "gold": {"ha": {part: {"tod": "woz2:gold.json"} for part in ("train", "test")}},
        "evaluate": {"bootstrap": 20, "permutations": 20},
    }
    (folder / "gold.json").write_text(json.dumps([woz2(7, "wake", "kudu", hausa=True)]))
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    for stage in STAGES:
        task = "" if stage == "mt" else "tod"
        target = "" if stage == "prepare" else "ha"
        run_stage(stage, params=folder / "params.yaml", task=task, target=target)
    return folder


def _with(one: Document, other: Document) -> Document:
    texts = {segment.id: segment.text for segment in other.segments}

    def given(segment: Segment) -> Segment:
        return replace(segment, translation=texts[segment.id])

    return replace(one, segments=tuple(given(segment) for segment in one.segments))


def test_the_dataset_has_localised_states_beside_the_slots(project: Path) -> None:
    files = (project / "outputs" / "dataset" / "tod-ha").rglob("*.parquet")
    rows = pl.concat([pl.read_parquet(path) for path in files if "dropped" not in path.name])
    users = rows.filter(pl.col("role") == "user")
    assert len(users) == 72
    states = [parse_state(state) for state in users["state"]]
    said = {value for state in states for one in state for value in one.values}
    assert said == {"shinkafa", "kifi", "wake", "arewa", "kudu", "dontcare"}
    assert any(parse_acts(acts) for acts in rows["acts"])
    assert {s["label"] for spans in rows["spans"].to_list() for s in spans} == {"food", "area"}


def test_the_dataset_has_the_examples_of_every_turn(project: Path) -> None:
    folder = project / "outputs" / "dataset" / "tod-ha"
    files = (folder / "data").rglob("*.parquet")
    rows = pl.concat([pl.read_parquet(path) for path in files])
    examples = [one for found in rows["examples"].to_list() for one in found]
    items = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["items"]
    subtasks = {name: items[f"{name} example"] for name in ("dst", "api", "da", "rg")}
    assert subtasks["dst"]["in"] == 72
    assert len(examples) == sum(one["kept"] for one in subtasks.values())
    for one in examples:
        assert one["input"].startswith(one["id"].rpartition("/")[2])
    dropped = pl.read_parquet(folder / "dropped.parquet")
    assert len(dropped) == sum(one["dropped"] for one in items.values())


def test_an_ontology_says_what_values_are_called(project: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(project, folder)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["build"] = {"tod": {"ontology": "names.{tgt}.json"}}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    names = {"food": {"rice": "Shinkafa"}, "area": ["arewa", "kudu"]}
    (folder / "names.ha.json").write_text(json.dumps(names))
    for stage in ("build", "report"):
        made = run_stage(stage, params=folder / "params.yaml", task="tod", target="ha")
        assert made
    dataset = folder / "outputs" / "dataset" / "tod-ha"
    rows = pl.concat([pl.read_parquet(path) for path in (dataset / "data").rglob("*.parquet")])
    said = {v for state in rows["state"] for one in parse_state(state) for v in one.values}
    assert said == {"Shinkafa", "kifi", "wake", "arewa", "kudu", "dontcare"}
    whole, before = (
        json.loads((one / "outputs/dataset/tod-ha/manifest.json").read_text())["signature"]
        for one in (folder, project)
    )
    assert whole != before
    (folder / "names.ha.json").unlink()
    with pytest.raises(MissingInputError):
        run_stage("build", params=folder / "params.yaml", task="tod", target="ha")


def test_a_knowledge_base_is_localised_beside_the_rows(
    project: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(project, folder)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["build"] = {"tod": {"kb": "kb.jsonl", "ontology": "names.json"}}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    # The names say that two of the rows are of the same place.
    (folder / "names.json").write_text(json.dumps({"name": {"Dela": "Dela", "Dela Inn": "Dela"}}))
    cells = [
        {"name": "Dela", "food": ["rice", "chips"], "area": "north", "phone": "0803 555 12"},
        {"name": "Dela", "food": "fish"},
        {"name": "Dela Inn", "food": "fish"},
        {"name": "Rice House", "food": "bean", "rooms": 3},
        {"name": "Rice House", "food": "bean", "rooms": 3},
    ]
    lines = [json.dumps({"api": "restaurant", "cells": row}) for row in cells]
    (folder / "kb.jsonl").write_text("\n".join([*lines, "no row"]))
    (folder / "dvc.yaml").write_text(
        yaml.safe_dump({"stages": {name: {"deps": ["names.json"]} for name in ("build", "report")}})
    )
    for stage in ("build", "report"):
        made = run_stage(stage, params=folder / "params.yaml", task="tod", target="ha")
        if stage == "build":
            counts: Any = made["counts"]
    warned = [record.message for record in caplog.records if "dvc.yaml" in record.message]
    assert len(warned) == 1 and warned[0].startswith("kb.jsonl")
    dataset = folder / "outputs" / "dataset" / "tod-ha"
    rows = [json.loads(line)["cells"] for line in (dataset / "kb.jsonl").read_text().splitlines()]
    assert rows == [
        {"name": "Dela", "food": ["shinkafa", "chips"], "area": "arewa", "phone": "0803 555 12"},
        {"name": "Rice House", "food": "wake", "rooms": 3},
    ]
    aside = (dataset / "kb.rejected.jsonl").read_text().splitlines()
    assert [json.loads(line)["line"] for line in aside] == [2, 6, None]
    assert (counts["kb_rows"], counts["kb_repeats"], counts["kb_rejected"]) == (2, 1, 3)
    before = json.loads((project / "outputs/dataset/tod-ha/manifest.json").read_text())["signature"]
    assert json.loads((dataset / "manifest.json").read_text())["signature"] != before
    params["build"] = {}
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    run_stage("build", params=folder / "params.yaml", task="tod", target="ha")
    assert not list(dataset.glob("*.jsonl"))


def _methods(document: Document) -> dict[str, str]:
    entries: Any = document.payload["values"]
    return {entry["source"]: entry["method"] for entry in entries}


def test_a_value_is_called_as_in_other_dialogues(project: Path) -> None:
    kept = project / "outputs" / "filtered" / "tod-ha" / "kept.parquet"
    documents = project / "outputs" / "prepared" / "tod" / "documents.parquet"
    one = next(iter(reassemble(kept, documents, tgt="ha")))
    # Nothing in its own words says what its values are called.
    bare = replace(
        one,
        document=replace(
            one.document, segments=tuple(replace(s, spans=()) for s in one.document.segments)
        ),
        projections=tuple(() for _ in one.projections),
    )
    task, params = Dialogues(), BuildParams()
    alone, informed = (
        _methods(which.usable(bare, params).one.document)
        for which in (task, task.informed(kept, params))
    )
    assert "corpus" not in alone.values() and "unmapped" in alone.values()
    assert "corpus" in informed.values() and "unmapped" not in informed.values()


def test_agents_are_scored_beside_one_that_copies(project: Path) -> None:
    (found,) = collect_results(project / "params.yaml")
    assert list(found["systems"]) == ["projected", "gold", "copy"]
    for system in found["systems"].values():
        assert 0 <= system["dst"]["jga"] <= 100
        assert system["spans"] == 8  # two slots in each of three turns, and from the second a third
    copied = found["systems"]["copy"]["dst"]
    assert copied["jga"] == 0 and "rg" not in found["systems"]["copy"]
    assert "copy" in str(found["differences"])
    evaluation = project / "outputs" / "evaluation" / "tod-ha"
    lines = (evaluation / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["id"].rpartition("/")[2] for line in lines} >= {"dst", "api"}
    assert (project / "outputs" / "report" / "tod-ha" / "index.html").is_file()
    shown = CliRunner().invoke(app, ["results", "--params", str(project / "params.yaml")])
    assert shown.exit_code == 0 and "JGA" in shown.output and "BLEU" in shown.output


def test_repeated_turns_are_kept(project: Path) -> None:
    params = TASKS["tod"].filters(FilterParams())
    assert (params.duplicate, params.missing_spans) == (False, None)
    rejected = project / "outputs" / "filtered" / "tod-ha" / "rejected.parquet"
    assert len(pl.read_parquet(rejected)) == 0


def test_a_document_without_a_dialogue_is_none_of_this_task() -> None:
    plain = Document("a", "en", (Segment("0", "user", "Hello."),))
    assert TASKS["tod"].problem(plain) == "no dialogue in it"
    broken = replace(plain, payload={"dialogue": {"turns": 3}})
    assert "is no dialogue" in str(TASKS["tod"].problem(broken))
