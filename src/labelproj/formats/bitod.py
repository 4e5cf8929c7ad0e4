"""BiToD: bilingual dialogues of a whole agent, with calls and their results (Lin et al. 2021).

https://arxiv.org/abs/2106.02787
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from labelproj.dialogue.schema import EQUAL, Act
from labelproj.dialogue.visit import Visitor
from labelproj.formats.dialogues import DialogueFormat

__all__ = ["Bitod"]

#: A constraint of a call: ``api.is_at_least(4)``.
_CONSTRAINT = re.compile(
    r"(?P<head>(?:\w+\.)?(?:is_)?)(?P<relation>\w+)\((?P<value>.*)\)", re.DOTALL
)
#: What parts the values of one such constraint.
_PARTED = " , "


@dataclass(frozen=True, slots=True)
class Bitod(DialogueFormat):
    """An object of dialogues by id; ``Events`` are of the User, the Wizard and the KnowledgeBase.

    A Wizard's event with the action ``query`` is a call (``API``, ``Constraints``); the
    KnowledgeBase's ``Item`` is its row. The domain of a state is the API's name.
    """

    name: ClassVar[str] = "bitod"
    suffixes: ClassVar[tuple[str, ...]] = (".bitod.json",)
    signs: ClassVar[frozenset[str]] = frozenset({"Scenario", "Events"})
    keyed: ClassVar[bool] = True

    def walk(self, record: Any, visit: Visitor) -> None:
        """Go through one dialogue; see :meth:`DialogueFormat.walk`."""
        number = -1
        answered = True
        intent = ""
        for index, event in enumerate(record["Events"]):
            who = event["Agent"]
            if who == "User":
                if not answered:
                    raise ValueError(f"turn {number} is missing: no answer before event {index}")
                number, answered = number + 1, False
                intent = event.get("active_intent", "")
                self._user(event, number, intent, visit)
                continue
            if number < 0 or answered:
                raise ValueError(f"turn {number + 1} is missing: no user before event {index}")
            if who == "KnowledgeBase":
                if isinstance(event.get("Item"), dict):
                    event["Item"] = dict(
                        visit.row(number, event.get("Topic", intent), event["Item"])
                    )
            elif event["Actions"] == "query":
                self._call(event, number, visit)
            else:
                event["Text"] = visit.text(number, "agent", event["Text"])
                self._acts(event["Actions"], number, "agent", intent, visit)
                answered = True
        if number < 0:
            raise ValueError("no turns")

    def _user(self, event: Any, number: int, intent: str, visit: Visitor) -> None:
        event["Text"] = visit.text(number, "user", event["Text"])
        self._acts(event["Actions"], number, "user", intent, visit)
        for api, slots in event["state"].items():
            for slot, part in slots.items():
                part["value"] = visit.state(number, api, slot, part["relation"], part["value"])

    def _acts(self, actions: Any, number: int, role: str, intent: str, visit: Visitor) -> None:
        for action in actions:
            relation = action.get("relation") or EQUAL
            act = Act(action["act"], intent, action.get("slot", ""), relation)
            new = visit.act(number, role, act, action.get("value"))
            if "value" in action:
                action["value"] = new

    def _call(self, event: Any, number: int, visit: Visitor) -> None:
        visit.call(number, event["API"])
        for constraint in event["Constraints"]:
            for slot, written in constraint.items():
                match = _CONSTRAINT.fullmatch(written) if isinstance(written, str) else None
                if match is None:
                    constraint[slot] = visit.constraint(number, slot, EQUAL, written)
                    continue
                relation, value = match["relation"], match["value"]
                many = relation == "one_of"
                old = value.split(_PARTED) if many else value
                new = visit.constraint(number, slot, relation, old)
                said = _PARTED.join(new) if isinstance(new, list) else str(new)
                constraint[slot] = f"{match['head']}{relation}({said})"
