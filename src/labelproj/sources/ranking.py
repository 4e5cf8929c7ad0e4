"""One score for each candidate: the weighted mean of the features that all candidates have.

A feature that is not known of some candidate is shown where it is known and does not count: a
guess in its place would decide the ranking.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labelproj.errors import UsageError

__all__ = ["FEATURES", "Candidate", "Ranking", "formula", "rank", "sizes", "weights_of"]

#: Every feature, in the order in which it is shown. All are between 0 and 1; more is better.
FEATURES = ("typology", "script", "subwords", "domain", "size")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source language, or one dataset in it, and what is known of it.

    ``features`` has a value between 0 and 1, or None, for each of ``FEATURES``.
    """

    name: str
    lang: str
    features: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates with their scores (None where nothing counts), the best first.

    ``weights`` are those of the features that count, ``left_out`` says why others do not.
    """

    scored: tuple[tuple[Candidate, float | None], ...]
    weights: Mapping[str, float]
    left_out: Mapping[str, str]


def weights_of(given: Mapping[str, float]) -> dict[str, float]:
    """Return a weight for each feature, 1 where none is given. Raises UsageError."""
    for name, weight in given.items():
        if name not in FEATURES:
            raise UsageError(
                f"no feature {name!r} to weigh", remedy=f"one of {', '.join(FEATURES)}"
            )
        if not (math.isfinite(weight) and weight >= 0):
            raise UsageError(f"{weight:g} is no weight for {name}", remedy="use 0 or more")
    return {name: given.get(name, 1.0) for name in FEATURES}


def sizes(spans: Sequence[int | None]) -> list[float | None]:
    """Return log(1 + n) / log(1 + the largest n) for each number n of labelled spans."""
    largest = max((n for n in spans if n is not None), default=0)
    return [
        None if n is None or not largest else math.log1p(n) / math.log1p(largest) for n in spans
    ]


def rank(
    candidates: Sequence[Candidate],
    *,
    weights: Mapping[str, float],
    reasons: Mapping[str, str] | None = None,
) -> Ranking:
    """Score and order ``candidates``; of equal scores, in the order given.

    ``weights`` as :func:`weights_of` gives them; ``reasons`` say why a feature is not known.
    """
    left_out: dict[str, str] = {}
    counted: dict[str, float] = {}
    for name in FEATURES:
        without = [one.name for one in candidates if one.features.get(name) is None]
        if without:
            known = (reasons or {}).get(name)
            left_out[name] = known or f"not known of {', '.join(without)}"
        elif weights[name] == 0:
            left_out[name] = "weight 0"
        else:
            counted[name] = weights[name]
    total = sum(counted.values())
    scored: list[tuple[Candidate, float | None]] = [
        (
            one,
            sum(weight * (one.features[name] or 0.0) for name, weight in counted.items()) / total
            if total
            else None,
        )
        for one in candidates
    ]
    scored.sort(key=lambda pair: -(pair[1] or 0.0))
    return Ranking(tuple(scored), counted, left_out)


def formula(weights: Mapping[str, float]) -> str:
    """Write the score as a formula with the weights that count."""
    if not weights:
        return "score = nothing to count"
    parts = " + ".join(f"{weight:g} x {name}" for name, weight in weights.items())
    return f"score = ({parts}) / {sum(weights.values()):g}"
