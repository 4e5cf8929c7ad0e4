"""Cleaning and cutting: nothing is lost."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from labelproj.translate.split import clean, cut, is_translatable, split_long


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) + len(text) // 10 for text in texts]


def solid(text: str) -> str:
    return "".join(text.split())


@given(st.text(alphabet=st.characters(), max_size=60))
def test_clean_gives_one_line_that_can_be_encoded(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert "\n" not in cleaned
    assert "\x00" not in cleaned
    assert cleaned == clean(cleaned)


def test_clean_keeps_joiners_and_drops_zero_width_spaces() -> None:
    assert clean("می\u200cخواهم") == "می\u200cخواهم"
    assert clean("a\u200bb\ufeff \ud800 c\x00d\r\ne") == "ab c d e"


def test_what_has_no_letter_or_number_is_not_translatable() -> None:
    assert not is_translatable("")
    assert not is_translatable(" \u200b… — !? 👩‍👩‍👧")
    assert is_translatable("7")
    assert is_translatable("你")


def test_a_cut_prefers_clauses_then_conjunctions_then_spaces() -> None:
    assert cut("He came home late; she had left long before") == (
        "He came home late;",
        "she had left long before",
        " ",
    )
    assert cut("one two three four, five six seven")[0] == "one two three four,"
    assert cut("the red house fell and the old man left")[1] == "and the old man left"
    assert cut("aaaa bbbb")[:2] == ("aaaa", "bbbb")
    assert cut("aaaabbbb") == ("aaaa", "bbbb", "")


def test_unspaced_script_is_cut_between_signs_and_joined_with_a_space_for_spaced_targets() -> None:
    left, right, joint = cut("我爱北京，天安门上太阳升")
    assert (left, right, joint) == ("我爱北京，", "天安门上太阳升", " ")


@given(st.text(alphabet="ab ,;.我-", max_size=400), st.integers(2, 12))
def test_pieces_fit_and_hold_every_character(text: str, limit: int) -> None:
    text = clean(text)
    [pieces] = split_long([text], count=count_words, limit=limit)
    assert solid("".join(piece + joint for piece, joint in pieces)) == solid(text)
    for piece, _ in pieces:
        assert count_words([piece])[0] <= limit or len(piece) < 2


def test_twenty_thousand_characters_without_a_space_are_cut() -> None:
    [pieces] = split_long(["x" * 20_000], count=count_words, limit=100)
    assert "".join(piece for piece, _ in pieces) == "x" * 20_000
    assert all(joint == "" for _, joint in pieces)
    assert len(pieces) >= 20
