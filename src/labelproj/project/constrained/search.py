"""The search for the best places of a span's marks in a translation, for many spans at once.

A candidate is a pair (i, j): the opening mark stands before token i, the closing one before
token j. Its score is log P(translation with the marks | source with the marks), of which most is
shared between candidates (CODEC, Le et al. 2024, gives the objective)::

    S(i, j) = trunk[:i] + log p(open | trunk[:i])          one pass over the translation
            + branch_i[i:j] + log p(close | branch_i[:j])  one more for an opening
            + tail_ij[j:]                                  one more for a pair

Spans of all units go through these passes together. What has not been decoded is estimated by the
trunk's own score for the same tokens; openings and pairs are followed up as long as they are
within ``margin`` of the best so estimated, and every few tokens the estimate is made anew. All
this is done roughly, and no pair is followed far. The likeliest pair is then scored exactly, to
the end; what it has behind its marks is the estimate of the others' tails from there on, and all
that are ``near`` it are scored exactly too, until none is left. The true bound (a tail is at
most 0) says whether what was left out could have been better: the result is ``proven`` when it
could not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from labelproj.project.constrained.base import NOT_ASKED, Floats, Ints, Row, Scorer, Shortlist
from labelproj.project.constrained.decode import Grew, Growth, grow
from labelproj.project.constrained.state import Found, Full, Pair, Query, State, pair_openings
from labelproj.project.constrained.texts import Marks

__all__ = ["Search", "SearchLimits", "search"]

_Key = TypeVar("_Key", int, Pair)
#: Tokens after a closing mark that are decoded before it is decided which pairs to score exactly.
LOOK = 3
#: How many times as wide the margin is for opening marks, as long as nothing behind them is known:
#: to look costs one token.
GLANCE = 1.5
#: How many times as wide ``near`` is for a pair whose tail ends before the best pair closes: what
#: lies between is then still the trunk's estimate. It is near the best pair's score, or near the
#: best estimate: where the trunk is wrong about what lies between, it was so for both.
EARLY = 3.0
#: Nats that rough scores may be off, where a bound is concerned.
ERROR = 0.5
#: The highest probability of an opening mark that is taken out of the trunk's score.
CERTAIN = 0.999


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How far to search.

    ``margin``: nats below the best at which an estimate is not followed up; ``openings`` and
    ``pairs``: how many are tried per span, at most; ``near``: nats below the best within which
    pairs are scored exactly.
    """

    margin: float = 9.0
    openings: int = 80
    pairs: int = 64
    near: float = 1.0


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
    return Search(queries, scorer=scorer, marks=marks, prefix=prefix, limits=limits).found()


