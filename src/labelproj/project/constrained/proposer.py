"""Places for spans by constrained decoding, for batches of pairs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labelproj.config import ConstrainedParams
from labelproj.project.base import LabelledPair, PairCorpus, Place, Weighted
from labelproj.project.boundaries import adjusted
from labelproj.project.constrained.base import Scorer
from labelproj.project.constrained.rescore import span_log_probs
from labelproj.project.constrained.search import Search, SearchLimits
from labelproj.project.constrained.state import Found, Pair, Query
from labelproj.project.constrained.texts import Target, Tokens
from labelproj.records import Candidate, Span
from labelproj.text import words

__all__ = ["ConstrainedProposals", "ConstrainedProposer"]

#: A candidate that is e^6 times less probable than all together is worth less than none.
NULL = 6.0
#: Candidates kept, and rescored, per span.
KEEP = 6
#: Nats behind the best at which a candidate is left out.
BEHIND = 5.0
#: The second search, for spans that want one place: how many times as wide the margin is, and how
#: many openings and pairs are tried.
WIDER = 2.0
FEW = (12, 24)
_SLACK = 3


@dataclass(frozen=True, slots=True)
class _Item:
    """A span of a pair, and how it is asked for."""

    pair: int
    span: int
    query: Query


class ConstrainedProposals:
    """What the search found for the spans of one pair."""

    def __init__(self, candidates: list[list[Weighted]], problem: str | None):
        self.candidates = [[c for c in own if c.weight > 0] for own in candidates]
        self.problem = problem
        self._known = [{(c.candidate.start, c.candidate.end): c for c in own} for own in candidates]

    def weigh(self, number: int, places: Sequence[Place]) -> list[Weighted]:
        """Return what is known of ``places``; those that were not searched weigh the least."""
        known = self._known[number]
        least = min((c.weight for c in known.values()), default=0.0)
        return [
            known.get(place) or Weighted(Candidate(*place, 0.0), min(least, 0.0))
            for place in places
        ]


class ConstrainedProposer:
    """Proposes the places of marks that a translation model finds most probable.

    ``backward`` are the model's tokens for the other direction, where it has one.
    """

    name = "constrained"
    label = "constrained"

    def __init__(
        self,
        scorer: Scorer,
        forward: Tokens,
        backward: Tokens | None,
        *,
        params: ConstrainedParams,
        digest: str,
    ):
        self._scorer, self._forward, self._backward = scorer, forward, backward
        self._settings = params
        self._limits = SearchLimits(params.margin, params.openings, params.pairs, params.near)
        self._digest = digest

    def params(self) -> dict[str, object]:
        """Return what shapes the result."""
        shaping = self._settings.model_dump(
            mode="json", exclude={"model", "revision", "batch_tokens"}
        )
        return {"method": self.name, "model": self._digest, **shaping}

    def fit(self, corpus: PairCorpus) -> None:
        """Do nothing: the model comes trained."""

    def propose(
        self,
        pairs: Sequence[LabelledPair],
        *,
        also: Sequence[Sequence[Sequence[Place]]] | None = None,
    ) -> list[ConstrainedProposals]:
        """Search for the places of all spans of all pairs."""
        targets = self._forward.targets([pair.tgt_text for pair in pairs])
        problems = [self._problem(target) for target in targets]
        items = [
            _Item(p, k, query)
            for p, k, query in self._queries(pairs, targets, also)
            if problems[p] is None
        ]
        found: list[list[list[Weighted]]] = [[[] for _ in pair.src_spans] for pair in pairs]
        self._search(items, self._limits, pairs, found, within=BEHIND)
        again = [item for item in items if _collides(item, pairs, found)]
        # Spans that want one place need others to choose from.
        wide = SearchLimits(WIDER * self._limits.margin, *FEW)
        self._search(again, wide, pairs, found, within=wide.margin)
        return [
            ConstrainedProposals(own, problem) for own, problem in zip(found, problems, strict=True)
        ]

    def _search(
        self,
        items: Sequence[_Item],
        limits: SearchLimits,
        pairs: Sequence[LabelledPair],
        found: list[list[list[Weighted]]],
        *,
        within: float,
    ) -> None:
        """Search for the places of ``items`` and put them into ``found[pair][span]``."""

        def work(batch: Sequence[_Item]) -> list[list[Weighted]]:
            searched = Search(
                [item.query for item in batch],
                scorer=self._scorer,
                marks=self._forward.marks,
                prefix=self._forward.ids(self._forward.prefix),
                limits=limits,
            )
            return self._weigh(batch, searched, pairs, within=within)

        batches = list(_batches(items, self._settings.batch_tokens))
        for batch, weighed in zip(batches, self._scorer.map(work, batches), strict=True):
            for item, candidates in zip(batch, weighed, strict=True):
                found[item.pair][item.span] = candidates

    def _problem(self, target: Target) -> str | None:
        if not len(target.ids):
            return "not searched: empty"
        limit = self._scorer.positions
        around = 4 + len(self._forward.marks.opening) + len(self._forward.marks.closing)
        if limit is not None and len(target.ids) + around > limit:
            return "not searched: too-long"
        return None

    def _queries(
        self,
        pairs: Sequence[LabelledPair],
        targets: Sequence[Target],
        also: Sequence[Sequence[Sequence[Place]]] | None,
    ) -> Iterator[tuple[int, int, Query]]:
        marking = self._forward.marking
        keys = [(p, k) for p, pair in enumerate(pairs) for k in range(len(pair.src_spans))]
        marked = []
        for p, k in keys:
            span = pairs[p].src_spans[k]
            marked.append(marking.mark(pairs[p].src_text, [(span.start, span.end)]))
        for (p, k), source in zip(keys, self._forward.sources(marked), strict=True):
            span, target = pairs[p].src_spans[k], targets[p]
            size = len(words(span.surface(pairs[p].src_text)))
            places = also[p][k] if also is not None else ()
            forced = {_snapped(place, target) for place in places} - {None}
            longest = math.ceil(self._settings.length * size) + _SLACK
            yield p, k, Query(source, target, longest, tuple(sorted(f for f in forced if f)))

    def _weigh(
        self,
        batch: Sequence[_Item],
        searched: Search,
        pairs: Sequence[LabelledPair],
        *,
        within: float,
    ) -> list[list[Weighted]]:
        """Score what is near the best of each span by itself too, and weigh all that is kept."""
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
        # What comes out best in the end is scored exactly, if it was not yet.
        while estimated := list(_estimated(results, chances)):
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
        batch: Sequence[_Item],
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
        own = reverse = np.zeros(len(keys))
        if self._settings.own:
            own = span_log_probs(sources, surfaces, scorer=self._scorer, tokens=self._forward)
        if self._backward is not None:
            reverse = span_log_probs(surfaces, sources, scorer=self._scorer, tokens=self._backward)
        values = zip(own.tolist(), reverse.tolist(), strict=True)
        return dict(zip(keys, values, strict=True))

    def _chances(
        self, found: Found, values: Mapping[Pair, tuple[float, float]]
    ) -> dict[Pair, float]:
        """Return the log-probability of each of ``values`` among all that was scored."""
        settings = self._settings
        extra = {c: settings.own * o + settings.reverse * r for c, (o, r) in values.items()}
        # What was left out is taken to score by itself as the best does.
        usual = extra[next(iter(extra))] if extra else 0.0
        logits = {
            candidate: (score + extra.get(candidate, usual)) / settings.temperature
            for candidate, score in found.scores.items()
        }
        whole = float(np.logaddexp.reduce(list(logits.values()))) if logits else 0.0
        return {candidate: logits[candidate] - whole for candidate in values if candidate in logits}

    def _weighted(
        self,
        item: _Item,
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
            "proven": float(found.proven),
        }
        place = _place(candidate, item.query.target, pair.src_spans[item.span], pair)
        return Weighted(Candidate(*place, math.exp(chance), evidence), chance + NULL)


def _collides(
    item: _Item, pairs: Sequence[LabelledPair], found: Sequence[Sequence[Sequence[Weighted]]]
) -> bool:
    """Say whether another span wants the place of this one, though they do not overlap."""
    spans, own = pairs[item.pair].src_spans, found[item.pair]
    if not own[item.span]:
        return False
    mine, best = spans[item.span], own[item.span][0].candidate
    for other, candidates in zip(spans, own, strict=True):
        apart = other.end <= mine.start or mine.end <= other.start
        if apart and candidates:
            rival = candidates[0].candidate
            if best.start < rival.end and rival.start < best.end:
                return True
    return False


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


def _snapped(place: Place, target: Target) -> Pair | None:
    """Return the words of a place."""
    inside = [
        number
        for number, (start, end) in enumerate(target.places)
        if start < place[1] and place[0] < end
    ]
    return (inside[0], inside[-1]) if inside else None


def _batches(items: Sequence[_Item], tokens: int) -> Iterator[list[_Item]]:
    """Group items of like length, so that little is padded; the longest come first.

    So the cores that take batches by turns are done at about the same time.
    """

    def size_of(item: _Item) -> int:
        return len(item.query.target.ids) + len(item.query.source)

    ordered = sorted(items, key=size_of, reverse=True)
    batch: list[_Item] = []
    held = 0
    for item in ordered:
        size = size_of(item)
        if batch and held + size > tokens:
            yield batch
            batch, held = [], 0
        batch.append(item)
        held += size
    if batch:
        yield batch
