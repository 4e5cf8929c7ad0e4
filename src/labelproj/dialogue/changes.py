"""A state as what has changed since the state before: short to write, however long the dialogue.

After the Levenshtein belief spans of Lin et al. 2020, *MinTL*
(https://aclanthology.org/2020.emnlp-main.273): a tracker that writes the whole state copies what
was said long ago again in every turn, and one slip in it is there to stay. Changes are written
``& items``, items as in :mod:`labelproj.dialogue.linear`: a slot with values has these now and
no others, one without is no longer there. No state begins with ``&``, so that an output says
itself what it is.
"""

from labelproj.dialogue.examples import DST, state_in
from labelproj.dialogue.linear import parse_items, write_items
from labelproj.dialogue.schema import Constraint

__all__ = ["CHANGES", "after_changes", "lesson_target", "write_changes"]

#: What changes begin with.
CHANGES = "& "

Slot = tuple[str, str]


def write_changes(before: str, after: str) -> str:
    """Write what makes the state ``after`` of the state ``before``, both written states.

    Raises ValueError for what is no state.
    """
    old, new = _slots(before), _slots(after)
    items: list[Constraint] = []
    for slot in sorted({*old, *new}):
        if slot not in new:
            items.append(Constraint(*slot, "equal_to", ()))
        elif old.get(slot) != new[slot]:
            items += new[slot]
    return CHANGES + write_items(items)


def after_changes(before: str, output: str) -> str:
    """Return the state after the changes ``output``; what is no changes comes back as it is.

    Raises ValueError for changes, or a state before them, that cannot be read.
    """
    if not output.startswith(CHANGES):
        return output
    slots = _slots(before)
    for slot, items in _slots(output.removeprefix(CHANGES)).items():
        slots[slot] = [item for item in items if item.values]
    return write_items(item for items in slots.values() for item in items)


def lesson_target(text: str, target: str) -> str:
    """Return what a model is taught to write for the input ``text`` of an example.

    Of a state it is what has changed, else ``target`` itself.
    Raises ValueError for a state that cannot be read.
    """
    if not text.startswith(f"{DST} "):
        return target
    return write_changes(state_in(text), target)


def _slots(text: str) -> dict[Slot, list[Constraint]]:
    slots: dict[Slot, list[Constraint]] = {}
    for item in parse_items(text):
        slots.setdefault((item.domain, item.slot), []).append(item)
    return slots
