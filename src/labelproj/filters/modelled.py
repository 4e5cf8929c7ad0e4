"""Filters whose signal comes from a model or another run: null where it is not there."""

from abc import abstractmethod
from collections.abc import Sequence

import polars as pl

from labelproj.filters.base import Limited, Signal, SpanFilter, SpanSignals
from labelproj.filters.identify import FEWEST
from labelproj.filters.resources import PairScorer
from labelproj.text import words

__all__ = [
    "Agreement",
    "BackwardProbability",
    "Comet",
    "ForwardProbability",
    "Language",
    "MtScore",
    "RoundTrip",
    "Similarity",
]


class MtScore(Limited):
    """The mean log-probability per token that the translation model gave its translation."""

    name = "mt_score"
    says = "the translation model gave less than {limit} a token"
    lowest = True

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return log-probabilities; null for given translations."""
        return table["mt_score"].to_list()


class Language(Limited):
    """How far the translation is in another language, by a language identifier: 0 to 1.

    Words that stand in the source too (names, loans) are left out where enough others are
    there. Null for texts of a letter or two, and everywhere when the identifier does not know
    the target language.
    """

    name = "language"
    says = "over {limit} of the text is in another language"

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return shares between 0 and 1."""
        resources = self._job.resources
        if resources.identifier is None or resources.target is None:
            return [None] * len(table)
        columns = zip(table["src_text"], table["tgt_text"], strict=True)
        texts = [_own_words(source, target or "") for source, target in columns]
        return resources.identifier.otherness(texts, resources.target)


def _own_words(source: str, target: str) -> str:
    """Return the translation without the source's words, or as it is where little is left."""
    common = {source[start:end].casefold() for start, end in words(source)}
    letters = list(target)
    for start, end in words(target):
        if target[start:end].casefold() in common:
            letters[start:end] = " " * (end - start)
    own = "".join(letters)
    return own if sum(letter.isalpha() for letter in own) >= FEWEST else target


class _Scored(Limited):
    lowest = True

    @abstractmethod
    def scorer(self) -> PairScorer | None:
        """Return what scores, where it is there."""

    def ordered(self, source: str, target: str) -> tuple[str, str]:
        """Return the pair as it is scored."""
        return source, target

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        scorer = self.scorer()
        if scorer is None:
            return [None] * len(table)
        columns = zip(table["src_text"], table["tgt_text"], strict=True)
        return scorer.score([self.ordered(source, target or "") for source, target in columns])


class ForwardProbability(_Scored):
    """The mean log-probability per token of the translation given the source, by the MT model."""

    name = "forward_probability"
    says = "the translation has less than {limit} a token, given the source"

    def scorer(self) -> PairScorer | None:
        """Return the MT model."""
        return self._job.resources.forward


class BackwardProbability(_Scored):
    """The mean log-probability per token of the source given the translation, by a model back."""

    name = "backward_probability"
    says = "the source has less than {limit} a token, given the translation"

    def scorer(self) -> PairScorer | None:
        """Return the MT model for the way back."""
        return self._job.resources.backward

    def ordered(self, source: str, target: str) -> tuple[str, str]:
        """Return the pair turned round."""
        return target, source


class Similarity(_Scored):
    """The cosine of the two texts by a sentence encoder, less that with other texts."""

    name = "similarity"
    says = "the texts are less alike than {limit}"

    def scorer(self) -> PairScorer | None:
        """Return the encoder."""
        return self._job.resources.similarity


class RoundTrip(Limited):
    """chrF (0 to 1) of the source against the translation of its translation."""

    name = "round_trip"
    says = "translated back it has a chrF under {limit}"
    lowest = True

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return chrF; null without a model for the way back or without a translation."""
        back = self._job.resources.back
        if back is None:
            return [None] * len(table)
        from labelproj.filters.chrf import chrf

        targets = [text or "" for text in table["tgt_text"]]
        returned = back.back(targets)
        return [
            chrf(found, source) if target.strip() and source.strip() else None
            for source, target, found in zip(table["src_text"], targets, returned, strict=True)
        ]


class Comet(Limited):
    """The score of a quality estimator that runs as a program of its own."""

    name = "comet"
    says = "the quality estimator gave less than {limit}"
    lowest = True

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return the program's scores; null for rows without a translation."""
        comet = self._job.resources.comet
        columns = table.select("id", "src_text", "tgt_text").iter_rows()
        rows = [{"id": i, "src": src, "mt": mt} for i, src, mt in columns if mt and mt.strip()]
        if comet is None or not rows:
            return [None] * len(table)
        scores = comet.estimate(rows)
        found = {row["id"]: score for row, score in zip(rows, scores, strict=True)}
        return [found.get(name) for name in table["id"]]


class Agreement(SpanFilter):
    """How far another projection method gives a span the same place: common over all letters.

    1.0 is the same place, 0.0 another one or none. Null where the other method's table does
    not have the unit.
    """

    name = "agreement"
    says = "another method agrees on less than {limit} of a span"
    lowest = True

    def span_signals(self, table: pl.DataFrame) -> SpanSignals:
        """Return shares between 0 and 1."""
        compare = self._job.resources.compare
        values: list[list[Signal]] = []
        for unit, projections in table.select("id", "projections").iter_rows():
            others = compare.places.get(unit) if compare else None
            values.append(
                [
                    None
                    if others is None or p["start"] is None
                    else _common((p["start"], p["end"]), others.get(p["span_id"], ()))
                    for p in projections or ()
                ]
            )
        return values


def _common(place: tuple[int, int], others: Sequence[tuple[int, int]]) -> float:
    best = 0.0
    for start, end in others:
        shared = max(0, min(place[1], end) - max(place[0], start))
        best = max(best, shared / (max(place[1], end) - min(place[0], start)))
    return best
