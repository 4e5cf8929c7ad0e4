"""Which openings and pairs are worth decoding further, and what is worth scoring exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from labelproj.config import ConstrainedParams
from labelproj.project.constrained.state import Found, Pair, State

__all__ = ["Choices"]

_Key = TypeVar("_Key", int, Pair)
#: Tokens after closing marks that are decoded before it is decided which pairs to go on with.
LOOK = 5
#: How many times as wide the margin is, by what is known of a candidate: of an opening mark its own
#: probability alone, some words behind an opening mark, a closing mark, what follows that.
GLANCE, INSIDE, CLOSED, BEHIND = 1.2, 0.8, 1.5, 0.6
#: How many times as wide ``near`` is for a pair whose tail ends before the best pair closes: what
#: lies between is then still the trunk's estimate. It is near the best pair's score, or near the
#: best estimate: where the trunk is wrong about what lies between, it was so for both.
EARLY = 3.0
#: Nats that rough scores may be off: those of whole paths that share most of their tokens, beside
#: each other, and where a bound is concerned.
TIE, ERROR = 0.35, 1.0


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen within ``limits``, for one query at a time."""

    limits: ConstrainedParams

    def found(self, state: State) -> Found:
        """Return what is known now of a query."""
        return state.found(margin=self.limits.margin, error=ERROR)

    def _likely(self, estimates: dict[_Key, float], count: int, *, wider: float) -> list[_Key]:
        """Return the best of some estimates: within the margin, and ``count`` at most."""
        ranked = sorted(estimates, key=lambda key: (-estimates[key], key))
        return [
            key
            for key in ranked[:count]
            if estimates[key] >= estimates[ranked[0]] - wider * self.limits.margin
        ]

    def openings(self, state: State) -> list[int]:
        """Return the openings to try.

        All share the trunk, so that an opening's estimate differs from the others' by the
        probability of its mark alone.
        """
        likely = self._likely(state.chances, self.limits.openings, wider=GLANCE)
        return sorted(state.forced().union(likely))

    def longer(self, state: State) -> list[int]:
        """Return the openings to go on with, now that some of their words are decoded.

        One that has gone past its best place for the closing mark has become improbable.
        """
        estimates = {i: state.estimate(line) for i, line in state.branches.items()}
        least = max(state.closed().values(), default=-np.inf) - INSIDE * self.limits.margin
        ranked = self._likely(estimates, self.limits.openings, wider=INSIDE)
        likely = {i for i in ranked if estimates[i] >= least}
        wanted = likely.union(state.forced())
        return sorted(i for i in wanted if state.branches[i].upto < state.last_close(i))

    @staticmethod
    def _with_also(likely: list[Pair], state: State, estimates: Mapping[Pair, float]) -> list[Pair]:
        """Return likely pairs, and those that are scored in any case."""
        return likely + [p for p in state.query.also if p in estimates and p not in likely]

    def pairs(self, state: State) -> list[Pair]:
        """Return the pairs to try, by their score up to the closing mark and the trunk's tail."""
        estimates = state.closed()
        likely = self._likely(estimates, self.limits.pairs, wider=CLOSED)
        return self._with_also(likely, state, estimates)

    def behind(self, state: State) -> list[tuple[Pair, int]]:
        """Return the pairs to look further behind, and how far: as far for all as for the best.

        Where all stand at the same token, what has not been decoded is the same for all.
        """
        estimates = {pair: state.estimate(line) for pair, line in state.tails.items()}
        if not estimates:
            return []
        likely = self._likely(estimates, self.limits.pairs, wider=BEHIND)
        target = state.query.target
        least = int(target.closes[likely[0][1]])
        return [
            (pair, min(max(least, int(target.closes[pair[1]])) + LOOK, len(target.ids)))
            for pair in self._with_also(likely, state, estimates)
        ]

    def near(self, state: State) -> list[Pair]:
        """Return the pairs to go on with to the end: the likeliest, then all near the best."""
        scores, best = state.scores(), state.best()
        if best is None:
            return [max(scores, key=lambda pair: (scores[pair], pair))] if scores else []
        near, early = self.limits.near, EARLY * self.limits.near
        estimates = {pair: state.estimate(line) for pair, line in state.tails.items()}
        likely = max(estimates.values()) - early

        def is_near(pair: Pair, score: float) -> bool:
            if state.tails[pair].upto + 1 < best.close:
                return score >= best.score - early or estimates[pair] >= likely
            return score >= best.score - near

        return [p for p, score in scores.items() if p not in state.full and is_near(p, score)]

    def undecided(self, state: State) -> list[Pair]:
        """Return the pairs to score exactly now."""
        wanted = list(state.full)
        if self.limits.exact != "all" and wanted:
            scores = state.scores()
            least = max(scores[pair] for pair in wanted) - TIE
            wanted = [pair for pair in wanted if scores[pair] >= least]
        if self.limits.exact == "ties" and len(wanted) == 1:
            return []
        return [pair for pair in wanted if pair not in state.exact]
