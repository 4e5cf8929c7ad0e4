"""One walk through a foreign dialogue record serves for reading and for writing.

A format describes where in its records the words and values stand by going through a record in a
fixed order and handing each to a visitor, which hands back what is to stand there. ``Reading``
hands everything back as it is and keeps it: the result is a document. ``Writing`` hands back what
a document has: on the record that the document was read from, that gives the record in the
document's language, and the very same record where nothing has changed.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from labelproj.dialogue.find import value_spans
from labelproj.dialogue.keep import is_dontcare
from labelproj.dialogue.schema import (
    Act,
    Call,
    Constraint,
    Dialogue,
    Row,
    Turn,
    dialogue_of,
    with_dialogue,
)
from labelproj.records import Document, Segment, Span

__all__ = ["Reading", "Visitor", "Writing", "values_of"]


class Visitor(Protocol):
    """What a format hands the parts of a record to, turn after turn."""

    def text(self, turn: int, role: str, text: str) -> str:
        """Take the words of the ``user`` or the ``agent``."""

    def spans(self, turn: int, role: str) -> tuple[Span, ...] | None:
        """Return the spans to be written for this text, or None where they have not changed."""

    def span(self, turn: int, role: str, slot: str, start: int, end: int, value: str) -> None:
        """Take the place of a value that the record knows."""

    def state(self, turn: int, domain: str, slot: str, relation: str, value: object) -> object:
        """Take a value of the state after the user spoke."""

    def update(self, turn: int, domain: str, slot: str, relation: str, value: object) -> object:
        """Take a value of what this turn changes in the state."""

    def act(self, turn: int, role: str, act: Act, value: object) -> object:
        """Take the value of an act (``act`` has none in it)."""

    def call(self, turn: int, name: str) -> None:
        """Take note of a call; its constraints follow."""

    def constraint(self, turn: int, slot: str, relation: str, value: object) -> object:
        """Take a value of the last call."""

    def row(self, turn: int, api: str, cells: Mapping[str, object]) -> Mapping[str, object]:
        """Take a row of the knowledge base."""


def values_of(value: object) -> tuple[str, ...]:
    """Return a value of a record as strings; none for null and for the empty string.

    Raises ValueError for what is neither a plain value nor a list of such.
    """
    if isinstance(value, list):
        return tuple(one for part in value for one in values_of(part))
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, (int, float)):
        return (str(value),)
    raise ValueError(f"a value is {type(value).__name__}, not text or a list of texts")


def _like(raw: object, values: tuple[str, ...]) -> object:
    """Return ``values`` in the shape of ``raw``, and ``raw`` itself where it says the same."""
    if values_of(raw) == values:
        return raw
    if isinstance(raw, list):
        if len(raw) == len(values):
            return [_like(old, (new,)) for old, new in zip(raw, values, strict=True)]
        return list(values)
    return values[0] if values else ""


@dataclass(slots=True)
class _Open:
    """A turn that is being read."""

    texts: dict[str, str] = field(default_factory=dict)
    spans: dict[str, list[Span]] = field(default_factory=dict)
    state: list[Constraint] = field(default_factory=list)
    update: list[Constraint] = field(default_factory=list)
    user_acts: list[Act] = field(default_factory=list)
    agent_acts: list[Act] = field(default_factory=list)
    calls: list[tuple[str, list[Constraint]]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def pairs(self) -> Iterable[tuple[str, str]]:
        """Yield every slot with each of its values, those of this very turn first."""
        acts: list[Act | Constraint] = [*self.update, *self.user_acts, *self.agent_acts]
        called = [one for _, parts in self.calls for one in parts]
        for one in (*acts, *self.state, *called):
            for value in one.values:
                if one.slot and not is_dontcare(value):
                    yield one.slot, value


class Reading:
    """A visitor that keeps what it sees, and makes a document of it."""

    def __init__(self) -> None:
        self._turns: list[_Open] = []

    def text(self, turn: int, role: str, text: str) -> str:
        """Keep the words."""
        if not isinstance(text, str):
            raise ValueError(f"turn {turn}: what the {role} says is no text")
        self._turn(turn).texts[role] = text
        return text

    def spans(self, turn: int, role: str) -> None:
        """Nothing has changed."""

    def span(self, turn: int, role: str, slot: str, start: int, end: int, value: str) -> None:
        """Keep the place, if it is one."""
        found = self._turn(turn).spans.setdefault(role, [])
        text = self._turn(turn).texts.get(role, "")
        if not 0 <= start < end <= len(text):
            raise ValueError(f"turn {turn}: span [{start}, {end}) of {slot!r} is outside its text")
        if text[start:end].strip() and all(end <= s.start or s.end <= start for s in found):
            start += len(text[start:end]) - len(text[start:end].lstrip())
            end -= len(text[start:end]) - len(text[start:end].rstrip())
            found.append(Span(f"{turn}.{role}.given{len(found)}", start, end, slot, value))

    def state(self, turn: int, domain: str, slot: str, relation: str, value: object) -> object:
        """Keep the value."""
        self._turn(turn).state.append(Constraint(domain, slot, relation, values_of(value)))
        return value

    def update(self, turn: int, domain: str, slot: str, relation: str, value: object) -> object:
        """Keep the value."""
        self._turn(turn).update.append(Constraint(domain, slot, relation, values_of(value)))
        return value

    def act(self, turn: int, role: str, act: Act, value: object) -> object:
        """Keep the act."""
        kept = Act(act.act, act.domain, act.slot, act.relation, values_of(value))
        opened = self._turn(turn)
        (opened.user_acts if role == "user" else opened.agent_acts).append(kept)
        return value

    def call(self, turn: int, name: str) -> None:
        """Keep the call."""
        self._turn(turn).calls.append((name, []))

    def constraint(self, turn: int, slot: str, relation: str, value: object) -> object:
        """Keep the constraint of the last call."""
        self._turn(turn).calls[-1][1].append(Constraint("", slot, relation, values_of(value)))
        return value

    def row(self, turn: int, api: str, cells: Mapping[str, object]) -> Mapping[str, object]:
        """Keep the row."""
        self._turn(turn).rows.append(Row(api, cells))
        return cells

    def document(self, name: str, lang: str, payload: Mapping[str, object]) -> Document:
        """Return what has been seen as a document; values are looked for in all its texts."""
        everything = [pair for turn in self._turns for pair in turn.pairs()]
        segments: list[Segment] = []
        turns: list[Turn] = []
        for number, turn in enumerate(self._turns):
            ids: dict[str, str | None] = {"user": None, "agent": None}
            for role, text in turn.texts.items():
                if not text.strip():
                    continue
                ids[role] = f"{number}.{role}"
                spans = value_spans(
                    text,
                    [*turn.pairs(), *everything],
                    prefix=f"{number}.{role}",
                    given=turn.spans.get(role, ()),
                )
                segments.append(Segment(f"{number}.{role}", role, text, spans))
            turns.append(
                Turn(
                    ids["user"],
                    ids["agent"],
                    tuple(turn.state),
                    tuple(turn.update),
                    tuple(turn.user_acts),
                    tuple(turn.agent_acts),
                    tuple(Call(api, tuple(parts)) for api, parts in turn.calls),
                    tuple(turn.rows),
                )
            )
        return Document(name, lang, tuple(segments), with_dialogue(payload, Dialogue(tuple(turns))))

    def _turn(self, number: int) -> _Open:
        while len(self._turns) <= number:
            self._turns.append(_Open())
        return self._turns[number]


class Writing:
    """A visitor that hands back what a document has.

    Raises ValueError where the record has a part that the document has not.
    """

    def __init__(self, document: Document):
        self._texts = {segment.id: segment for segment in document.segments}
        self._turns = dialogue_of(document).turns
        self._queues: dict[tuple[int, str], deque[Any]] = {}
        self._changed: set[tuple[int, str]] = set()

    def text(self, turn: int, role: str, text: str) -> str:
        """Hand back the document's words; those of the record where it has none."""
        segment = self._texts.get(f"{turn}.{role}")
        if segment is None:
            return text
        if segment.text != text:
            self._changed.add((turn, role))
        return segment.text

    def spans(self, turn: int, role: str) -> tuple[Span, ...] | None:
        """Hand back the document's spans where its words are others than the record's."""
        return self._texts[f"{turn}.{role}"].spans if (turn, role) in self._changed else None

    def span(self, turn: int, role: str, slot: str, start: int, end: int, value: str) -> None:
        """Places are handed back by :meth:`spans`."""

    def state(self, turn: int, domain: str, slot: str, relation: str, value: object) -> object:
        """Hand back the document's value."""
        return _like(value, self._next(turn, "state", (domain, slot)).values)

    def update(self, turn: int, domain: str, slot: str, relation: str, value: object) -> object:
        """Hand back the document's value."""
        return _like(value, self._next(turn, "update", (domain, slot)).values)

    def act(self, turn: int, role: str, act: Act, value: object) -> object:
        """Hand back the document's value."""
        return _like(value, self._next(turn, f"{role}_acts", (act.domain, act.slot)).values)

    def call(self, turn: int, name: str) -> None:
        """Go on to the next call."""
        found = self._next(turn, "calls", None)
        self._queues[turn, "constraints"] = deque(found.constraints)

    def constraint(self, turn: int, slot: str, relation: str, value: object) -> object:
        """Hand back the document's value."""
        return _like(value, self._next(turn, "constraints", ("", slot)).values)

    def row(self, turn: int, api: str, cells: Mapping[str, object]) -> Mapping[str, object]:
        """Hand back the document's row."""
        return dict(self._next(turn, "rows", None).cells)

    def _next(self, turn: int, part: str, key: tuple[str, str] | None) -> Any:
        queue = self._queues.get((turn, part))
        if queue is None:
            found = getattr(self._turns[turn], part) if turn < len(self._turns) else ()
            queue = self._queues[turn, part] = deque(found)
        if not queue or (key is not None and (queue[0].domain, queue[0].slot) != key):
            raise ValueError(
                f"turn {turn}: the {part} are not those of the record it was read from"
            )
        return queue.popleft()
