"""What is asked of the search for a span, where it stands on its way, and what it found."""

from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from labelproj.project.constrained.base import Floats, Ints
from labelproj.project.constrained.texts import Target

__all__ = ["Found", "Growth", "Line", "Pair", "Query", "State", "pair_openings"]

#: Numbers of the words that a candidate begins and ends with, among ``Target.places``.
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Query:
    """One span: the source with the span marked (token ids), and the translation.

    Candidates have at most ``max_words`` words; ``also`` are pairs that are scored in any case.
    """

    source: Ints
    target: Target
    max_words: int
    also: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a span.

    ``scores`` are the log-probabilities of the scored candidates, best first; ``candidates`` is
    the size of the set that was searched; ``trunk`` is log P(translation | marked source).
    """

    scores: dict[Pair, float]
    candidates: int
    proven: bool
    trunk: float

    @property
    def margin(self) -> float:
        """How much better the best is than the next, in nats; infinite when it is alone."""
        values = list(self.scores.values())
        return values[0] - values[1] if len(values) > 1 else float("inf")


@dataclass(slots=True)
class Line:
    """A path through the translation: the numbers of its tokens, and how far it goes.

    ``score`` is the log-probability of the path up to token ``upto`` of the translation,
    ``following`` that of the token ``upto`` itself (or of the end) after it.
    """

    path: Ints
    score: float
    upto: int
    following: float


@dataclass(slots=True)
class Growth:
    """What a line is to grow by: the tokens to decode and, behind them, where it stands then.

    ``base`` is the log-probability of the path with the first of ``ids``.
    """

    source: int
    path: Ints
    ids: Ints
    base: float
    upto: int
    closes: Ints  # tokens before which a closing mark may stand

    @property
    def places(self) -> Ints:
        """Which of ``ids`` come before ``closes``: the last one comes before ``upto``."""
        return len(self.ids) - 1 - self.upto + self.closes


@dataclass(slots=True)
class State:
    """Where a span stands: what has been decoded for it, and the scores of its pairs."""

    query: Query
    trunk: Ints
    before: Floats  # before[t]: log-probability of the first t tokens
    openings: dict[int, list[Pair]]
    chances: dict[int, float]
    branches: dict[int, Line] = field(default_factory=dict)
    heads: dict[Pair, float] = field(default_factory=dict)  # up to the closing mark, with it
    tails: dict[Pair, Line] = field(default_factory=dict)
    scores: dict[Pair, float] = field(default_factory=dict)

    @property
    def best(self) -> float:
        """The highest score of a pair; without any, minus infinity."""
        return max(self.scores.values(), default=-np.inf)

    def rest(self, token: int) -> float:
        """Return the trunk's score of the tokens from ``token`` on."""
        return float(self.before[-1] - self.before[min(token, len(self.before) - 1)])

    def estimate(self, line: Line) -> float:
        """Return the score of a line, with the trunk's score of what has not been decoded."""
        return line.score + line.following + self.rest(line.upto + 1)

    def closed(self) -> dict[Pair, float]:
        """Return the estimate of each pair whose closing mark has been scored."""
        closes = self.query.target.closes
        return {pair: head + self.rest(int(closes[pair[1]])) for pair, head in self.heads.items()}

    def forced(self) -> set[int]:
        """Return the openings of pairs that are scored in any case."""
        also = self.query.also
        return {i for i, pairs in self.openings.items() if not set(pairs).isdisjoint(also)}

    def next_stop(self, opening: int) -> int:
        """Return how far to decode after an opening mark: a word, then twice as many words."""
        closes = sorted(int(self.query.target.closes[b]) for _, b in self.openings[opening])
        line = self.branches.get(opening)
        behind = 0 if line is None else bisect_right(closes, line.upto)
        return closes[min(2 * behind, len(closes) - 1)]

    def last_close(self, opening: int) -> int:
        """Return the last token before which the closing mark may stand."""
        return max(int(self.query.target.closes[b]) for _, b in self.openings[opening])

    def found(self) -> Found:
        """Return what has come of it; it is proven where no bound is above the best."""
        ranked = dict(sorted(self.scores.items(), key=lambda item: (-item[1], item[0])))
        bounds = [head for pair, head in self.heads.items() if pair not in self.tails]
        for pair, line in self.tails.items():
            if pair not in self.scores:
                bounds.append(line.score + line.following)
        for i in self.openings:
            if i not in self.branches:
                bounds.append(float(self.before[i]) + self.chances[i])
            elif self.branches[i].upto < self.last_close(i):
                bounds.append(self.branches[i].score + self.branches[i].following)
        count = sum(len(pairs) for pairs in self.openings.values())
        proven = bool(ranked) and self.best >= max(bounds, default=-np.inf)
        return Found(ranked, count, proven, float(self.before[-1]))


def pair_openings(query: Query) -> dict[int, list[Pair]]:
    """Return the pairs of words of every opening, one for each place of the closing mark."""
    target = query.target
    wanted = set(query.also)
    openings: dict[int, dict[int, Pair]] = {}
    count = len(target.places)
    for a, i in enumerate(target.opens.tolist()):
        if i < 0 or i in openings:
            continue  # words of one token have one place for the mark: before the first
        own = openings[i] = {}
        for b in range(a, count):
            j = int(target.closes[b])
            if j > i and (b - a < query.max_words or (a, b) in wanted):
                own[j] = (a, b)
    return {i: list(own.values()) for i, own in openings.items() if own}
