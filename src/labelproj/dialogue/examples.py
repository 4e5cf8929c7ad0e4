"""The distilled form of a dialogue: four subtasks a turn (Moradshahi et al., EACL 2023).

https://aclanthology.org/2023.eacl-main.62: a formal state and the acts of the turn before stand
for the whole history, so every example is short and can be judged alone.

========  =====================================================  =========================
subtask   input                                                  target
========  =====================================================  =========================
``dst``   state before, the agent's last acts, the user's words  state
``api``   state, the agent's last acts, the user's words         the calls, or null
``da``    state, rows found, the agent's last acts, the user's   the agent's acts
          words
``rg``    the agent's acts, the user's words                     the agent's words
========  =====================================================  =========================
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from labelproj.dialogue.linear import NULL, plain, write_acts, write_calls, write_state
from labelproj.dialogue.schema import EQUAL, Constraint, Dialogue, Row
from labelproj.dialogue.visit import values_of
from labelproj.records import Document

__all__ = [
    "API",
    "DA",
    "DST",
    "RG",
    "SUBTASKS",
    "Example",
    "Ways",
    "examples_of",
    "grammar_words",
    "state_in",
    "turn_examples",
    "with_state",
]

Ways = tuple[tuple[str, str, tuple[str, ...]], ...]
SUBTASKS = DST, API, DA, RG = ("dst", "api", "da", "rg")
#: Rows of the knowledge base in an input; how many there are in all is said too.
_ROWS = 1
_VALUES = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Example:
    """What a model reads and writes for one subtask of one turn of a dialogue.

    ``ways`` has the values of the target's state that may be written in several ways, each a
    domain, a slot and its values, of which the target has the first.
    """

    dialogue: str
    turn: int
    subtask: str
    input: str
    target: str
    ways: Ways = ()

    @property
    def id(self) -> str:
        """``<dialogue>/<turn>/<subtask>``."""
        return f"{self.dialogue}/{self.turn}/{self.subtask}"

    def as_json(self) -> dict[str, object]:
        """Return the example as JSON values."""
        value: dict[str, object] = {
            "id": self.id,
            "dialogue": self.dialogue,
            "turn": self.turn,
            "subtask": self.subtask,
            "input": self.input,
            "target": self.target,
        }
        ways = [[domain, slot, list(values)] for domain, slot, values in self.ways]
        return value | ({"ways": ways} if ways else {})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Example":
        """Read what :meth:`as_json` gives. Raises ValueError with what is wrong."""
        for key, kind in (("dialogue", str), ("turn", int), ("subtask", str), ("input", str)):
            if not isinstance(value.get(key), kind):
                raise ValueError(f"{key!r} is not there or of the wrong type")
        if value["subtask"] not in SUBTASKS:
            raise ValueError(f"no subtask {value['subtask']!r}")
        target = value.get("target")
        if not isinstance(target, str):
            raise ValueError("'target' is not there or of the wrong type")
        fields = (value["dialogue"], value["turn"], value["subtask"], value["input"], target)
        return cls(*fields, _ways(value.get("ways") or []))


def examples_of(document: Document, dialogue: Dialogue) -> Iterator[Example]:
    """Yield the examples of every turn in which the user speaks, in order.

    A turn without an answer has no ``da`` and no ``rg``; one without acts in the data no ``da``.
    """
    for number in range(len(dialogue.turns)):
        yield from turn_examples(document, dialogue, number)


def turn_examples(document: Document, dialogue: Dialogue, number: int) -> Iterator[Example]:
    """Yield the examples of turn ``number``."""
    texts = {segment.id: segment.text for segment in document.segments}
    turn = dialogue.turns[number]
    if turn.user is None or turn.user not in texts:
        return
    before = dialogue.turns[number - 1] if number else None
    acts = write_acts(before.agent_acts) if before else NULL
    user = plain(texts[turn.user])
    state = write_state(turn.state)
    told = f"<acts> {acts} <user> {user}"

    def example(subtask: str, fields: str, target: str, ways: Ways = ()) -> Example:
        return Example(document.id, number, subtask, f"{subtask} {fields}", target, ways)

    earlier = write_state(before.state) if before else NULL
    several = (one for one in turn.state if one.relation == EQUAL and len(one.values) > 1)
    ways = tuple((one.domain, one.slot, one.values) for one in several)
    yield example("dst", f"<state> {earlier} {told}", state, ways)
    yield example("api", f"<state> {state} {told}", write_calls(turn.calls))
    reply = texts.get(turn.agent) if turn.agent else None
    if reply is None:
        return
    if turn.agent_acts:
        own = write_acts(turn.agent_acts)
        yield example("da", f"<state> {state} <rows> {_rows(turn.rows)} {told}", own)
        yield example("rg", f"<acts> {own} <user> {user}", plain(reply))


def state_in(text: str) -> str:
    """Return the state in the input of an example; empty where there is none."""
    return _around_state(text)[1]


def _ways(value: object) -> Ways:
    try:
        found = [(domain, slot, tuple(values)) for domain, slot, values in value]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise ValueError("'ways' is not a list of domain, slot and values") from None
    if not all(isinstance(one, str) for a, b, values in found for one in (a, b, *values)):
        raise ValueError("'ways' has something that is no text")
    return tuple(found)


def with_state(text: str, state: str) -> str:
    """Return the input of an example with another state in it."""
    before, found, after = _around_state(text)
    return f"{before}{state}{after}" if found else text


def _around_state(text: str) -> tuple[str, str, str]:
    head, mark, rest = text.partition("<state> ")
    cuts = [at for at in (rest.find(" <rows> "), rest.find(" <acts> ")) if at >= 0]
    end = min(cuts, default=len(rest))
    return head + mark, rest[:end], rest[end:]


def grammar_words(text: str, target: str) -> set[str]:
    """Return the words of the grammar in an input and its target: names, signs and marks.

    Values, numbers, the user's words and replies are none.
    """
    formal, mark, _ = text.partition(" <user> ")
    reply = text.startswith(f"{RG} ")
    written = f"{formal} {mark} {'' if reply else target}"
    bare = _VALUES.sub(' " ', written)
    return {word for word in bare.split() if not any(map(str.isdigit, word))}


def _rows(rows: tuple[Row, ...]) -> str:
    """Write how many rows there are, and the first of them as a state."""
    parts = [str(len(rows))]
    for row in rows[:_ROWS]:
        cells = [
            Constraint(row.api, slot, EQUAL, values_of(value)[:1])
            for slot, value in row.cells.items()
            if isinstance(value, (str, int, float, list))
        ]
        parts.append(write_state(cells))
    return " ".join(parts)
