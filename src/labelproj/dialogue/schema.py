"""What a dialogue says beside its text: states, acts, calls, rows. One schema for all formats.

It lies in the payload of a document under ``dialogue``, as JSON::

    {"turns": [{"user": "0.user", "agent": "0.agent",
                "state":  [[domain, slot, relation, [value, …]], …],
                "update": [[domain, slot, relation, [value, …]], …],
                "user_acts":  [[act, domain, slot, relation, [value, …]], …],
                "agent_acts": [[act, domain, slot, relation, [value, …]], …],
                "calls": [[name, [[domain, slot, relation, [value, …]], …]], …],
                "rows":  [[api, {slot: value, …}], …]}, …]}

A turn is what the user says and what the agent answers; ``user`` and ``agent`` name the segments
of the document that hold their words (null where one says nothing). Keys of nothing are left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from labelproj.records import Document

__all__ = [
    "EQUAL",
    "KEY",
    "ROLES",
    "Act",
    "Call",
    "Constraint",
    "Dialogue",
    "Row",
    "Turn",
    "dialogue_of",
    "with_dialogue",
]

#: Where a document's payload holds its dialogue.
KEY = "dialogue"
#: The relation of a slot to its value where a format knows no other.
EQUAL = "equal_to"
#: The roles of a dialogue's segments.
ROLES = ("user", "agent")


@dataclass(frozen=True, slots=True)
class Constraint:
    """A slot and the values it has to have.

    Several values under ``equal_to`` are ways to write the same one; under ``one_of`` they are
    alternatives.
    """

    domain: str
    slot: str
    relation: str = EQUAL
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """What an utterance does: ``inform``, ``request``, …; with a slot and values or without."""

    act: str
    domain: str = ""
    slot: str = ""
    relation: str = EQUAL
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A question to the knowledge base."""

    name: str
    constraints: tuple[Constraint, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What the knowledge base answered: JSON values by slot."""

    api: str
    cells: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user says and what the agent does about it.

    ``state`` is the goal after the user spoke, ``update`` what this turn said about it (where the
    format says so); then come the calls, their rows, and the agent's acts.
    """

    user: str | None = None
    agent: str | None = None
    state: tuple[Constraint, ...] = ()
    update: tuple[Constraint, ...] = ()
    user_acts: tuple[Act, ...] = ()
    agent_acts: tuple[Act, ...] = ()
    calls: tuple[Call, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The turns of a dialogue. The first may be the agent's alone."""

    turns: tuple[Turn, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """Return the dialogue as JSON values."""
        return {"turns": [_turn_json(turn) for turn in self.turns]}

    @classmethod
    def from_json(cls, value: object) -> "Dialogue":
        """Read what :meth:`as_json` gives. Raises ValueError with what is wrong."""
        try:
            return cls(tuple(_turn(one) for one in value["turns"]))  # type: ignore[index]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the payload's {KEY!r} is no dialogue: {error}") from None


def dialogue_of(document: Document) -> Dialogue:
    """Return the structured part of ``document``; ValueError where there is none or a wrong one."""
    if KEY not in document.payload:
        raise ValueError(f"document {document.id!r} has no {KEY!r} in its payload")
    return Dialogue.from_json(document.payload[KEY])


def with_dialogue(payload: Mapping[str, object], dialogue: Dialogue) -> dict[str, object]:
    """Return ``payload`` with ``dialogue`` in it."""
    return {**payload, KEY: dialogue.as_json()}


def _turn_json(turn: Turn) -> dict[str, object]:
    value: dict[str, object] = {
        "user": turn.user,
        "agent": turn.agent,
        "state": _constraints_json(turn.state),
        "update": _constraints_json(turn.update),
        "user_acts": _acts_json(turn.user_acts),
        "agent_acts": _acts_json(turn.agent_acts),
        "calls": [[call.name, _constraints_json(call.constraints)] for call in turn.calls],
        "rows": [[row.api, dict(row.cells)] for row in turn.rows],
    }
    return {key: one for key, one in value.items() if one}


def _constraints_json(constraints: Iterable[Constraint]) -> list[list[object]]:
    return [[c.domain, c.slot, c.relation, list(c.values)] for c in constraints]


def _acts_json(acts: Iterable[Act]) -> list[list[object]]:
    return [[a.act, a.domain, a.slot, a.relation, list(a.values)] for a in acts]


def _turn(value: Mapping[str, Any]) -> Turn:
    return Turn(
        user=value.get("user"),
        agent=value.get("agent"),
        state=_constraints(value.get("state", ())),
        update=_constraints(value.get("update", ())),
        user_acts=_acts(value.get("user_acts", ())),
        agent_acts=_acts(value.get("agent_acts", ())),
        calls=tuple(Call(name, _constraints(parts)) for name, parts in value.get("calls", ())),
        rows=tuple(Row(api, dict(cells)) for api, cells in value.get("rows", ())),
    )


def _constraints(values: Iterable[Any]) -> tuple[Constraint, ...]:
    return tuple(Constraint(d, s, r, tuple(map(str, v))) for d, s, r, v in values)


def _acts(values: Iterable[Any]) -> tuple[Act, ...]:
    return tuple(Act(a, d, s, r, tuple(map(str, v))) for a, d, s, r, v in values)
