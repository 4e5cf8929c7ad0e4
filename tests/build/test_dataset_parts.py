"""Splits, tags and the files of a split."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.build import Reassembled
from labelproj.build.features import ner_features, ner_rows, tag_names
from labelproj.build.splits import split_of
from labelproj.build.writer import SplitWriter
from labelproj.records import Document, Projection, Segment


def test_tag_names_are_sorted_and_begin_with_o() -> None:
    assert tag_names(["PER", "LOC", "PER"]) == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


def test_splits_have_about_the_share_asked_for() -> None:
    found = [split_of(f"d{i}", validation_share=0.2, seed=1) for i in range(2000)]
    assert 330 < found.count("validation") < 470
    assert {split_of("d", validation_share=share, seed=1) for share in (0.0,)} == {"train"}
    assert split_of("d", validation_share=1.0, seed=1) == "validation"


@given(st.text(max_size=20), st.floats(0, 1), st.floats(0, 1))
def test_a_greater_share_only_moves_documents_to_validation(
    name: str, one: float, two: float
) -> None:
    low, high = sorted((one, two))
    if split_of(name, validation_share=low, seed=3) == "validation":
        assert split_of(name, validation_share=high, seed=3) == "validation"


def test_overlapping_spans_stay_as_spans() -> None:
    projections = (
        Projection("s1", "ORG", 0, 13, 0.5, "m"),
        Projection("s2", "LOC", 8, 13, 0.5, "m"),
    )
    segment = Segment("text", "text", "Banki na Lagos", tuple(p.span() for p in projections))
    one = Reassembled(Document("d", "ha", (segment,)), (projections,), True, "x")
    names = {name: i for i, name in enumerate(tag_names(["ORG", "LOC"]))}
    (row,), left_over = ner_rows(one, names=names, signature="s")
    assert row["ner_tags"] == [3, 4, 4]
    assert [span["id"] for span in row["spans"]] == ["s1", "s2"]  # type: ignore[attr-defined]
    assert left_over == 1


def row(number: int) -> dict[str, object]:
    span = {"start": 0, "end": 1, "label": "PER", "id": "s", "score": 1.0, "method": "m"}
    return {
        "id": f"d{number}",
        "text": "a",
        "tokens": ["a"],
        "ner_tags": [1],
        "spans": [span] if number % 2 else [],
        "source_id": "d",
        "complete": True,
        "signature": "s",
    }


@pytest.mark.parametrize(("rows", "per_file"), [(1, 1), (7, 3), (6, 3), (2500, 2000)])
def test_files_hold_all_rows_and_say_how_many_they_are(
    tmp_path: Path, rows: int, per_file: int
) -> None:
    schema = ner_features(tag_names(["PER"])).arrow_schema
    with SplitWriter(tmp_path, "train", schema, rows, per_file) as writer:
        for number in range(rows):
            writer.write(row(number), counted=["PER"] * (number % 2))
    files = sorted(path.name for path in tmp_path.iterdir())
    total = -(-rows // per_file)
    assert files == [f"train-{i:05d}-of-{total:05d}.parquet" for i in range(total)]
    read = [one for name in files for one in pq.read_table(tmp_path / name)["id"].to_pylist()]
    assert read == [f"d{number}" for number in range(rows)]
    assert (writer.rows, writer.counted.get("PER", 0)) == (rows, rows // 2)


def test_a_broken_run_leaves_no_half_file(tmp_path: Path) -> None:
    schema = ner_features(tag_names(["PER"])).arrow_schema
    with (
        pytest.raises(RuntimeError),
        SplitWriter(tmp_path, "train", schema, 2000, 5000) as writer,
    ):
        for number in range(1500):
            writer.write(row(number))
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
