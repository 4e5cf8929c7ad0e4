"""``labelproj augment`` from a job's folder or labelled text to new records."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from builders import Pair, make_units, sample, write_tables
from labelproj import tables
from labelproj.cli import app
from labelproj.config import AugmentParams, FilterParams
from labelproj.errors import InputError, UsageError
from labelproj.formats import write_documents
from labelproj.records import Document
from labelproj.stages.augment import run_augment
from labelproj.stages.filter import run_filter

NAMES = AugmentParams(methods=("names",), share=1.0)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A folder as ``labelproj project`` leaves it."""
    units, documents = write_tables(tmp_path / "work", sample(4))
    run_filter(units=units, out=tmp_path / "job", params=FilterParams(duplicate=False))
    documents.rename(tmp_path / "job" / "documents.parquet")
    return tmp_path / "job"


def run(source: Path, out: Path, **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    options: dict[str, Any] = {"params": AugmentParams(share=1.0), "src": "en", "tgt": "ha"}
    options |= more
    counts = run_augment(source=str(source), out=out, **options)
    lines = out.read_text(encoding="utf-8").splitlines()
    return counts, [json.loads(line) for line in lines]


def test_a_job_is_switched_with_provenance(job: Path, tmp_path: Path) -> None:
    counts, rows = run(job, tmp_path / "a.jsonl")
    again = run(job, tmp_path / "b.jsonl")[1]
    assert rows == again
    assert counts["made"] == {"code-switch": len(rows)}
    assert 0 < len(rows) == counts["documents"] - counts["unchanged"]
    for row in rows:
        assert row["id"] == f"{row['augmented']['from']}+switched1"
        for one in row["augmented"]["changes"]:
            assert row["text"][one["start"] : one["end"]] != one["was"]
    assert run(job, tmp_path / "c.jsonl", seed=1, params=AugmentParams())[1] != rows


def test_fragments_are_found_by_an_aligner(job: Path, tmp_path: Path) -> None:
    from labelproj.config import AlignParams

    params = AugmentParams(share=1.0, fragments=True)
    _, rows = run(job, tmp_path / "a.jsonl", params=params, align=AlignParams(name="systran"))
    kinds = {one["kind"] for row in rows for one in row["augmented"]["changes"]}
    assert kinds <= {"span", "fragment"}


def test_held_out_records_stay_out_with_their_names(job: Path, tmp_path: Path) -> None:
    from labelproj.build.documents import target_documents

    documents = list(target_documents(job / "kept.parquet", job / "documents.parquet", tgt="ha"))
    held = tmp_path / "dev.jsonl"
    renamed = [Document(f"x{n}", "ha", one.segments) for n, one in enumerate(documents[:2])]
    write_documents(renamed, held)
    counts, rows = run(job, tmp_path / "a.jsonl", params=NAMES, exclude=[str(held)])
    texts = {one.segments[0].text for one in documents[:2]}
    out = {one.id for one in documents if one.segments[0].text in texts}
    assert counts["excluded"] == len(out) > 0
    assert not out & {row["augmented"]["from"] for row in rows}


def test_labelled_text_gets_other_names(tmp_path: Path) -> None:
    lines = ["Musa\tB-PER\ntafi\tO\n", "Sani\tB-PER\nzo\tO\n", "zo\tO\n"]
    source = tmp_path / "train.conll"
    source.write_text("\n".join(lines), encoding="utf-8")
    counts, rows = run(source, tmp_path / "a.jsonl", params=NAMES)
    assert [row["text"] for row in rows] == ["Sani tafi", "Musa zo"]
    assert counts["unchanged"] == 1


def test_what_cannot_be_done_is_said(job: Path, tmp_path: Path) -> None:
    source = tmp_path / "train.jsonl"
    source.write_text('{"text": "Musa"}\n', encoding="utf-8")
    for wrong, error in (
        ({"source": source}, UsageError),
        ({"source": tmp_path / "none", "params": NAMES}, InputError),
        ({"source": source, "out": source, "params": NAMES}, UsageError),
        ({"out": tmp_path / "a.xyz"}, UsageError),
        ({"exclude": [str(tmp_path / "none.jsonl")]}, InputError),
        ({"task": "tod"}, UsageError),
        ({"params": AugmentParams(names="x", methods=("names",))}, InputError),
    ):
        with pytest.raises(error):
            run(**({"source": job, "out": tmp_path / "a.jsonl"} | wrong))
    assert not (tmp_path / "a.jsonl").exists()


def test_questions_keep_their_answers(tmp_path: Path) -> None:
    pair = Pair("[ANSWER:1 Old Kano] is large.", "[ANSWER:1 Tsohuwar Kano] babba ce.")
    units = make_units([[pair]]).to_dicts()
    question = make_units([[Pair("What is large?", "Me ne babba?")]]).to_dicts()[0]
    for row, name, role in ((units[0], "c", "context"), (question, "q", "question")):
        row |= {"segment_id": name, "role": role, "id": f"d0/{name}/0"}
        row |= {"signals": [], "verdict": "accept", "reasons": []}
    for key in ("src_spans", "projections"):
        units[0][key][0] |= {"label": "answer", "group": "q"}
    folder = tmp_path / "job"
    kept = tables.frame([units[0], question], tables.FILTERED)
    tables.write(kept, folder / "kept.parquet", tables.FILTERED)
    segments = [
        {"id": n, "role": r, "n_units": 1} for n, r in (("c", "context"), ("q", "question"))
    ]
    row = {"id": "d0", "lang": "en", "segments": segments, "payload": "{}"}
    documents = tables.frame([row | {"source": "x", "signature": "p:0"}], tables.DOCUMENTS)
    tables.write(documents, folder / "documents.parquet", tables.DOCUMENTS)
    _, (made,) = run(folder, tmp_path / "a.jsonl", task="qa")
    context, asked = made["segments"]
    assert context["text"] == "Old Kano babba ce."
    assert context["spans"][0] == {
        "id": "s1",
        "start": 0,
        "end": 8,
        "label": "answer",
        "group": "q",
    }
    assert asked["text"] == "Me ne babba?"


def test_the_command(job: Path, tmp_path: Path) -> None:
    command = ["augment", str(job), "--tgt", "ha", "--out", str(tmp_path / "a.jsonl")]
    command += ["--method", "code-switch", "--method", "names"]
    found = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert set(found["made"]) == {"code-switch", "names"}
    assert CliRunner().invoke(app, command).exit_code == 0
