"""Places by several methods together: all weigh what each proposes, and a fitted model decides.

Averaging the links of several aligners is no better than the best of them; what helps is that
each says what it thinks of whole places, its own and those of others. Any proposers can be
members. The score of a candidate is the probability, calibrated on gold, that it is right.

What is probable of one span counts for the others too: no two may be in one place. The place of
the most trusted member is only left for one that is clearly more probable, or for
none where it is clearly improbable: small differences are chance, and following them makes an
ensemble worse than its best member as often as better. Where no other member has a say, the
choice is the most trusted member's own.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import compress
from typing import NamedTuple

from labelproj.errors import UsageError
from labelproj.project.assign import MayOverlap, as_in_source, assign, settled
from labelproj.project.base import LabelledPair, PairCorpus, Place, Proposals, Proposer, Weighted
from labelproj.project.features import Opinion, place_features, text_ratio
from labelproj.project.loglinear import LogLinear, shipped_model
from labelproj.project.reliability import heard, invented_pairs, reliabilities
from labelproj.records import Candidate

__all__ = ["EnsembleProposals", "EnsembleProposer", "View", "weighed_together", "weights_of"]

#: A place must be at least so probable. It is weighed by what it is more probable than this, so
#: that the joint choice is the one with the most right places to be expected.
LEAST = 0.3
#: So much more probable than the place of the most trusted member another must be. Chosen with
#: whole sets left out of the fit (``bench/fit_ensemble.py --cross-validate``).
MARGIN = 0.1


class EnsembleProposals:
    """What the members propose together for the spans of one pair."""

    def __init__(
        self,
        pair: LabelledPair,
        members: Sequence[tuple[str, float, Proposals]],
        *,
        model: LogLinear,
        also: Sequence[Sequence[Place]] | None = None,
    ):
        """Take each member's kind, how far it can be trusted, and its proposals."""
        self._pair, self._members, self._model = pair, members, model
        self._also = also
        self._may_overlap = as_in_source(pair.src_spans)
        self._ratio = text_ratio(pair.src_text, pair.tgt_text)
        problems = [proposals.problem for _, _, proposals in members]
        self.problem = None if None in problems else problems[0]

    @cached_property
    def candidates(self) -> list[list[Weighted]]:
        """The candidates of each span, best first."""
        views = [self._view(n, self.places(n)) for n in range(len(self._pair.src_spans))]
        return weighed_together(views, self._may_overlap)

    @cached_property
    def _tops(self) -> list[list[Place | None]]:
        """The place that each member gives each span, all spans of the pair together."""
        return [
            [_place(choice) for choice in assign(own.candidates, may_overlap=self._may_overlap)]
            for _, _, own in self._members
        ]

    def places(self, number: int) -> list[Place]:
        """Return all places that any member proposes for span ``number``."""
        own = (
            (option.candidate.start, option.candidate.end)
            for _, _, proposals in self._members
            for option in proposals.candidates[number]
        )
        return list(dict.fromkeys([*own, *(self._also[number] if self._also else ())]))

    def opinions(self, number: int, places: Sequence[Place]) -> list[Opinion]:
        """Return what each member thinks of ``places`` for span ``number``."""
        return [
            Opinion(kind, tops[number], proposals.weigh(number, places), reliable)
            for (kind, reliable, proposals), tops in zip(self._members, self._tops, strict=True)
        ]

    def weigh(self, number: int, places: Sequence[Place]) -> list[Weighted]:
        """Return what the members think of ``places``, beside all that they propose."""
        everywhere = list(dict.fromkeys([*self.places(number), *places]))
        weighed = self._view(number, everywhere).weighed()
        found = dict(zip(everywhere, weighed, strict=True))
        return [found[place] for place in places]

    def _view(self, number: int, places: Sequence[Place]) -> "View":
        if not places:
            return View((), (), (), ())
        span = self._pair.src_spans[number]
        opinions = self.opinions(number, places)
        features = place_features(places, opinions, length=span.end - span.start, ratio=self._ratio)
        probable = self._model.probabilities(features).tolist()
        return View(places, opinions, features["votes"].tolist(), probable)


class View(NamedTuple):
    """What the members say of the places of a span, and how probable each is."""

    places: Sequence[Place]
    opinions: Sequence[Opinion]
    votes: Sequence[float]
    probable: Sequence[float]

    def weighed(self) -> list[Weighted]:
        """Return the places with their weights, in their order."""
        weights = weights_of(self.places, self.opinions, self.probable) if self.places else []
        return [
            Weighted(Candidate(*place, share, {"votes": votes}), weight)
            for place, share, votes, weight in zip(
                self.places, self.probable, self.votes, weights, strict=True
            )
        ]


