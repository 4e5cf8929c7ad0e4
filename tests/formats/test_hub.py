"""hf: datasets, from local folders, by the same path as from the Hub."""

import json
from pathlib import Path

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from labelproj.errors import FormatError, LabelprojError, MissingInputError, UsageError
from labelproj.formats import read_documents, write_documents
from labelproj.records import Document, Reject

TAGS = ["O", "B-LOC", "I-LOC"]


def folder_with(path: Path, split: str, rows: list[dict[str, object]]) -> None:
    path.mkdir(exist_ok=True)
    lines = [json.dumps(row) + "\n" for row in rows]
    (path / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")


def labelled(record: Document | Reject) -> list[tuple[str, str]]:
    assert isinstance(record, Document), record
    return [(span.surface(segment.text), span.label) for segment, span in record.spans()]


def test_tokens_with_class_labels(tmp_path: Path) -> None:
    features = Features({"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=TAGS))})
    rows = [
        {"tokens": ["New", "Bussa", "won", "."], "ner_tags": [1, 2, 0, 0]},
        {"tokens": [], "ner_tags": []},
    ]
    folder = tmp_path / "news"
    folder.mkdir()
    Dataset.from_list(rows, features=features).to_parquet(folder / "train.parquet")
    first, second = read_documents(f"hf:{folder}", lang="en")
    assert isinstance(first, Document) and isinstance(second, Document)
    assert (first.id, first.segments[0].text) == ("news-train-1", "New Bussa won.")
    assert labelled(first) == [("New Bussa", "LOC")]
    assert second.segments[0].text == ""


def test_texts_with_spans(tmp_path: Path) -> None:
    label = ClassLabel(names=["PER", "LOC"])
    span = {"start": Value("int64"), "end": Value("int64"), "label": label}
    features = Features({"id": Value("string"), "text": Value("string"), "spans": List(span)})
    rows = [{"id": "a", "text": "👍 Kano", "spans": [{"start": 2, "end": 6, "label": 1}]}]
    folder = tmp_path / "news"
    folder.mkdir()
    Dataset.from_list(rows, features=features).to_parquet(folder / "test.parquet")
    (document,) = read_documents(f"hf:{folder}", lang="en")
    assert labelled(document) == [("Kano", "LOC")]


def test_questions_of_one_context_become_one_document(tmp_path: Path) -> None:
    def row(name: str, context: str, start: int | None, title: str = "Mill") -> dict[str, object]:
        there = start is not None
        answers = {"text": ["Ora"] if there else [], "answer_start": [start] if there else []}
        return {"id": name, "context": context, "question": "?", "title": title, "answers": answers}

    rows = [
        row("a", "On the Ora.", 7),
        row("b", "On the Ora.", None),
        row("b", "On the Ora.", 7),
        row("c", "Ora.", 0),
        row("d", "Ora.", 2),
    ]
    folder_with(tmp_path, "train", rows)
    twice, first, wrong, second = read_documents(f"hf:{tmp_path}", lang="en")
    assert isinstance(twice, Reject) and "duplicate" in twice.reason
    assert isinstance(wrong, Reject) and "not in the context" in wrong.reason
    assert isinstance(first, Document) and isinstance(second, Document)
    assert [segment.id for segment in first.segments] == ["context", "a", "b"]
    assert labelled(first) == labelled(second) == [("Ora", "answer")]
    assert first.payload == {"title": "Mill"}


def test_answers_that_are_none(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"context": "Ora.", "question": "?", "answers": "Ora"}]
    folder_with(tmp_path, "train", rows)
    (reject,) = read_documents(f"hf:{tmp_path}", lang="en")
    assert isinstance(reject, Reject) and "'answer_start'" in reject.reason


def test_splits(tmp_path: Path) -> None:
    for split in ("train", "test"):
        folder_with(tmp_path, split, [{"tokens": [split], "ner_tags": ["B-X"]}])
    assert labelled(next(read_documents(f"hf:{tmp_path}", lang="en"))) == [("train", "X")]
    assert labelled(next(read_documents(f"hf:{tmp_path}::test", lang="en"))) == [("test", "X")]
    for spec in (f"hf:{tmp_path}::dev", f"hf:{tmp_path}:nope", "hf:"):
        with pytest.raises(UsageError):
            list(read_documents(spec, lang="en"))


def test_no_split_can_be_guessed(tmp_path: Path) -> None:
    for split in ("validation", "test"):
        folder_with(tmp_path, split, [{"tokens": [split], "ner_tags": ["B-X"]}])
    with pytest.raises(UsageError, match="which split"):
        list(read_documents(f"hf:{tmp_path}", lang="en"))


def test_bad_rows_are_rejected(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": "1", "tokens": ["a"], "ner_tags": ["O"]},
        {"id": "2", "tokens": ["a"], "ner_tags": ["NNP"]},
        {"id": "3", "tokens": ["a"], "ner_tags": ["O", "O"]},
        {"id": "4", "tokens": None, "ner_tags": []},
        {"id": "5", "tokens": ["a"], "ner_tags": ["O"]},
    ]
    folder_with(tmp_path, "train", rows)
    records = list(read_documents(f"hf:{tmp_path}", lang="en"))
    rejects = [(r.line, r.record_id, r.reason) for r in records if isinstance(r, Reject)]
    assert rejects == [
        (2, "2", "'NNP' is not a tag (O, B-LABEL, I-LABEL, …)"),
        (3, "3", "2 tags for 1 tokens"),
        (4, "4", "'tokens' is not a list of strings"),
    ]
    assert len(records) == 5


def test_other_columns_are_refused(tmp_path: Path) -> None:
    folder_with(tmp_path, "train", [{"sentence": "a"}])
    with pytest.raises(FormatError, match="no column that can be read; there are sentence"):
        list(read_documents(f"hf:{tmp_path}", lang="en"))


def test_files_that_break_off_are_named(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text('{"tokens": ["a"], "ner_tags": ["O"]}\n{"tok')
    with pytest.raises(LabelprojError):
        list(read_documents(f"hf:{tmp_path}", lang="en"))


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises((MissingInputError, UsageError)):
        list(read_documents(f"hf:{tmp_path}/nope", lang="en"))


def test_read_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can be read but not written"):
        write_documents([], tmp_path / "x", format="hf")
