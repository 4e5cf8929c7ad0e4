"""Where training documents come from, and how some are held out."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import marked
from invented import invented_documents
from labelproj import tables
from labelproj.errors import MissingInputError, StorageError
from labelproj.records import Unit
from labelproj.tasks import TASKS
from labelproj.train.data import (
    dataset_documents,
    documents_digest,
    held_out,
    read_gold,
    source_documents,
)


@given(st.integers(2, 60), st.integers(0, 50))
def test_every_document_is_on_one_side(count: int, seed: int) -> None:
    documents = invented_documents(count, seed=seed)
    train, dev = held_out(documents, seed=seed)
    assert train
    assert dev
    assert sorted(d.id for d in train + dev) == sorted(d.id for d in documents)
    assert held_out(documents, seed=seed) == (train, dev)


def test_one_document_alone_is_on_both_sides() -> None:
    (document,) = invented_documents(1)
    assert held_out([document], seed=1) == ([document], [document])


def test_units_become_source_documents_again(tmp_path: Path) -> None:
    pieces = [("  ", "[PER:1 Amina] came."), ("\n", "She saw [LOC:2 Kano]."), (" ", "It rained.")]
    rows, at = [], 0
    for position, (lead, sentence) in enumerate(pieces):
        text, spans = marked(sentence)
        start = at + len(lead)
        at = start + len(text)
        trail = " \n" if position == 2 else ""
        unit = Unit(
            f"d/text/{position}", "d", "text", "text", position, start, at, lead, text, spans, trail
        )
        rows.append(tables.unit_row(unit, given=None, signature="prepare:0"))
    path = tmp_path / "units.parquet"
    tables.write(tables.frame(rows, tables.UNITS), path, tables.UNITS)
    (document,) = source_documents(path, lang="en")
    (segment,) = document.segments
    assert segment.text == "  Amina came.\nShe saw Kano. It rained. \n"
    assert [(s.surface(segment.text), s.label) for s in segment.spans] == [
        ("Amina", "PER"),
        ("Kano", "LOC"),
    ]


def test_the_digest_is_of_texts_and_spans_only() -> None:
    documents = invented_documents(4)
    assert documents_digest(documents) == documents_digest(invented_documents(4, lang="sw"))
    assert documents_digest(documents) != documents_digest(documents[::-1])


def test_a_missing_or_broken_dataset_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="run the build stage"):
        dataset_documents(tmp_path, "train", config="ner-ha", lang="ha", task=TASKS["ner"])
    folder = tmp_path / "data" / "ner-ha"
    folder.mkdir(parents=True)
    assert dataset_documents(tmp_path, "train", config="ner-ha", lang="ha", task=TASKS["ner"]) == []
    (folder / "train-00000-of-00001.parquet").write_text("no parquet")
    with pytest.raises(StorageError, match="run the build stage again"):
        dataset_documents(tmp_path, "train", config="ner-ha", lang="ha", task=TASKS["ner"])


def test_gold_that_cannot_be_read_is_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(
        '{"id": "a", "text": "Kano", "spans": [{"start": 0, "end": 4, "label": "LOC"}]}\n'
        '{"id": "b", "text": "Jos", "spans": [{"start": 0, "end": 9, "label": "LOC"}]}\n'
    )
    documents, rejects = read_gold(str(path), lang="ha")
    assert [document.id for document in documents] == ["a"]
    assert [reject.line for reject in rejects] == [2]
