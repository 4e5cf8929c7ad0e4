"""What is asked of the search for a span, where it stands on its way, and what it found."""

from bisect import bisect_right
from dataclasses import dataclass, field, replace

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
    model's own forward pass has them, the others estimates, those near the best of whole paths.
    ``candidates`` is the size of the set that was searched; ``trunk`` is
    log P(translation | marked source).
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

    def settled(self, pair: Pair, score: float) -> "Found":
        """Return the same with the exact score of a pair.

        By how much the first one known was estimated too low, all others are too.
        """
        shift = 0.0 if self.exact else score - self.scores[pair]
        scores = {other: own + shift for other, own in self.scores.items()} | {pair: score}
        return replace(self, scores=_ranked(scores), exact=self.exact | {pair})


@dataclass(slots=True)
class Line:
    """A path through the translation: the numbers of its tokens, and how far it goes.

    It is ``stem``, and ``count`` tokens from the number ``first`` on. ``score`` is the
    log-probability of the path up to token ``upto`` of the translation, ``following`` that of the
    token ``upto`` itself (or of the end) after it.
    """

    stem: Ints
    first: int
    count: int
    score: float
    upto: int
    following: float

    @property
    def path(self) -> Ints:
        """The numbers of all its tokens."""
        return np.concatenate([self.stem, np.arange(self.first, self.first + self.count)])


@dataclass(frozen=True, slots=True)
class Full:
    """A pair that was decoded to the end: its closing mark stands before token ``close``.

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
    rests: list[float]  # rests[t]: that of all tokens from t on, had none been an opening mark
    openings: dict[int, dict[int, Pair]]  # of each place of an opening mark, by the closing one's
    chances: dict[int, float]
    branches: dict[int, Line] = field(default_factory=dict)
    heads: dict[Pair, float] = field(default_factory=dict)  # up to the closing mark, with it
    tails: dict[Pair, Line] = field(default_factory=dict)
    behind: dict[Pair, Floats] = field(default_factory=dict)  # of each token behind both marks
    full: dict[Pair, Full] = field(default_factory=dict)
    exact: dict[Pair, float] = field(default_factory=dict)

    def finish(self, pair: Pair) -> None:
        """Note that the tail of a pair has come to its end."""
        line = self.tails[pair]
        rest = np.cumsum(self.behind[pair][::-1])[::-1]
        close = int(self.query.target.closes[pair[1]])
        self.full[pair] = Full(line.score + line.following, close, rest)

    def best(self) -> Full | None:
        """Return the best of the pairs that were decoded to the end."""
        return max(self.full.values(), key=lambda own: own.score, default=None)

    def rest(self, token: int) -> float:
        """Return the trunk's score of the tokens from ``token`` on, no mark being possible."""
        return self.rests[token]

    def estimate(self, line: Line) -> float:
        """Return the score of a line, with the trunk's score of what has not been decoded."""
        return line.score + line.following + self.rests[line.upto + 1]

    def scores(self) -> dict[Pair, float]:
        """Return the score of each pair with a tail: the exact one, or else an estimate.

        By how much the best of those scored exactly was estimated too low, all others are too.
        """
        scores = self.rough_scores()
        if not self.exact:
            return scores
        best = max(self.exact, key=lambda pair: self.exact[pair])
        shift = self.exact[best] - scores[best]
        return {pair: self.exact.get(pair, score + shift) for pair, score in scores.items()}

    def rough_scores(self) -> dict[Pair, float]:
        """Return the score of each pair with a tail as far as it is decoded.

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
            elif line.upto + 1 < best.close:
                scores[pair] = self.estimate(line) + shift
            else:
                begin = line.upto + 1 - best.close
                rest = float(best.rest[begin]) if begin < len(best.rest) else 0.0
                scores[pair] = line.score + line.following + rest
        return scores

    def closed(self) -> dict[Pair, float]:
        """Return the estimate of each pair whose closing mark has been scored."""
        closes = self.query.target.closes
        return {pair: head + self.rest(int(closes[pair[1]])) for pair, head in self.heads.items()}

    def forced(self) -> set[int]:
        """Return the openings of pairs that are scored in any case."""
        also = self.query.also
        if not also:
            return set()
        return {i for i, own in self.openings.items() if not set(also).isdisjoint(own.values())}

    def next_stop(self, opening: int) -> int:
        """Return how far to decode after an opening: its mark, a word, then twice as many words."""
        line = self.branches.get(opening)
        if line is None:
            return opening
        closes = list(self.openings[opening])
        return closes[min(2 * bisect_right(closes, line.upto), len(closes) - 1)]

    def last_close(self, opening: int) -> int:
        """Return the last token before which the closing mark may stand."""
        return next(reversed(self.openings[opening]))

    def closes(self, opening: int, *, upto: int) -> list[int]:
        """Return the tokens up to one before which the closing mark may stand, not decoded yet."""
        line = self.branches.get(opening)
        begin = -1 if line is None else line.upto
        return [j for j in self.openings[opening] if begin < j <= upto]

    def found(self, *, margin: float, error: float) -> Found:
        """Return what has come of it: candidates within ``margin`` of the best, and ``also``.

        It is proven where no bound is above the best, even if bounds are ``error`` too low.
        """
        scores, best = self.scores(), self.best()
        least = max(scores.values(), default=0.0) - margin
        ranked = {
            pair: score
            for pair, score in _ranked(scores).items()
            if score >= least or pair in self.query.also
        }
        count = sum(len(pairs) for pairs in self.openings.values())
        bound = max(self._bounds(), default=-np.inf) + error
        proven = best is not None and best.score >= bound
        exact = frozenset(self.exact).intersection(ranked)
        return Found(ranked, exact, count, proven, float(self.before[-1]))

    def _bounds(self) -> list[float]:
        """Return what the pairs that were not decoded to the end cannot exceed."""
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


def _ranked(scores: dict[Pair, float]) -> dict[Pair, float]:
    """Return scores, the best first."""
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def pair_openings(query: Query) -> dict[int, dict[int, Pair]]:
    """Return the pairs of words of every opening, one for each place of the closing mark.

    These places rise.
    """
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
    return {i: own for i, own in openings.items() if own}
