"""Which examples of a localised dialogue are good enough, each on its own.

A bad reply costs its ``rg`` example and nothing else; a value without a target form costs the
examples that have to write or read it. No dialogue is dropped for one of its turns.
"""

from collections.abc import Iterable, Mapping, Sequence

from labelproj.dialogue.examples import Example
from labelproj.dialogue.find import occurrences
from labelproj.dialogue.keep import is_dontcare
from labelproj.dialogue.schema import Act, Constraint, Dialogue, Turn, dialogue_of
from labelproj.records import Document

__all__ = ["judge_example", "slot_errors"]

#: Words of the units of a segment that were rejected, by segment id.
Rejected = Mapping[str, Sequence[str]]


def slot_errors(
    acts: Iterable[Act], reply: str, surfaces: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return the values of ``acts`` that ``reply`` does not say, as ``slot = value``.

    ``surfaces`` are further forms of a value (folded) that count. Wen et al. 2015
    (https://aclanthology.org/D15-1199) count missing and redundant slots; here, as the reply is a
    translation of one that had its slots, only missing ones.
    """
    missing = []
    for act in acts:
        for value in act.values if act.slot else ():
            forms = (value, *surfaces.get(value.casefold(), ()))
            if not is_dontcare(value) and not any(occurrences(reply, form) for form in forms):
                missing.append(f"{act.slot} = {value}")
    return missing


def judge_example(
    example: Example,
    document: Document,
    source: Dialogue,
    *,
    rejected: Rejected,
    unmapped: frozenset[tuple[str, str]],
    slots: frozenset[str] | None = None,
) -> tuple[str, ...]:
    """Return the reasons against ``example`` of the localised ``document``; none when it is good.

    ``source`` is the dialogue with its source values, ``unmapped`` the (slot, source value) that
    have no target form, ``rejected`` the reasons against the translation of each segment,
    ``slots`` the slots a state may have (None: any).
    """
    turn = source.turns[example.turn]
    before = source.turns[example.turn - 1] if example.turn else Turn()
    reasons = [f"user: {reason}" for reason in rejected.get(turn.user or "", ())]
    acts = before.agent_acts
    if example.subtask == "dst":
        read: list[tuple[Constraint, ...]] = [before.state, turn.state]
    elif example.subtask == "rg":
        read, acts = [], turn.agent_acts
    else:
        read = [turn.state]
    if example.subtask == "api":
        read += [call.constraints for call in turn.calls]
    if example.subtask == "da":
        acts = (*acts, *turn.agent_acts)
    used = {(c.slot, value) for part in read for c in part for value in c.values}
    used |= {(act.slot, value) for act in acts for value in act.values if act.slot}
    reasons += [f"unmapped value: {slot} = {value}" for slot, value in sorted(used & unmapped)]
    if slots is not None:
        strange = {c.slot for part in read for c in part} - slots
        reasons += [f"unknown slot: {slot}" for slot in sorted(strange)]
    if example.subtask == "rg":
        reasons += [f"reply: {reason}" for reason in rejected.get(turn.agent or "", ())]
        reasons += [f"slot error: {one}" for one in _errors(document, example.turn)]
    return tuple(reasons)


def _errors(document: Document, number: int) -> list[str]:
    turn = dialogue_of(document).turns[number]
    segment = next((one for one in document.segments if one.id == turn.agent), None)
    if segment is None:
        return []
    forms: dict[str, list[str]] = {}
    for span in segment.spans:
        if span.group is not None:
            forms.setdefault(span.group.casefold(), []).append(span.surface(segment.text))
    return slot_errors(turn.agent_acts, segment.text, forms)
