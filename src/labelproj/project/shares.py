"""A proposer whose pairs are shared out among processes, each on a core of its own.

Threads of one process wait for Python's lock; where a method is many small steps, that is a fifth
of its time.
"""

from collections.abc import Callable, Sequence
from itertools import chain, cycle
from typing import NamedTuple

from labelproj.processes import Copies
from labelproj.project.base import LabelledPair, PairCorpus, Place, Proposals, Proposer

__all__ = ["SharedProposer", "dealt"]

#: Labelled pairs that each process has, at least: with fewer it is not worth its start.
ENOUGH = 64
_Also = Sequence[Sequence[Place]]


class _Share(NamedTuple):
    pairs: list[LabelledPair]
    also: list[_Also] | None


class SharedProposer:
    """Proposes what ``proposer`` does, in ``workers`` copies of this process.

    A few pairs are proposed for in this process. ``prepare`` is called in each copy first: there
    only one thread may compute.
    """

    def __init__(self, proposer: Proposer, *, workers: int, prepare: Callable[[], None]):
        self.name, self.label = proposer.name, proposer.label
        self.proposer = proposer
        self._copies = Copies(self._propose, workers, prepare=prepare)

    def params(self) -> dict[str, object]:
        """Return what shapes the result."""
        return self.proposer.params()

    def fit(self, corpus: PairCorpus) -> None:
        """Let the method learn from the job's own bitext."""
        self._copies.close()
        self.proposer.fit(corpus)

    def propose(
        self, pairs: Sequence[LabelledPair], *, also: Sequence[_Also] | None = None
    ) -> Sequence[Proposals]:
        """Propose places for the spans of every pair, in order."""
        labelled = sum(1 for pair in pairs if pair.src_spans)
        count = min(self._copies.count, labelled // ENOUGH)
        if count < 2:
            return self.proposer.propose(pairs, also=also)
        numbers = dealt([_size(pair) for pair in pairs], count)
        shares = [
            _Share([pairs[n] for n in own], None if also is None else [also[n] for n in own])
            for own in numbers
        ]
        found = self._copies.map(shares)
        by_number = dict(zip(chain(*numbers), chain(*found), strict=True))
        return [by_number[n] for n in range(len(pairs))]

    def _propose(self, share: _Share) -> Sequence[Proposals]:
        return self.proposer.propose(share.pairs, also=share.also)


def dealt(sizes: Sequence[int], count: int) -> list[list[int]]:
    """Return the numbers of what is in each of ``count`` shares of about the same size.

    The largest are dealt out first, to and fro.
    """
    ordered = sorted(range(len(sizes)), key=lambda n: sizes[n], reverse=True)
    shares: list[list[int]] = [[] for _ in range(count)]
    for number, share in zip(ordered, cycle(shares + shares[::-1]), strict=False):
        share.append(number)
    return shares


def _size(pair: LabelledPair) -> int:
    return len(pair.src_spans) * (len(pair.src_text) + len(pair.tgt_text))
