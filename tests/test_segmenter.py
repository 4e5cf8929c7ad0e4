"""Words of scripts without spaces: nothing is lost, and no token is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.segmenter import (
    gaps,
    has_unspaced,
    is_unspaced_word,
    joined_letters,
    segments,
    whole_words,
)
from labelproj.text import words

SIGNS = "·・今日天会下雨吗牛丼𠮷ーカタカナひらがなไทยภาษำកខ្មែລາວမြန်བོད་ab 5点,。😀\u0301\u200b"
TEXTS = st.text(st.sampled_from(SIGNS), max_size=40)


def put_together(text: str) -> list[str]:
    tokens = [text[start:end] for start, end in words(text)]
    found: dict[int, str] = {}
    for token, number in zip(tokens, whole_words(tokens), strict=True):
        found[number] = found.get(number, "") + token
    return list(found.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今天会下雨吗？", ["今天", "会", "下雨", "吗", "？"]),
        ("在Google音乐上播放5点", ["在", "Google", "音乐", "上", "播放", "5", "点"]),
        ("𠮷野と東京へ", ["𠮷", "野", "と", "東京", "へ"]),
        ("東京のカメラを", ["東京", "の", "カメラ", "を"]),
        ("由约翰·埃尔维保持", ["由", "约翰·埃尔维", "保持"]),
        ("罗伯特·莱恩和本杰明·威尔合作", ["罗伯特·莱恩", "和", "本杰明·威尔", "合作"]),
        ("ジョン・スミスは", ["ジョン・スミス", "は"]),
        ("·约 约· a·b", ["·", "约", "约", "·", "a·b"]),
        ("서울은 크다", ["서울은", "크다"]),
        ("plain words", ["plain", "words"]),
    ],
)
def test_signs_are_put_together_into_words(text: str, expected: list[str]) -> None:
    assert put_together(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ผมรักภาษาไทย 2015", ["ผม", "รัก", "ภาษา", "ไทย", "2015"]),
        ("ພາສາລາວ", ["ພາສາ", "ລາວ"]),
        ("ភាសាខ្មែរ និង English", ["ភាសាខ្មែរ", "និង", "English"]),
        ("今天 is today", ["今", "天", "is", "today"]),
    ],
)
def test_letters_are_joined_into_words_and_signs_are_not(text: str, expected: list[str]) -> None:
    found = joined_letters(text, words(text))
    assert [text[start:end] for start, end in found] == expected


@given(TEXTS)
def test_every_token_has_a_word_and_words_are_of_neighbours(text: str) -> None:
    tokens = [text[start:end] for start, end in words(text)]
    numbers = whole_words(tokens)
    assert len(numbers) == len(tokens)
    steps = [after - before for before, after in zip([-1, *numbers], numbers, strict=False)]
    assert not tokens or steps[0] == 1
    assert set(steps) <= {0, 1}
    for before, after, step in zip(tokens, tokens[1:], steps[1:], strict=False):
        assert step or all(is_unspaced_word(token) or token in "·・" for token in (before, after))


def test_gaps_are_between_signs_of_scripts_that_have_none() -> None:
    assert gaps("在 1946 年 的  冠军 NFL") == [(8, 9), (10, 12)]
    assert gaps("ผม รัก plain words") == []


@given(TEXTS)
def test_joining_letters_loses_nothing(text: str) -> None:
    before, after = words(text), joined_letters(text, words(text))
    assert {start for start, _ in after} <= {start for start, _ in before}
    assert {end for _, end in after} <= {end for _, end in before}
    covered = [place for start, end in after for place in range(start, end)]
    assert covered == [place for start, end in before for place in range(start, end)]


@given(st.text(st.sampled_from("今日𠮷ไทยก็カー"), min_size=1, max_size=20))
def test_segments_end_where_the_text_does(run: str) -> None:
    ends = segments(run)
    assert ends[-1] == len(run)
    assert list(ends) == sorted(set(ends))


def test_scripts() -> None:
    assert has_unspaced("a 今")
    assert not has_unspaced("Привет, مرحبا, 안녕")
    assert is_unspaced_word("ไทย")
    assert not is_unspaced_word("5点")
