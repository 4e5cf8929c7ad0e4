"""Shared out among processes, a method proposes what it does in one."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from labelproj.config import ConstrainedParams
from labelproj.project.base import LabelledPair, PairCorpus, Place, Proposals, Weighted
from labelproj.project.constrained.open import open_constrained
from labelproj.project.joint import JointProjector
from labelproj.project.shares import ENOUGH, SharedProposer
from labelproj.records import Candidate, Projection, Span


class Found(NamedTuple):
    """What :class:`Echo` proposes, and the process it did so in."""

    candidates: list[list[Weighted]]
    maker: int
    also: list[list[Place]] | None
    problem: str | None = None

    def weigh(self, number: int, places: Sequence[Place]) -> list[Weighted]:
        return [Weighted(Candidate(*place, 0.5), 1.0) for place in places]


class Echo:
    """Proposes the places of the spans in the source."""

    name = label = "echo"

    def __init__(self) -> None:
        self.weight = 1.0

    def params(self) -> dict[str, object]:
        return {"method": self.name}

    def fit(self, corpus: PairCorpus) -> None:
        self.weight = float(sum(1 for _ in corpus()))

    def propose(
        self,
        pairs: Sequence[LabelledPair],
        *,
        also: Sequence[Sequence[Sequence[Place]]] | None = None,
    ) -> list[Found]:
        found = []
        for number, pair in enumerate(pairs):
            own = [[Weighted(Candidate(s.start, s.end, 0.5), self.weight)] for s in pair.src_spans]
            others = None if also is None else [list(places) for places in also[number]]
            found.append(Found(own, os.getpid(), others))
        return found


def echoes(found: Sequence[Proposals]) -> list[Found]:
    return [own for own in found if isinstance(own, Found)]


def pairs(count: int) -> list[LabelledPair]:
    made = []
    for number in range(count):
        text = "Musa lives in Kano. " * (1 + number % 3)
        spans = [Span("s1", 0, 4, "PER"), Span("s2", 14, 18, "LOC")][: number % 3]
        made.append(LabelledPair(text, tuple(spans), f"{number} {text}"))
    return made


def test_all_pairs_come_back_in_order() -> None:
    many = pairs(4 * ENOUGH)
    also: list[list[list[Place]]] = [
        [[(number, number + 1)] for _ in pair.src_spans] for number, pair in enumerate(many)
    ]
    shared = SharedProposer(Echo(), workers=2, prepare=lambda: None)
    found = echoes(shared.propose(many, also=also))
    assert [own.candidates for own in found] == [own.candidates for own in Echo().propose(many)]
    assert [own.also for own in found] == also
    assert os.getpid() not in {own.maker for own in found}
    assert shared.params() == Echo().params()
    assert (shared.name, shared.label) == ("echo", "echo")


def test_few_pairs_stay_here() -> None:
    shared = SharedProposer(Echo(), workers=16, prepare=lambda: None)
    assert {own.maker for own in echoes(shared.propose(pairs(ENOUGH)))} == {os.getpid()}
    # More than one share, if not one for each process.
    assert os.getpid() not in {own.maker for own in echoes(shared.propose(pairs(4 * ENOUGH)))}
    assert shared.propose([]) == []


def test_copies_know_what_was_learnt() -> None:
    many = pairs(4 * ENOUGH)
    shared = SharedProposer(Echo(), workers=2, prepare=lambda: None)
    before = shared.propose(many)
    shared.fit(lambda: many[:7])
    for found, weight in ((before, 1.0), (shared.propose(many), 7.0)):
        assert {w.weight for own in found for span in own.candidates for w in span} == {weight}


def test_constrained_search_finds_the_same(tiny_hf: Path) -> None:
    names, towns = ("Musa", "Amina", "Aisha"), ("Kano", "Zaria", "Abuja", "Lagos")
    many = []
    for number in range(3 * ENOUGH):
        name, town = names[number % 3], towns[number % 4]
        src, tgt = f"{name} lives in {town}.", f"{name} yana zaune a {town}."
        start = src.index(town)
        spans = Span("s1", 0, len(name), "PER"), Span("s2", start, start + len(town), "LOC")
        many.append(LabelledPair(src, spans, tgt))
    alone = open_constrained(
        ConstrainedParams(), mt=str(tiny_hf), src_lang="en", tgt_lang="ha", device="cpu"
    )
    if isinstance(alone, SharedProposer):
        alone = alone.proposer
    shared = SharedProposer(alone, workers=2, prepare=one_thread)
    found, expected = (JointProjector(own).project(many) for own in (shared, alone))
    assert [places(own) for own in found] == [places(own) for own in expected]


def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def places(found: tuple[Projection, ...]) -> list[tuple[int | None, int | None, str | None]]:
    return [(p.start, p.end, p.reason) for p in found]
