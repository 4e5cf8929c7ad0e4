"""What filters need besides the rows: models, and what the job teaches of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from labelproj.filters.evidence import Evidence
from labelproj.filters.identify import Identifier

__all__ = ["BackTranslator", "Comparison", "PairScorer", "QualityEstimator", "Resources"]

Scores = Sequence[float | None]
Pairs = Sequence[tuple[str, str]]


class PairScorer(Protocol):
    """Scores pairs of source and target texts in batches."""

    def score(self, pairs: Pairs) -> Scores:
        """Return one value a pair; None where there is nothing to score."""


class BackTranslator(Protocol):
    """Translates target texts back into the source language."""

    def back(self, texts: Sequence[str]) -> list[str]:
        """Return one text each; empty where it failed."""


class QualityEstimator(Protocol):
    """Scores units by their ids, texts and translations, by a program of its own."""

    def estimate(self, rows: Sequence[Mapping[str, str]]) -> Scores:
        """Return one value for each row of ``id``, ``src`` and ``mt``."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The projections of another method: the places of each span of each unit."""

    places: Mapping[str, Mapping[str, tuple[tuple[int, int], ...]]]


@dataclass(frozen=True, slots=True)
class Resources:
    """What is there; what is None is not, and its filters measure nothing."""

    target: str | None = None
    source: str | None = None
    evidence: Evidence | None = None
    identifier: Identifier | None = None
    forward: PairScorer | None = None
    backward: PairScorer | None = None
    back: BackTranslator | None = None
    similarity: PairScorer | None = None
    comet: QualityEstimator | None = None
    compare: Comparison | None = None
