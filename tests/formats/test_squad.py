"""SQuAD's JSON: read, written back, bad questions quarantined alone, memory flat."""

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from labelproj.errors import FormatError, MissingInputError
from labelproj.formats import format_of, json_stream, read_documents, write_documents
from labelproj.formats.json_stream import array_items, other_keys
from labelproj.questions import answers_of
from labelproj.records import Document, Reject, Segment, Span

CONTEXT = "The mill on the Ora burned in 1902. In 1905 it was rebuilt on the Ora 👍."


def answer(text: str, *, last: bool = False) -> dict[str, object]:
    start = CONTEXT.rindex(text) if last else CONTEXT.index(text)
    return {"text": text, "answer_start": start}


SQUAD: dict[str, Any] = {
    "version": "v2.0",
    "data": [
        {
            "title": "Mill",
            "url": "invented",
            "paragraphs": [
                {
                    "context": CONTEXT,
                    "document_id": "m1",
                    "qas": [
                        {
                            "id": "q1",
                            "question": "Where is it now?",
                            "is_impossible": False,
                            # White space around an answer, and other keys, are kept too.
                            "answers": [
                                answer("Ora", last=True) | {"sure": 1},
                                answer(" the Ora ", last=True),
                            ],
                        },
                        {
                            "id": "q2",
                            "question": "Who built it?",
                            "is_impossible": True,
                            "answers": [],
                            "plausible_answers": [answer("1902")],
                        },
                    ],
                },
                {"context": "Nobody asks.", "qas": []},
            ],
        },
        {
            "title": "Mill",
            "paragraphs": [
                {"context": "Ora.", "qas": [{"id": "q3", "question": "?", "answers": []}]}
            ],
        },
    ],
}


def read(path: Path | str) -> list[Document | Reject]:
    return list(read_documents(str(path), lang="en"))


@pytest.mark.parametrize("indent", [None, 2])
def test_what_is_read_is_written_back(indent: int | None, tmp_path: Path) -> None:
    path = tmp_path / "mill.json"
    path.write_text(json.dumps(SQUAD, indent=indent), encoding="utf-8")
    assert format_of(str(path)) == "squad"
    documents = read(path)
    assert all(isinstance(one, Document) for one in documents)
    out = tmp_path / "out.squad.json.gz"
    write_documents((one for one in documents if isinstance(one, Document)), out)
    assert json.loads(gzip.decompress(out.read_bytes())) == SQUAD
    first = documents[0]
    assert isinstance(first, Document)
    surfaces = {q: [s.start for s in spans] for q, spans in answers_of(first).items()}
    assert surfaces == {"q1": [CONTEXT.rindex("Ora"), CONTEXT.rindex("the Ora")], "q2": []}
    assert [segment.id for segment in first.segments] == ["context", "q1", "q2"]


def test_a_document_of_another_format(tmp_path: Path) -> None:
    spans = (Span("a", 0, 3, "answer"),)
    segments = (Segment("c", "context", "Ora.", spans), Segment("q", "question", "Where?"))
    write_documents([Document("d", "en", segments)], tmp_path / "a.squad.json")
    (article,) = json.loads((tmp_path / "a.squad.json").read_text())["data"]
    (qa,) = article["paragraphs"][0]["qas"]
    assert qa == {
        "id": "q",
        "question": "Where?",
        "answers": [{"text": "Ora", "answer_start": 0}],
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answers": [{"text": "nowhere", "answer_start": 3}]}, "not in the context at 3"),
        ({"answers": [{"text": "Ora", "answer_start": -1}]}, "not in the context"),
        ({"answers": [{"text": "Ora"}]}, "not an integer"),
        ({"answers": [{"text": "", "answer_start": 3}]}, "is empty"),
        ({"answers": "1902"}, "not a list of objects"),
        ({"is_impossible": True}, "is impossible and has an answer"),
        ({"question": None}, "no 'question'"),
        ({"id": "context"}, "duplicate id"),
        ({"id": "q2"}, "duplicate id"),
    ],
)
def test_a_bad_question_is_rejected_alone(
    changes: dict[str, object], reason: str, tmp_path: Path
) -> None:
    value = json.loads(json.dumps(SQUAD))
    paragraph = value["data"][0]["paragraphs"][0]
    paragraph["qas"].append(paragraph["qas"].pop(0) | changes)
    path = tmp_path / "mill.squad.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    found = read(path)
    (reject,) = [one for one in found if isinstance(one, Reject)]
    assert reason in reject.reason
    first = next(one for one in found if isinstance(one, Document))
    assert [segment.id for segment in first.segments] == ["context", "q2"]
    assert len(found) == 4


def test_articles_and_paragraphs_that_are_none(tmp_path: Path) -> None:
    value = {"data": ["x", {"paragraphs": 5}, {"paragraphs": [{"qas": []}]}, SQUAD["data"][1]]}
    path = tmp_path / "mill.squad.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    *rejects, document = read(path)
    assert [one.reason for one in rejects if isinstance(one, Reject)] == [
        "not an object",
        "'paragraphs' is not a list of objects",
        "no 'context'",
    ]
    assert isinstance(document, Document)


@pytest.mark.parametrize(
    "text", ['{"data": [', '{"data": 5}', '{"other": []}', "[]", '{"data": [1 2]}', "{5: []}", "{"]
)
def test_what_is_no_such_object(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError):
        read(f"squad:{path}")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"data": ["\xff"]}')
    with pytest.raises(FormatError, match="UTF-8"):
        read(f"squad:{path}")
    path.write_bytes(gzip.compress(b'{"data": []}')[:-9])
    with pytest.raises(FormatError, match="gzip"):
        read(f"squad:{path}")
    with pytest.raises(MissingInputError):
        read(f"squad:{tmp_path / 'none.json'}")


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
def test_pieces_of_any_size_give_the_same(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_stream, "_PIECE", size)
    value = {"a": -12.5, "data": [{"x": [1, {"y": "ɗ👍"}]}, 17, "é", None], "b": [], "n": 123}
    path = tmp_path / "a.json"
    path.write_text(" " + json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert list(array_items(path, "data")) == value["data"]
    assert other_keys(path, "data") == {k: v for k, v in value.items() if k != "data"}


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(articles: int) -> int:
        path = tmp_path / f"{articles}.squad.json"
        with path.open("w", encoding="utf-8") as stream:
            stream.write('{"data": [')
            for number in range(articles):
                qas = [
                    {"id": f"{number}-{i}", "question": "?" * 300, "answers": []} for i in range(9)
                ]
                paragraphs = [{"context": "x" * 20_000, "qas": qas}]
                comma = ", " if number else ""
                stream.write(comma + json.dumps({"title": "t", "paragraphs": paragraphs}))
            stream.write("]}")
        tracemalloc.start()
        count = sum(1 for _ in read_documents(str(path), lang="en"))
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == articles
        return top

    assert peak(800) < 1.5 * peak(200)
