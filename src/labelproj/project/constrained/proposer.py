"""Places for spans by constrained decoding, for batches of pairs."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from labelproj.config import ConstrainedParams
from labelproj.project.base import LabelledPair, PairCorpus, Place, Weighted
from labelproj.project.constrained.asking import Also, Item, ask, batches
from labelproj.project.constrained.base import Scorer
from labelproj.project.constrained.search import search
from labelproj.project.constrained.state import Found
from labelproj.project.constrained.texts import Target, Tokens
from labelproj.project.constrained.weigh import Weigher
from labelproj.project.pieces import pieces
from labelproj.records import Candidate

__all__ = ["ConstrainedProposals", "ConstrainedProposer"]

#: Nats behind the best at which a candidate is left out.
BEHIND = 5.0


class Searched(NamedTuple):
    """A span, and what the search found for it."""

    item: Item
    found: Found


class ConstrainedProposals:
    """What the search found for the spans of one pair.

    ``reasons`` say of each span that was not searched why; ``problem``, where none was.
    """

    def __init__(self, candidates: list[list[Weighted]], reasons: list[str | None]):
        self.candidates = [[c for c in own if c.weight > 0] for own in candidates]
        self.reasons = [reason or "no link" for reason in reasons]
        self.problem = reasons[0] if reasons and None not in reasons else None
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

    ``backward`` are the model's tokens for the other direction, where it has one; ``langs`` are
    the languages of source and translation.
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
        langs: tuple[str, str],
        digest: str,
    ):
        self._scorer, self._forward = scorer, forward
        self._settings, self._langs = params, langs
        self._weigher = Weigher(scorer, forward, backward, params=params)
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
        self, pairs: Sequence[LabelledPair], *, also: Also | None = None
    ) -> list[ConstrainedProposals]:
        """Search for the places of all spans of all pairs."""
        items = ask(pairs, also, tokens=self._forward, params=self._settings, langs=self._langs)
        reasons: list[list[str | None]] = [[None] * len(pair.src_spans) for pair in pairs]
        for item in items:
            reasons[item.pair][item.span] = self._problem(item.query.target)
        items = [item for item in items if reasons[item.pair][item.span] is None]
        found: list[list[list[Weighted]]] = [[[] for _ in pair.src_spans] for pair in pairs]

        def weigh(searched: Sequence[Searched], within: float) -> None:
            """Put what spans may be given into ``found[pair][span]``."""
            batch, results = [own.item for own in searched], [own.found for own in searched]
            weighed = self._weigher.weigh(batch, results, pairs, within=within)
            for item, candidates in zip(batch, weighed, strict=True):
                found[item.pair][item.span] = candidates

        def work(batch: Sequence[Item]) -> list[Searched]:
            searched = self._search(batch)
            weigh(searched, BEHIND)
            return searched

        size, workers = self._settings.batch_tokens, self._scorer.workers
        parts = list(batches(items, size, workers=workers))
        searched = chain(*self._scorer.map(work, parts))
        # Spans that want one place need others to choose from.
        again = [own for own in searched if _collides(own.item, pairs, found)]
        for part in pieces(again, lambda own: own.item.size, most=size):
            weigh(part, self._settings.margin)
        return [ConstrainedProposals(own, why) for own, why in zip(found, reasons, strict=True)]

    def _search(self, batch: Sequence[Item]) -> list[Searched]:
        found = search(
            [item.query for item in batch],
            scorer=self._scorer,
            marks=self._forward.marks,
            prefix=self._forward.prefix_ids,
            limits=self._settings,
        )
        return [Searched(*own) for own in zip(batch, found, strict=True)]

    def _problem(self, target: Target) -> str | None:
        if not len(target.ids) or not target.places:
            return "not searched: empty"
        limit = self._scorer.positions
        around = 4 + len(self._forward.marks.opening) + len(self._forward.marks.closing)
        if limit is not None and len(target.ids) + around > limit:
            return "not searched: too-long"
        return None


def _collides(
    item: Item, pairs: Sequence[LabelledPair], found: Sequence[Sequence[Sequence[Weighted]]]
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
