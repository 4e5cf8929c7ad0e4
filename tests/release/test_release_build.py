"""Releases: what is in them, that they load, and that nothing leaks between their splits."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from builders import Pair
from labelproj.config import (
    AlignParams,
    FilterParams,
    PrepareParams,
    ProjectParams,
    TranslateParams,
)
from labelproj.errors import (
    CheckFailedError,
    InputError,
    LabelprojError,
    MissingInputError,
    UsageError,
)
from labelproj.release.build import build_release
from labelproj.release.check import check_release
from labelproj.release.sources import public
from labelproj.stages.job import run_job
from releases import make_project, stories


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


def load(folder: Path, config: str, cache: Path) -> Any:
    import datasets

    return datasets.load_dataset(str(folder), config, cache_dir=str(cache))


def build(root: Path, params: Path, *, out: str = "release", **options: Any) -> dict[str, Any]:
    return build_release((), out=root / out, params=params, version="1.0.0", **options)


def test_every_language_has_a_whole_and_a_slim_config(tmp_path: Path) -> None:
    swahili = [
        [Pair(pair.source, f"Kwa Kiswahili: {pair.target}") for pair in one] for one in stories(40)
    ]
    params = make_project(tmp_path, stories(40), targets={"sw": swahili}, validation_share=0.3)
    facts = build(tmp_path, params, authors=["A. Person", "B. Person"], url="https://example.org/x")
    release = tmp_path / "release"
    assert list(facts["configs"]) == ["ner-ha", "ner-ha-slim", "ner-sw", "ner-sw-slim"]
    loaded = load(release, "ner-ha", tmp_path / "cache")
    slim = load(release, "ner-ha-slim", tmp_path / "cache")
    assert loaded["train"].num_rows + loaded["validation"].num_rows == 40
    row, short = loaded["train"][0], slim["train"][0]
    assert set(short) == {"id", "text", "tokens", "ner_tags", "spans"}
    assert {name: row[name] for name in short} == short
    text, source = row["text"], row["source_text"]
    assert [text[s["start"] : s["end"]] for s in row["spans"]] == [
        source[s["start"] : s["end"]] for s in row["source_spans"]
    ]
    assert row["mt_model"] == "invented/en-x@abc123" and row["mt_score"] == pytest.approx(-0.4)
    assert slim["train"].features["ner_tags"].feature.names == [
        "O",
        "B-LOC",
        "I-LOC",
        "B-PER",
        "I-PER",
    ]
    # A document is in the same split in all languages.
    other = load(release, "ner-sw", tmp_path / "cache")
    assert set(loaded["train"]["source_id"]) == set(other["train"]["source_id"])
    card = yaml.safe_load((release / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    assert card["language"] == ["ha", "sw", "en"]
    assert card["license"] == "apache-2.0"
    assert card["annotations_creators"] == ["machine-generated"]
    assert card["multilinguality"] == ["translation"]
    assert [one["config_name"] for one in card["configs"]] == list(facts["configs"])
    text = (release / "README.md").read_text(encoding="utf-8")
    for said in ("A. Person and B. Person", "invented/en-x", "abc123", "missing_spans", "CC0-1.0"):
        assert said in text
    assert check_release(release) == []


def test_the_card_says_what_people_have_checked(tmp_path: Path) -> None:
    params = make_project(tmp_path, stories(20))
    build(tmp_path, params)
    text = (tmp_path / "release" / "README.md").read_text(encoding="utf-8")
    assert "No person has checked the projected labels or the translations." in text
    file = next((tmp_path / "outputs/dataset/ner-ha/data/ner-ha").glob("train-*.parquet"))
    table = pq.read_table(file)
    status = ["reviewed", "reviewed", "partly reviewed", *["machine"] * (table.num_rows - 3)]
    at = table.column_names.index("status")
    pq.write_table(table.set_column(at, table.field("status"), [status]), file)
    build(tmp_path, params, out="again")
    text = (tmp_path / "again" / "README.md").read_text(encoding="utf-8")
    assert "Of 20 projected rows, people have checked 2 whole and 1 in part" in text
    assert "No person" not in text


def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    params = make_project(tmp_path, stories(20))
    build(tmp_path, params)
    build(tmp_path, params, out="again")
    one, two = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file() and path.name != "manifest.json"
        }
        for name in ("release", "again")
    )
    assert one == two


def test_near_duplicates_and_translations_move_to_one_split(tmp_path: Path) -> None:
    documents = stories(60)
    pair = documents[0][0]
    # The same source translated otherwise, and another source with the same translation.
    documents.append([Pair(pair.source, "[PER:1 Sani] da [LOC:2 Jos] da kuma wasu abubuwa.")])
    other = "There is a cloth shop that [PER:1 someone] had in [LOC:2 a town]."
    documents.append([Pair(other, pair.target.replace("bude", "Bude"))])
    params = make_project(tmp_path, documents, validation_share=0.5)
    facts = build(tmp_path, params)
    assert facts["splits"]["joined"] == 3
    rows = {
        row["id"]: split
        for split, part in load(tmp_path / "release", "ner-ha", tmp_path / "cache").items()
        for row in part
    }
    assert rows["d0"] == rows["d60"] == rows["d61"]
    assert check_release(tmp_path / "release") == []


def test_test_data_are_projected_only_when_asked_for_and_named_so(tmp_path: Path) -> None:
    params = make_project(tmp_path, stories(50))
    assert set(build(tmp_path, params)["configs"]["ner-ha"]["splits"]) <= {"train", "validation"}
    facts = build(tmp_path, params, projected_test=0.3)
    rows = facts["configs"]["ner-ha"]["splits"]["projected_test"]["rows"]
    assert 5 < rows < 25
    assert "projected_test" in (tmp_path / "release/README.md").read_text(encoding="utf-8")
    assert check_release(tmp_path / "release") == []


def test_gold_test_data_put_out_training_text_that_is_like_it(tmp_path: Path) -> None:
    documents = stories(30)
    text = documents[3][0].target
    plain = text.replace("[PER:1 ", "").replace("[LOC:2 ", "").replace("]", "")
    gold = tmp_path / "gold.jsonl"
    record = {"id": "d3", "text": plain.replace(".", "!"), "spans": []}
    other = {"id": "t2", "text": "Ladi ta iso.", "spans": [{"start": 0, "end": 4, "label": "PER"}]}
    gold.write_text("".join(json.dumps(one) + "\n" for one in (record, other)), encoding="utf-8")
    params = make_project(tmp_path, documents)
    with pytest.raises(UsageError, match="licence of the gold test data is not known"):
        build(tmp_path, params, tests={"ner-ha": str(gold)})
    facts = build(
        tmp_path, params, tests={"ner-ha": str(gold)}, gold_licence="cc-by-4.0", licence="cc-by-4.0"
    )
    assert facts["splits"]["left_out"] == 1
    loaded = load(tmp_path / "release", "ner-ha", tmp_path / "cache")
    assert loaded["test"]["id"] == ["d3", "t2"]
    assert loaded["test"][1]["spans"][0]["method"] == "gold"
    assert "d3" not in loaded["train"]["id"]
    assert check_release(tmp_path / "release") == []
    strange = {**other, "spans": [{"start": 0, "end": 4, "label": "ANIMAL"}]}
    gold.write_text(json.dumps(strange) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="labels that the dataset does not have: ANIMAL"):
        build(tmp_path, params, tests={"ner-ha": str(gold)}, gold_licence="mit")
    with pytest.raises(UsageError, match="there is no config 'ner-sw'"):
        build(tmp_path, params, tests={"ner-sw": str(gold)}, gold_licence="mit")


def test_a_job_can_be_released(tmp_path: Path) -> None:
    source = tmp_path / "news.jsonl"
    records = []
    for number, name in enumerate(["Amina", "Bello", "Musa", "Zainab"]):
        records.append(
            {
                "id": f"n{number}",
                "src_text": f"{name} lives in Kano now. She has {number} goats.",
                "tgt_text": f"{name} tana zaune a Kano yanzu. Tana da awaki {number}.",
                "src_spans": [{"start": 0, "end": len(name), "label": "PER"}],
            }
        )
    source.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    run_job(
        inputs=[str(source)],
        out=tmp_path / "job",
        src="en",
        tgt="ha",
        mt=None,
        prepare=PrepareParams(splitter="none"),
        translate=TranslateParams(),
        project=ProjectParams(align=AlignParams(name="systran")),
        filters=FilterParams(),
    )
    job = (tmp_path / "job",)
    out, params = tmp_path / "r", tmp_path / "none.yaml"
    with pytest.raises(UsageError, match=r"licence of the source data .* is not known"):
        build_release(job, out=out, params=params, version="1.0.0")
    facts = build_release(
        job,
        out=out,
        params=params,
        version="v0.2.0",
        name="goats",
        source_name="Goat news",
        source_licence="cc-by-4.0",
    )
    assert (facts["name"], facts["version"]) == ("goats", "0.2.0")
    assert facts["licence"]["licence"] == "cc-by-4.0"
    row = load(tmp_path / "r", "ner-ha", tmp_path / "cache")["train"][0]
    assert row["source_text"].startswith(row["source_text"].split()[0])
    assert row["mt_model"] == "given" and row["mt_score"] is None


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"licence": "CC0-1.0"}, CheckFailedError, "is stricter"),
        ({"mt_licence": "CC-BY-NC-4.0"}, CheckFailedError, "forbids commercial use"),
        ({"source_licence": "unknown"}, UsageError, "is not known"),
        ({"version": "1.0"}, UsageError, "is not a version"),
        ({"version": "one"}, UsageError, "is not a version"),
        ({"specs": ["nothing-here"]}, MissingInputError, "no such folder"),
        ({"specs": ["."]}, UsageError, "not a built dataset"),
        ({"out": "outputs"}, UsageError, "has other things in it"),
        ({"out": "params.yaml"}, UsageError, "not a folder"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    tmp_path: Path, options: dict[str, Any], kind: type[LabelprojError], said: str
) -> None:
    params = make_project(tmp_path, stories(6))
    specs = [tmp_path / spec for spec in options.pop("specs", ())]
    out = tmp_path / options.pop("out", "release")
    version = options.pop("version", "1.0.0")
    with pytest.raises(kind, match=said):
        build_release(specs, out=out, params=params, version=version, **options)
    assert not (tmp_path / "release").exists()
    assert not list(tmp_path.glob(".*.partial"))


def test_no_dataset_yet(tmp_path: Path) -> None:
    params = make_project(tmp_path, stories(6))
    (tmp_path / "outputs/dataset/ner-ha/manifest.json").unlink()
    with pytest.raises(MissingInputError, match="no built dataset"):
        build(tmp_path, params)


def test_a_dataset_without_its_units(tmp_path: Path) -> None:
    make_project(tmp_path, stories(6))
    dataset = tmp_path / "outputs/dataset/ner-ha"
    (tmp_path / "outputs/filtered/ner-ha/kept.parquet").unlink()
    with pytest.raises(MissingInputError, match="not beside it"):
        build_release((dataset,), out=tmp_path / "r", params=tmp_path / "p", version="1.0.0")


def test_paths_do_not_get_into_what_is_published() -> None:
    value = {"a": ["/home/someone/x/bitext.tsv"], "b": "data/demo/x.tsv", "c": "owner/name"}
    assert public(value) == {"a": ["bitext.tsv"], "b": "x.tsv", "c": "owner/name"}
    assert public("https://example.org/a/b") == "https://example.org/a/b"
