"""The build stage: what is written loads again with the same features and rows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from builders import Pair, sample, write_tables
from labelproj.build import reassemble
from labelproj.build.features import ner_features
from labelproj.config import BuildParams, FilterParams
from labelproj.errors import MissingInputError
from labelproj.stages.build import run_build
from labelproj.stages.filter import run_filter


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


def build(
    folder: Path, *, documents: list[list[Pair]], name: str = "dataset", **params: Any
) -> dict[str, Any]:
    units, table = write_tables(folder, documents)
    run_filter(units=units, out=folder, params=FilterParams())
    (folder / "mt").mkdir(exist_ok=True)
    (folder / "mt" / "mt.json").write_text('{"model": "invented/en-ha", "licence": "cc0-1.0"}')
    (folder / "metrics.json").write_text('{"systems": {"projected": {"f1": 73.06}}}')
    return run_build(
        kept=folder / "kept.parquet",
        rejected=folder / "rejected.parquet",
        documents=table,
        mt=folder / "mt",
        attrition=folder / "attrition.json",
        out=folder / name,
        params=BuildParams(**params),
        task="ner",
        src="en",
        tgt="ha",
        metrics=folder / "metrics.json",
    )


def test_the_dataset_loads_again(tmp_path: Path) -> None:
    import datasets

    manifest = build(tmp_path, documents=sample(40), validation_share=0.3, rows_per_file=50)
    folder = tmp_path / "dataset"
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    names = ["O"] + [f"{p}-{x}" for x in ("DATE", "LOC", "ORG", "PER") for p in "BI"]
    assert set(loaded) == {"train", "validation"}
    for part in loaded.values():
        assert part.features == ner_features(names)
    rows = {row["id"]: row for part in loaded.values() for row in part}
    expected = list(reassemble(tmp_path / "kept.parquet", tmp_path / "documents.parquet", tgt="ha"))
    assert len(rows) == len(expected) == manifest["counts"]["kept"] == 80
    assert loaded["train"].num_rows == manifest["counts"]["rows_train"]
    for one in expected:
        (segment,) = one.document.segments
        row = rows[one.document.id]
        assert row["text"] == segment.text
        assert "".join(row["tokens"]) == "".join(segment.text.split())
        found = [(s["start"], s["end"], s["label"], s["id"]) for s in row["spans"]]
        assert found == [(s.start, s.end, s.label, s.id) for s in segment.spans]
        assert row["complete"] == one.complete
    assert not {row["source_id"] for row in loaded["train"]} & {
        row["source_id"] for row in loaded["validation"]
    }
    no_spans = rows["d1"]
    assert no_spans["spans"] == [] and set(no_spans["ner_tags"]) == {0}


def test_tags_and_spans_say_the_same(tmp_path: Path) -> None:
    import datasets

    build(tmp_path, documents=sample(), validation_share=0.0)
    loaded = datasets.load_dataset(str(tmp_path / "dataset"), cache_dir=str(tmp_path / "cache"))
    first = loaded["train"][0]
    tags = loaded["train"].features["ner_tags"].feature.int2str(first["ner_tags"])
    assert [tag for tag in tags if tag != "O"] == ["B-PER", "I-PER", "B-LOC", "B-DATE", "B-LOC"]
    text = first["text"]
    surfaces = [text[span["start"] : span["end"]] for span in first["spans"]]
    assert surfaces == ["Amina Bello", "Kano", "Litinin", "Masar"]
    assert [span["score"] for span in first["spans"]] == [0.9, 0.9, 0.9, 0.55]


def test_the_card_says_what_made_it(tmp_path: Path) -> None:
    build(
        tmp_path,
        documents=sample(),
        licence="cc-by-4.0",
        name="dataset",
        source_name="Invented | news",
    )
    text = (tmp_path / "dataset/README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---")[1])
    assert front["language"] == ["ha"]
    assert front["license"] == "cc-by-4.0"
    assert front["configs"][0]["config_name"] == "ner-ha"
    assert front["dataset_info"]["splits"][0]["num_examples"] > 0
    for said in (
        "invented/en-ha",
        "cc0-1.0",
        "Invented \\| news",
        "missing_spans",
        "Hausa",
        "73.1",
    ):
        assert said in text
    labels = json.loads((tmp_path / "dataset/labels.json").read_text(encoding="utf-8"))
    assert labels["labels"] == ["DATE", "LOC", "ORG", "PER"]


def test_labels_do_not_depend_on_what_is_kept(tmp_path: Path) -> None:
    documents = [[Pair("It rains.", "Ana ruwa.")], [Pair("[EVENT:1 Eid] is near.", "Ya kusa.")]]
    build(tmp_path, documents=documents)
    labels = json.loads((tmp_path / "dataset/labels.json").read_text(encoding="utf-8"))
    assert labels["ner_tags"] == ["O", "B-EVENT", "I-EVENT"]


def test_building_again_gives_the_same_bytes_and_no_old_files(tmp_path: Path) -> None:
    build(tmp_path, documents=sample(4), rows_per_file=2)
    build(tmp_path, documents=sample(4))
    build(tmp_path, documents=sample(4), name="again")
    one, two = (
        {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in (tmp_path / name).rglob("*")
            if path.is_file() and path.name != "manifest.json"
        }
        for name in ("dataset", "again")
    )
    assert one == two


def test_nothing_kept_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"attrition\.json"):
        build(tmp_path, documents=[[Pair("a b c", "", status="failed")]])