def weighed_together(views: Sequence[View], may_overlap: MayOverlap) -> list[list[Weighted]]:
    """Return the places that each span of a unit may be given, best first."""
    shares = settled(
        [view.places for view in views], [view.probable for view in views], may_overlap
    )
    found = []
    for view, own in zip(views, shares, strict=True):
        likely = (option for option in view._replace(probable=own).weighed() if option.weight > 0)
        found.append(sorted(likely, key=lambda o: (-o.weight, o.candidate.start)))
    return found


def weights_of(
    places: Sequence[Place], opinions: Sequence[Opinion], probable: Sequence[float]
) -> list[float]:
    """Return what ``places``, which are so probable, weigh against none and each other."""
    if len(opinions) == 1:
        return [weighed.weight for weighed in opinions[0].weighed]
    top = max(opinions, key=lambda opinion: opinion.reliable).top
    return [
        share - LEAST + (MARGIN if place == top else 0.0)
        for place, share in zip(places, probable, strict=True)
    ]


class EnsembleProposer:
    """Proposes places by several proposers together.

    Later members are shown the places of earlier ones. Raises UsageError for no member, or the
    same one twice.
    """

    name = "ensemble"

    def __init__(self, members: Sequence[Proposer], *, model: LogLinear | None = None):
        labels = [member.label for member in members]
        if not members or len(set(labels)) < len(labels):
            raise UsageError(
                "the ensemble has the same member twice" if members else "an ensemble of nothing",
                remedy="project.members (--member) names each member once, two or more in all",
            )
        self._members = list(members)
        self._model = model or shipped_model()
        self._measured = [self._model.reliable.get(label) for label in labels]
        self._reliable = reliabilities([], self._measured, otherwise=self._model.otherwise)
        self._heard = [True] * len(labels)
        short = [label.removeprefix("alignment:") for label in labels]
        self.label = f"{self.name}:{'+'.join(short)}"

    @property
    def reliable(self) -> dict[str, float]:
        """How far each member is trusted, 0 to 1, by its label; those not heard too."""
        labels = (member.label for member in self._members)
        return dict(zip(labels, self._reliable, strict=True))

    def params(self) -> dict[str, object]:
        """Return what shapes the result."""
        return {
            "method": self.name,
            "members": [member.params() for member in self._members],
            "reliable": {label: round(share, 6) for label, share in self.reliable.items()},
            "heard": self._heard,
            "margin": MARGIN,
            "model": self._model.digest(),
        }

    def fit(self, corpus: PairCorpus) -> None:
        """Let the members learn from the job's own bitext, then see how they agree on it."""
        for member in self._members:
            member.fit(corpus)
        pairs = invented_pairs(corpus)
        proposed = [member.propose(pairs) for member in self._members]
        tops = [
            [_place(next(iter(own[number].candidates[span]), None)) for own in proposed]
            for number, pair in enumerate(pairs)
            for span in range(len(pair.src_spans))
        ]
        self._reliable = reliabilities(tops, self._measured, otherwise=self._model.otherwise)
        self._heard = heard(tops, self._reliable)

    def propose(
        self,
        pairs: Sequence[LabelledPair],
        *,
        also: Sequence[Sequence[Sequence[Place]]] | None = None,
    ) -> list[EnsembleProposals]:
        """Let every member propose, and weigh what all have proposed."""
        known = [
            [list(also[number][span]) if also else [] for span in range(len(pair.src_spans))]
            for number, pair in enumerate(pairs)
        ]
        by_member = []
        members = list(compress(self._members, self._heard))
        for member in members:
            proposed = member.propose(pairs, also=known)
            by_member.append(proposed)
            for places, proposals in zip(known, proposed, strict=True):
                for own, options in zip(places, proposals.candidates, strict=True):
                    own += [(option.candidate.start, option.candidate.end) for option in options]
        kinds = [member.name for member in members]
        reliable = list(compress(self._reliable, self._heard))
        return [
            EnsembleProposals(
                pair,
                [
                    (kind, share, proposed[number])
                    for kind, share, proposed in zip(kinds, reliable, by_member, strict=True)
                ],
                model=self._model,
                also=also[number] if also else None,
            )
            for number, pair in enumerate(pairs)
        ]


def _place(option: Weighted | None) -> Place | None:
    return (option.candidate.start, option.candidate.end) if option else None
