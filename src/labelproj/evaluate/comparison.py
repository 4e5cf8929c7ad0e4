"""Two systems on the same documents: how far apart, and whether by chance."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from labelproj.config import EvaluateParams
from labelproj.evaluate.bootstrap import (
    Ints,
    difference_interval,
    mean_f1,
    permutation_p,
    span_counts,
)
from labelproj.evaluate.ner import percent
from labelproj.records import Span

__all__ = ["count_differences", "differences", "holm", "run_counts"]

Run = Sequence[Sequence[Span]]


def run_counts(runs: Sequence[Run], gold: Run) -> Ints:
    """Return the counts (runs, documents, 3) of a system's runs."""
    return np.stack([span_counts(run, gold) for run in runs])


def differences(
    systems: Mapping[str, Sequence[Run]], gold: Run, *, params: EvaluateParams
) -> dict[str, dict[str, float]]:
    """Compare every pair of systems, in their order: the values of ``a - b``, 0-100.

    ``f1`` is the difference of the (mean) F1, ``f1_low`` and ``f1_high`` its bootstrap interval,
    ``p`` the p-value of a paired permutation test and ``p_holm`` that value corrected for the
    number of pairs (0-1 both).
    """
    counts = {name: run_counts(runs, gold) for name, runs in systems.items()}
    return count_differences(counts, params=params)


def count_differences(
    counts: Mapping[str, Ints], *, params: EvaluateParams
) -> dict[str, dict[str, float]]:
    """Compare systems by their counts (runs, documents, 3); see :func:`differences`."""
    found: dict[str, dict[str, float]] = {}
    for one, other in combinations(counts, 2):
        pair = counts[one], counts[other]
        low, high = difference_interval(
            *pair, resamples=params.bootstrap, confidence=params.confidence, seed=params.seed
        )
        found[f"{one} - {other}"] = {
            "f1": percent(mean_f1(pair[0]) - mean_f1(pair[1])),
            "f1_low": percent(low),
            "f1_high": percent(high),
            "p": permutation_p(*pair, resamples=params.permutations, seed=params.seed),
        }
    corrected = holm([values["p"] for values in found.values()])
    for values, p in zip(found.values(), corrected, strict=True):
        values["p"], values["p_holm"] = round(values["p"], 5), round(p, 5)
    return found


def holm(values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Holm 1979), in the order given."""
    corrected = [0.0] * len(values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        highest = max(highest, min(1.0, (len(values) - rank) * values[index]))
        corrected[index] = highest
    return corrected
