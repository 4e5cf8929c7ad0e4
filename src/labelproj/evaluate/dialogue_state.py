"""How well states are tracked: joint goal accuracy and slot F1."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from labelproj.dialogue.examples import Ways
from labelproj.dialogue.keep import is_dontcare
from labelproj.dialogue.linear import canonical_state
from labelproj.dialogue.ontology import fold
from labelproj.dialogue.schema import EQUAL, Constraint
from labelproj.punctuation import is_punctuation

__all__ = [
    "joint_goal_accuracy",
    "normalised_state",
    "normalised_value",
    "settled",
    "slot_scores",
]

State = tuple[Constraint, ...]


def normalised_value(value: str) -> str:
    """Return a value in small letters, without punctuation and white space; don't-care as one."""
    if is_dontcare(value):
        return "dontcare"
    bare = "".join(c for c in fold(value) if not is_punctuation(c) and not c.isspace())
    return bare or value


def normalised_state(state: Iterable[Constraint]) -> State:
    """Return a state with folded names and normalised values."""
    return canonical_state(
        Constraint(
            fold(one.domain), fold(one.slot), one.relation, tuple(map(normalised_value, one.values))
        )
        for one in state
    )


def settled(state: State, ways: Ways, *, normalise: bool) -> State:
    """Return ``state`` with each value that is one of several right ones as the first of them.

    In SGD and MultiWOZ 2.2 any of a slot's values is right
    (https://aclanthology.org/2020.nlp4convai-1.13). ``ways`` has domains, slots and such values.
    Without ``normalise`` a value has to be written exactly as there.
    """

    def key(domain: str, slot: str, value: str) -> tuple[str, str, str]:
        if normalise:
            return fold(domain), fold(slot), normalised_value(value)
        return domain, slot, value

    first = {key(d, s, value): values[0] for d, s, values in ways for value in values}
    return tuple(
        replace(one, values=(first.get(key(one.domain, one.slot, one.values[0]), one.values[0]),))
        if one.relation == EQUAL and len(one.values) == 1
        else one
        for one in state
    )


def joint_goal_accuracy(
    predicted: Sequence[State | None], gold: Sequence[State], *, normalise: bool
) -> float:
    """Return the share of turns (0-1) whose whole state is right; 0 without turns.

    Henderson et al. 2014 (https://aclanthology.org/W14-4337). A state is right when it has exactly
    the gold domains, slots, relations and values; of several ways to write a value under
    ``equal_to`` (as in SGD) the first counts, see :func:`settled`. None is an output that is no
    state: wrong. With ``normalise``, case, punctuation, white space and ways to say don't-care are
    set aside; without, nothing is. Raises ValueError when the numbers of turns differ.
    """
    right = 0
    for found, wanted in zip(predicted, gold, strict=True):
        if found is not None:
            shape = normalised_state if normalise else canonical_state
            right += shape(found) == shape(wanted)
    return right / len(gold) if gold else 0.0


def slot_scores(predicted: Sequence[State | None], gold: Sequence[State]) -> dict[str, float]:
    """Return precision, recall and F1 (0-1) of slots with their values, summed over turns.

    A slot is right when its domain, relation and (normalised) value are gold's: micro average over
    (turn, slot, value) as in RiSAWOZ (Quan et al. 2020, https://aclanthology.org/2020.emnlp-main.67).
    """
    right = given = wanted = 0
    for found, truth in zip(predicted, gold, strict=True):
        a, b = set(normalised_state(found or ())), set(normalised_state(truth))
        right, given, wanted = right + len(a & b), given + len(a), wanted + len(b)
    return {
        "precision": right / given if given else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / (given + wanted) if given + wanted else 0.0,
    }
