"""Spans <-> events: the only place that knows how the spans of a document stand for events.

All spans of an event have the event's id as their group. Its trigger is the span whose id is
that group too, and has the event's type as its label; its arguments are the others, each with
its role as its label. The parts of a discontinuous trigger or argument share their span id. A
span without a group is an entity that nothing is said about but its type.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

__all__ = [
    "Argument",
    "Event",
    "Mention",
    "argument_id",
    "events_of",
    "headless",
    "is_trigger",
    "mention_of",
]


class Mention(Protocol):
    """What an event is made of: a span, or anything else that has a span's values."""

    @property
    def id(self) -> str:
        """The span's id."""

    @property
    def start(self) -> int:
        """Its first code point."""

    @property
    def end(self) -> int:
        """The code point after its last."""

    @property
    def label(self) -> str:
        """The event's type or the argument's role."""

    @property
    def group(self) -> str | None:
        """The event's id."""


M = TypeVar("M", bound=Mention)


@dataclass(frozen=True, slots=True)
class Argument(Generic[M]):
    """One argument of an event, in one or more parts, in the order of the text."""

    id: str
    role: str
    parts: tuple[M, ...]


@dataclass(frozen=True, slots=True)
class Event(Generic[M]):
    """An event: its id and type, the parts of its trigger, its arguments in their order.

    ``trigger`` is empty, and ``type`` too, where the event has none.
    """

    id: str
    type: str
    trigger: tuple[M, ...]
    arguments: tuple[Argument[M], ...]


def argument_id(event: str, role: str, mention: str, *, taken: Container[str] = ()) -> str:
    """Return the span id of an entity in a role of an event, other than those ``taken``."""
    name = first = f"{event}|{role}|{mention}"
    number = 1
    while name in taken:
        number += 1
        name = f"{first}|{number}"
    return name


def mention_of(span: Mention) -> str:
    """Return the entity's id in the span id of an argument (see :func:`argument_id`).

    For a span that was not named so, it is the span's id.
    """
    return span.id.removeprefix(f"{span.group}|{span.label}|").split("|")[0]


def is_trigger(span: Mention) -> bool:
    """Say whether a span is the trigger of its event, or a part of it."""
    return span.group is not None and span.id == span.group


def events_of(spans: Iterable[M]) -> list[Event[M]]:
    """Return the events that grouped spans stand for, in the order of their first spans."""
    groups: dict[str, dict[str, list[M]]] = {}
    for span in spans:
        if span.group is not None:
            groups.setdefault(span.group, {}).setdefault(span.id, []).append(span)
    events = []
    for name, members in groups.items():
        trigger = _in_order(members.pop(name, []))
        arguments = tuple(
            Argument(one, parts[0].label, _in_order(parts)) for one, parts in members.items()
        )
        events.append(Event(name, trigger[0].label if trigger else "", trigger, arguments))
    return events


def _in_order(parts: Sequence[M]) -> tuple[M, ...]:
    return tuple(sorted(parts, key=lambda part: (part.start, part.end)))


def headless(spans: Iterable[Mention]) -> list[str]:
    """Return the ids of the groups that have no trigger."""
    groups: dict[str, bool] = {}
    for span in spans:
        if span.group is not None:
            groups[span.group] = groups.get(span.group, False) or is_trigger(span)
    return [name for name, found in groups.items() if not found]
