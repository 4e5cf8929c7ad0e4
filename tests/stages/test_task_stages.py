"""Events and questions through every stage of a project folder, with translations given."""

import base64
import gzip
import json
import random
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from labelproj import tables
from labelproj.config import FilterParams, PrepareParams, ProjectParams, TranslateParams
from labelproj.errors import UsageError
from labelproj.evaluate.answers import score_answer_files
from labelproj.formats import read_documents
from labelproj.pipeline import run_stage
from labelproj.records import Document
from labelproj.stages.job import run_job

THINGS = {"mill": "niƙa", "school": "makaranta", "market": "kasuwa", "bridge": "gada"}
PLACES = ("Kano", "Zariya", "Jos", "Ilorin", "Sokoto")
TRAIN = {
    "max_steps": 12,
    "eval_every": 6,
    "batch_words": 200,
    "systems": ["projected", "zero-shot"],
}


def sentence(rng: random.Random) -> tuple[str, str, str, str]:
    thing, place = rng.choice(list(THINGS)), rng.choice(PLACES)
    number = rng.randint(1000, 1999)
    source = f"In {number} the {thing} of {place} burned."
    return source, f"A {number} {THINGS[thing]} ta {place} ta kone.", thing, place


def events(count: int) -> list[dict[str, Any]]:
    """Return records of one event each; the last one has one argument only."""
    rng = random.Random(1)
    records = []
    for number in range(count):
        source, target, thing, place = sentence(rng)
        spans = [
            {"id": "E1", "group": "E1", "label": "Fire", "surface": "burned"},
            {"id": "E1|Thing|T1", "group": "E1", "label": "Thing", "surface": thing},
            {"id": "E1|Victim|T1", "group": "E1", "label": "Victim", "surface": thing},
            {"id": "E1|Place|T2", "group": "E1", "label": "Place", "surface": place},
        ]
        spans = spans[:2] if number == count - 1 else spans
        for span in spans:
            surface = span.pop("surface")
            start = source.index(surface)
            span |= {"start": start, "end": start + len(surface)}  # type: ignore[dict-item]
        records.append(
            {"id": f"d{number}", "src_text": source, "tgt_text": target, "src_spans": spans}
        )
    records.append(
        {
            "id": "headless",
            "src_text": "Rain.",
            "tgt_text": "Ruwa.",
            "src_spans": [{"start": 0, "end": 4, "label": "Thing", "group": "E1"}],
        }
    )
    return records


def questions(count: int) -> list[dict[str, Any]]:
    """Return contexts of two sentences with an answer each, and one that there is none to."""
    rng = random.Random(2)
    records = []
    for number in range(count):
        (one, eins, *_, first), (two, zwei, *_, second) = sentence(rng), sentence(rng)
        text = f"{one} {two}"
        starts = [text.index(first), len(one) + 1 + two.index(second)]
        spans = [
            {
                "start": start,
                "end": start + len(place),
                "label": "answer",
                "group": f"d{number}q{i}",
            }
            for i, (start, place) in enumerate(zip(starts, (first, second), strict=True))
        ]
        context = {"id": "context", "role": "context", "text": text, "spans": spans}
        segments = [context | {"tgt_text": f"{eins} {zwei}"}]
        for i, (asked, said) in enumerate(
            [("Where first?", "Ina na farko?"), ("Where then?", "Ina kuma?"), ("Why?", "Me ya sa?")]
        ):
            name = f"d{number}q{i}"
            segments.append({"id": name, "role": "question", "text": asked, "tgt_text": said})
        records.append({"id": f"d{number}", "segments": segments})
    records.append({"id": "none", "segments": [context]})
    return records


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return path


