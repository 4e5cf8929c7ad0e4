"""The search for the best places of a span's marks in a translation, for many spans at once.

A candidate is a pair (i, j): the opening mark stands before token i, the closing one before
token j. Its score is log P(translation with the marks | source with the marks), of which most is
shared between candidates (CODEC, Le et al. 2024, gives the objective)::

    S(i, j) = trunk[:i] + log p(open | trunk[:i])          one pass over the translation
            + branch_i[i:j] + log p(close | branch_i[:j])  one more for an opening
            + tail_ij[j:]                                  one more for a pair

Spans of all units go through these passes together. What has not been decoded is estimated by the
trunk's own score for the same tokens; openings and pairs are followed up as long as they are
within ``margin`` of the best so estimated, and every few tokens the estimate is made anew. The
likeliest pair is then decoded to the end; what it has behind its marks is the estimate of the
others' tails from there on, and all that are ``near`` it are decoded to the end too, until none
is left. All this is done roughly; pairs between which that cannot decide are then scored exactly.
The true bound (a tail is at most 0) says whether what was left out could have been better: the
result is ``proven`` when it could not.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from labelproj.config import ConstrainedParams
from labelproj.project.constrained.base import NOT_ASKED, Floats, Ints, Row, Scorer
from labelproj.project.constrained.choices import Choices
from labelproj.project.constrained.decode import (
    NOWHERE,
    Grew,
    Growth,
    Narrow,
    grow,
    whole_log_probs,
)
from labelproj.project.constrained.state import Found, Pair, Query, State, pair_openings
from labelproj.project.constrained.texts import Marks
from labelproj.project.pieces import parted

__all__ = ["exact_scores", "search"]

_Wanted = TypeVar("_Wanted")
#: The highest probability of an opening mark that is taken out of the trunk's score.
CERTAIN = 0.999


def search(
    queries: Sequence[Query],
    *,
    scorer: Scorer,
    marks: Marks,
    prefix: Ints,
    limits: ConstrainedParams,
) -> list[Found]:
    """Find the best candidates of every query, all at once.

    ``prefix`` are the ids of the tokens that a translation starts with. A query without
    candidates has no scores.
    """
    return Search(queries, scorer=scorer, marks=marks, prefix=prefix, limits=limits).found()


def exact_scores(
    wanted: Sequence[tuple[Query, Pair]], *, scorer: Scorer, marks: Marks, prefix: Ints
) -> list[float]:
    """Return the scores of pairs of queries as the model's own forward pass has them."""
    queries = {id(query): query for query, _ in wanted}
    numbers = {key: number for number, key in enumerate(queries)}
    tree = scorer.encode([query.source for query in queries.values()])
    marked = [(numbers[id(query)], _marked(query, pair, marks)) for query, pair in wanted]
    head = np.append(scorer.start, prefix)
    found = whole_log_probs(marked, tree=tree, scorer=scorer, head=head)
    tree.close()
    return [float(own.sum()) for own in found]


def _marked(query: Query, pair: Pair, marks: Marks) -> Ints:
    """Return the translation with both marks."""
    ids = query.target.ids
    i, j = int(query.target.opens[pair[0]]), int(query.target.closes[pair[1]])
    return np.concatenate([ids[:i], marks.opening, ids[i:j], marks.closing, ids[j:]])


