"""MultiWOZ 2.0 and 2.1, ``data.json`` (Budzianowski et al. 2018; Eric et al. 2020).

https://aclanthology.org/D18-1547, https://aclanthology.org/2020.lrec-1.53. MultiWOZ 2.2 comes in
the format of SGD: read it with ``sgd``.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from labelproj.dialogue.schema import EQUAL, Act
from labelproj.dialogue.visit import Visitor
from labelproj.formats.dialogues import DialogueFormat

__all__ = ["MultiWoz"]

#: How the data write that a slot has no value, and that a value is asked for.
_NOTHING = ("", "not mentioned", "none")
_ASKED = "?"


@dataclass(frozen=True, slots=True)
class MultiWoz(DialogueFormat):
    """An object of dialogues by id; ``log`` has user and system in turn.

    The state is in the ``metadata`` of the system's entries. Slots under ``book`` are called
    ``book SLOT``; what was booked becomes rows. ``span_info`` counts in tokens and is left as it
    is.
    """

    name: ClassVar[str] = "multiwoz"
    suffixes: ClassVar[tuple[str, ...]] = (".multiwoz.json",)
    signs: ClassVar[frozenset[str]] = frozenset({"goal", "log"})
    keyed: ClassVar[bool] = True

    def walk(self, record: Any, visit: Visitor) -> None:
        """Go through one dialogue; see :meth:`DialogueFormat.walk`."""
        log = record["log"]
        if not log:
            raise ValueError("no turns")
        for index, entry in enumerate(log):
            number, odd = divmod(index, 2)
            role = "agent" if odd else "user"
            # The agent's may be empty too, where nothing was annotated.
            if entry["metadata"] and not odd:
                raise ValueError(f"turn {number} is missing: no user at entry {index}")
            entry["text"] = visit.text(number, role, entry["text"])
            acts = entry.get("dialog_act", {})
            if isinstance(acts, dict):  # 2.1 writes "No Annotation" where there are none
                self._acts(acts, number, role, visit)
            if odd:
                for domain, part in entry["metadata"].items():
                    self._state(domain, part, number, visit)

    def _acts(self, acts: Any, number: int, role: str, visit: Visitor) -> None:
        for kind, pairs in acts.items():
            domain, _, name = kind.partition("-")
            for pair in pairs or [["none", "none"]]:
                slot, value = pair
                if slot == "none":
                    visit.act(number, role, Act(name, domain), None)
                elif value in (_ASKED, "none"):
                    visit.act(number, role, Act(name, domain, slot), None)
                else:
                    pair[1] = visit.act(number, role, Act(name, domain, slot), value)

    def _state(self, domain: str, part: Any, number: int, visit: Visitor) -> None:
        for slot, value in part["semi"].items():
            if value and value not in _NOTHING:
                part["semi"][slot] = visit.state(number, domain, slot, EQUAL, value)
        for slot, value in part["book"].items():
            if slot == "booked":
                for index, row in enumerate(value):
                    value[index] = dict(visit.row(number, domain, row))
            elif value and value not in _NOTHING:
                part["book"][slot] = visit.state(number, domain, f"book {slot}", EQUAL, value)
