"""Schema-Guided Dialogue (Rastogi et al. 2020) and MultiWOZ 2.2 (Zang et al. 2020).

https://arxiv.org/abs/1909.05855, https://aclanthology.org/2020.nlp4convai-1.13
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from labelproj.dialogue.schema import EQUAL, Act
from labelproj.dialogue.visit import Visitor
from labelproj.formats.dialogues import DialogueFormat

__all__ = ["Sgd"]


@dataclass(frozen=True, slots=True)
class Sgd(DialogueFormat):
    """An array of dialogues; ``turns`` have USER and SYSTEM in turn, with a frame a service.

    A service is a domain. ``slots`` of a frame give the places of values (code points, half-open);
    in MultiWOZ 2.2 with their ``value``, or with ``copy_from`` the slot that has it.
    ``service_call`` is a call and ``service_results`` are its rows. Several values of a slot in
    the state are ways to write the same one.
    """

    name: ClassVar[str] = "sgd"
    suffixes: ClassVar[tuple[str, ...]] = (".sgd.json",)
    signs: ClassVar[frozenset[str]] = frozenset({"services", "speaker"})

    def walk(self, record: Any, visit: Visitor) -> None:
        """Go through one dialogue; see :meth:`DialogueFormat.walk`."""
        if not record["turns"]:
            raise ValueError("no turns")
        first = 1 if record["turns"][0]["speaker"] == "SYSTEM" else 0
        for index, turn in enumerate(record["turns"], start=first):
            number, odd = divmod(index, 2)
            expected = "SYSTEM" if odd else "USER"
            if turn["speaker"] != expected:
                raise ValueError(f"turn {number} is missing: {turn['speaker']} speaks twice")
            role = "agent" if odd else "user"
            turn["utterance"] = visit.text(number, role, turn["utterance"])
            for frame in turn["frames"]:
                self._slots(frame, turn["utterance"], number, role, visit)
            self._new_places(turn, number, role, visit)
            for frame in turn["frames"]:
                self._frame(frame, number, role, visit)

    def _slots(self, frame: Any, text: str, number: int, role: str, visit: Visitor) -> None:
        for place in frame.get("slots", ()):
            if "start" in place:
                start, end = place["start"], place["exclusive_end"]
                slot = _slot(place["slot"], frame["service"])
                visit.span(number, role, slot, start, end, text[start:end])

    def _new_places(self, turn: Any, number: int, role: str, visit: Visitor) -> None:
        """Write the places of a text that has changed into the frames that know the slots."""
        spans = visit.spans(number, role)
        if spans is None:
            return
        for frame in turn["frames"]:
            old = frame.get("slots", [])
            valued = any("start" in place and "value" in place for place in old)
            names = {_slot(place["slot"], frame["service"]): place["slot"] for place in old}
            frame["slots"] = [place for place in old if "start" not in place] + [
                {"slot": names[span.label], "start": span.start, "exclusive_end": span.end}
                | ({"value": span.surface(turn["utterance"])} if valued else {})
                for span in spans
                if span.label in names
            ]

    def _frame(self, frame: Any, number: int, role: str, visit: Visitor) -> None:
        service = frame["service"]
        for action in frame.get("actions", ()):
            old = action.get("values", [])
            act = Act(action["act"], service, _slot(action.get("slot", ""), service))
            new = visit.act(number, role, act, old)
            if "values" in action:
                action["values"] = new
            if new != old and "canonical_values" in action:
                action["canonical_values"] = new
        values = frame.get("state", {}).get("slot_values", {})
        for slot, value in values.items():
            new = values[slot] = visit.state(number, service, _slot(slot, service), EQUAL, value)
            for place in frame.get("slots", ()):
                if new != value and place.get("slot") == slot and "copy_from" in place:
                    place["value"] = new
        if "service_call" in frame:
            call = frame["service_call"]
            visit.call(number, call["method"])
            for slot, value in call["parameters"].items():
                call["parameters"][slot] = visit.constraint(number, slot, EQUAL, value)
        for index, row in enumerate(frame.get("service_results", ())):
            frame["service_results"][index] = dict(visit.row(number, service, row))


def _slot(name: str, service: str) -> str:
    """Return the name of a slot without its service before it (``hotel-area`` in MultiWOZ 2.2)."""
    return name.removeprefix(f"{service}-")