class Search:
    """One batch of queries on their way through the passes."""

    def __init__(
        self,
        queries: Sequence[Query],
        *,
        scorer: Scorer,
        marks: Marks,
        prefix: Ints,
        limits: SearchLimits,
    ):
        self._scorer, self._marks, self._limits = scorer, marks, limits
        self._head = np.concatenate([[scorer.start], prefix]).astype(np.int64)
        self._tree = scorer.encode([query.source for query in queries])
        self._shortlist: Shortlist | None = None
        self._states = self._trunks(queries)
        self._run()

    def found(self) -> list[Found]:
        """Return what is known now of every query."""
        margin = self._limits.margin
        return [state.found(margin=margin, error=ERROR) for state in self._states]

    def settle(self, wanted: Sequence[tuple[int, Pair]]) -> None:
        """Score pairs of queries (by number) exactly, to the end."""
        growths = []
        for k, pair in wanted:
            state, target = self._states[k], self._states[k].query.target
            i, j = int(target.opens[pair[0]]), int(target.closes[pair[1]])
            parts = (self._marks.opening, target.ids[i:j], self._marks.closing, target.ids[j:])
            path, base = self._opening(state, i)
            growths.append(self._growth(k, path, np.concatenate(parts), base, len(target.ids)))
        for (k, pair), grew in zip(wanted, self._grow_last(growths, None), strict=True):
            close = int(self._states[k].query.target.closes[pair[1]])
            # The last tokens found are those behind the closing mark, and the end.
            tail = grew.found[len(grew.found) - 1 - grew.line.upto + close :]
            rest = np.cumsum(tail[::-1])[::-1]
            score = grew.line.score + grew.line.following
            self._states[k].full[pair] = Full(score, close, rest)

    def _run(self) -> None:
        """Try openings, then pairs: each a little way first, and the likely ones further."""
        states = self._states
        with self._scorer.roughly():
            openings = [(k, i) for k, state in enumerate(states) for i in self._openings(state)]
            while openings:
                self._branch([(k, i, states[k].next_stop(i)) for k, i in openings])
                openings = [(k, i) for k, state in enumerate(states) for i in self._longer(state)]
            self._look([(k, pair) for k, state in enumerate(states) for pair in self._pairs(state)])
        while near := [(k, pair) for k, state in enumerate(states) for pair in self._near(state)]:
            self.settle(near)

    def _trunks(self, queries: Sequence[Query]) -> list[State]:
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
        marks = np.concatenate([self._marks.opening, self._marks.closing])
        survey = scorer.survey(grown, where, [following, opening], also=marks)
        self._shortlist = survey.shortlist
        cuts = np.cumsum(lengths)[:-1]
        per_query = [np.split(values, cuts) for values in (*survey.columns, survey.beyond)]
        states = []
        for query, row, start, own, chances, beyond in zip(
            queries, rows, grown.starts, *per_query, strict=True
        ):
            openings = pair_openings(query)
            calm = own - _unmarked(query, chances)
            states.append(
                State(
                    query,
                    grown.first + start + np.arange(len(row.ids)),
                    np.concatenate([[0.0], np.cumsum(own)]),
                    np.concatenate([[0.0], np.cumsum(calm)]),
                    beyond,
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

    def _openings(self, state: State) -> list[int]:
        """Return the openings to try.

        All share the trunk, so that an opening's estimate differs from the others' by the
        probability of its mark alone.
        """
        likely = self._likely(state.chances, self._limits.openings, wider=GLANCE)
        return sorted(state.forced().union(likely))

    def _longer(self, state: State) -> list[int]:
        """Return the openings to go on with, now that some of their words are decoded.

        One that has gone past its best place for the closing mark has become improbable.
        """
        estimates = {i: state.estimate(line) for i, line in state.branches.items()}
        least = max(state.closed().values(), default=-np.inf) - GLANCE * self._limits.margin
        likely = {
            i for i in self._likely(estimates, self._limits.openings) if estimates[i] >= least
        }
        wanted = likely.union(state.forced())
        return sorted(i for i in wanted if state.branches[i].upto < state.last_close(i))

    def _pairs(self, state: State) -> list[Pair]:
        """Return the pairs to try, by their score up to the closing mark and the trunk's tail."""
        estimates = state.closed()
        likely = self._likely(estimates, self._limits.pairs)
        return likely + [p for p in state.query.also if p in estimates and p not in likely]

    def _near(self, state: State) -> list[Pair]:
        """Return the pairs to score exactly now: the likeliest, then all that are near the best."""
        scores, best = state.scores(), state.best()
        if best is None:
            return [max(scores, key=lambda pair: (scores[pair], pair))] if scores else []
        near, early = self._limits.near, EARLY * self._limits.near
        estimates = {pair: state.estimate(line) for pair, line in state.tails.items()}
        likely = max(estimates.values()) - early

        def is_near(pair: Pair, score: float) -> bool:
            if state.is_early(pair):
                return score >= best.score - early or estimates[pair] >= likely
            return score >= best.score - near

        return [p for p, score in scores.items() if p not in state.full and is_near(p, score)]

    def _branch(self, wanted: Sequence[tuple[int, int, int]]) -> None:
        """Decode what comes after opening marks, up to some token."""
        growths = []
        for k, i, upto in wanted:
            state, ids = self._states[k], self._states[k].query.target.ids
            line = state.branches.get(i)
            closes = np.unique(state.query.target.closes[[b for _, b in state.openings[i]]])
            if line is None:
                path, base = self._opening(state, i)
                own, begin = np.concatenate([self._marks.opening, ids[i:upto]]), 0
            else:
                path, base = line.path, line.score + line.following
                own, begin = ids[line.upto : upto], line.upto + 1
            later = closes[(closes >= begin) & (closes <= upto)]
            growths.append(self._growth(k, path, own, base, upto, later))
        grown = self._grow(growths, self._shortlist, keep=True)
        for (k, i, _), (line, closed, _) in zip(wanted, grown, strict=True):
            state = self._states[k]
            state.branches[i] = line
            for pair in state.openings[i]:
                j = int(state.query.target.closes[pair[1]])
                if j in closed:
                    state.heads[pair] = closed[j]

    def _look(self, wanted: Sequence[tuple[int, Pair]]) -> None:
        """Decode a few tokens behind closing marks."""
        growths = []
        for k, pair in wanted:
            state, target = self._states[k], self._states[k].query.target
            i, j = int(target.opens[pair[0]]), int(target.closes[pair[1]])
            upto = min(j + LOOK, len(target.ids))
            # The branch's path: the trunk up to i, the opening mark, and the tokens up to j.
            path = state.branches[i].path[: len(self._head) + len(self._marks.opening) + j]
            own = np.concatenate([self._marks.closing, target.ids[j:upto]])
            growths.append(self._growth(k, path, own, state.heads[pair], upto))
        for (k, pair), grew in zip(wanted, self._grow_last(growths, self._shortlist), strict=True):
            self._states[k].tails[pair] = grew.line

    def _opening(self, state: State, i: int) -> tuple[Ints, float]:
        """Return the trunk's path up to token i, and its score with an opening mark behind it."""
        return state.trunk[: len(self._head) + i], float(state.before[i]) + state.chances[i]

    def _growth(
        self, k: int, path: Ints, ids: Ints, base: float, upto: int, closes: Ints | None = None
    ) -> Growth:
        state, target = self._states[k], self._states[k].query.target.ids
        after = int(target[upto]) if upto < len(target) else self._scorer.end
        # Marks of several tokens have no place of their own in the translation.
        places = np.maximum(upto - len(ids) + 1 + np.arange(len(ids)), 0)
        beyond: Floats = state.beyond[places]
        nowhere = np.zeros(0, dtype=np.int64)
        return Growth(
            k, path, ids, base, after, upto, nowhere if closes is None else closes, beyond
        )

    def _grow_last(self, growths: Sequence[Growth], shortlist: Shortlist | None) -> list[Grew]:
        """Decode growths that are not to be grown further."""
        return self._grow(growths, shortlist, keep=False)

    def _grow(
        self, growths: Sequence[Growth], shortlist: Shortlist | None, *, keep: bool
    ) -> list[Grew]:
        return grow(
            growths,
            tree=self._tree,
            scorer=self._scorer,
            closing=int(self._marks.closing[0]),
            shortlist=shortlist,
            keep=keep,
        )


def _unmarked(query: Query, chances: Floats) -> Floats:
    """Return log P(no opening mark here) before each token and the end, where one may stand."""
    opens = query.target.opens[query.target.opens >= 0]
    found = np.zeros(len(chances))
    found[opens] = np.log1p(-np.minimum(np.exp(chances[opens]), CERTAIN))
    return found
