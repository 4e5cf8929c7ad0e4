"""How good value maps are: mapped values of localised dialogues against gold target states."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from labelproj.dialogue.ontology import fold
from labelproj.dialogue.schema import Act, Constraint, Dialogue, Turn, dialogue_of, with_dialogue
from labelproj.dialogue.values import METHODS, likeness
from labelproj.errors import InputError
from labelproj.evaluate.dialogue_state import normalised_value
from labelproj.records import Document

__all__ = ["CLOSE", "renamed", "score_values"]

P = TypeVar("P", Act, Constraint)

#: Two forms this like each other (0-1, letters) are called close: as a rule another inflection.
CLOSE = 0.8


def renamed(document: Document, *, slots: Mapping[str, str], values: Mapping[str, str]) -> Document:
    """Return a dialogue with other names for slots and for values (folded) in states and acts.

    For gold data whose slots have names in the target language.
    """

    def name(slot: str) -> str:
        return slots.get(fold(slot), slot)

    def value(text: str) -> str:
        return values.get(fold(text), text)

    def turn(one: Turn) -> Turn:
        def named(part: tuple[P, ...]) -> tuple[P, ...]:
            return tuple(
                replace(c, slot=name(c.slot), values=tuple(map(value, c.values))) for c in part
            )

        return replace(
            one,
            state=named(one.state),
            update=named(one.update),
            user_acts=named(one.user_acts),
            agent_acts=named(one.agent_acts),
        )

    dialogue = Dialogue(tuple(turn(one) for one in dialogue_of(document).turns))
    return replace(document, payload=with_dialogue(document.payload, dialogue))


def score_values(localised: Iterable[Document], gold: Iterable[Document]) -> dict[str, object]:
    """Compare the values of states, slot by slot, with those of the same turns of gold dialogues.

    Returns the number of values; the share (0-100) that is mapped, and exact (case, punctuation
    and blanks aside) and close (see :data:`CLOSE`) among the mapped and among all; the same for
    each method; and how often a slot is not in the gold state. Raises InputError where no dialogue
    or no slot is in both.
    """
    truth = {one.id: dialogue_of(one) for one in gold}
    total: Counter[str] = Counter()
    exact: Counter[str] = Counter()
    close: Counter[str] = Counter()
    absent = dialogues = 0
    localised_slots: set[str] = set()
    gold_slots: set[str] = set()
    for document in localised:
        if document.id not in truth:
            continue
        dialogues += 1
        methods = _methods(document)
        for own, other in zip(dialogue_of(document).turns, truth[document.id].turns, strict=False):
            wanted = {fold(c.slot): c.values[0] for c in other.state if c.values}
            for one in own.state:
                if not one.values:
                    continue
                if fold(one.slot) not in wanted:
                    localised_slots.add(one.slot)
                    gold_slots.update(wanted)
                    absent += 1
                    continue
                found, right = one.values[0], wanted[fold(one.slot)]
                method = methods.get((one.slot, found), "unmapped")
                same = normalised_value(found) == normalised_value(right)
                total[method] += 1
                exact[method] += same
                close[method] += same or likeness(found, right) >= CLOSE
    if not dialogues:
        raise InputError("no localised dialogue is in the gold data", remedy="their ids must agree")
    if absent and not total:
        raise InputError(
            f"no slot of the localised dialogues ({_slots(localised_slots)}) is in the gold states "
            f"({_slots(gold_slots)})",
            remedy="if gold calls them otherwise, --rename-slots 'essen=food,…'",
        )
    mapped = [name for name in METHODS if name != "unmapped"]
    n, n_mapped = sum(total.values()), sum(total[name] for name in mapped)
    return {
        "dialogues": dialogues,
        "values": n,
        "not_in_gold": absent,
        "mapped": _percent(n_mapped, n),
        "exact_of_mapped": _percent(sum(exact[name] for name in mapped), n_mapped),
        "close_of_mapped": _percent(sum(close[name] for name in mapped), n_mapped),
        "exact_of_all": _percent(sum(exact[name] for name in mapped), n),
        "methods": {
            name: {
                "values": total[name],
                "exact": _percent(exact[name], total[name]),
                "close": _percent(close[name], total[name]),
            }
            for name in METHODS
            if total[name]
        },
    }


def _slots(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:10]) or "none"


def _methods(document: Document) -> dict[tuple[str, str], str]:
    entries = document.payload.get("values")
    if not isinstance(entries, list):
        raise InputError(
            f"dialogue {document.id!r} has no value map",
            remedy="give dialogues.jsonl of: labelproj dialogue localise",
        )
    return {(one["slot"], one["target"]): one["method"] for one in entries}


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
