"""What candidates weigh: their score in the text, and by themselves."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from labelproj.config import ConstrainedParams
from labelproj.project.base import LabelledPair, Place, Weighted
from labelproj.project.boundaries import adjusted
from labelproj.project.constrained.asking import Item
from labelproj.project.constrained.base import Scorer
from labelproj.project.constrained.rescore import Alone, Asked, Rescorer
from labelproj.project.constrained.search import exact_scores
from labelproj.project.constrained.state import Found, Pair
from labelproj.project.constrained.texts import Target, Tokens
from labelproj.records import Candidate, Span

__all__ = ["Weigher"]

#: A candidate that is e^6 times less probable than all together is worth less than none.
NULL = 6.0
#: Candidates kept, and rescored, per span.
KEEP = 12


class Weigher:
    """Weighs what searches found.

    ``backward`` are the model's tokens for the other direction, where it has one.
    """

    def __init__(
        self, scorer: Scorer, forward: Tokens, backward: Tokens | None, *, params: ConstrainedParams
    ):
        self._scorer, self._forward, self._params = scorer, forward, params
        self._rescorer = Rescorer(scorer, forward, backward, params=params)

    def weigh(
        self,
        batch: Sequence[Item],
        results: Sequence[Found],
        pairs: Sequence[LabelledPair],
        *,
        within: float,
    ) -> list[list[Weighted]]:
        """Weigh the candidates of each span of a batch that are near its best, best first.

        Each is scored by itself too, and what comes out best exactly, if that is asked for.
        """
        asked = [
            _asked(item, found, pairs, within=within)
            for item, found in zip(batch, results, strict=True)
        ]
        with self._scorer.roughly():
            alone = self._rescorer.rescore(asked)
        chances = [self._chances(*both) for both in zip(results, alone, strict=True)]
        # What comes out best in the end may not have been the best before.
        while self._params.exact != "ties" and (estimated := list(_estimated(results, chances))):
            results = self._settled(batch, results, estimated)
            chances = [self._chances(*both) for both in zip(results, alone, strict=True)]
        return [
            sorted(
                (
                    self._weighted(item, candidate, chance, found, pairs[item.pair], own[candidate])
                    for candidate, chance in likely.items()
                ),
                key=lambda c: (-c.weight, c.candidate.start, c.candidate.end),
            )
            for item, found, own, likely in zip(batch, results, alone, chances, strict=True)
        ]

    def _settled(
        self,
        batch: Sequence[Item],
        results: Sequence[Found],
        estimated: Sequence[tuple[int, Pair]],
    ) -> list[Found]:
        """Return results with the exact scores of some of their candidates."""
        scores = exact_scores(
            [(batch[number].query, pair) for number, pair in estimated],
            scorer=self._scorer,
            marks=self._forward.marks,
            prefix=self._forward.prefix_ids,
        )
        settled = list(results)
        for (number, pair), score in zip(estimated, scores, strict=True):
            settled[number] = settled[number].settled(pair, score)
        return settled

    def _chances(self, found: Found, alone: Mapping[Pair, Alone]) -> dict[Pair, float]:
        """Return the log-probability of each of ``alone`` among all that was scored."""
        extra = {candidate: own.extra for candidate, own in alone.items()}
        # What was left out is taken to score by itself as the best does.
        usual = extra[next(iter(extra))] if extra else 0.0
        logits = {
            candidate: (score + extra.get(candidate, usual)) / self._params.temperature
            for candidate, score in found.scores.items()
        }
        whole = float(np.logaddexp.reduce(list(logits.values()))) if logits else 0.0
        return {candidate: logits[candidate] - whole for candidate in alone if candidate in logits}

    def _weighted(
        self,
        item: Item,
        candidate: Pair,
        chance: float,
        found: Found,
        pair: LabelledPair,
        alone: Alone,
    ) -> Weighted:
        asked = {"own": alone.own, "reverse": alone.reverse}
        evidence = {
            "marked": found.scores[candidate] - max(found.scores.values()),
            **{name: value for name, value in asked.items() if value is not None},
            "exact": float(candidate in found.exact),
            "scored": float(len(found.scores)),
            "candidates": float(found.candidates),
            "proven": float(found.proven and item.whole),
        }
        place = _place(candidate, item.query.target, pair.src_spans[item.span], pair)
        return Weighted(Candidate(*place, math.exp(chance), evidence), chance + NULL)


def _estimated(
    results: Sequence[Found], chances: Sequence[Mapping[Pair, float]]
) -> Iterator[tuple[int, Pair]]:
    """Give the most probable candidate of each result, by its number, where it is an estimate."""
    for number, (found, own) in enumerate(zip(results, chances, strict=True)):
        best = max(own, key=lambda pair: own[pair], default=None)
        if best is not None and best not in found.exact:
            yield number, best


def _asked(item: Item, found: Found, pairs: Sequence[LabelledPair], *, within: float) -> Asked:
    """Return the candidates of a span worth a second look: the best, and those near it."""
    pair, query = pairs[item.pair], item.query
    best = max(found.scores.values(), default=0.0)
    near = [own for own, score in found.scores.items() if score >= best - within][:KEEP]
    kept = near + [own for own in query.also if own in found.scores and own not in near]
    places = query.target.places
    texts = {(a, b): pair.tgt_text[places[a][0] : places[b][1]] for a, b in kept}
    return Asked(pair.src_spans[item.span].surface(pair.src_text), texts, found.scores)


def _place(candidate: Pair, target: Target, span: Span, pair: LabelledPair) -> Place:
    """Return where a candidate stands, with the marks at its edges that the span has too."""
    first, last = candidate
    return adjusted(
        span,
        first,
        last,
        src_text=pair.src_text,
        tgt_text=pair.tgt_text,
        tgt=target.places,
        free=np.zeros(len(target.places), dtype=np.bool_),
    )
