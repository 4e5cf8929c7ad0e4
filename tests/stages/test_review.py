"""Units go to people and their corrections come back into jobs, datasets and gold data."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from annotators import ANSWERS, Said
from builders import Pair, sample, write_tables
from labelproj import tables
from labelproj.config import BuildParams, FilterParams, ReviewParams
from labelproj.errors import FormatError, InputError, MissingInputError, UsageError
from labelproj.evaluate.projection import read_gold
from labelproj.formats import read_documents
from labelproj.records import Document
from labelproj.shards import write_manifest
from labelproj.stages.build import run_build
from labelproj.stages.filter import run_filter
from labelproj.stages.review import (
    corrections_of,
    run_apply,
    run_export,
    run_gold,
    run_import,
    run_stats,
)

ADDED = Pair(
    "😀 [PER:1 Musa] saw [LOC:2 Zariya].\nThen he left.",
    "😀 [PER:1 Musa ya] ga [LOC:2 Zariya].\nSai ya tafi.",
    score=0.3,
)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """The folder of a job, as ``labelproj project`` leaves it."""
    folder = tmp_path / "job"
    units, documents = write_tables(tmp_path, [*sample(2), [ADDED]])
    run_filter(units=units, out=folder, params=FilterParams())
    shutil.copy(documents, folder / "documents.parquet")
    params: dict[str, object] = {"src": "en", "tgt": "ha", "task": "ner"}
    write_manifest(folder / "manifest.json", {"stage": "job", "params": params})
    return folder


def answered(job: Path, tool: str, said: dict[str, Said], **more: Any) -> dict[str, Any]:
    out, back = job.parent / f"out-{tool}", job.parent / f"back-{tool}"
    shutil.rmtree(out, ignore_errors=True)
    back.mkdir(exist_ok=True)
    run_export(job=job, tool=tool, out=out, limit=100)
    return run_import(files=[ANSWERS[tool](out, said, back)], job=job, tool=tool, **more)


def corrections(job: Path) -> dict[str, dict[str, Any]]:
    table = tables.read(job / "corrections.parquet", tables.CORRECTIONS)
    return {row["unit_id"]: row for row in table.iter_rows(named=True)}


#: Musa's span is mended, Zariya's is as it was; then the first sentence of d0 gets another verb.
LAST = "d14:text:0"
SAID: dict[str, Said] = {
    LAST: ([(2, 6, "PER"), (13, 19, "LOC")], None, False),
    "d0:text:0": (
        [(0, 11, "PER"), (19, 23, "LOC"), (30, 37, "DATE")],
        "Amina Bello ta zo birnin Kano ranar Litinin.",
        False,
    ),
    "d1:text:0": ([], None, True),
    "d3:text:0": ([], "kasuwar ta yi shiru bayan ambaliya 0", False),
}


@pytest.mark.parametrize("tool", ["label-studio", "prodigy", "argilla"])
def test_what_people_say_comes_back(job: Path, tool: str) -> None:
    counts = answered(job, tool, SAID)
    assert counts["used"] == 4 and counts["unusable"] == 0
    assert (counts["accept"], counts["edit"], counts["reject"]) == (0, 3, 1)
    rows = corrections(job)
    spans = {s["id"]: rows[LAST]["text"][s["start"] : s["end"]] for s in rows[LAST]["spans"]}
    assert spans == {"s1": "Musa", "s2": "Zariya"}
    edited = rows["d0:text:0"]
    spans = {s["id"]: edited["text"][s["start"] : s["end"]] for s in edited["spans"]}
    assert spans == {"s1": "Amina Bello", "s2": "Kano", "s3": "Litinin"}
    if tool != "argilla":
        assert edited["at"].startswith("2026-01-02T03:04:05")
    assert edited["annotator"]
    before = (job / "corrections.parquet").read_bytes()
    answered(job, tool, SAID)
    assert (job / "corrections.parquet").read_bytes() == before


def test_brat_says_who_by_an_option(job: Path) -> None:
    said: dict[str, Said] = {LAST: (SAID[LAST][0], None, False), "d1:text:0": ([], None, True)}
    counts = answered(job, "brat", said, annotator="amina")
    assert (counts["edit"], counts["reject"]) == (1, 1)
    assert {row["annotator"] for row in corrections(job).values()} == {"amina"}


def test_corrections_beat_the_machine(job: Path) -> None:
    answered(job, "prodigy", SAID)
    counts = run_apply(job=job, out=job.parent / "mended.jsonl")
    assert (counts["edit"], counts["reject"], counts["stale"]) == (3, 1, 0)
    documents = {
        one.id: one
        for one in read_documents(str(job.parent / "mended.jsonl"), lang="ha")
        if isinstance(one, Document)
    }
    assert "d1" not in documents  # rejected by a person, though every filter had kept it
    assert documents["d3"].segments[0].text == "kasuwar ta yi shiru bayan ambaliya 0"
    (segment,) = documents["d0"].segments
    assert segment.text.startswith("Amina Bello ta zo birnin Kano ranar Litinin. Gwamnan")
    found = [(span.id, span.surface(segment.text)) for span in segment.spans]
    assert ("s2", "Kano") in found and ("s4", "Masar") in found


def build(job: Path, name: str, review: ReviewParams) -> dict[str, Any]:
    return run_build(
        kept=job / "kept.parquet",
        rejected=job / "rejected.parquet",
        documents=job / "documents.parquet",
        mt=None,
        attrition=job / "attrition.json",
        out=job.parent / name,
        params=BuildParams(validation_share=0.0),
        task="ner",
        src="en",
        tgt="ha",
        review=review,
    )


def test_a_dataset_says_what_people_have_seen(job: Path) -> None:
    import pyarrow.parquet as pq

    answered(job, "prodigy", SAID)
    review = ReviewParams(corrections=(str(job / "corrections.parquet"),))
    manifest = build(job, "dataset", review)
    assert manifest["counts"]["reviewed"] == 4
    (file,) = (job.parent / "dataset" / "data").rglob("*.parquet")
    rows = {row["id"]: row for row in pq.read_table(file).to_pylist()}
    status = {name: rows[name]["status"] for name in ("d0", "d3", "d14", "d7")}
    assert status == {
        "d0": "partly reviewed", "d3": "reviewed", "d14": "reviewed", "d7": "machine"
    }  # fmt: skip
    assert {span["method"] for span in rows["d14"]["spans"]} == {"review"}
    card = (job.parent / "dataset" / "README.md").read_text(encoding="utf-8")
    assert "People have checked 4 sentences: 0 were left as they were, 3 corrected" in card
    assert not (job.parent / "dataset" / ".work").exists()
    assert "reviewed" not in build(job, "plain", ReviewParams())["counts"]


def test_people_have_precedence_and_can_disagree(job: Path) -> None:
    other: dict[str, Said] = {LAST: ([(2, 9, "PER"), (13, 19, "LOC")], None, False)}
    answered(job, "prodigy", {LAST: SAID[LAST]})
    answered(job, "brat", other, annotator="zainab")
    table = tables.read(job / "corrections.parquet", tables.CORRECTIONS)
    assert sorted(table["annotator"]) == ["set-amina", "zainab"]
    stats = run_stats(corrections=[job / "corrections.parquet"])
    (agreement,) = stats["agreement"]
    assert agreement["annotators"] == ["set-amina", "zainab"]
    assert (agreement["units"], agreement["f1"], agreement["overlap_f1"]) == (1, 50.0, 100.0)
    rates = {one["label"]: one for one in stats["spans"]}
    assert (rates["PER"]["accept"], rates["PER"]["edit"]) == (50.0, 50.0)
    assert rates["LOC"]["accept"] == 100.0
    for person, surface in (("zainab", "Musa ya"), ("set-amina", "Musa")):
        out = job.parent / f"{person}.jsonl"
        run_gold(corrections=[job / "corrections.parquet"], out=out, precedence=[person])
        (pair,) = read_gold(out)
        assert surface in {span.surface(pair.tgt_text) for span in pair.tgt_spans}
        assert (pair.src_lang, pair.tgt_lang) == ("en", "ha")


def test_what_has_changed_since_is_not_used(job: Path) -> None:
    answered(job, "prodigy", SAID)
    kept = tables.read(job / "kept.parquet", tables.FILTERED)
    changed = kept.with_columns((kept["tgt_text"] + " Ee.").alias("tgt_text"))
    tables.write(changed, job / "kept.parquet", tables.FILTERED)
    counts = run_apply(job=job, out=job.parent / "a.jsonl")
    # What people wrote still holds for the source; their refusal was of another translation.
    assert (counts["edit"], counts["reject"], counts["stale"]) == (3, 0, 1)
    out, back = job.parent / "late", job.parent / "late-back"
    back.mkdir()
    run_export(job=job, tool="prodigy", out=out, limit=100)
    tables.write(kept, job / "kept.parquet", tables.FILTERED)
    counts = run_import(files=[ANSWERS["prodigy"](out, SAID, back)], job=job, tool="prodigy")
    rejects = tables.read(job / "corrections.rejects.parquet", tables.REJECTS)
    assert counts["unusable"] == len(rejects) == 3
    assert "has changed" in rejects["reason"][0]


def test_what_is_chosen(job: Path, tmp_path: Path) -> None:
    def units(**more: Any) -> list[str]:
        out = tmp_path / f"pick{len(list(tmp_path.glob('pick*')))}"
        run_export(job=job, tool="prodigy", out=out, **more)
        return list(json.loads((out / "review.json").read_text())["units"])

    worst = units(strategy="worst", limit=3)
    assert worst[0].startswith(("d2:", "d9:"))  # a span without a place
    assert units(strategy="uncertain", limit=1) == ["d0:text:1"]  # 0.55 is next to the middle
    kept = tables.read(job / "kept.parquet", tables.FILTERED)["id"].to_list()
    assert set(units(strategy="random", limit=100, verdict="accept")) == set(kept)
    one, two = units(strategy="random", limit=5), units(strategy="random", limit=5, seed=14)
    assert one == units(strategy="random", limit=5) != two
    assert all(name not in kept for name in units(strategy="rejected", limit=2))
    answered(job, "prodigy", SAID)
    left = units(limit=100, skip=[job / "corrections.parquet"])
    assert left and not set(left) & set(SAID)


def test_a_project_folder_tells_its_languages(job: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    filtered = root / "outputs" / "filtered" / "ner-ha"
    filtered.parent.mkdir(parents=True)
    shutil.copytree(job, filtered)
    (filtered / "manifest.json").write_text('{"stage": "filter"}')
    (root / "params.yaml").write_text("languages: {source: en, targets: [ha]}")
    with pytest.raises(UsageError, match="where are the corrections"):
        answered(filtered, "prodigy", SAID)
    table = root / "corrections" / "ner-ha.parquet"
    shutil.rmtree(filtered.parent / "back-prodigy")
    answered(filtered, "prodigy", SAID, out=table)
    rows = tables.read(table, tables.CORRECTIONS)
    assert set(rows["src_lang"]) | set(rows["tgt_lang"]) == {"en", "ha"}


def test_mistakes_are_named(job: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not an empty folder"):
        run_export(job=job, tool="brat", out=job)
    with pytest.raises(MissingInputError, match=r"kept\.parquet"):
        run_export(job=tmp_path, tool="brat", out=tmp_path / "x")
    with pytest.raises(UsageError, match="strategy"):
        run_export(job=job, tool="brat", out=tmp_path / "x", strategy="best")
    with pytest.raises(MissingInputError):
        run_import(files=[tmp_path / "no.json"], job=job, tool="brat")
    run_export(job=job, tool="label-studio", out=tmp_path / "fresh")
    with pytest.raises(MissingInputError, match="nobody has answered"):
        run_import(files=[tmp_path / "fresh" / "tasks.json"], job=job, tool="label-studio")
    with pytest.raises(FormatError, match="not a table of corrections"):
        run_stats(corrections=[job / "kept.parquet"])
    (job / "manifest.json").unlink()
    with pytest.raises(UsageError, match="languages"):
        run_export(job=job, tool="brat", out=tmp_path / "x")
    with pytest.raises(UsageError, match="corrections"):
        corrections_of(job)
    with pytest.raises(InputError):
        run_gold(corrections=[tmp_path / "none.parquet"], out=tmp_path / "g.jsonl")
