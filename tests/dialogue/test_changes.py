"""Changes make the next state of the one before, whatever the two are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.dialogue.changes import CHANGES, after_changes, lesson_target, write_changes
from labelproj.dialogue.examples import grammar_words
from labelproj.dialogue.linear import write_state
from labelproj.dialogue.schema import EQUAL, Constraint
from labelproj.train.seq2seq import Seq2SeqParams, taught

TEXT = st.text('aé "&;=():#|\\<', max_size=4) | st.sampled_from(
    ("null", "&", "a & b", "( a )", "", "price range")
)
VALUES = st.lists(TEXT, max_size=2).map(tuple)
RELATION = st.sampled_from((EQUAL, "at_least", ""))
STATES = st.lists(st.builds(Constraint, TEXT, TEXT, RELATION, VALUES), max_size=4)
BEFORE = '( bus ) day = " Talata " ; from = " Bida "'
AFTER = '( bus ) from = " Jos " ; seats # at_least = " 2 " ; ( clinic ) town = " Jos "'


@settings(max_examples=200)
@given(STATES, STATES)
def test_changes_lead_from_any_state_to_any_other(
    before: list[Constraint], after: list[Constraint]
) -> None:
    old, new = write_state(before), write_state(after)
    changes = write_changes(old, new)
    assert after_changes(old, changes) == new
    assert write_changes(old, old) == f"{CHANGES}null"
    # What is a state is not taken for changes.
    assert after_changes(old, new) == new


def test_only_what_changed_is_written() -> None:
    assert write_changes(BEFORE, AFTER) == (
        '& ( bus ) day ; from = " Jos " ; seats # at_least = " 2 " ; ( clinic ) town = " Jos "'
    )
    assert write_changes(BEFORE, BEFORE) == "& null"
    assert write_changes("null", BEFORE) == f"& {BEFORE}"
    assert after_changes(BEFORE, "& ( bus ) day ; from") == "null"


@pytest.mark.parametrize("output", ["& ", '& ( bus ) day = " Talata', "& ( bus"])
def test_what_cannot_be_read_is_refused(output: str) -> None:
    with pytest.raises(ValueError):
        after_changes(BEFORE, output)


def test_only_states_are_taught_as_changes() -> None:
    told = "<acts> null <user> Zuwa Jos."
    text = f"dst <state> {BEFORE} {told}"
    assert lesson_target(text, AFTER) == write_changes(BEFORE, AFTER)
    assert lesson_target(f"api <state> {BEFORE} {told}", "( bus )") == "( bus )"
    assert lesson_target("rg <acts> bye <user> Na gode.", "Sai an jima.") == "Sai an jima."


def test_words_of_the_grammar_are_neither_values_nor_what_people_say() -> None:
    text = f"da <state> {BEFORE} <rows> 12 <acts> ( bus ) request : seats <user> Kujeru 2."
    assert grammar_words(text, '( bus ) offer : time = " 9:45 "') == {
        *("da", "<state>", "(", "bus", ")", "day", "=", '"', ";", "from", "<rows>", "<acts>"),
        *("request", ":", "seats", "<user>", "offer", "time"),
    }
    assert "Sai" not in grammar_words("rg <acts> bye <user> Na gode.", "Sai an jima.")


def test_only_a_model_that_can_copy_is_taught_changes() -> None:
    pair = (f"dst <state> {BEFORE} <acts> null <user> Na gode.", AFTER)
    assert taught([pair], Seq2SeqParams()) == [pair]
    started = taught([pair], Seq2SeqParams(model="mt"))
    assert started == [(pair[0], write_changes(BEFORE, AFTER))]
