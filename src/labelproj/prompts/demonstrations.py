"""Which examples are shown: so many of each label, sure ones, unlike each other."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Literal, get_args

from labelproj.provenance import text_digest
from labelproj.tasks import Exercise
from labelproj.text import words

__all__ = ["CHOICES", "Choice", "Demonstration", "Pool"]

#: ``best``: the highest scores; ``diverse``: unlike each other, among the best; ``random``.
Choice = Literal["diverse", "best", "random"]
CHOICES: tuple[str, ...] = get_args(Choice)
#: Examples of a label that are held to choose from, times k and at least.
_TIMES, _LEAST = 20, 50


@dataclass(frozen=True)
class Demonstration:
    """What is shown of an example, in the language that is shown, and how sure its labels are.

    ``score`` is the lowest projection score of its spans: None where they were not projected.
    ``chosen_for`` is the label that it was chosen for, None for one without labels.
    """

    exercise: Exercise
    score: float | None
    chosen_for: str | None = None

    @property
    def length(self) -> int:
        """The number of words of all that is shown."""
        return sum(len(words(text)) for text in self.exercise.fields.values())

    @cached_property
    def words(self) -> frozenset[str]:
        """The different words of all that is shown."""
        texts = self.exercise.fields.values()
        return frozenset(text[start:end].casefold() for text in texts for start, end in words(text))


@dataclass(slots=True)
class Pool:
    """Takes examples one at a time and keeps the best of each label, in bounded memory.

    ``k`` are chosen of each label, ``empty`` of those without any. The same examples in any
    order, with the same ``seed``, give the same choice.
    """

    k: int
    empty: int
    choice: Choice
    seed: int
    seen: int = 0
    _held: dict[str | None, list[tuple[tuple[float, str], int, Demonstration]]] = field(
        default_factory=dict
    )
    _numbers: "count[int]" = field(default_factory=count)

    def add(self, one: Demonstration) -> None:
        """Take an example."""
        self.seen += 1
        # Where scores are equal, or play no part, a hash decides.
        score = 0.0 if self.choice == "random" or one.score is None else one.score
        key = score, text_digest(str(self.seed), one.exercise.id)
        size = max(_LEAST, _TIMES * self.k)
        labels: Sequence[str | None] = one.exercise.labels or (None,)
        for label in dict.fromkeys(labels):
            held = self._held.setdefault(label, [])
            push = heapq.heappush if len(held) < size else heapq.heappushpop
            push(held, (key, next(self._numbers), one))

    def chosen(self) -> list[Demonstration]:
        """Return the choice, in an order that hangs on the seed alone.

        Rare labels choose first. An example counts for all its labels, so there may be fewer
        than ``k`` for each label and never more than needed.
        """
        found: dict[str, Demonstration] = {}
        have: dict[str | None, int] = {}
        for label in sorted(self._held, key=lambda one: (len(self._held[one]), one or "")):
            wanted = self.empty if label is None else self.k
            waiting = [one for *_, one in sorted(self._held[label], reverse=True, key=_rank)]
            waiting = [one for one in waiting if one.exercise.id not in found]
            while have.get(label, 0) < wanted and waiting:
                one = self._next(waiting, list(found.values()))
                waiting.remove(one)
                found[one.exercise.id] = Demonstration(one.exercise, one.score, label)
                for own in dict.fromkeys(one.exercise.labels or (None,)):
                    have[own] = have.get(own, 0) + 1
        return sorted(
            found.values(), key=lambda one: text_digest("order", str(self.seed), one.exercise.id)
        )

    def _next(
        self, waiting: Sequence[Demonstration], found: Sequence[Demonstration]
    ) -> Demonstration:
        if self.choice != "diverse" or not found:
            return waiting[0]
        return min(waiting, key=lambda one: max(_alike(one, other) for other in found))


def _rank(held: tuple[tuple[float, str], int, Demonstration]) -> tuple[float, str]:
    return held[0]


def _alike(one: Demonstration, other: Demonstration) -> float:
    """Return the Jaccard similarity of the words of two examples."""
    union = len(one.words | other.words)
    return len(one.words & other.words) / union if union else 0.0
