"""The search for the best places of a span's marks in a translation, for many spans at once.

A candidate is a pair (i, j): the opening mark stands before token i, the closing one before
token j. Its score is log P(translation with the marks | source with the marks), of which most is
shared between candidates (CODEC, Le et al. 2024, gives the objective)::

    S(i, j) = trunk[:i] + log p(open | trunk[:i])          one pass over the translation
            + branch_i[i:j] + log p(close | branch_i[:j])  one more for an opening
            + tail_ij[j:]                                  one more for a pair

Spans of all units go through these passes together. What has not been decoded is estimated by the
trunk's own score for the same tokens; openings and pairs are followed up as long as they are
within ``margin`` of the best so estimated, and every few tokens the estimate is made anew, so that
few are decoded to their end. The true bound (a tail is at most 0) says whether what was left out
could have been better: the result is ``proven`` when it could not.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from labelproj.project.constrained.base import NOT_ASKED, Floats, Ints, Row, Scorer, Tree
from labelproj.project.constrained.texts import Marks, Target

__all__ = ["Found", "Pair", "Query", "SearchLimits", "search"]

#: Numbers of the words that a candidate begins and ends with, among ``Target.places``.
Pair = tuple[int, int]
_Key = TypeVar("_Key", int, Pair)
#: Tokens after a closing mark that are decoded before it is decided which pairs to go on with.
LOOK = 3
#: How many times as wide the margin is for that look, which costs little: the estimate of a pair is
#: the roughest as long as nothing behind its closing mark is known.
GLANCE = 1.5
#: Attention scores of one head in one pass, over all rows, padding left out: they are in memory.
SCORES = 1 << 20


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How far to search.

    ``margin``: nats below the best at which an estimate is not followed up; ``openings`` and
    ``pairs``: how many are tried per span, at most.
    """

    margin: float = 6.0
    openings: int = 40
    pairs: int = 64


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
class _Line:
    """A path through the translation: the numbers of its tokens, and how far it goes.

    ``score`` is the log-probability of the path up to token ``upto`` of the translation,
    ``following`` that of the token ``upto`` itself (or of the end) after it.
    """

    path: Ints
    score: float
    upto: int
    following: float


@dataclass(slots=True)
class _Growth:
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
class _State:
    query: Query
    trunk: Ints
    before: Floats  # before[t]: log-probability of the first t tokens
    openings: dict[int, list[Pair]]
    chances: dict[int, float]
    branches: dict[int, _Line] = field(default_factory=dict)
    heads: dict[Pair, float] = field(default_factory=dict)  # up to the closing mark, with it
    tails: dict[Pair, _Line] = field(default_factory=dict)
    scores: dict[Pair, float] = field(default_factory=dict)

    @property
    def best(self) -> float:
        return max(self.scores.values(), default=-np.inf)

    def rest(self, token: int) -> float:
        """Return the trunk's score of the tokens from ``token`` on."""
        return float(self.before[-1] - self.before[min(token, len(self.before) - 1)])

    def estimate(self, line: _Line) -> float:
        return line.score + line.following + self.rest(line.upto + 1)

    def closed(self) -> dict[Pair, float]:
        """Return the estimate of each pair whose closing mark has been scored."""
        closes = self.query.target.closes
        return {pair: head + self.rest(int(closes[pair[1]])) for pair, head in self.heads.items()}


def search(
    queries: Sequence[Query],
    *,
    scorer: Scorer,
    marks: Marks,
    prefix: Ints,
    limits: SearchLimits,
) -> list[Found]:
    """Find the best candidates of every query, all at once.

    ``prefix`` are the ids of the tokens that a translation starts with. A query without
    candidates has no scores.
    """
    tree = scorer.encode([query.source for query in queries])
    return _Search(queries, tree, scorer, marks, prefix, limits).run()


