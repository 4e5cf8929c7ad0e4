"""Several runs of one system, trained with different seeds, as one."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, TypeVar

from labelproj.evaluate.bootstrap import f1_of, span_counts
from labelproj.evaluate.ner import percent
from labelproj.records import Span
from labelproj.train.systems import scored_as

__all__ = ["by_system", "mean_scores", "seed_scores"]

T = TypeVar("T")


def by_system(models: Mapping[str, T]) -> dict[str, dict[str, T]]:
    """Put what belongs to the models of one system together, in the order given.

    Models have the names of their folders: ``projected``, ``projected@17``. The mean of runs,
    ``projected@mean``, is a system of its own.
    """
    found: dict[str, dict[str, T]] = {}
    for name, value in models.items():
        found.setdefault(scored_as(name), {})[name] = value
    return found


def mean_scores(runs: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    """Return the mean of each number over runs that have it, through nested mappings.

    What is no number is that of the first run; of one run everything is as it is.
    """
    if len(runs) == 1:
        return dict(runs[0])
    means: dict[str, object] = {}
    for name in dict.fromkeys(name for run in runs for name in run):
        values = [run[name] for run in runs if name in run]
        if all(isinstance(value, Mapping) for value in values):
            means[name] = mean_scores(values)
        elif all(isinstance(value, int | float) for value in values):
            means[name] = round(fmean(values), 2)
        else:
            means[name] = values[0]
    return means


def seed_scores(
    runs: Mapping[str, Sequence[Sequence[Span]]],
    gold: Sequence[Sequence[Span]],
    *,
    seeds: Mapping[str, str],
) -> dict[str, object]:
    """Return ``seeds``: the F1 (0-100) of each run by its seed; nothing for a single run.

    ``runs`` and ``seeds`` have the names of models.
    """
    if len(runs) == 1:
        return {}
    return {
        "seeds": {
            seeds[name]: percent(float(f1_of(span_counts(run, gold).sum(axis=0))))
            for name, run in runs.items()
        }
    }
