"""The task tod in a project folder: values localised, slots tagged, nothing lost for a slot."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from invented_dialogues import write_woz2
from labelproj.config import FilterParams
from labelproj.dialogue.linear import parse_acts, parse_state
from labelproj.formats import read_documents, write_documents
from labelproj.pipeline import run_stage
from labelproj.records import Document, Segment
from labelproj.tasks import TASKS


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
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    for stage in ("mt", "prepare", "translate", "project", "filter", "build"):
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
