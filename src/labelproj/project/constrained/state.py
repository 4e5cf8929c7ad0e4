"""What is asked of the search for a span, where it stands on its way, and what it found."""

from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from labelproj.project.constrained.base import Floats, Ints
from labelproj.project.constrained.texts import Target

__all__ = ["Found", "Full", "Line", "Pair", "Query", "State", "pair_openings"]

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

    ``scores`` are the log-probabilities of candidates, best first: those of ``exact`` as the
    model's own forward pass has them, the others estimated. ``candidates`` is the size of the set
    that was searched; ``trunk`` is log P(translation | marked source).
    """

    scores: dict[Pair, float]
    exact: frozenset[Pair]
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


@dataclass(frozen=True, slots=True)
class Full:
    """A pair that was scored to the end: its closing mark stands before token ``close``.

    ``rest[t]`` is the log-probability of all tokens from ``close + t`` on.
    """

    score: float
    close: int
    rest: Floats


@dataclass(slots=True)
class State:
    """Where a span stands: what has been decoded for it, and the scores of its pairs."""

    query: Query
    trunk: Ints
    before: Floats  # before[t]: log-probability of the first t tokens
    calm: Floats  # the same, had no token been an opening mark
    beyond: Floats  # of every token and the end: what a shortlist misses of the normaliser
    openings: dict[int, list[Pair]]
    chances: dict[int, float]
    branches: dict[int, Line] = field(default_factory=dict)
    heads: dict[Pair, float] = field(default_factory=dict)  # up to the closing mark, with it
    tails: dict[Pair, Line] = field(default_factory=dict)
    full: dict[Pair, Full] = field(default_factory=dict)

    def best(self) -> Full | None:
        """Return the best of the pairs that were scored to the end."""
        return max(self.full.values(), key=lambda own: own.score, default=None)

    def rest(self, token: int) -> float:
        """Return the trunk's score of the tokens from ``token`` on, no mark being possible."""
        return float(self.calm[-1] - self.calm[min(token, len(self.calm) - 1)])

    def estimate(self, line: Line) -> float:
        """Return the score of a line, with the trunk's score of what has not been decoded."""
        return line.score + line.following + self.rest(line.upto + 1)

    def scores(self) -> dict[Pair, float]:
        """Return the score of each pair with a tail: what is known, or else an estimate.

        What has not been decoded is taken from the best pair, as far as both marks are behind it.
        """
        best = self.best()
        if best is None:
            return {pair: self.estimate(line) for pair, line in self.tails.items()}
        shift = float(best.rest[0]) - self.rest(best.close)
        scores = {}
        for pair, line in self.tails.items():
            if pair in self.full:
                scores[pair] = self.full[pair].score
            elif self.is_early(pair):
                scores[pair] = self.estimate(line) + shift
            else:
                begin = line.upto + 1 - best.close
                rest = float(best.rest[begin]) if begin < len(best.rest) else 0.0
                scores[pair] = line.score + line.following + rest
        return scores

    def is_early(self, pair: Pair) -> bool:
        """Say whether the tail of a pair ends before the closing mark of the best one."""
        best = self.best()
        return best is not None and self.tails[pair].upto + 1 < best.close

    def closed(self) -> dict[Pair, float]:
        """Return the estimate of each pair whose closing mark has been scored."""
        closes = self.query.target.closes
        return {pair: head + self.rest(int(closes[pair[1]])) for pair, head in self.heads.items()}

    def forced(self) -> set[int]:
        """Return the openings of pairs that are scored in any case."""
        also = self.query.also
        return {i for i, pairs in self.openings.items() if not set(pairs).isdisjoint(also)}

    def next_stop(self, opening: int) -> int:
        """Return how far to decode after an opening: its mark, a word, then twice as many words."""
        line = self.branches.get(opening)
        if line is None:
            return opening
        closes = sorted(int(self.query.target.closes[b]) for _, b in self.openings[opening])
        behind = bisect_right(closes, line.upto)
        return closes[min(2 * behind, len(closes) - 1)]

    def last_close(self, opening: int) -> int:
        """Return the last token before which the closing mark may stand."""
        return max(int(self.query.target.closes[b]) for _, b in self.openings[opening])

    def found(self, *, margin: float, error: float) -> Found:
        """Return what has come of it: candidates within ``margin`` of the best, and ``also``.

        It is proven where no bound is above the best, even if bounds are ``error`` too low.
        """
        scores, best = self.scores(), self.best()
        least = max(scores.values(), default=0.0) - margin
        ranked = {
            pair: score
            for pair, score in sorted(scores.items(), key=lambda item: (-item[1], item[0]))
            if score >= least or pair in self.query.also
        }
        count = sum(len(pairs) for pairs in self.openings.values())
        bound = max(self._bounds(), default=-np.inf) + error
        proven = best is not None and best.score >= bound
        exact = frozenset(self.full).intersection(ranked)
        return Found(ranked, exact, count, proven, float(self.before[-1]))

    def _bounds(self) -> list[float]:
        """Return what the pairs that were not scored to the end cannot exceed."""
        bounds = [head for pair, head in self.heads.items() if pair not in self.tails]
        for pair, line in self.tails.items():
            if pair not in self.full:
                bounds.append(line.score + line.following)
        for i in self.openings:
            if i not in self.branches:
                bounds.append(float(self.before[i]) + self.chances[i])
            elif self.branches[i].upto < self.last_close(i):
                bounds.append(self.branches[i].score + self.branches[i].following)
        return bounds


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
