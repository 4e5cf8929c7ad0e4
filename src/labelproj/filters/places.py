"""How well the evidence fits the place of a span, against the best place it could have had."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from labelproj.filters.evidence import Evidence, UnitEvidence
from labelproj.filters.lexical import Floats
from labelproj.project.pair_evidence import span_words
from labelproj.project.propose import Tuning, log_odds, parts_of
from labelproj.records import Span
from labelproj.text import is_word

__all__ = ["PLACE_FACTS", "of_table", "place_facts", "unit_places"]

#: What is known of a place, in the order of the vectors that the combiner learns from.
PLACE_FACTS = (
    "loss_links", "loss_lexicon", "odds_links", "odds_lexicon", "edge_links", "edge_lexicon",
    "outside_links", "outside_lexicon", "captured", "owned", "covered", "overlap", "same",
)  # fmt: skip
#: Added to both sides of the lexicon's odds.
DOUBT = 0.05
#: The log-odds of a word that looks just like one of the span's, by the lexicon.
ALIKE, LIKENESS = 0.75, 3.0
#: No word says more than this (natural logarithm).
MOST = 12.0
_TUNING = Tuning()

Facts = dict[str, float]


def unit_places(
    evidence: UnitEvidence,
    spans: Sequence[Mapping[str, Any]],
    projections: Sequence[Mapping[str, Any]],
) -> list[Facts | None]:
    """Return the facts of each projection of a unit; None for null ones.

    A span in several parts counts as a whole: the words of all its parts are its own.
    """
    return [
        None
        if projection["start"] is None
        else place_facts(
            evidence,
            [
                Span(span["id"], span["start"], span["end"], span["label"])
                for span in spans
                if span["id"] == projection["span_id"]
            ],
            projection["start"],
            projection["end"],
        )
        for projection in projections
    ]


def place_facts(
    evidence: UnitEvidence, spans: Sequence[Span], start: int, end: int
) -> Facts | None:
    """Return what the evidence says of the place [start, end) of a source span (its parts).

    ``loss_*`` are the log-odds by which another place is better, by the links and by the
    lexicon: 0 for the best; ``odds_*`` the mean log-odds of the words inside; ``edge_*`` those
    of the weaker of the first and last word; ``outside_*`` those of the stronger of the words
    just before and after. ``captured``, ``owned`` and ``covered`` are the parts of a projection
    score; ``overlap`` is the share of words in common with the best place, ``same`` is 1 where
    it is the best. None where there is nothing to go by.
    """
    pair = evidence.pair
    own = sorted({word for span in spans for word in span_words(span, pair.src)})
    there = span_words(Span("", start, end, ""), pair.tgt)
    content = evidence.content[1]
    if not own or not there:
        return None
    first, last = there[0], there[-1]
    inside = [word for word in content if first <= word <= last]
    if not inside:
        return None
    near = [w for w in content if w < first][-1:] + [w for w in content if w > last][:1]
    by_links = _by_links(evidence, own)
    by_lexicon = _by_lexicon(evidence, own)
    best_links, (left, right) = _best_run(by_links)
    best_lexicon, _ = _best_run(by_lexicon)
    words = [word for word in own if is_word(pair.pair.src[word])] or own
    mine, total = pair.links[own].sum(axis=0), pair.links.sum(axis=0)
    common = max(0, min(last, right) - max(first, left) + 1)
    here = slice(first, last + 1)
    facts = {
        "loss_links": best_links - float(by_links[here].sum()),
        "loss_lexicon": best_lexicon - float(by_lexicon[here].sum()),
        "odds_links": float(by_links[inside].mean()),
        "odds_lexicon": float(by_lexicon[inside].mean()),
        "edge_links": float(min(by_links[inside[0]], by_links[inside[-1]])),
        "edge_lexicon": float(min(by_lexicon[inside[0]], by_lexicon[inside[-1]])),
        "outside_links": max((float(by_links[word]) for word in near), default=-2.0),
        "outside_lexicon": max((float(by_lexicon[word]) for word in near), default=-2.0),
        **parts_of(words, first, last, mine, total, pair),
        "overlap": common / (max(last, right) - min(first, left) + 1),
        "same": float((first, last) == (left, right)),
    }
    return {name: float(np.clip(facts[name], -MOST, MOST)) for name in PLACE_FACTS}


def _by_links(evidence: UnitEvidence, own: Sequence[int]) -> Floats:
    links = evidence.pair.links
    odds = log_odds(own, links[list(own)].sum(axis=0), links.sum(axis=0), evidence.pair, _TUNING)
    return odds.astype(np.float64)


def _by_lexicon(evidence: UnitEvidence, own: Sequence[int]) -> Floats:
    partners = evidence.support.partners
    inside, total = partners[list(own)].sum(axis=0), partners.sum(axis=0)
    odds = np.log((inside + DOUBT) / (total - inside + DOUBT * np.where(total < 0.1, 2, 1)))
    alike = evidence.pair.alike[list(own)].max(axis=0)
    odds += np.where(alike > ALIKE, LIKENESS * alike, 0.0)
    content = np.zeros(len(odds), dtype=bool)
    content[evidence.content[1]] = True
    result: Floats = np.where(content, odds, 0.0)
    return result


def _best_run(odds: Floats) -> tuple[float, tuple[int, int]]:
    """Return the run of words with the largest sum (Kadane), at least one word long."""
    best, place, current, first = -np.inf, (0, 0), 0.0, 0
    for word, value in enumerate(odds):
        if current <= 0:
            current, first = 0.0, word
        current += float(value)
        if current > best:
            best, place = current, (first, word)
    return float(best), place


def of_table(table: pl.DataFrame, evidence: Evidence) -> list[list[Facts | None]]:
    """Return :func:`unit_places` of every row of a table of ``tables.PROJECTED``."""

    def make() -> list[list[Facts | None]]:
        rows = table.select("src_spans", "projections").iter_rows()
        return [
            unit_places(unit, spans or (), projections or ())
            for unit, (spans, projections) in zip(evidence.of(table), rows, strict=True)
        ]

    return evidence.once(table, "places", make)