class Search:
    """One batch of queries on their way through the passes."""

    def __init__(
        self,
        queries: Sequence[Query],
        *,
        scorer: Scorer,
        marks: Marks,
        prefix: Ints,
        limits: ConstrainedParams,
    ):
        self._scorer, self._marks, self._choices = scorer, marks, Choices(limits)
        self._head = np.append(scorer.start, prefix)
        self._narrow: Narrow | None = None
        with scorer.roughly():
            self._tree = scorer.encode([query.source for query in queries])
            self._states = self._trunks(queries)
            self._run()
            self._tree.close()
        while wanted := self._each(self._choices.undecided):
            pairs = [(self._states[k].query, pair) for k, pair in wanted]
            exact = exact_scores(pairs, scorer=scorer, marks=marks, prefix=prefix)
            for (k, pair), score in zip(wanted, exact, strict=True):
                self._states[k].exact[pair] = score

    def found(self) -> list[Found]:
        """Return what is known now of every query."""
        return [self._choices.found(state) for state in self._states]

    def _run(self) -> None:
        """Try openings, then pairs: each a little way first, and the likely ones further."""
        states = self._states
        openings = self._each(self._choices.openings)
        while openings:
            self._branch([(k, i, states[k].next_stop(i)) for k, i in openings])
            openings = self._each(self._choices.longer)
        self._close(self._each(self._choices.pairs))
        behind = self._each(self._choices.behind)
        self._look([(k, pair, upto) for k, (pair, upto) in behind], keep=True)
        while near := self._each(self._choices.near):
            whole = [(k, pair, len(states[k].query.target.ids)) for k, pair in near]
            self._look(whole, keep=False)
            for k, pair in near:
                states[k].finish(pair)

    def _each(self, wanted: Callable[[State], Sequence[_Wanted]]) -> list[tuple[int, _Wanted]]:
        """Return what is wanted for every query, with its number."""
        return [(k, one) for k, state in enumerate(self._states) for one in wanted(state)]

    def _trunks(self, queries: Sequence[Query]) -> list[State]:
        nothing, scorer = np.zeros(0, dtype=np.int64), self._scorer
        rows = [
            Row(number, nothing, np.concatenate([self._head, query.target.ids]))
            for number, query in enumerate(queries)
        ]
        grown = self._tree.grow(rows)
        lengths = np.array([len(query.target.ids) + 1 for query in queries])
        ends = np.cumsum(lengths)
        begins = grown.starts + len(self._head) - 1
        where = np.concatenate([b + np.arange(n) for b, n in zip(begins, lengths, strict=True)])
        following = np.concatenate([np.append(query.target.ids, scorer.end) for query in queries])
        opening = np.full(len(where), NOT_ASKED)
        for query, end in zip(queries, ends.tolist(), strict=True):
            places = query.target.opens[query.target.opens >= 0]
            opening[end - len(query.target.ids) - 1 + places] = self._marks.opening[0]
        marks = np.concatenate([self._marks.opening, self._marks.closing])
        survey = scorer.survey(grown, where, [following, opening], also=marks)
        if survey.shortlist is not None:
            self._narrow = Narrow(survey.shortlist, survey.beyond, ends - lengths)
        own, chances = (parted(column, lengths.tolist()) for column in survey.columns)
        return [
            _state(query, grown.first + start + np.arange(len(row.ids)), *scores)
            for query, row, start, *scores in zip(
                queries, rows, grown.starts, own, chances, strict=True
            )
        ]

    def _branch(self, wanted: Sequence[tuple[int, int, int]]) -> None:
        """Decode what comes after opening marks, up to some token."""
        growths = []
        for k, i, upto in wanted:
            state, ids = self._states[k], self._states[k].query.target.ids
            line = state.branches.get(i)
            if line is None:
                path = state.trunk[: len(self._head) + i]
                base = float(state.before[i]) + state.chances[i]
                own = np.concatenate([self._marks.opening, ids[i:upto]])
            else:
                path, base = line.path, line.score + line.following
                own = ids[line.upto : upto]
            closes = np.array(state.closes(i, upto=upto), dtype=np.int64)
            growths.append(self._growth(k, path, own, base, upto, closes))
        for (k, i, _), growth, grew in zip(wanted, growths, self._roughly(growths), strict=True):
            state = self._states[k]
            state.branches[i] = grew.line
            for j, head in zip(growth.closes.tolist(), grew.closed.tolist(), strict=True):
                state.heads[state.openings[i][j]] = head

    def _close(self, wanted: Sequence[tuple[int, Pair]]) -> None:
        """Decode closing marks."""
        growths = []
        for k, pair in wanted:
            state, target = self._states[k], self._states[k].query.target
            i, j = int(target.opens[pair[0]]), int(target.closes[pair[1]])
            # The branch's path: the trunk up to i, the opening mark, and the tokens up to j.
            path = state.branches[i].path[: len(self._head) + len(self._marks.opening) + j]
            growths.append(self._growth(k, path, self._marks.closing, state.heads[pair], j))
        for (k, pair), grew in zip(wanted, self._roughly(growths), strict=True):
            self._states[k].tails[pair] = grew.line
            self._states[k].behind[pair] = grew.found[-1:]

    def _look(self, wanted: Sequence[tuple[int, Pair, int]], *, keep: bool) -> None:
        """Decode what comes behind closing marks, up to some token."""
        wanted = [
            (k, pair, upto) for k, pair, upto in wanted if upto > self._states[k].tails[pair].upto
        ]
        growths = []
        for k, pair, upto in wanted:
            line, ids = self._states[k].tails[pair], self._states[k].query.target.ids
            base = line.score + line.following
            growths.append(self._growth(k, line.path, ids[line.upto : upto], base, upto))
        for (k, pair, _), grew in zip(wanted, self._roughly(growths, keep=keep), strict=True):
            state = self._states[k]
            state.tails[pair] = grew.line
            state.behind[pair] = np.concatenate([state.behind[pair], grew.found])

    def _growth(
        self, k: int, path: Ints, ids: Ints, base: float, upto: int, closes: Ints = NOWHERE
    ) -> Growth:
        target = self._states[k].query.target.ids
        after = int(target[upto]) if upto < len(target) else self._scorer.end
        return Growth(k, path, ids, base, after, upto, closes)

    def _roughly(self, growths: Sequence[Growth], *, keep: bool = True) -> list[Grew]:
        """Decode growths over the shortlist; what is not kept cannot be gone on from later."""
        return grow(
            growths,
            tree=self._tree,
            scorer=self._scorer,
            closing=int(self._marks.closing[0]),
            narrow=self._narrow,
            keep=keep,
        )


def _state(query: Query, trunk: Ints, own: Floats, chances: Floats) -> State:
    """Return the state of a query whose trunk is decoded.

    ``own`` are the log-probabilities of its tokens and of the end, ``chances`` those of an opening
    mark before each.
    """
    openings = pair_openings(query)
    calm = np.cumsum((own - _unmarked(query, chances))[::-1])[::-1]
    return State(
        query,
        trunk,
        np.concatenate([[0.0], np.cumsum(own)]),
        [*calm.tolist(), 0.0],
        openings,
        {i: float(chances[i]) for i in openings},
    )


def _unmarked(query: Query, chances: Floats) -> Floats:
    """Return log P(no opening mark here) before each token and the end, where one may stand."""
    opens = query.target.opens[query.target.opens >= 0]
    found = np.zeros(len(chances))
    found[opens] = np.log1p(-np.minimum(np.exp(chances[opens]), CERTAIN))
    return found
