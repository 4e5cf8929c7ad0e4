"""Stems: so many letters, however they are encoded."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from labelproj.align.stems import stem
from labelproj.segmenter import is_unspaced_word


def test_letters_are_counted() -> None:
    assert stem("restaurants", 4) == "rest"
    assert stem("at", 4) == "at"
    assert stem("", 4) == ""


def test_marks_do_not_shorten_a_stem() -> None:
    word = "Vi\u1ec7tnam"
    assert stem(unicodedata.normalize("NFD", word), 4) == stem(word, 4) == "Vi\u1ec7t"


def test_hangul_syllables_count_twice() -> None:
    assert {stem(word, 4) for word in ("학교", "학교에서", "학교는")} == {"학교"}
    assert stem("학교에서", 3) == "학교"


def test_words_without_spaces_stay_whole() -> None:
    assert stem("ประเทศไทย", 4) == "ประเทศไทย"
    assert stem("大规模杀伤", 4) == "大规模杀伤"


@given(st.text(max_size=12), st.integers(1, 6))
def test_invariants(word: str, letters: int) -> None:
    own = stem(word, letters)
    assert unicodedata.normalize("NFC", word).startswith(unicodedata.normalize("NFC", own))
    assert bool(own) == bool(word)
    assert len(own) <= letters or is_unspaced_word(word)
    if not is_unspaced_word(word):
        assert stem(unicodedata.normalize("NFD", word), letters) == own