def gold(path: Path, records: list[dict[str, Any]]) -> Path:
    """Write records in English as if they were gold data."""
    for record in records:
        for one in record.get("segments") or [record]:
            one.pop("tgt_text", None)
        if "src_text" in record:
            record["text"], record["spans"] = record.pop("src_text"), record.pop("src_spans")
    return write(path, records[:8])


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tasks")
    write(root / "events.jsonl", events(60))
    write(root / "questions.jsonl", questions(40))
    gold(root / "events.gold.jsonl", events(10))
    gold(root / "questions.gold.jsonl", questions(10))
    params = {
        "languages": {"source": "en", "targets": ["ha"]},
        "tasks": ["eae", "qa"],
        "mt": {"given": True},
        "prepare": {"inputs": {"eae": ["events.jsonl"], "qa": ["jsonl:questions.jsonl"]}},
        "project": {"align": {"name": "systran"}},
        "filter": {"copied": None},
        "build": {
            "events": {"min_arguments": 2},
            "qa": {"pairs": ["target", "source-question"]},
        },
        "train": TRAIN,
        "gold": {"ha": {"test": {"eae": "events.gold.jsonl", "qa": "questions.gold.jsonl"}}},
        "evaluate": {"bootstrap": 20},
    }
    (root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    run_stage("mt", params=root / "params.yaml", task="", target="ha")
    for task in ("eae", "qa"):
        run_stage("prepare", params=root / "params.yaml", task=task, target="")
        for stage in ("translate", "project", "filter", "build", "train", "evaluate", "report"):
            run_stage(stage, params=root / "params.yaml", task=task, target="ha")
    return root / "outputs"


def counts(folder: Path, name: str = "counts") -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = manifest[name]
    return found


def test_events_become_a_dataset(project: Path, tmp_path: Path) -> None:
    import datasets

    assert counts(project / "prepared/eae")["rejected"] == 1
    items = counts(project / "dataset/eae-ha", "items")
    assert items["event"]["in"] == 60 and items["event"]["dropped"] >= 1
    dropped = tables.read(project / "dataset/eae-ha/dropped.parquet", tables.DROPPED)
    assert len(dropped) == sum(kind["dropped"] for kind in items.values())
    assert "d59/E1" in dropped["id"].to_list()
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(project / "dataset/eae-ha"), cache_dir=str(tmp_path))
    rows = [row for part in loaded.values() for row in part]
    assert len(rows) == 60  # the document stays, with or without its event
    for row in rows:
        for event in row["events"]:
            for part in [*event["trigger"], *(p for a in event["arguments"] for p in a["parts"])]:
                assert row["text"][part["start"] : part["end"]] == part["text"]
            places = {
                a["role"]: (a["parts"][0]["start"], a["parts"][0]["end"])
                for a in event["arguments"]
            }
            assert places.get("Thing") == places.get("Victim")  # one entity, one place
    card = (project / "dataset/eae-ha/README.md").read_text(encoding="utf-8")
    assert "event triggers and arguments" in card and "of 60 events" in card


def test_questions_become_a_dataset_that_reads_as_squad(project: Path, tmp_path: Path) -> None:
    assert counts(project / "prepared/qa")["rejected"] == 1
    folder = project / "dataset/qa-ha"
    items = counts(folder, "items")
    assert items["question"]["in"] == 120
    table = pl.concat(pl.read_parquet(path) for path in sorted(folder.glob("data/qa-ha/*.parquet")))
    target = table.filter(pl.col("question_lang") == "ha")
    assert len(table) == 2 * len(target) == 2 * items["question"]["kept"]
    assert target["is_impossible"].sum() == 40
    assert set(target["tier"]) <= {"A", "B", "C"}
    for row in target.iter_rows(named=True):
        for text, start in zip(*row["answers"].values(), strict=True):
            assert row["context"][start : start + len(text)] == text
    found = list(read_documents(f"hf:{folder}:qa-ha:train", lang="ha"))
    assert all(isinstance(one, Document) for one in found)


@pytest.mark.parametrize(("task", "score"), [("eae", "argument_attached_cls"), ("qa", "mlqa_f1")])
def test_systems_are_trained_and_scored(project: Path, task: str, score: str) -> None:
    metrics = json.loads((project / f"evaluation/{task}-ha/metrics.json").read_text())
    assert set(metrics["systems"]) == {"projected", "zero-shot"}
    for system in metrics["systems"].values():
        assert 0 <= system[score] <= 100 and 0 <= system["f1"] <= 100
    lines = (project / f"evaluation/{task}-ha/predictions.jsonl").read_text().splitlines()
    # One case an event, or a question.
    assert len(lines) == {"eae": 8, "qa": 24}[task]
    assert (project / f"report/{task}-ha/index.html").is_file()


