"""JSON Lines: nothing is lost in a round trip, and bad lines are named."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.errors import FormatError, MissingInputError
from labelproj.formats.jsonl import Jsonl
from labelproj.records import Document, Reject, Segment, Span, span_problem

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def read(path: Path, *lines: object) -> list[Document | Reject]:
    file = path / "news.jsonl"
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    file.write_bytes(b"\n".join(raw))
    return list(Jsonl().read(str(file), lang="en"))


def only(records: list[Document | Reject]) -> Document:
    (record,) = records
    assert isinstance(record, Document), record
    return record


@st.composite
def segments(draw: st.DrawFn, name: str = "text", role: str = "text") -> Segment:
    text = draw(TEXT)
    edge = st.integers(0, len(text))
    label, group = st.sampled_from(["PER", "a b"]), st.sampled_from([None, "g"])
    values = draw(st.lists(st.tuples(edge, edge, label, group), max_size=3))
    spans = [Span(f"s{index}", *value) for index, value in enumerate(values)]
    good = tuple(span for span in spans if span_problem(span, text) is None)
    return Segment(name, role, text, good, draw(st.one_of(st.none(), TEXT)))


@st.composite
def documents(draw: st.DrawFn) -> Document:
    if draw(st.booleans()):
        parts: tuple[Segment, ...] = (draw(segments()),)
    else:
        count = draw(st.integers(0, 3))
        parts = tuple(
            draw(segments(str(i), draw(st.sampled_from(["text", "user"])))) for i in range(count)
        )
    payload = draw(st.dictionaries(st.sampled_from(["topic", "tgt_lang"]), TEXT))
    return Document(draw(TEXT), "en", parts, payload)


@settings(deadline=None)
@given(st.lists(documents(), min_size=1, max_size=4, unique_by=lambda document: document.id))
def test_round_trip_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, given_documents: list[Document]
) -> None:
    for name in ("a.jsonl", "a.jsonl.gz"):
        path = tmp_path_factory.mktemp("jsonl") / name
        assert Jsonl().write(given_documents, path) == len(given_documents)
        assert list(Jsonl().read(str(path), lang="en")) == given_documents


def test_the_shortest_line(tmp_path: Path) -> None:
    assert only(read(tmp_path, {"text": "Kano"})) == Document(
        "news-1", "en", (Segment("text", "text", "Kano"),)
    )


def test_ids_are_made_and_kept_and_numbers_are_ids(tmp_path: Path) -> None:
    spans = [{"start": 0, "end": 1, "label": "X"}, {"id": "s0", "start": 2, "end": 3, "label": "Y"}]
    document = only(read(tmp_path, {"id": 7, "text": "a b", "spans": spans, "topic": ["x"]}))
    assert document.id == "7"
    assert [span.id for _, span in document.spans()] == ["s0'", "s0"]
    assert document.payload == {"topic": ["x"]}


def test_a_line_with_its_translation(tmp_path: Path) -> None:
    line = {
        "id": "p1",
        "src_lang": "en",
        "tgt_lang": "ha",
        "src_text": "Kano won",
        "tgt_text": "Kano ta ci",
        "src_spans": [{"id": "s0", "start": 0, "end": 4, "label": "LOC"}],
    }
    document = only(read(tmp_path, line))
    (segment,) = document.segments
    assert segment.translation == "Kano ta ci"
    assert segment.spans == (Span("s0", 0, 4, "LOC"),)
    assert (document.lang, document.payload) == ("en", {"tgt_lang": "ha"})


def test_white_space_at_the_edges_of_a_span_is_taken_off(tmp_path: Path) -> None:
    document = only(
        read(tmp_path, {"text": " Kano ", "spans": [{"start": 0, "end": 6, "label": "L"}]})
    )
    assert document.segments[0].spans == (Span("s0", 1, 5, "L"),)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "a"', "not a JSON object: Expecting"),
        (b"[1]", "not a JSON object but an array"),
        (b"3", "not a JSON object but a plain value"),
        (b'{"text": NaN}', "NaN is not JSON"),
        (b'{"text": "\xff"}', "invalid UTF-8 at byte 11 of line 2"),
        (b'{"text": "\\ud83d"}', "half of a surrogate pair"),
        (b"[" * 100_000, "not a JSON object: "),
        ({"id": "x"}, "no 'text'"),
        ({"text": None}, "no 'text'"),
        ({"text": 3}, "'text' is not a string"),
        ({"id": ["x"], "text": "a"}, "'id' is not a string"),
        ({"id": "first", "text": "a"}, "duplicate id 'first'"),
        ({"text": "a", "spans": {}}, "'spans' is not a list"),
        ({"text": "a", "spans": [3]}, "spans[0] is not an object"),
        ({"text": "a", "spans": [{"end": 1, "label": "X"}]}, "spans[0]: no 'start'"),
        (
            {"text": "a", "spans": [{"start": 0, "end": True, "label": "X"}]},
            "'end' is not an integer",
        ),
        ({"text": "a", "spans": [{"start": 0, "end": 1}]}, "spans[0]: no 'label'"),
        ({"text": "a", "spans": [{"start": 0, "end": 1, "label": ""}]}, "has no label"),
        ({"text": "a", "spans": [{"start": 0, "end": 9, "label": "X"}]}, "outside its text (0-1)"),
        ({"text": "a", "spans": [{"start": -1, "end": 1, "label": "X"}]}, "outside its text"),
        ({"text": "a  b", "spans": [{"start": 1, "end": 3, "label": "X"}]}, "is empty"),
        ({"src_text": "a", "tgt_text": 3}, "'tgt_text' is not a string"),
        ({"segments": {}}, "'segments' is not a list"),
    ],
)
def test_bad_lines_are_rejected_and_the_others_read(
    tmp_path: Path, line: object, reason: str
) -> None:
    first, bad, last = read(tmp_path, {"id": "first", "text": "a"}, line, {"id": "z", "text": "b"})
    assert isinstance(first, Document) and isinstance(last, Document)
    assert isinstance(bad, Reject)
    assert bad.line == 2
    assert reason in bad.reason
    assert bad.raw


def test_crlf_mark_and_emoji(tmp_path: Path) -> None:
    content = (
        b"\xef\xbb\xbf" + '{"text": "👍 Kano\u200b"}\r\n\r\n{"text": "\\ud83d\\ude00"}\r\n'.encode()
    )
    file = tmp_path / "a.json"
    file.write_bytes(content)
    texts = [
        r.segments[0].text for r in Jsonl().read(str(file), lang="en") if isinstance(r, Document)
    ]
    assert texts == ["👍 Kano\u200b", "😀"]


def test_an_array_is_not_this_format(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"news\.jsonl:1: not a JSON object but an array.*jq"):
        read(tmp_path, [{"text": "a"}])


def test_many_bad_lines_are_refused_before_the_end(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not a JSON object"):
        read(tmp_path, *([b"no"] * 1000), {"text": "good"})


def test_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="nothing in it"):
        read(tmp_path)
