"""Marks that say where a span may end."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.align import AlignedPair, Link, link_words
from labelproj.align.base import TokenPair
from labelproj.project.boundaries import edged
from labelproj.project.pair_evidence import PairEvidence
from labelproj.project.propose import SpanOdds, Tuning
from labelproj.punctuation import balanced, closed, edge_levels, new_stops, strip_punctuation
from labelproj.records import Span
from labelproj.text import words

MARKS = "ab ()[]«»“”„\"'.,"
ODD = MARKS + "\t\u00a0\u200b\u0301'’yYaA%😀今カกำ5\x1c\u2028"
TEXTS = st.text(alphabet=MARKS)
ODD_TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])))


@given(TEXTS, st.data())
def test_closed_only_adds_marks_and_space(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    left, right = closed(text, start, end)
    assert left <= start <= end <= right
    assert not any(c.isalnum() or c in ".,'" for c in text[left:start] + text[end:right])
    if not set(text[start:end]) & set('()[]«»“”„"'):
        assert (left, right) == (start, end)
    assert closed(text, left, right) == (left, right)


@pytest.mark.parametrize(
    ("text", "inside", "whole"),
    [
        ("un plan de «diseño y obra», o", "plan de «diseño y obra", "plan de «diseño y obra»"),
        ('the "old" town', 'old" town', '"old" town'),
        ("das „alte“ Haus", "das „alte", "das „alte“"),
        ("la Comisión (CE). El", "la Comisión (CE", "la Comisión (CE)"),
        ("学校（小学）的", "学校（小学", "学校（小学）"),
        ("(a [b])", "a [b", "a [b]"),
        ("les « bons » vins", "les « bons", "les « bons »"),
        # Words are never taken along, nor other marks.
        ("Ann (Anna) B.", "Ann (An", "Ann (An"),
        ("he said “no”, then", "he said “no”", "he said “no”"),
        ("d'abord l'eau'", "l'eau", "l'eau"),
        ('צה"ל', 'צה"ל', 'צה"ל'),
    ],
)  # fmt: skip
def test_the_other_half_is_taken_along(text: str, inside: str, whole: str) -> None:
    start = text.index(inside)
    left, right = closed(text, start, start + len(inside))
    assert text[left:right] == whole


def test_a_mark_at_the_edge_of_a_text_counts() -> None:
    assert balanced('the "old"')
    assert not balanced('the "old')
    assert not balanced('old"')
    assert balanced('צה"ל')


def test_a_source_span_with_one_half_says_nothing_of_the_other() -> None:
    src, tgt = "(see Ann) left", "(vea Ana) salió"
    half = Span("s", 0, src.index(")"), "X")
    assert edged(half, 0, tgt.index(")"), src_text=src, tgt_text=tgt) == (0, tgt.index(")"))
    inside = Span("s", 1, src.index(" left"), "X")
    start, end = edged(inside, 1, tgt.index(" salió"), src_text=src, tgt_text=tgt)
    assert tgt[start:end] == "vea Ana)"


def test_levels_of_words() -> None:
    text = 'a (b "c") d'
    lefts, rights = edge_levels(text, words(text))
    a, b, c, d = (k for k, (start, _) in enumerate(words(text)) if text[start].isalpha())
    assert lefts[a] & rights[a]
    assert lefts[a] & rights[d]
    assert lefts[b] & rights[c]
    assert lefts[a] & rights[c]  # the marks beside c may be taken along
    assert not lefts[a] & rights[b]
    assert not lefts[c] & rights[d] - rights[b]


def test_marks_of_a_word_are_beside_it() -> None:
    text = "el ambiente (salas elegantes), y"
    tokens = [match.span() for match in re.finditer(r"\S+", text)]
    lefts, rights = edge_levels(text, tokens)
    assert lefts[2] & rights[2]
    assert lefts[2] & rights[3]
    assert lefts[3] & rights[3]
    assert not lefts[1] & rights[2]


def test_marks_between_sentences() -> None:
    tokens = ["Ana", ",", "3.5", "U.S.", ";", "。", "—"]
    assert new_stops(tokens, "Ana and Bo") == [False, True, False, False, True, True, False]
    assert new_stops(tokens, "Ana, Bo") == [False, False, False, False, False, True, False]
    assert new_stops(tokens, "Why? Ana: Bo") == [False] * 7


@pytest.mark.parametrize(
    ("src", "span", "tgt", "links", "expected"),
    [
        # A stray link beyond a comma, a full stop or a bracket does not drag the place with it.
        ("tackle Ann Lee led", "Ann Lee", "Ann Lee, tacle, fue", "1-0 2-1 2-3 0-3", "Ann Lee"),
        ("in 1990 and", "1990", "en 1990. Entre", "1-1 1-3", "1990"),
        ("Ann Lee (he) left", "Ann Lee", "Ana Lee (que era) fue", "0-0 1-1 0-3", "Ana Lee"),
        # What the span has may be in its place.
        ("by Ann, Bo and Cy", "Ann, Bo", "por Ana, Bo y Cy", "0-0 1-1 3-3", "Ana, Bo"),
    ],
)  # fmt: skip
def test_places_end_at_marks(src: str, span: str, tgt: str, links: str, expected: str) -> None:
    offsets = link_words(src, tgt)
    pair = TokenPair(
        *(tuple(t[a:b] for a, b in own) for t, own in zip((src, tgt), offsets, strict=True))
    )
    ends = (link.split("-") for link in links.split())
    found = AlignedPair(tuple(Link(int(i), int(j), 0.6) for i, j in ends))
    evidence = PairEvidence.of(pair, found, *offsets, src, tgt)
    start = src.index(span)
    odds = SpanOdds(Span("s", start, start + len(span), "X"), evidence, tuning=Tuning())
    best = odds.candidates()[0].candidate
    assert tgt[best.start : best.end] == expected


@given(st.one_of(TEXTS, ODD_TEXTS), st.integers(0, 20), st.integers(0, 20))
def test_strip_punctuation_stays_inside_and_is_stable(text: str, a: int, b: int) -> None:
    start, end = sorted((min(a, len(text)), min(b, len(text))))
    left, right = strip_punctuation(text, start, end)
    assert start <= left <= right <= end
    assert text[start:end].strip() == "" or left < right
    assert text[left:right] == text[left:right].strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(Lagos),", "Lagos"),
        ("Bank (of Lagos).", "Bank (of Lagos)"),
        ("“Naija” News,", "“Naija” News"),
        ('"Naija" News', '"Naija" News'),
        ("'yan sanda'", "'yan sanda"),
        ("about 50%.", "about 50%"),
        ("$5 ", "$5"),
        (" ... ", "..."),
        ("[Lagos]", "Lagos"),
        ("der „alte“ Markt,", "der „alte“ Markt"),
        ("see (neu [x]).", "see (neu [x])"),
    ],
)
def test_strip_punctuation(text: str, expected: str) -> None:
    start, end = strip_punctuation(text, 0, len(text))
    assert text[start:end] == expected
