"""States, acts and calls are read back from their text exactly, whatever is in them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.dialogue.linear import (
    canonical_acts,
    canonical_state,
    parse_acts,
    parse_calls,
    parse_state,
    write_acts,
    write_calls,
    write_state,
)
from labelproj.dialogue.schema import EQUAL, Act, Call, Constraint

ODD = ("null", 'a "b" ; c', "x & y", "\\22.", "( a )", " a", "a  b", "", "price range", "<state>")
TEXT = st.text(max_size=6) | st.sampled_from(ODD)
RELATION = st.sampled_from((EQUAL, "at_least", "one of", "")) | TEXT
VALUES = st.lists(TEXT, max_size=3).map(tuple)
STATES = st.lists(st.builds(Constraint, TEXT, TEXT, RELATION, VALUES), max_size=4)
ACTS = st.lists(st.builds(Act, TEXT, TEXT, TEXT, RELATION, VALUES), max_size=4)


@settings(max_examples=200)
@given(STATES)
def test_states_come_back(state: list[Constraint]) -> None:
    text = write_state(state)
    assert parse_state(text) == canonical_state(state)
    assert write_state(parse_state(text)) == text
    assert "\n" not in text and "<" not in text


@settings(max_examples=200)
@given(ACTS)
def test_acts_come_back(acts: list[Act]) -> None:
    assert parse_acts(write_acts(acts)) == canonical_acts(acts)


@settings(max_examples=100)
@given(st.lists(st.builds(Call, TEXT, STATES.map(canonical_state)), max_size=3).map(tuple))
def test_calls_come_back(calls: tuple[Call, ...]) -> None:
    assert parse_calls(write_calls(calls)) == calls


def test_the_form_reads_well() -> None:
    state = [
        Constraint("hotel", "stars", "at_least", ("4",)),
        Constraint("hotel", "with", "one_of", ("pool", "garden")),
        Constraint("taxi", "to", values=("Kano", "kano city")),
    ]
    assert write_state(state) == (
        '( hotel ) stars # at_least = " 4 " ; with # one_of = " pool " | " garden " ; '
        '( taxi ) to = " Kano "'
    )
    assert write_acts([Act("request", "taxi", "to"), Act("bye")]) == "bye ; ( taxi ) request : to"
    assert write_calls([Call("find")]) == "( find )"
    assert write_state([]) == write_acts([]) == write_calls([]) == "null"


@pytest.mark.parametrize("text", ["", ";", 'a = b"', "( x", 'a = " b', "a = b", 'a : b = " c "'])
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_state(text)


def test_tokenizers_may_drop_blanks() -> None:
    assert parse_state('(hotel)area="north";stars #at_least="4"') == parse_state(
        '( hotel ) area = " north " ; stars # at_least = " 4 "'
    )
