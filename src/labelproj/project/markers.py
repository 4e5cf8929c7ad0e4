"""Places for spans by the marks that came through the translation.

A mark with a name is its span's. Brackets have none: spans and pairs of brackets are matched
by their order, by how alike their words look (names, numbers, cognates), by where they stand and
by their length, as EasyProject does (Chen et al. 2023), but all of a text at once.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from labelproj.project.base import LabelledPair, PairCorpus, Place, Weighted
from labelproj.project.boundaries import edged
from labelproj.project.cognates import similarity
from labelproj.records import Candidate, Span
from labelproj.text import words
from labelproj.translate.schemes import SCHEMES, MarkerScheme
from labelproj.translate.unmark import MarkedPlace, marking_order, unmark

__all__ = ["MarkerProposals", "MarkerProposer"]

#: Log-odds: of a named mark, of one that was repaired or doubled, of a bracket at all, of a
#: bracket whose turn it is; then for words that look the same, and for distance and length.
#: Set by hand, not fitted.
NAMED, REPAIRED, BRACKET, IN_TURN, ALIKE, FAR = 3.0, 1.5, 1.0, 1.5, 2.0, 1.0
#: A place that no mark stands round.
UNMARKED = -3.0


class MarkerProposals:
    """What the marks of one pair propose for its spans.

    ``reasons`` say of each span without a candidate why it has none.
    """

    def __init__(
        self, candidates: list[list[Weighted]], *, reasons: list[str], problem: str | None = None
    ):
        self.candidates = candidates
        self.reasons = reasons
        self.problem = problem

    def weigh(self, number: int, places: Sequence[Place]) -> list[Weighted]:
        """Return what the marks say for ``places`` of span ``number``: marked there or not."""
        known = {(w.candidate.start, w.candidate.end): w for w in self.candidates[number]}
        none = 0.0 if self.problem else UNMARKED
        return [
            known.get(place) or Weighted(Candidate(*place, _share(none)), none) for place in places
        ]


class MarkerProposer:
    """Proposes the places that marks of ``scheme`` stand round in the marked translation."""

    name = "markers"

    def __init__(self, scheme: str):
        self._scheme: MarkerScheme = SCHEMES[scheme]
        self.label = f"{self.name}:{scheme}"

    def params(self) -> dict[str, object]:
        """Return what shapes the result."""
        return {"method": self.name, "markers": self._scheme.name}

    def fit(self, corpus: PairCorpus) -> None:
        """Do nothing: the marks say it all."""

    def propose(
        self,
        pairs: Sequence[LabelledPair],
        *,
        also: Sequence[Sequence[Sequence[Place]]] | None = None,
    ) -> list[MarkerProposals]:
        """Read the marks of every pair. Any place can be weighed, so ``also`` is not needed."""
        return [self._proposals(pair) for pair in pairs]

    def _proposals(self, pair: LabelledPair) -> MarkerProposals:
        spans = pair.src_spans
        if pair.marked is None:
            return _nothing(spans, "no marks")
        read = unmark(pair.marked, source=pair.src_text, spans=spans, scheme=self._scheme)
        if read.text != pair.tgt_text:
            return _nothing(spans, "no marks: the text is another")
        places = [place for place in read.places if place.end > place.start]
        if self._scheme.has_names:
            found = _named(pair, places)
            whole = {place.number for place in read.places}
        else:
            found = _matched(pair, places)
            whole = set(range(len(spans))) if len(read.places) >= len(spans) else set()
        reasons = [""] * len(spans)
        for number, k in enumerate(marking_order(spans)):
            reasons[k] = "empty mark" if number in whole else "lost mark"
        return MarkerProposals(found, reasons=reasons)


def _nothing(spans: Sequence[Span], problem: str) -> MarkerProposals:
    empty: list[list[Weighted]] = [[] for _ in spans]
    return MarkerProposals(empty, reasons=[problem] * len(spans), problem=problem)


def _named(pair: LabelledPair, places: Sequence[MarkedPlace]) -> list[list[Weighted]]:
    found: list[list[Weighted]] = [[] for _ in pair.src_spans]
    for number, k in enumerate(marking_order(pair.src_spans)):
        span = pair.src_spans[k]
        for place in places:
            if place.number == number:
                base = REPAIRED if place.repaired else NAMED
                weight = base + _likeness(pair, span, place) + _fit(pair, span, place)
                # A mark of its own is never thrown away for looking odd.
                found[k].append(_weighted(pair, span, place, max(weight, 0.1)))
        found[k].sort(key=lambda w: (-w.weight, w.candidate.start))
    return found


def _matched(pair: LabelledPair, places: Sequence[MarkedPlace]) -> list[list[Weighted]]:
    """Match spans and pairs of brackets one to one for the largest sum of weights."""
    order = marking_order(pair.src_spans)
    found: list[list[Weighted]] = [[] for _ in order]
    if not places or not order:
        return found
    in_turn = len(places) == len(order)
    weights = np.zeros((len(order), len(places)))
    for number, k in enumerate(order):
        span = pair.src_spans[k]
        for other, place in enumerate(places):
            weights[number, other] = (
                (0.0 if place.repaired else BRACKET)
                + (IN_TURN if in_turn and number == other else 0.0)
                + _likeness(pair, span, place)
                + _fit(pair, span, place)
            )
    for number, other in zip(*linear_sum_assignment(-weights), strict=True):
        weight = float(weights[number, other])
        if weight > 0:
            k = order[number]
            found[k] = [_weighted(pair, pair.src_spans[k], places[other], weight)]
    return found


def _likeness(pair: LabelledPair, span: Span, place: MarkedPlace) -> float:
    """Return the log-odds that lie in the looks of the words, from 0 to ALIKE."""
    src = _words(span.surface(pair.src_text))
    tgt = _words(pair.tgt_text[place.start : place.end])
    alike = similarity(src, tgt)
    if not alike.size:
        return 0.0
    mean = (float(alike.max(axis=1).mean()) + float(alike.max(axis=0).mean())) / 2
    return ALIKE * max(0.0, mean - 0.5) / 0.5


def _fit(pair: LabelledPair, span: Span, place: MarkedPlace) -> float:
    """Return what distance and length speak against a place, as log-odds, 0 or less."""
    src, tgt = max(1, len(pair.src_text)), max(1, len(pair.tgt_text))
    apart = abs((span.start + span.end) / 2 / src - (place.start + place.end) / 2 / tgt)
    expected = (span.end - span.start) * tgt / src
    length = abs(math.log((place.end - place.start + 5) / (expected + 5)))
    return -FAR * (apart + max(0.0, length - 0.7))


def _words(text: str) -> list[str]:
    return [text[start:end] for start, end in words(text)]


def _weighted(pair: LabelledPair, span: Span, place: MarkedPlace, weight: float) -> Weighted:
    start, end = edged(span, place.start, place.end, src_text=pair.src_text, tgt_text=pair.tgt_text)
    return Weighted(Candidate(start, end, _share(weight)), weight)


def _share(weight: float) -> float:
    return 1 / (1 + math.exp(-weight))
