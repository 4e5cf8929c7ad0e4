"""Differences between two versions: counted row by row, and seen by a plain comparison too."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.errors import MissingInputError, StorageError
from labelproj.release.build import build_release
from labelproj.release.diff import diff_datasets
from releases import make_project, rewrite, stories

Rows = list[dict[str, Any]]


def span(start: int, label: str, score: float) -> dict[str, object]:
    return {"start": start, "end": start + 2, "label": label, "score": score}


def write(folder: Path, splits: dict[str, Rows]) -> Path:
    place = folder / "data" / "ner-ha"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    number, text = pa.int64(), pa.string()
    fields = [("start", number), ("end", number), ("label", text), ("score", pa.float64())]
    spans = pa.list_(pa.struct(fields))
    schema = pa.schema([("id", pa.string()), ("text", pa.string()), ("spans", spans)])
    for split, rows in splits.items():
        table = pa.Table.from_pylist(rows, schema=schema)
        pq.write_table(table, place / f"{split}-00000-of-00001.parquet")
    return folder


def test_each_kind_of_change_is_counted(tmp_path: Path) -> None:
    rows = [{"id": f"r{i}", "text": f"text {i}", "spans": [span(0, "A", 0.5)]} for i in range(8)]
    older = write(tmp_path / "a", {"train": rows[:6], "validation": rows[6:]})
    new = json.loads(json.dumps(rows))
    new[0]["text"] = "another"
    new[1]["spans"] = [span(0, "B", 0.5)]
    new[2]["spans"][0]["score"] = 0.9
    added = {"id": "r9", "text": "new", "spans": []}
    newer = write(tmp_path / "b", {"train": [*new[:5], added], "validation": [new[7], new[5]]})
    diff = diff_datasets(older, newer)
    train, validation = diff.configs["ner-ha"].splits.values()
    assert (train.before, train.after, train.added, train.removed) == (6, 6, 1, 0)
    assert (train.changed, train.text, train.labels, train.scores) == (3, 1, 1, 1)
    assert train.score_after == pytest.approx(0.58) and train.score_before == pytest.approx(0.5)
    assert (validation.added, validation.removed, validation.moved_in) == (0, 1, 1)
    assert diff.configs["ner-ha"].labels == {"A": (8, 6), "B": (0, 1)}
    assert diff.configs["ner-ha"].examples == {
        "added": ["r9"],
        "removed": ["r6"],
        "moved": ["r5"],
        "changed": ["r0", "r1", "r2"],
    }
    assert not diff.same
    assert diff_datasets(older, older).same
    assert diff_datasets(older, older).as_dict()["same"] is True


row = st.builds(
    lambda text, label, score: {"text": text, "spans": [span(0, label, score)]},
    st.sampled_from(["one", "two"]),
    st.sampled_from("AB"),
    st.sampled_from([0.25, 0.75]),
)
versions = st.dictionaries(
    st.sampled_from([f"r{i}" for i in range(6)]),
    st.tuples(st.sampled_from(["train", "validation"]), row),
    min_size=1,
)


@settings(max_examples=25, deadline=None)
@given(versions, versions)
def test_counts_are_those_of_a_plain_comparison(
    tmp_path_factory: pytest.TempPathFactory, one: dict[str, Any], two: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("diff")

    def written(name: str, version: dict[str, Any]) -> Path:
        splits: dict[str, Rows] = {}
        for identifier, (split, value) in version.items():
            splits.setdefault(split, []).append({"id": identifier, **value})
        return write(folder / name, splits)

    diff = diff_datasets(written("one", one), written("two", two)).configs["ner-ha"]
    both = one.keys() & two.keys()
    assert sum(s.added for s in diff.splits.values()) == len(two.keys() - one.keys())
    assert sum(s.removed for s in diff.splits.values()) == len(one.keys() - two.keys())
    assert sum(s.moved_in for s in diff.splits.values()) == sum(
        one[i][0] != two[i][0] for i in both
    )
    assert sum(s.changed for s in diff.splits.values()) == sum(one[i][1] != two[i][1] for i in both)
    assert sum(s.before for s in diff.splits.values()) == len(one)
    assert sum(s.after for s in diff.splits.values()) == len(two)


def test_a_release_and_the_dataset_it_is_made_of(tmp_path: Path) -> None:
    params = make_project(tmp_path, stories(20))
    build_release((), out=tmp_path / "release", params=params, version="1.0.0")
    dataset = tmp_path / "outputs" / "dataset" / "ner-ha"
    diff = diff_datasets(dataset, tmp_path / "release")
    # Slim configs and the columns of the source are not what is compared.
    assert diff.same and list(diff.configs) == ["ner-ha"]

    def shorter(rows: Rows) -> None:
        del rows[0]

    rewrite(dataset / "data/ner-ha/train-00000-of-00001.parquet", shorter)
    assert diff_datasets(dataset, tmp_path / "release").configs["ner-ha"].splits["train"].added == 1


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no dataset in it"):
        diff_datasets(tmp_path, tmp_path)
    older = write(tmp_path / "a", {"train": [{"id": "r", "text": "t", "spans": []}]})
    newer = Path(shutil.copytree(older, tmp_path / "b"))
    (newer / "data/ner-ha/train-00000-of-00001.parquet").write_bytes(b"nothing")
    with pytest.raises(StorageError, match="cannot be compared"):
        diff_datasets(older, newer)
