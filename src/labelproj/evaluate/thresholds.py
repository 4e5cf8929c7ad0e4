"""Thresholds from samples of good and bad, and the curves they are chosen on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Sample", "curve", "for_kept", "for_precision", "for_share", "rates"]

Values = Sequence[float | None]
_POINTS = 101
_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Sample:
    """The values of one signal, and of each whether it is that of something good.

    ``lowest`` says that high values are good. A None passes every threshold.
    """

    values: Values
    good: Sequence[bool]
    lowest: bool

    def arrays(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Return values, turned so that high is good and unknown is the best, and ``good``."""
        values = np.array(self.values, dtype=np.float64)
        turned = values if self.lowest else -values
        return np.where(np.isnan(values), np.inf, turned), np.array(self.good, dtype=bool)

    def threshold(self, value: float) -> float:
        """Turn a value of :meth:`arrays` back into a threshold, rounded to what passes it."""
        back = value if self.lowest else -value
        scale = 1e4
        return float(np.floor(back * scale) if self.lowest else np.ceil(back * scale)) / scale


def for_kept(samples: Mapping[str, Sample], *, keep: float) -> dict[str, float]:
    """Return thresholds that together keep the share ``keep`` of what is good.

    All samples are of the same rows. Every signal is cut at the same quantile of its good
    values, the highest at which enough passes all of them. A signal without any value gets no
    threshold.
    """
    turned = {name: sample.arrays() for name, sample in samples.items()}
    good = {name: values[is_good] for name, (values, is_good) in turned.items()}
    good = {name: values for name, values in good.items() if np.isfinite(values).any()}
    if not good:
        return {}

    def cuts(quantile: float) -> dict[str, float]:
        return {
            name: float(np.quantile(values[np.isfinite(values)], quantile))
            for name, values in good.items()
        }

    def kept(quantile: float) -> float:
        passing = [good[name] >= cut for name, cut in cuts(quantile).items()]
        return float(np.logical_and.reduce(passing).mean())

    low, high = 0.0, 1.0
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if kept(middle) >= keep else (low, middle)
    return {name: samples[name].threshold(cut) for name, cut in cuts(low).items()}


def for_precision(sample: Sample, *, precision: float) -> float | None:
    """Return the loosest threshold at which the share ``precision`` of what passes is good.

    None when there is none. The share depends on how much of the sample is bad.
    """
    values, good = sample.arrays()
    order = np.argsort(-values, kind="stable")
    reached = np.cumsum(good[order]) / np.arange(1, len(order) + 1)
    ordered = values[order]
    # A threshold lets all equal values pass: only the last of them is a place to cut.
    last = np.append(ordered[1:] != ordered[:-1], True)
    places = np.flatnonzero((reached >= precision) & last & np.isfinite(ordered))
    return sample.threshold(float(ordered[places[-1]])) if len(places) else None


def for_share(values: Values, *, lowest: bool, keep: float) -> float | None:
    """Return the threshold that keeps the share ``keep`` of all values; None without values."""
    sample = Sample(values, [True] * len(values), lowest)
    turned = sample.arrays()[0]
    known = turned[np.isfinite(turned)]
    return sample.threshold(float(np.quantile(known, 1 - keep))) if len(known) else None


def rates(passed: npt.NDArray[np.bool_], good: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return ``precision``, ``recall`` (of the good), ``yield`` and ``caught`` (of the bad)."""
    bad = ~good
    return {
        "precision": round(float(good[passed].mean()), 4) if passed.any() else 1.0,
        "recall": round(float(passed[good].mean()), 4) if good.any() else 1.0,
        "yield": round(float(passed.mean()), 4) if len(passed) else 0.0,
        "caught": round(float((~passed[bad]).mean()), 4) if bad.any() else 1.0,
    }


def curve(sample: Sample) -> list[dict[str, float]]:
    """Return the rates at up to 101 thresholds between the lowest and the highest value."""
    values, good = sample.arrays()
    known = values[np.isfinite(values)]
    if not len(known):
        return []
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, _POINTS)))
    return [
        {"threshold": sample.threshold(float(cut)), **rates(values >= cut, good)} for cut in cuts
    ]
