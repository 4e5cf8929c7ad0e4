"""Spans and tags: the round trip, and the mending of broken tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.records import Span
from labelproj.tags import iob2_from_spans, scheme_of, spans_from_tags

LABELS = st.sampled_from(["PER", "LOC", "B-x", "TV area"])


def offsets(count: int) -> list[tuple[int, int]]:
    return [(3 * i, 3 * i + 2) for i in range(count)]


def ranges(tags: list[str]) -> list[tuple[int, int, str]]:
    spans, _ = spans_from_tags(tags, offsets(len(tags)))
    return [(s.start // 3, (s.end + 1) // 3, s.label) for s in spans]


@st.composite
def aligned_spans(draw: st.DrawFn) -> tuple[list[tuple[int, int]], list[Span]]:
    widths = draw(st.lists(st.integers(1, 3), max_size=8))
    gaps = draw(st.lists(st.integers(0, 2), min_size=len(widths), max_size=len(widths)))
    tokens, at = [], 0
    for width, gap in zip(widths, gaps, strict=True):
        tokens.append((at + gap, at + gap + width))
        at += gap + width
    spans: list[Span] = []
    token = 0
    while token < len(tokens):
        length = draw(st.integers(0, 3))
        if length:
            last = min(token + length, len(tokens)) - 1
            place = tokens[token][0], tokens[last][1]
            spans.append(Span(f"s{len(spans)}", *place, draw(LABELS)))
        token += max(1, length)
    return tokens, spans


@given(aligned_spans())
def test_spans_survive_iob2(case: tuple[list[tuple[int, int]], list[Span]]) -> None:
    tokens, spans = case
    tags, left_over = iob2_from_spans(spans, tokens)
    assert not left_over
    assert spans_from_tags(tags, tokens) == (tuple(spans), ())


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), LABELS), max_size=6),
    st.integers(0, 8),
)
def test_every_span_is_written_or_returned(places: list[tuple[int, int, str]], count: int) -> None:
    spans = [Span(f"s{i}", min(a, b), max(a, b), c) for i, (a, b, c) in enumerate(places)]
    tokens = offsets(count)
    tags, left_over = iob2_from_spans(spans, tokens)
    read, problems = spans_from_tags(tags, tokens)
    assert len(read) + len(left_over) == len(spans)
    assert not problems
    for span in left_over:
        touched = [i for i, (a, b) in enumerate(tokens) if max(a, span.start) < min(b, span.end)]
        assert not touched or any(tags[i] != "O" for i in touched)


@given(st.lists(st.sampled_from(["O", *(f"{p}-{k}" for p in "BIESLU" for k in ("X", "Y"))])))
def test_any_tags_can_be_read_and_read_the_same_as_iob2(tags: list[str]) -> None:
    tokens = offsets(len(tags))
    spans, _ = spans_from_tags(tags, tokens)
    written, left_over = iob2_from_spans(spans, tokens)
    assert not left_over
    assert spans_from_tags(written, tokens)[0] == spans
    assert [tag == "O" for tag in written] == [tag == "O" for tag in tags]


@pytest.mark.parametrize(
    ("tags", "scheme", "expected"),
    [
        ("O O", "O", []),
        ("B-PER I-PER O B-LOC", "IOB2", [(0, 2, "PER"), (3, 4, "LOC")]),
        ("I-PER I-PER B-PER O", "IOB1", [(0, 2, "PER"), (2, 3, "PER")]),
        ("I-PER I-LOC", "IOB1", [(0, 1, "PER"), (1, 2, "LOC")]),
        ("B-PER E-PER S-LOC O", "BIOES", [(0, 2, "PER"), (2, 3, "LOC")]),
        ("B-PER I-PER L-PER U-LOC", "BIOES", [(0, 3, "PER"), (3, 4, "LOC")]),
        ("B-PER B-PER I-PER", "IOB2", [(0, 1, "PER"), (1, 3, "PER")]),
    ],
)
def test_schemes(tags: str, scheme: str, expected: list[tuple[int, int, str]]) -> None:
    assert scheme_of(tags.split()) == scheme
    assert ranges(tags.split()) == expected


def test_what_is_mended_is_reported() -> None:
    spans, problems = spans_from_tags(["B-X", "O", "I-X", "S-Y", "E-X"], offsets(5))
    assert len(spans) == 4
    assert problems == (
        "span X at token 1 is not closed",
        "I-X at token 3 continues nothing",
        "span X at token 3 is not closed",
        "E-X at token 5 closes nothing",
    )


@pytest.mark.parametrize("tag", ["", "B", "B-", "X-PER", "NNP", "o", "IPER"])
def test_what_is_no_tag_is_an_error(tag: str) -> None:
    with pytest.raises(ValueError, match="is not a tag"):
        spans_from_tags(["O", tag], offsets(2))


def test_as_many_tags_as_tokens() -> None:
    with pytest.raises(ValueError, match="2 tags for 1 tokens"):
        spans_from_tags(["O", "O"], offsets(1))


def test_the_longer_of_two_overlapping_spans_is_written() -> None:
    nested, outer = Span("a", 3, 5, "LOC"), Span("b", 0, 5, "ORG")
    assert iob2_from_spans([nested, outer], offsets(2)) == (["B-ORG", "I-ORG"], [nested])


def test_an_empty_span_finds_no_room() -> None:
    assert iob2_from_spans([Span("a", 1, 1, "X")], offsets(1))[1] == [Span("a", 1, 1, "X")]
