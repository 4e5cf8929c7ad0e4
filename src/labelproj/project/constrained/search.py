"""The search for the best places of a span's marks in a translation, for many spans at once.

A candidate is a pair (i, j): the opening mark stands before token i, the closing one before
token j. Its score is log P(translation with the marks | source with the marks), of which most is
shared between candidates (CODEC, Le et al. 2024, gives the objective)::

    S(i, j) = trunk[:i] + log p(open | trunk[:i])          one pass over the translation
            + branch_i[i:j] + log p(close | branch_i[:j])  one more for an opening
            + tail_ij[j:]                                  one more for a pair

Spans of all units go through these passes together. Openings are tried in the order of
their mark's probability, pairs in the order of their score with the trunk's own tail in place of
theirs; both as long as they are within ``margin`` of the best so estimated. The true bound (a tail
is at most 0) says whether what was left out could have been better: the result is ``proven``
when it could not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from labelproj.project.constrained.base import NOT_ASKED, Floats, Ints, Row, Scorer, Tree
from labelproj.project.constrained.texts import Marks, Target

__all__ = ["Found", "Pair", "Query", "SearchLimits", "search"]

#: Numbers of the words that a candidate begins and ends with, among ``Target.places``.
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How far to search.

    ``margin``: nats below the best at which an estimate is not followed up; ``openings`` and
    ``pairs``: how many are tried per span, at most.
    """

    margin: float = 3.0
    openings: int = 8
    pairs: int = 32


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
class _Branch:
    """An opening that was tried: where its tokens are, and what its closings come to."""

    row: Ints
    closings: dict[Pair, int]
    heads: dict[Pair, float]  # the score up to the closing mark, with it


@dataclass(slots=True)
class _State:
    query: Query
    trunk: Ints
    before: Floats  # before[t]: log-probability of the first t tokens
    openings: dict[int, list[Pair]]
    chances: dict[int, float]
    branches: dict[int, _Branch] = field(default_factory=dict)
    scores: dict[Pair, float] = field(default_factory=dict)

    @property
    def best(self) -> float:
        return max(self.scores.values(), default=-np.inf)


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
    states = _trunks(queries, tree, scorer, marks, prefix)
    first = len(prefix) + 1
    openings = [(k, i) for k, state in enumerate(states) for i in _likely_openings(state, limits)]
    if openings:
        _expand(states, openings, tree, scorer, marks, first)
    pairs = [(k, pair) for k, state in enumerate(states) for pair in _likely_pairs(state, limits)]
    if pairs:
        _score(states, pairs, tree, scorer, marks)
    return [_found(state) for state in states]


def _trunks(
    queries: Sequence[Query], tree: Tree, scorer: Scorer, marks: Marks, prefix: Ints
) -> list[_State]:
    head = np.concatenate([[scorer.start], prefix]).astype(np.int64)
    nothing = np.zeros(0, dtype=np.int64)
    rows = [
        Row(number, nothing, np.concatenate([head, query.target.ids]))
        for number, query in enumerate(queries)
    ]
    grown = tree.grow(rows)
    lengths = [len(query.target.ids) + 1 for query in queries]
    where = np.concatenate(
        [
            start + len(head) - 1 + np.arange(n)
            for start, n in zip(grown.starts, lengths, strict=True)
        ]
    )
    following = np.concatenate([np.append(query.target.ids, scorer.end) for query in queries])
    opening = np.full(len(where), NOT_ASKED)
    for query, end in zip(queries, np.cumsum(lengths).tolist(), strict=True):
        places = query.target.opens[query.target.opens >= 0]
        opening[end - len(query.target.ids) - 1 + places] = marks.opening[0]
    found, opened = scorer.log_probs(grown, where, [following, opening])
    cuts = np.cumsum(lengths)[:-1]
    states = []
    for query, row, own, chances, start in zip(
        queries, rows, np.split(found, cuts), np.split(opened, cuts), grown.starts, strict=True
    ):
        before = np.concatenate([[0.0], np.cumsum(own)])
        openings = _openings(query)
        states.append(
            _State(
                query,
                grown.first + start + np.arange(len(row.ids)),
                before,
                openings,
                {i: float(chances[i]) for i in openings},
            )
        )
    return states


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


def _likely_openings(state: _State, limits: SearchLimits) -> list[int]:
    """Return the openings to try.

    All share the trunk, so that an opening's estimate differs from the others' by the
    probability of its mark alone.
    """
    chances, also = state.chances, state.query.also
    ranked = sorted(chances, key=lambda i: (-chances[i], i))
    likely = [
        i for i in ranked[: limits.openings] if chances[i] >= chances[ranked[0]] - limits.margin
    ]
    forced = {i for i, pairs in state.openings.items() if not set(pairs).isdisjoint(also)}
    return sorted(forced.union(likely))


