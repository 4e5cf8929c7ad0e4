"""WOZ 2.0: restaurant dialogues with ``turn_label`` and ``belief_state`` (Mrkšić et al. 2017).

https://aclanthology.org/P17-1163; translated into German and Italian by the same group.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from labelproj.dialogue.schema import EQUAL, Act
from labelproj.dialogue.visit import Visitor
from labelproj.formats.dialogues import DialogueFormat

__all__ = ["Woz2"]

_DOMAIN = "restaurant"


@dataclass(frozen=True, slots=True)
class Woz2(DialogueFormat):
    """An array of dialogues; a turn has what the system said *before* the user.

    What the system says before turn ``i`` is the agent's reply of turn ``i - 1``. A slot in
    ``system_acts`` alone is a request, with a value a confirmation. Requests of the user are acts
    (``request``) and no part of the state.
    """

    name: ClassVar[str] = "woz2"
    suffixes: ClassVar[tuple[str, ...]] = (".woz2.json",)
    signs: ClassVar[frozenset[str]] = frozenset({"dialogue_idx", "turn_label"})
    id_key: ClassVar[str] = "dialogue_idx"

    def walk(self, record: Any, visit: Visitor) -> None:
        """Go through one dialogue; see :meth:`DialogueFormat.walk`."""
        turns = record["dialogue"]
        if not turns:
            raise ValueError("no turns")
        # Where the system opens the dialogue, its words are a turn of their own.
        first = 1 if turns[0]["system_transcript"].strip() else 0
        for number, turn in enumerate(turns):
            if turn["turn_idx"] != number:
                raise ValueError(f"turn {number} is missing: turn_idx is {turn['turn_idx']}")
            here = number + first
            if here > 0:
                self._system(turn, here - 1, visit)
            self._user(turn, here, visit)

    def _system(self, turn: Any, number: int, visit: Visitor) -> None:
        turn["system_transcript"] = visit.text(number, "agent", turn["system_transcript"])
        for index, act in enumerate(turn["system_acts"]):
            if isinstance(act, str):
                visit.act(number, "agent", Act("request", _DOMAIN, act), None)
            else:
                slot, value = act
                new = visit.act(number, "agent", Act("confirm", _DOMAIN, slot), value)
                turn["system_acts"][index] = [slot, new]

    def _user(self, turn: Any, number: int, visit: Visitor) -> None:
        words = turn["transcript"]
        turn["transcript"] = visit.text(number, "user", words)
        for heard in turn.get("asr", ()):
            if heard[0] == words:
                heard[0] = turn["transcript"]
        for pair in turn["turn_label"]:
            if pair[0] == "request":
                visit.act(number, "user", Act("request", _DOMAIN, pair[1]), None)
            else:
                pair[1] = visit.update(number, _DOMAIN, pair[0], EQUAL, pair[1])
        for one in turn["belief_state"]:
            if one["act"] == "request":
                continue
            for pair in one["slots"]:
                pair[1] = visit.state(number, _DOMAIN, pair[0], EQUAL, pair[1])
