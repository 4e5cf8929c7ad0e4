"""The weights of the ensemble: a log-linear model over the places of a span and none of them.

The probability of a place is exp(sum of weight times feature), and that of none 1, divided by
their sum. The model is fitted by ``bench/fit_ensemble.py`` on gold that is not reported; what it
was fitted on is written beside the weights.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelproj.provenance import text_digest

__all__ = ["LogLinear", "shipped_model"]

Column = npt.NDArray[np.float64]


class LogLinear(NamedTuple):
    """Weights by name of feature; what is not named weighs nothing.

    ``reliable`` says how far members can be trusted that have been measured, by their label;
    ``otherwise`` is where the others begin.
    """

    weights: Mapping[str, float]
    reliable: Mapping[str, float]
    otherwise: float

    def probabilities(self, features: Mapping[str, Column]) -> Column:
        """Return how probable every place is, of shape (places,); what is left to 1 is none."""
        number = len(next(iter(features.values())))
        logs = np.zeros(number)
        for name, values in features.items():
            logs += self.weights.get(name, 0.0) * values
        highest = max(0.0, logs.max(initial=0.0))
        shares = np.exp(logs - highest)
        result: Column = shares / (shares.sum() + np.exp(-highest))
        return result

    def digest(self) -> str:
        """Return a digest of all numbers, for signatures."""
        return text_digest(json.dumps([self.weights, self.reliable, self.otherwise]))


@cache
def shipped_model() -> LogLinear:
    """Return the model that comes with labelproj."""
    text = files("labelproj.project").joinpath("ensemble.json").read_text(encoding="utf-8")
    values = json.loads(text)
    return LogLinear(values["weights"], values["reliable"], values["otherwise"])
