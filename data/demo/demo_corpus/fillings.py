"""What goes into a slot: a name or a word, in English and in Hausa, with its grammar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

T = TypeVar("T")

LANGUAGES = ("en", "ha")
GENDERS = {"m": 0, "f": 1, "p": 2}


@dataclass(frozen=True)
class Form:
    """One written form; ``start``/``end`` (code points) delimit the name inside ``text``."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Filling:
    """One filled slot: ``forms[lang][form]`` (default form ``""``), gender 0, 1, 2 (m, f, p)."""

    name: str
    label: str | None
    gender: int
    forms: dict[str, dict[str, Form]]
    ambiguous: bool = False
    english_last: str = ""
    hausa_last: str = ""


@dataclass
class Context:
    """The fillings of one document, by slot name, and the names already taken in it."""

    fillings: dict[str, Filling] = field(default_factory=dict)
    mentioned: set[str] = field(default_factory=set)

    def taken(self) -> set[str]:
        """The names already used in this document."""
        return {filling.name for filling in self.fillings.values()}

    def forget(self, slots: tuple[str, ...]) -> None:
        """Drop the fillings whose kind (the slot name without its number) is in ``slots``."""
        for slot in [s for s in self.fillings if s.rstrip("0123456789") in slots]:
            del self.fillings[slot]


def pick(rng: Random, items: Sequence[T]) -> T:
    """One item, by ``random()`` alone: Python keeps its sequence from version to version."""
    return items[int(rng.random() * len(items))]


def between(rng: Random, low: int, high: int) -> int:
    """An integer from ``low`` to ``high``, both included."""
    return low + int(rng.random() * (high - low + 1))


def whole(text: str) -> Form:
    """A form that is the name from end to end."""
    return Form(text, 0, len(text))


def after(before: str, name: str) -> Form:
    """A form with words before the name that are not part of it."""
    text = f"{before} {name}" if before else name
    return Form(text, len(text) - len(name), len(text))


def pair(entry: str) -> tuple[str, str]:
    """Split ``"English = Hausa"``; an entry without ``=`` is the same in both."""
    english, equals, hausa = entry.partition(" = ")
    return english.strip(), (hausa if equals else english).strip()


def english_name(written: str) -> Form:
    """``"the United Nations"`` is ``United Nations`` with the article before it."""
    if written.startswith("the "):
        return after("the", written.removeprefix("the "))
    return whole(written)
