"""Draws distinct sentences and documents, and says what makes each of them hard to project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from demo_corpus.fillings import Context, pick
from demo_corpus.lexicon import FLEETING
from demo_corpus.templates import Renderer, Side, Template, Unit

#: How long documents are: the number of templates of each document is drawn from this list.
DOCUMENT_LENGTHS = (1, 1, 1, 2, 2, 2, 3, 3, 4)
#: How long translation units are: nearly all are one template.
UNIT_LENGTHS = (1, 1, 1, 1, 1, 1, 1, 1, 2)
#: How long contexts of questions are.
CONTEXT_LENGTHS = (2, 2, 3, 3, 4)
#: A template that gives nothing new this many times running is used up.
PATIENCE = 40

TAGS = (
    "ambiguous_name",
    "apostrophe",
    "brackets",
    "copied",
    "dropped",
    "hooked",
    "no_entity",
    "reordered",
    "repeated",
    "split",
    "translated",
)


class Source:
    """A stream of distinct units made from some templates with the names of one lexicon.

    Every English and Hausa text given out is added to ``seen``, and no text already there is given
    out: sources that share one ``seen`` share no text.
    """

    def __init__(
        self, templates: list[Template], renderer: Renderer, rng: Random, seen: set[str]
    ) -> None:
        self.templates = templates
        self.renderer = renderer
        self.rng = rng
        self.seen = seen

    def take(self, number: int, lengths: Sequence[int]) -> list[Unit]:
        """``number`` units, the templates in turn; a unit has one of ``lengths`` templates."""
        stream = self._stream(lengths)
        return [next(stream) for _ in range(number)]

    def _stream(self, lengths: Sequence[int]) -> Iterator[Unit]:
        failures = {template.id: 0 for template in self.templates}
        while True:
            alive = [t for t in self.templates if failures[t.id] < PATIENCE]
            if not alive:
                raise RuntimeError("the templates are used up")
            for template in shuffled(alive, self.rng):
                unit = self._make(template, pick(self.rng, lengths))
                if unit.en.text in self.seen or unit.ha.text in self.seen:
                    failures[template.id] += 1
                    continue
                failures[template.id] = 0
                self.seen |= {unit.en.text, unit.ha.text}
                yield unit

    def _make(self, first: Template, length: int) -> Unit:
        others = [t for t in self.templates if t.domain == first.domain and t.id != first.id]
        chosen = [first, *shuffled(others, self.rng)[: length - 1]]
        left = [t for t in others if t not in chosen]
        return self.renderer.render(chosen, self.rng, _forget, left)


def _forget(context: Context) -> None:
    context.forget(FLEETING)


def shuffled(items: Sequence[Template], rng: Random) -> list[Template]:
    """The items in a random order, by ``random()`` alone."""
    keyed = [(rng.random(), i) for i in range(len(items))]
    return [items[i] for _, i in sorted(keyed)]


def difficulty_tags(unit: Unit) -> list[str]:
    """The tags of :data:`TAGS` that hold of the unit, in their order."""
    source, target = unit.en.named(), unit.ha.named()
    order = {m.key: rank for rank, m in enumerate(source)}
    ranks = [order[m.key] for m in target]
    keys = [m.key for m in target]
    written = {m.key: unit.en.text[m.start : m.end] for m in source}
    same = [
        written[m.key] == unit.ha.text[m.start : m.end] for m in target if keys.count(m.key) == 1
    ]
    names = [m.key[0] for m in source]
    holds = {
        "ambiguous_name": unit.ambiguous,
        "apostrophe": any("'" in around(unit.ha, m.start, m.end) for m in target)
        or any("'" in unit.en.text[m.start : m.end] for m in source),
        "brackets": any(mark in unit.en.text for mark in "[]()"),
        "copied": any(same),
        "dropped": any(m.key not in keys for m in source),
        "hooked": any(set("ɓɗƙƁƊƘ") & set(around(unit.ha, m.start, m.end)) for m in target),
        "no_entity": not source,
        "reordered": ranks != sorted(ranks),
        "repeated": len(set(names)) < len(names),
        "split": len(set(keys)) < len(keys),
        "translated": not all(same),
    }
    return [tag for tag in TAGS if holds[tag]]


def around(side: Side, start: int, end: int) -> str:
    """The span with the word before it and the word after it."""
    before = side.text[:start].split()[-1:]
    after = side.text[end:].split()[:1]
    return " ".join([*before, side.text[start:end], *after])
