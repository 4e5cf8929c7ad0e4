"""``labelproj prompts`` from a job's folder to lines of prompts."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from builders import sample, write_tables
from labelproj.cli import app
from labelproj.config import FilterParams
from labelproj.errors import InputError, UsageError
from labelproj.stages.filter import run_filter
from labelproj.stages.prompts import run_prompts


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A folder as ``labelproj project`` leaves it."""
    units, documents = write_tables(tmp_path / "work", sample(4))
    run_filter(units=units, out=tmp_path / "job", params=FilterParams(duplicate=False))
    documents.rename(tmp_path / "job" / "documents.parquet")
    return tmp_path / "job"


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    path = tmp_path / "test.jsonl"
    rows = [
        {
            "id": "q1",
            "text": "Musa ya isa Jos.",
            "spans": [{"start": 12, "end": 15, "label": "LOC"}],
        },
        {"id": "q2", "text": "An yi ruwa dare duka 1."},
    ]
    path.write_text("\n".join(map(json.dumps, rows)) + "\n{\n", encoding="utf-8")
    return path


def run(source: Path, out: Path, **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    options: dict[str, Any] = {"src": "en", "tgt": "ha", "least_words": 1}
    counts = run_prompts(source=str(source), out=out, **(options | more))
    return counts, [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_demonstrations_of_each_label(job: Path, tmp_path: Path) -> None:
    counts, rows = run(job, tmp_path / "a.jsonl", k=1)
    assert counts["written"] == counts["demonstrations"] == len(rows)
    assert set(counts["labels"]) == {"DATE", "LOC", "PER"}
    assert all(number >= 1 for number in counts["labels"].values())
    assert {row["lang"] for row in rows} == {"ha"}
    for row in rows:
        assert all(one["text"] in row["text"] for one in row["answer"])
        assert (row["score"] is None) == (not row["labels"]) == (row["chosen_for"] is None)
    assert run(job, tmp_path / "b.jsonl", k=1)[1] == rows
    source = run(job, tmp_path / "c.jsonl", k=1, setting="translate")[1]
    assert {row["lang"] for row in source} == {"en"}
    assert any("arrived in Kano" in row["text"] for row in source)


def test_the_filtered_units_of_a_project_folder(job: Path, tmp_path: Path) -> None:
    rows = run(job, tmp_path / "a.jsonl")[1]
    filtered = tmp_path / "outputs" / "filtered" / "ner-ha"
    prepared = tmp_path / "outputs" / "prepared" / "ner"
    prepared.mkdir(parents=True)
    (job / "documents.parquet").rename(prepared / "documents.parquet")
    with pytest.raises(InputError, match="no such table"):
        run(job, tmp_path / "b.jsonl")
    filtered.parent.mkdir()
    job.rename(filtered)
    assert run(filtered, tmp_path / "b.jsonl")[1] == rows


def test_a_prompt_for_each_query(job: Path, queries: Path, tmp_path: Path) -> None:
    counts, rows = run(job, tmp_path / "a.jsonl", queries=str(queries), empty=4)
    assert [row["id"] for row in rows] == ["q1", "q2"]
    assert counts["excluded"] == 1  # the second query is one of the job's texts
    for row in rows:
        assert len(row["demonstrations"]) == counts["demonstrations"]
        assert row["prompt"].count("Answer: ") == counts["demonstrations"]
        assert "DATE, LOC, PER" in row["prompt"] and "Hausa" in row["prompt"]
    assert rows[0]["prompt"].endswith("Text: Musa ya isa Jos.\nAnswer:")
    assert rows[0]["answer"] == [{"label": "LOC", "text": "Jos"}]
    assert rows[1]["prompt"].count("An yi ruwa dare duka 1.") == 1


def test_translated_queries(job: Path, tmp_path: Path, tiny_mt: Path) -> None:
    path = tmp_path / "given.jsonl"
    row = {"id": "q1", "src_text": "Musa ya isa Jos.", "tgt_text": "Musa reached Jos."}
    path.write_text(json.dumps(row | {"src_spans": []}) + "\n", encoding="utf-8")
    more = {"queries": str(path), "setting": "translate"}
    _, (one,) = run(job, tmp_path / "a.jsonl", **more)
    assert one["prompt"].endswith("Text: Musa reached Jos.\nAnswer:")
    assert one["query"] == {"text": "Musa reached Jos."}
    assert "English" in one["prompt"]
    path.write_text(json.dumps(row | {"src_spans": [], "tgt_text": " "}) + "\n", encoding="utf-8")
    assert run(job, tmp_path / "a.jsonl", **more)[1] == []
    # The tiny model is from English; any text serves to see that it is asked.
    path.write_text('{"id": "q1", "text": "Amina lives in Kano. Rain fell in Zaria."}\n')
    with pytest.raises(UsageError, match="bring no translation"):
        run(job, tmp_path / "b.jsonl", **more)
    turned = more | {"mt": str(tiny_mt), "src": "ha", "tgt": "en"}
    _, (made,) = run(job, tmp_path / "b.jsonl", **turned)
    assert made["query"]["text"].startswith("Amina")
    assert made["query"]["text"] != "Amina lives in Kano. Rain fell in Zaria."


def test_events_cannot_be_asked_about_in_translation(tmp_path: Path) -> None:
    row = {
        "id": "n1",
        "text": "The mill burned in Ora.",
        "spans": [
            {"id": "E1", "group": "E1", "start": 9, "end": 15, "label": "Fire"},
            {"id": "E1|Place|T2", "group": "E1", "start": 19, "end": 22, "label": "Place"},
        ],
    }
    source, asked = tmp_path / "train.jsonl", tmp_path / "test.jsonl"
    source.write_text(json.dumps(row) + "\n", encoding="utf-8")
    other = {**row, "id": "n2", "text": "The farm burned in Ora."}
    asked.write_text(json.dumps(other) + "\n", encoding="utf-8")
    more = {"task": "eae", "queries": str(asked)}
    counts, (one,) = run(source, tmp_path / "a.jsonl", **more)
    assert counts["labels"] == {"Fire": 1}
    assert "Event: Fire\nTrigger: burned\nAnswer: [{" in one["prompt"]
    with pytest.raises(UsageError, match="there is no kept"):
        run(source, tmp_path / "b.jsonl", setting="translate", **more)


def test_what_cannot_be_done_is_said(job: Path, queries: Path, tmp_path: Path) -> None:
    for wrong, error in (
        ({"source": tmp_path / "none"}, InputError),
        ({"queries": str(tmp_path / "none.jsonl")}, InputError),
        ({"most_words": 1}, InputError),
        ({"out": queries, "queries": str(queries)}, UsageError),
        ({"task": "x"}, UsageError),
    ):
        with pytest.raises(error):
            run(**({"source": job, "out": tmp_path / "a.jsonl"} | wrong))
    same = tmp_path / "same.jsonl"
    names = pl.read_parquet(job / "documents.parquet")["id"]
    same.write_text("".join(json.dumps({"id": name, "text": name}) + "\n" for name in names))
    with pytest.raises(InputError, match=r"\d+ are queries or excluded"):
        run(job, tmp_path / "a.jsonl", exclude=[str(same)], empty=0)
    assert not (tmp_path / "a.jsonl").exists()


def test_the_command(job: Path, queries: Path, tmp_path: Path) -> None:
    command = ["prompts", str(job), "--tgt", "ha", "--out", str(tmp_path / "a.jsonl")]
    command += ["-k", "1", "--min-words", "1", "--queries", str(queries)]
    found = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert found["written"] == 2
    assert CliRunner().invoke(app, command).exit_code == 0
