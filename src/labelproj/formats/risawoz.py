"""RiSAWOZ (Quan et al. 2020) and its translations X-RiSAWOZ (Moradshahi et al. 2023).

https://aclanthology.org/2020.emnlp-main.67, https://aclanthology.org/2023.findings-acl.174
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from labelproj.dialogue.find import occurrences
from labelproj.dialogue.schema import EQUAL, Act
from labelproj.dialogue.visit import Visitor
from labelproj.formats.dialogues import DialogueFormat

__all__ = ["Risawoz"]

_STATE = "inform slot-values"
_UPDATE = "turn_inform"


@dataclass(frozen=True, slots=True)
class Risawoz(DialogueFormat):
    """An array of dialogues; a turn has the user's words and the system's answer.

    An utterance is its text, or ``[text, {domain-slot: {surface: [[start, end], …]}}]``. The
    places count tokens in some languages and characters in others, so a surface is looked for in
    the text; written places are characters. Rows are the objects of ``db_results``; where there
    are results, the state of the turn's first domain was asked for: that is the call.
    """

    name: ClassVar[str] = "risawoz"
    suffixes: ClassVar[tuple[str, ...]] = (".risawoz.json",)
    signs: ClassVar[frozenset[str]] = frozenset({"domains", "turn_domain"})

    def walk(self, record: Any, visit: Visitor) -> None:
        """Go through one dialogue; see :meth:`DialogueFormat.walk`."""
        turns = record["dialogue"]
        if not turns:
            raise ValueError("no turns")
        for number, turn in enumerate(turns):
            if turn["turn_id"] != number:
                raise ValueError(f"turn {number} is missing: turn_id is {turn['turn_id']}")
            domain = (turn.get("turn_domain") or [""])[0]
            for who, role in (("user", "user"), ("system", "agent")):
                self._text(turn, f"{who}_utterance", number, role, visit)
                for action in turn[f"{who}_actions"]:
                    kind, where, slot, value = action
                    action[3] = visit.act(number, role, Act(kind, where, slot), value)
            state = turn["belief_state"]
            asked = dict(state[_STATE])
            for name, value in asked.items():
                state[_STATE][name] = visit.state(number, *_parted(name), EQUAL, value)
            for name, value in (state.get(_UPDATE) or {}).items():
                state[_UPDATE][name] = visit.update(number, *_parted(name), EQUAL, value)
            results = turn.get("db_results") or []
            if results:
                visit.call(number, domain)
                for name, value in asked.items():
                    where, slot = _parted(name)
                    if where == domain:
                        visit.constraint(number, slot, EQUAL, value)
            for index, row in enumerate(results):
                if isinstance(row, dict):
                    results[index] = dict(visit.row(number, domain, row))

    def _text(self, turn: Any, key: str, number: int, role: str, visit: Visitor) -> None:
        if isinstance(turn[key], str):
            turn[key] = visit.text(number, role, turn[key])
            return
        utterance = turn[key]
        old, marks = utterance[0], utterance[1] if len(utterance) > 1 else {}
        utterance[0] = visit.text(number, role, old)
        names = {}
        for name, surfaces in marks.items():
            slot = _parted(name)[1]
            names[slot] = name
            value = turn["belief_state"][_STATE].get(name)
            for surface in surfaces:
                # One surface of a slot that has a value in the state says that value.
                meant = value if isinstance(value, str) and len(surfaces) == 1 else surface
                for start, end in occurrences(old, surface):
                    visit.span(number, role, slot, start, end, meant)
        spans = visit.spans(number, role)
        if spans is not None:
            fresh: dict[str, dict[str, list[list[int]]]] = {name: {} for name in marks}
            for span in spans:
                if span.label in names:
                    places = fresh[names[span.label]]
                    surface = span.surface(utterance[0])
                    places.setdefault(surface, []).append([span.start, span.end])
            utterance[1] = fresh


def _parted(name: str) -> tuple[str, str]:
    """Return domain and slot of ``domain-slot``."""
    domain, dash, slot = name.partition("-")
    return (domain, slot) if dash else ("", name)