@pytest.mark.parametrize(("task", "view"), [("eae", "events"), ("qa", "answers")])
def test_the_report_draws_documents(project: Path, task: str, view: str) -> None:
    page = (project / f"report/{task}-ha/index.html").read_text(encoding="utf-8")
    found = re.search(r'id="documents-0">([^<]+)</script>', page)
    assert found and f'"view": "{view}"' in page
    drawn = json.loads(gzip.decompress(base64.b64decode(found[1])))
    parts = {"eae": "events", "qa": "questions"}[task]
    assert len(drawn) == {"eae": 60, "qa": 40}[task]
    assert all(one[parts] for one in drawn)


def test_a_reader_is_trained_where_there_are_encoders(project: Path, tmp_path: Path) -> None:
    root = tmp_path / "again"
    shutil.copytree(project.parent, root)
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    params["train"] |= {
        "backend": "transformers",
        "weights": "tier",
        "max_steps": 2,
        "systems": ["projected"],
    }
    (root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    for stage in ("train", "evaluate"):
        run_stage(stage, params=root / "params.yaml", task="qa", target="ha")
    card = json.loads((root / "outputs/models/qa-ha/projected/labelproj.json").read_text())
    assert (card["backend"], card["labels"]) == ("transformers-qa", ["answer"])
    metrics = json.loads((root / "outputs/evaluation/qa-ha/metrics.json").read_text())
    system = metrics["systems"]["projected"]
    assert system["questions"] == 24
    # The stage's own predictions can be scored again, as files.
    predicted = root / "outputs/evaluation/qa-ha/predictions.jsonl"
    again = score_answer_files(predicted, root / "questions.gold.jsonl", lang="ha")
    assert {key: again[key] for key in ("answer_f1", "mlqa_f1", "missing")} == {
        "answer_f1": system["answer_f1"],
        "mlqa_f1": system["mlqa_f1"],
        "missing": 0,
    }
    assert again["span_questions"] == 24


def test_a_task_without_inputs_of_its_own(project: Path) -> None:
    path = project.parent / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf-8"))
    params["tasks"] = ["ner", "eae", "qa"]
    other = path.with_name("other.yaml")
    other.write_text(yaml.safe_dump(params), encoding="utf-8")
    with pytest.raises(Exception, match="no input is given"):
        run_stage("prepare", params=other, task="ner", target="")
    with pytest.raises(UsageError, match="no gold test data for ner"):
        run_stage("evaluate", params=other, task="ner", target="ha")


@pytest.mark.parametrize(("task", "ending"), [("eae", "oneie.jsonl"), ("qa", "squad.json")])
def test_a_job_writes_the_task_s_own_format(task: str, ending: str, tmp_path: Path) -> None:
    records = events(30) if task == "eae" else questions(30)
    result = run_job(
        inputs=[str(write(tmp_path / "in.jsonl", records))],
        out=tmp_path / "out",
        src="en",
        tgt="ha",
        mt=None,
        task=task,
        prepare=PrepareParams(),
        translate=TranslateParams(),
        project=ProjectParams.model_validate({"align": {"name": "systran"}}),
        filters=FilterParams(copied=None),
    )
    items: dict[str, dict[str, int]] = result["counts"]["items"]  # type: ignore[index]
    found = list(read_documents(str(tmp_path / "out" / f"in.ha.{ending}"), lang="ha"))
    assert found and all(isinstance(one, Document) for one in found)
    dropped = tables.read(tmp_path / "out/dropped.parquet", tables.DROPPED)
    assert len(dropped) == sum(kind["dropped"] for kind in items.values())
    if task == "qa":
        said = json.loads((tmp_path / "out/in.ha.squad.json").read_text(encoding="utf-8"))
        asked = [q for a in said["data"] for p in a["paragraphs"] for q in p["qas"]]
        assert {q["tier"] for q in asked if q["answers"]} <= {"A", "B", "C"}
