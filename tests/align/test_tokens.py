"""The words that links are between, and links between signs by way of their words."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.align import Link, TokenPair, link_pair, link_words, open_aligner, token_pair
from labelproj.align.partners import Partners, with_partners
from labelproj.align.wholes import blended, merged
from labelproj.config import AlignParams
from labelproj.segmenter import whole_words
from labelproj.text import words

SOURCES = st.text(st.sampled_from("abc AB. 12今"), max_size=30)
TARGETS = st.text(st.sampled_from("abcAB. 12今日ไทย，\u0301ßİ"), max_size=30)


@given(SOURCES, TARGETS)
def test_every_character_is_in_one_word(src: str, tgt: str) -> None:
    for text, offsets in zip((src, tgt), link_words(src, tgt), strict=True):
        covered = [place for start, end in offsets for place in range(start, end)]
        assert covered == [place for place, sign in enumerate(text) if not sign.isspace()]
        assert all(start < end for start, end in offsets)


@given(st.text(st.sampled_from("abcAB. ąжبي안1"), max_size=30), SOURCES)
def test_texts_with_spaces_have_the_words_of_labelproj(src: str, tgt: str) -> None:
    plain = tgt.replace("今", "x")
    assert link_words(src, plain) == (words(src), words(plain))
    assert link_pair(src, plain) == token_pair(src, plain)


@pytest.mark.parametrize(
    ("src", "tgt", "expected"),
    [
        ("play Ana Maria Diaz", "播放AnaMariaDiaz", ["播", "放", "Ana", "Maria", "Diaz"]),
        ("Rate A Day Out 6", "给ADayOut6分", ["给", "A", "Day", "Out", "6", "分"]),
        ("the Nasty Cats song", "将theNastyCats歌", ["将", "the", "Nasty", "Cats", "歌"]),
        ("buy an iPhone", "买iPhone", ["买", "iPhone"]),
        ("a to b", "在atob上", ["在", "a", "to", "b", "上"]),
        ("it is a", "在isa上", ["在", "isa", "上"]),
    ],
)
def test_words_run_together_are_cut(src: str, tgt: str, expected: list[str]) -> None:
    assert list(link_pair(src, tgt).tgt) == expected


def test_a_long_word_is_left_alone() -> None:
    assert len(link_pair("ab cd", "今" + "abcd" * 5000).tgt) == 2


def test_links_of_words_go_to_all_of_their_signs() -> None:
    pair = TokenPair(("it", "rains"), ("下", "雨", "了"))
    numbers = whole_words(pair.src), whole_words(pair.tgt)
    assert merged(pair, *numbers) == TokenPair(("it", "rains"), ("下雨", "了"))
    links = blended([Link(1, 0, 0.5)], [Link(1, 0, 1.0)], numbers, weight=0.2)
    assert links == {(1, 0): pytest.approx(0.6), (1, 1): pytest.approx(0.2)}


def counted() -> Partners:
    partners = Partners()
    for src, tgt in (("rain", "下雨"), ("snow", "下雪"), ("wind", "刮风"), ("sun", "天晴")):
        partners.add(TokenPair(("is", "there", src, "today", "?"), ("今天", tgt, "吗", "？")))
        partners.add(TokenPair(("is", "there", src, "?"), (tgt, "吗", "？")))
    return partners


def test_words_that_come_together_are_partners() -> None:
    found = counted().of(TokenPair(("is", "there", "rain", "today", "?"), ("今天", "下雨", "吗")))
    assert {(i, j) for i, j, _ in found} == {(2, 1), (3, 0)}
    assert all(0.4 <= strength <= 1 for _, _, strength in found)


def test_words_that_stand_twice_or_were_never_seen_have_no_partner() -> None:
    partners = counted()
    assert partners.of(TokenPair(("today", "today"), ("今天", "unseen"))) == []
    assert partners.of(TokenPair((), ("今天",))) == []
    assert Partners().of(TokenPair(("today",), ("今天",))) == []


def test_partners_raise_their_link_and_lower_their_rivals() -> None:
    links = {(0, 0): 0.2, (0, 2): 0.4, (1, 2): 0.5}
    found = with_partners(links, [(0, 0, 1.0)], ([0, 1], [0, 0, 1]))
    assert found == {
        (0, 0): pytest.approx(0.84),
        (0, 1): pytest.approx(0.8),
        (0, 2): pytest.approx(0.2),
        (1, 2): 0.5,
    }


WEATHER = {"rain": "下雨", "snow": "下雪", "wind": "刮风", "sun": "天晴", "hail": "冰雹"}
TIMES = {"today": "今天", "tomorrow": "明天", "tonight": "今晚", "now": "现在"}


def test_eflomal_links_all_the_signs_of_a_word(tmp_path: Path) -> None:
    texts = [
        (f"Will there be {en} {when} ?", f"{then}会{zh}吗？")
        for en, zh in WEATHER.items()
        for when, then in TIMES.items()
    ]
    pairs = [link_pair(*both) for both in texts]
    aligner = open_aligner(AlignParams(), work=tmp_path, src_lang="en", tgt_lang="zh")
    aligner.fit(lambda: pairs)
    right = 0
    for pair, result in zip(pairs, aligner.align(pairs), strict=True):
        mass = np.zeros((len(pair.src), len(pair.tgt)))
        for link in result.links:
            mass[link.src, link.tgt] = link.probability
            assert 0 < link.probability <= 1
        right += set(mass[:, :2].argmax(axis=0)) == {4}
    assert right >= 0.9 * len(pairs)


def test_eflomal_aligns_thai(tmp_path: Path) -> None:
    pairs = [
        link_pair(f"I love {en}", f"ผมรัก{th}")
        for en, th in {"rain": "ฝน", "dogs": "สุนัข", "cats": "แมว", "Thailand": "ประเทศไทย"}.items()
    ]
    aligner = open_aligner(AlignParams(), work=tmp_path, src_lang="en", tgt_lang="th")
    aligner.fit(lambda: pairs)
    assert all(result.status == "ok" and result.links for result in aligner.align(pairs))