class _Search:
    """One batch of queries on their way through the passes."""

    def __init__(
        self,
        queries: Sequence[Query],
        tree: Tree,
        scorer: Scorer,
        marks: Marks,
        prefix: Ints,
        limits: SearchLimits,
    ):
        self._tree, self._scorer, self._marks, self._limits = tree, scorer, marks, limits
        self._head = np.concatenate([[scorer.start], prefix]).astype(np.int64)
        self._states = self._trunks(queries)

    def run(self) -> list[Found]:
        """Try openings, then pairs: each a little way first, and the likely ones further."""
        states = self._states
        openings = [(k, i) for k, state in enumerate(states) for i in self._openings(state)]
        while openings:
            self._branch([(k, i, _next_stop(states[k], i)) for k, i in openings])
            openings = [(k, i) for k, state in enumerate(states) for i in self._longer(state)]
        for pairs, far in ((self._pairs, LOOK), (self._ends, None)):
            self._tail([(k, p, far) for k, s in enumerate(states) for p in pairs(s)])
        return [_found(state) for state in states]

    def _trunks(self, queries: Sequence[Query]) -> list[_State]:
        nothing, scorer = np.zeros(0, dtype=np.int64), self._scorer
        rows = [
            Row(number, nothing, np.concatenate([self._head, query.target.ids]))
            for number, query in enumerate(queries)
        ]
        grown = self._tree.grow(rows)
        lengths = [len(query.target.ids) + 1 for query in queries]
        begins = grown.starts + len(self._head) - 1
        where = np.concatenate([b + np.arange(n) for b, n in zip(begins, lengths, strict=True)])
        following = np.concatenate([np.append(query.target.ids, scorer.end) for query in queries])
        opening = np.full(len(where), NOT_ASKED)
        for query, end in zip(queries, np.cumsum(lengths).tolist(), strict=True):
            places = query.target.opens[query.target.opens >= 0]
            opening[end - len(query.target.ids) - 1 + places] = self._marks.opening[0]
        found, opened = scorer.log_probs(grown, where, [following, opening])
        cuts = np.cumsum(lengths)[:-1]
        states = []
        for query, row, own, chances, start in zip(
            queries, rows, np.split(found, cuts), np.split(opened, cuts), grown.starts, strict=True
        ):
            openings = _openings(query)
            states.append(
                _State(
                    query,
                    grown.first + start + np.arange(len(row.ids)),
                    np.concatenate([[0.0], np.cumsum(own)]),
                    openings,
                    {i: float(chances[i]) for i in openings},
                )
            )
        return states

    def _likely(
        self, estimates: dict[_Key, float], count: int, *, wider: float = 1.0
    ) -> list[_Key]:
        """Return the best of some estimates: within the margin, and ``count`` at most."""
        ranked = sorted(estimates, key=lambda key: (-estimates[key], key))
        return [
            key
            for key in ranked[:count]
            if estimates[key] >= estimates[ranked[0]] - wider * self._limits.margin
        ]

    def _openings(self, state: _State) -> list[int]:
        """Return the openings to try.

        All share the trunk, so that an opening's estimate differs from the others' by the
        probability of its mark alone.
        """
        return sorted(_forced(state).union(self._likely(state.chances, self._limits.openings)))

    def _longer(self, state: _State) -> list[int]:
        """Return the openings to go on with, now that some of their words are decoded.

        One that has gone past its best place for the closing mark has become improbable.
        """
        estimates = {i: state.estimate(line) for i, line in state.branches.items()}
        least = max(state.closed().values(), default=-np.inf) - GLANCE * self._limits.margin
        likely = {
            i for i in self._likely(estimates, self._limits.openings) if estimates[i] >= least
        }
        wanted = likely.union(_forced(state))
        return sorted(i for i in wanted if state.branches[i].upto < _last_close(state, i))

    def _pairs(self, state: _State) -> list[Pair]:
        """Return the pairs to try, by their score up to the closing mark and the trunk's tail."""
        estimates = state.closed()
        likely = self._likely(estimates, self._limits.pairs, wider=GLANCE)
        return likely + [p for p in state.query.also if p in estimates and p not in likely]

    def _ends(self, state: _State) -> list[Pair]:
        """Return the pairs to score to the end, now that a few more tokens are decoded."""
        size = len(state.query.target.ids)
        estimates = {p: state.estimate(line) for p, line in state.tails.items()}
        likely = self._likely(estimates, self._limits.pairs)
        wanted = likely + [p for p in state.query.also if p in estimates and p not in likely]
        return [p for p in wanted if state.tails[p].upto < size]

    def _branch(self, wanted: Sequence[tuple[int, int, int]]) -> None:
        """Decode what comes after opening marks, up to some token."""
        growths = []
        for k, i, upto in wanted:
            state, ids = self._states[k], self._states[k].query.target.ids
            line = state.branches.get(i)
            closes = np.unique(state.query.target.closes[[b for _, b in state.openings[i]]])
            if line is None:
                path, base = state.trunk[: len(self._head) + i], float(state.before[i])
                own = np.concatenate([self._marks.opening, ids[i:upto]])
                growths.append(
                    _Growth(k, path, own, base + state.chances[i], upto, closes[closes <= upto])
                )
            else:
                base = line.score + line.following
                later = closes[(closes > line.upto) & (closes <= upto)]
                growths.append(_Growth(k, line.path, ids[line.upto : upto], base, upto, later))
        for (k, i, _), (line, closed) in zip(wanted, self._grow(growths), strict=True):
            state = self._states[k]
            state.branches[i] = line
            for pair in state.openings[i]:
                j = int(state.query.target.closes[pair[1]])
                if j in closed:
                    state.heads[pair] = closed[j]

    def _tail(self, wanted: Sequence[tuple[int, Pair, int | None]]) -> None:
        """Decode what comes after closing marks, some tokens far or to the end."""
        growths = []
        nothing = np.zeros(0, dtype=np.int64)
        for k, pair, far in wanted:
            state, target = self._states[k], self._states[k].query.target
            ids, line = target.ids, state.tails.get(pair)
            upto = len(ids)
            if line is None:
                i, j = int(target.opens[pair[0]]), int(target.closes[pair[1]])
                upto = upto if far is None else min(j + far, upto)
                # The branch's path: the trunk up to i, the opening mark, and the tokens up to j.
                beyond = len(self._head) + len(self._marks.opening) + j
                path = state.branches[i].path[:beyond]
                own = np.concatenate([self._marks.closing, ids[j:upto]])
                growths.append(_Growth(k, path, own, state.heads[pair], upto, nothing))
            else:
                base = line.score + line.following
                growths.append(_Growth(k, line.path, ids[line.upto :], base, upto, nothing))
        for (k, pair, _), (line, _) in zip(wanted, self._grow(growths), strict=True):
            state = self._states[k]
            state.tails[pair] = line
            if line.upto == len(state.query.target.ids):
                state.scores[pair] = line.score + line.following

    def _grow(self, growths: Sequence[_Growth]) -> list[tuple[_Line, dict[int, float]]]:
        """Decode; return each line as it is then, and the scores of closing marks on the way."""
        results: list[tuple[_Line, dict[int, float]]] = []
        piece: list[_Growth] = []
        held = 0
        for growth in growths:
            size = len(growth.ids) * (len(growth.path) + len(growth.ids))
            if piece and held + size > SCORES:
                results += self._grow_piece(piece)
                piece, held = [], 0
            piece.append(growth)
            held += size
        return results + self._grow_piece(piece) if piece else results

    def _grow_piece(self, growths: Sequence[_Growth]) -> list[tuple[_Line, dict[int, float]]]:
        rows = [Row(g.source, g.path, g.ids) for g in growths]
        grown = self._tree.grow(rows)
        following, closing = [], np.full(sum(len(row.ids) for row in rows), NOT_ASKED)
        for growth, start in zip(growths, grown.starts.tolist(), strict=True):
            target = self._states[growth.source].query.target.ids
            after = target[growth.upto] if growth.upto < len(target) else self._scorer.end
            following.append(np.append(growth.ids[1:], after))
            # The last of the ids is the token before ``upto``.
            closing[start + len(growth.ids) - 1 - growth.upto + growth.closes] = (
                self._marks.closing[0]
            )
        asked = [np.concatenate(following), closing]
        found, closed = self._scorer.log_probs(grown, np.arange(len(closing)), asked)
        results = []
        for growth, start in zip(growths, grown.starts.tolist(), strict=True):
            end = start + len(growth.ids)
            scores = growth.base + np.concatenate([[0.0], np.cumsum(found[start : end - 1])])
            path = np.concatenate([growth.path, grown.first + np.arange(start, end)])
            line = _Line(path, float(scores[-1]), growth.upto, float(found[end - 1]))
            marks = {
                int(j): float(scores[place] + closed[start + place])
                for j, place in zip(growth.closes, growth.places, strict=True)
            }
            results.append((line, marks))
        return results


