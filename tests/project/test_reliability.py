"""How far members are trusted: estimated from how they agree on invented spans."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.project.base import LabelledPair, Place
from labelproj.project.reliability import (
    ENOUGH,
    PAIRS,
    heard,
    invented_pairs,
    posteriors,
    reliabilities,
)
from labelproj.text import words


def observed(shares: list[float], number: int = 400) -> list[list[Place | None]]:
    """Return the places of members that are right as often as ``shares`` say."""
    draw = random.Random(7)
    return [
        [(0, 1) if draw.random() < share else (draw.randrange(2, 8), 9) for share in shares]
        for _ in range(number)
    ]


def test_the_one_that_agrees_with_nobody_is_trusted_least() -> None:
    found = reliabilities(observed([0.95, 0.9, 0.9, 0.4]), [None] * 4, otherwise=0.85)
    assert found[3] < 0.6 < 0.8 < min(found[:3])


def test_a_measured_member_keeps_its_share_and_the_other_is_compared_with_it() -> None:
    for share in (0.5, 0.8):
        first, second = reliabilities(observed([0.95, share]), [0.95, None], otherwise=0.85)
        assert first == 0.95
        assert abs(second - share) < 0.15


def test_without_anything_to_see_all_stay_as_they_begin() -> None:
    assert reliabilities([], [0.9, None], otherwise=0.8) == [0.9, 0.8]


def test_posteriors_leave_room_for_none() -> None:
    found = posteriors([(0, 1), (0, 1), (2, 3), None], [0.9, 0.9, 0.6, 0.7])
    assert found[0, 1] > 0.9 > found[2, 3]
    assert sum(found.values()) < 1
    assert posteriors([None, None], [0.9, 0.9]) == {}


def test_who_hardly_ever_agrees_with_the_most_trusted_one_is_not_heard() -> None:
    tops = observed([0.95, 0.8, 0.1])
    assert heard(tops, [0.95, 0.9, 0.9]) == [True, True, False]
    assert heard(tops[: ENOUGH - 1], [0.95, 0.9, 0.9]) == [True, True, True]


def test_a_member_that_was_not_asked_keeps_what_it_begins_with() -> None:
    tops: list[list[Place | None]] = [[top[0], None] for top in observed([0.95])]
    assert reliabilities(tops, [0.95, None], otherwise=0.8) == [0.95, 0.8]
    assert heard(tops, [0.95, 0.8]) == [True, True]


@given(
    st.lists(st.lists(st.sampled_from([None, (0, 2), (3, 5)]), min_size=3, max_size=3), max_size=9)
)
def test_shares_are_shares(tops: list[list[Place | None]]) -> None:
    assert all(0 < share < 1 for share in reliabilities(tops, [0.9, None, None], otherwise=0.8))


def test_invented_spans_are_runs_of_words_and_do_not_depend_on_order() -> None:
    texts = [(f"Today number {n} of the Lakes came home", f"Yau {n} ta zo") for n in range(300)]
    texts += [("", "babu"), ("nothing", " "), ("北京很大", "Beijing is big"), ("...", "!")]
    corpus = [LabelledPair(src, (), tgt) for src, tgt in texts]
    pairs = invented_pairs(lambda: corpus)
    assert pairs == invented_pairs(lambda: reversed(corpus))
    assert len(pairs) == PAIRS
    for pair in pairs:
        edges = words(pair.src_text)
        for span in pair.src_spans:
            assert span.start in {start for start, _ in edges}
            assert span.end in {end for _, end in edges}
            assert span.surface(pair.src_text)[-1].isalnum()


@pytest.mark.parametrize("text", ["北京很大", "a b c"])
def test_texts_without_long_words_have_spans_too(text: str) -> None:
    (pair,) = invented_pairs(lambda: [LabelledPair(text, (), "Beijing is big")])
    assert pair.src_spans
