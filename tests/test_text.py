"""Words and sentences: nothing is lost, nothing is changed, no span is cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.records import Span
from labelproj.text import is_unspaced, sentences, words

ODD = " \t\n\r\u00a0\u200b\u200d\ufe0f\u0301\u0600'’.,()\"😀👍🏽🇳🇬今カーกำ5ɗƙ'yYaAs\x1c\x85\u2028"
TEXTS = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])))
SENTENCES = st.text(st.sampled_from("ab. ?!\n\r\t'’今。"), max_size=60)


def surfaces(text: str) -> list[str]:
    return [text[start:end] for start, end in words(text)]


def assert_covers(text: str, pieces: list[tuple[int, int]]) -> None:
    ends = [0, *(end for _, end in pieces)]
    assert all(start < end for start, end in pieces)
    assert all(end <= start for end, (start, _) in zip(ends, pieces, strict=False))
    covered = {i for start, end in pieces for i in range(start, end)}
    assert all(i in covered for i, c in enumerate(text) if not c.isspace())


@given(TEXTS)
def test_every_character_is_in_one_word_and_white_space_in_none(text: str) -> None:
    pieces = words(text)
    assert_covers(text, pieces)
    assert not any(c.isspace() for start, end in pieces for c in text[start:end])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nigeria's 'yan sanda", ["Nigeria", "'s", "'yan", "sanda"]),
        ("don't N'Golo l'eau Ƙ'yaƙ", ["don't", "N'Golo", "l'eau", "Ƙ'yaƙ"]),
        ("U.S. at 9 a.m., J.K. x.y", ["U.S.", "at", "9", "a.m.", ",", "J.K.", "x.y"]),
        ("He said 'yes'.", ["He", "said", "'", "yes", "'", "."]),
        ("1,000.5 at 10:30, 5/6", ["1,000.5", "at", "10:30", ",", "5/6"]),
        ("今日カタカナはい", ["今", "日", "カタカナ", "は", "い"]),
        ("🇳🇬👍🏽👩‍🚀❤️!", ["🇳🇬", "👍🏽", "👩‍🚀", "❤️", "!"]),
        ("می‌خواهم e\u0301te\u0301", ["می‌خواهم", "e\u0301te\u0301"]),
        ("[Lagos] (2-1)", ["[", "Lagos", "]", "(", "2", "-", "1", ")"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert surfaces(text) == expected


def test_is_unspaced() -> None:
    assert is_unspaced("今日は 5 OK")
    assert not is_unspaced("Lagos 今")
    assert not is_unspaced("…")


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, list[Span]]:
    text = draw(SENTENCES)
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    spans = [Span("s", a, b, "X") for a, b in draw(st.lists(places, max_size=4))]
    return text, [
        s for s in spans if s.surface(text) and s.surface(text) == s.surface(text).strip()
    ]


@pytest.mark.parametrize("splitter", ["rules", "none"])
@pytest.mark.parametrize("lang", ["en", "ha"])
@settings(deadline=None)  # the first call loads spaCy
@given(case=texts_with_spans())
def test_sentences_cover_the_text_and_straddle_no_span(
    splitter: str, lang: str, case: tuple[str, list[Span]]
) -> None:
    text, spans = case
    pieces = sentences(text, lang, spans=spans, splitter=splitter)
    assert_covers(text, pieces)
    assert all(text[start:end] == text[start:end].strip() for start, end in pieces)
    for span in spans:
        assert sum(start <= span.start and span.end <= end for start, end in pieces) == 1


def test_sentences_are_cut_at_stops_and_line_breaks() -> None:
    text = "Flood hits Lagos. Aid is late!\r\nMore soon\nEnd."
    cut = [text[start:end] for start, end in sentences(text, "en")]
    assert cut == ["Flood hits Lagos.", "Aid is late!", "More soon", "End."]


def test_only_the_sentences_that_a_span_straddles_are_joined() -> None:
    text = "One here. Two here. Three here. Four here."
    spans = [Span("s0", 14, 26, "X"), Span("s1", 0, 3, "X")]
    cut = [text[start:end] for start, end in sentences(text, "en", spans=spans)]
    assert cut == ["One here.", "Two here. Three here.", "Four here."]


def test_a_span_over_a_line_break_joins_its_lines() -> None:
    text = "Bank of\nLagos"
    assert sentences(text, "en", spans=[Span("s", 0, 13, "ORG")]) == [(0, 13)]


def test_no_sentence_in_white_space() -> None:
    assert sentences(" \n\t", "en") == []
    assert sentences("", "en", splitter="none") == []


def test_a_very_long_sentence_stays_one() -> None:
    text = "word " * 4000 + "end"
    assert sentences(text, "en") == [(0, len(text))]