def _likely_pairs(state: _State, limits: SearchLimits) -> list[Pair]:
    """Return the pairs to score, by their score up to the closing mark and the trunk's tail."""
    total = float(state.before[-1])
    estimates = {
        pair: head + total - float(state.before[branch.closings[pair]])
        for branch in state.branches.values()
        for pair, head in branch.heads.items()
    }
    ranked = sorted(estimates, key=lambda pair: (-estimates[pair], pair))
    likely = [
        p for p in ranked[: limits.pairs] if estimates[p] >= estimates[ranked[0]] - limits.margin
    ]
    return likely + [pair for pair in state.query.also if pair in estimates and pair not in likely]


def _expand(
    states: Sequence[_State],
    wanted: Sequence[tuple[int, int]],
    tree: Tree,
    scorer: Scorer,
    marks: Marks,
    first: int,
) -> None:
    """Decode what comes after each opening mark, up to the last place for a closing mark."""
    rows = []
    for k, i in wanted:
        state = states[k]
        last = max(int(state.query.target.closes[b]) for _, b in state.openings[i])
        ids = np.concatenate([marks.opening, state.query.target.ids[i:last]])
        rows.append(Row(k, state.trunk[: first + i], ids))
    grown = tree.grow(rows)
    ids = np.concatenate([row.ids for row in rows])
    following = np.append(ids[1:], NOT_ASKED)
    following[grown.starts[1:] - 1] = NOT_ASKED
    closing = np.full(len(ids), NOT_ASKED)
    for (k, i), start in zip(wanted, grown.starts.tolist(), strict=True):
        ends = {int(states[k].query.target.closes[b]) for _, b in states[k].openings[i]}
        closing[[start + len(marks.opening) + j - i - 1 for j in ends]] = marks.closing[0]
    found, closed = scorer.log_probs(grown, np.arange(len(ids)), [following, closing])
    opened = len(marks.opening)
    for (k, i), row, start in zip(wanted, rows, grown.starts.tolist(), strict=True):
        state = states[k]
        own = np.concatenate([[0.0], np.cumsum(found[start : start + len(row.ids)])])
        closings = {pair: int(state.query.target.closes[pair[1]]) for pair in state.openings[i]}
        common = float(state.before[i]) + state.chances[i]
        heads = {}
        for pair, j in closings.items():
            place = opened + j - i - 1
            heads[pair] = common + float(own[place]) + float(closed[start + place])
        numbers = grown.first + start + np.arange(len(row.ids))
        state.branches[i] = _Branch(
            np.concatenate([state.trunk[: first + i], numbers]), closings, heads
        )


def _score(
    states: Sequence[_State],
    pairs: Sequence[tuple[int, Pair]],
    tree: Tree,
    scorer: Scorer,
    marks: Marks,
) -> None:
    """Decode what comes after each closing mark, to the end."""
    rows, heads = [], []
    for k, pair in pairs:
        state = states[k]
        i = int(state.query.target.opens[pair[0]])
        branch = state.branches[i]
        j = branch.closings[pair]
        tail = np.concatenate([marks.closing, state.query.target.ids[j:]])
        # The branch's path begins with the trunk up to i and the opening mark.
        beyond = len(state.trunk) - len(state.query.target.ids) + len(marks.opening) + j
        rows.append(Row(k, branch.row[:beyond], tail))
        heads.append(branch.heads[pair])
    grown = tree.grow(rows)
    following = np.concatenate([np.append(row.ids[1:], scorer.end) for row in rows])
    (found,) = scorer.log_probs(grown, np.arange(len(following)), [following])
    sums = np.add.reduceat(found, grown.starts)
    for (k, pair), head, tail_score in zip(pairs, heads, sums.tolist(), strict=True):
        states[k].scores[pair] = head + tail_score


def _found(state: _State) -> Found:
    ranked = dict(sorted(state.scores.items(), key=lambda item: (-item[1], item[0])))
    bound = -np.inf
    for i in state.openings:
        if i in state.branches:
            heads = state.branches[i].heads
            open_ends = (head for pair, head in heads.items() if pair not in state.scores)
            bound = max(bound, max(open_ends, default=-np.inf))
        else:
            bound = max(bound, float(state.before[i]) + state.chances[i])
    count = sum(len(pairs) for pairs in state.openings.values())
    return Found(ranked, count, bool(ranked) and state.best >= bound, float(state.before[-1]))
