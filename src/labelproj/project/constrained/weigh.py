"""What candidates weigh: their score in the text, and by themselves."""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from labelproj.config import ConstrainedParams
from labelproj.project.base import LabelledPair, Place, Weighted
from labelproj.project.boundaries import adjusted
from labelproj.project.constrained.asking import Item
from labelproj.project.constrained.base import Scorer
from labelproj.project.constrained.rescore import Alone, span_log_probs
from labelproj.project.constrained.search import Search
from labelproj.project.constrained.state import Found, Pair, Query
from labelproj.project.constrained.texts import Target, Tokens
from labelproj.records import Candidate, Span

__all__ = ["Weigher"]

#: A candidate that is e^6 times less probable than all together is worth less than none.
NULL = 6.0
#: Candidates kept, and rescored, per span.
KEEP = 6


class Weigher:
    """Weighs what searches found.

    ``backward`` are the model's tokens for the other direction, where it has one.
    """

    def __init__(
        self, scorer: Scorer, forward: Tokens, backward: Tokens | None, *, params: ConstrainedParams
    ):
        self._scorer, self._forward, self._backward = scorer, forward, backward
        self._params = params

    def weigh(
        self,
        batch: Sequence[Item],
        searched: Search,
        pairs: Sequence[LabelledPair],
        *,
        within: float,
    ) -> list[list[Weighted]]:
        """Weigh the candidates of each span of a batch that are near its best, best first.

        Each is scored by itself too, and what comes out best exactly, if that is asked for.
        """
        results = searched.found()
        kept = [
            _kept(item.query, found, within=within)
            for item, found in zip(batch, results, strict=True)
        ]
        with self._scorer.roughly():
            alone = self._alone(batch, kept, pairs)
        values = [
            {candidate: alone.get((n, candidate), (0.0, 0.0)) for candidate in own}
            for n, own in enumerate(kept)
        ]
        chances = [self._chances(*both) for both in zip(results, values, strict=True)]
        # What comes out best in the end may not have been the best before.
        while self._params.exact != "ties" and (estimated := list(_estimated(results, chances))):
            searched.settle(estimated)
            results = searched.found()
            chances = [self._chances(*both) for both in zip(results, values, strict=True)]
        return [
            sorted(
                (
                    self._weighted(item, candidate, chance, found, pairs[item.pair], own[candidate])
                    for candidate, chance in likely.items()
                ),
                key=lambda c: (-c.weight, c.candidate.start, c.candidate.end),
            )
            for item, found, own, likely in zip(batch, results, values, chances, strict=True)
        ]

    def _alone(
        self,
        batch: Sequence[Item],
        kept: Sequence[Sequence[Pair]],
        pairs: Sequence[LabelledPair],
    ) -> dict[tuple[int, Pair], tuple[float, float]]:
        """Return log P(candidate | span) and log P(span | candidate), per token.

        The key is the number in the batch and the candidate. One candidate alone is the best
        whatever it scores, and is not asked for.
        """
        keys = [(n, candidate) for n, own in enumerate(kept) if len(own) > 1 for candidate in own]
        surfaces, sources = [], []
        for n, (a, b) in keys:
            item = batch[n]
            pair, places = pairs[item.pair], item.query.target.places
            surfaces.append(pair.tgt_text[places[a][0] : places[b][1]])
            sources.append(pair.src_spans[item.span].surface(pair.src_text))
        asked = []
        if self._params.own:
            asked.append(Alone(sources, surfaces, self._forward))
        if self._backward is not None:
            asked.append(Alone(surfaces, sources, self._backward))
        found = [own.tolist() for own in span_log_probs(asked, scorer=self._scorer)]
        unasked = [0.0] * len(keys)
        own = found.pop(0) if self._params.own else unasked
        (reverse,) = found or [unasked]
        return dict(zip(keys, zip(own, reverse, strict=True), strict=True))

    def _chances(
        self, found: Found, values: Mapping[Pair, tuple[float, float]]
    ) -> dict[Pair, float]:
        """Return the log-probability of each of ``values`` among all that was scored."""
        params = self._params
        extra = {c: params.own * o + params.reverse * r for c, (o, r) in values.items()}
        # What was left out is taken to score by itself as the best does.
        usual = extra[next(iter(extra))] if extra else 0.0
        logits = {
            candidate: (score + extra.get(candidate, usual)) / params.temperature
            for candidate, score in found.scores.items()
        }
        whole = float(np.logaddexp.reduce(list(logits.values()))) if logits else 0.0
        return {candidate: logits[candidate] - whole for candidate in values if candidate in logits}

    def _weighted(
        self,
        item: Item,
        candidate: Pair,
        chance: float,
        found: Found,
        pair: LabelledPair,
        alone: tuple[float, float],
    ) -> Weighted:
        evidence = {
            "marked": found.scores[candidate] - max(found.scores.values()),
            "own": alone[0],
            "reverse": alone[1],
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


def _kept(query: Query, found: Found, *, within: float) -> list[Pair]:
    """Return the candidates worth a second look: the best, and those near it."""
    best = max(found.scores.values(), default=0.0)
    near = [pair for pair, score in found.scores.items() if score >= best - within][:KEEP]
    return near + [pair for pair in query.also if pair in found.scores and pair not in near]


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