def _openings(query: Query) -> dict[int, list[Pair]]:
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


def _forced(state: _State) -> set[int]:
    also = state.query.also
    return {i for i, pairs in state.openings.items() if not set(pairs).isdisjoint(also)}


def _next_stop(state: _State, opening: int) -> int:
    """Return how far to decode after an opening mark: the first word, then twice as many words."""
    closes = sorted(int(state.query.target.closes[b]) for _, b in state.openings[opening])
    line = state.branches.get(opening)
    behind = 0 if line is None else bisect_right(closes, line.upto)
    return closes[min(2 * behind, len(closes) - 1)]


def _last_close(state: _State, opening: int) -> int:
    return max(int(state.query.target.closes[b]) for _, b in state.openings[opening])


def _found(state: _State) -> Found:
    ranked = dict(sorted(state.scores.items(), key=lambda item: (-item[1], item[0])))
    bounds = [head for pair, head in state.heads.items() if pair not in state.tails]
    for pair, line in state.tails.items():
        if pair not in state.scores:
            bounds.append(line.score + line.following)
    for i in state.openings:
        if i not in state.branches:
            bounds.append(float(state.before[i]) + state.chances[i])
        elif state.branches[i].upto < _last_close(state, i):
            bounds.append(state.branches[i].score + state.branches[i].following)
    count = sum(len(pairs) for pairs in state.openings.values())
    proven = bool(ranked) and state.best >= max(bounds, default=-np.inf)
    return Found(ranked, count, proven, float(state.before[-1]))
