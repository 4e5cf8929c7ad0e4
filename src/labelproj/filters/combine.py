"""One probability from many signals: logistic regression, with coefficients one can read.

Two small models: one for units (``good`` against the ways a translation goes wrong) and one for
the places of spans (right or wrong). The one that comes with labelproj was learnt from corrupted
copies of gold data (see the benchmarks); ``labelproj calibrate --combiner`` learns one for a
language pair.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from labelproj.errors import DependencyError, FormatError, MissingInputError
from labelproj.filters.places import PLACE_FACTS
from labelproj.text import is_unspaced, words

__all__ = ["GOOD", "UNIT_FACTS", "Combiner", "Logistic", "load_combiner", "unit_facts"]

Floats = npt.NDArray[np.float64]

#: The class of what is as it should be.
GOOD = "good"
#: What the model for units looks at, in this order.
UNIT_FACTS = (
    "forward", "backward", "weaker", "known_forward", "known_backward", "linked",
    "strong_forward", "strong_backward", "omitted", "added", "tail", "log_length", "abs_log_length",
    "short", "short_squared", "language", "likeness", "numbers", "brief", "copy",
    "language_not_copy", "weaker_capped", "language_weaker",
)  # fmt: skip
#: No fact counts for more than so many standard deviations.
MOST = 6.0
#: Strength of the regularisation (scikit-learn's C).
STRENGTH = 0.3


def unit_facts(
    known: Mapping[str, float | None], *, src: str, tgt: str, median: float
) -> list[float | None]:
    """Return the facts of a unit in the order of ``UNIT_FACTS``; None is not known.

    ``known`` has the facts of the evidence and the signals ``language``, ``likeness`` and
    ``numbers``; ``median`` is the job's median ratio of lengths. The rest are made of these:
    ``log_length`` is the logarithm of found over expected length, ``short`` how far it is below
    0, ``weaker`` the smaller of ``forward`` and ``backward`` (``capped`` at 1), ``brief`` 1 over
    the root of the shorter text's words, ``copy`` whether the texts are alike by over 0.8;
    ``a_b`` is a product of two.
    """
    length = math.log((len(tgt) + 10) / (median * len(src) + 10)) if tgt else -2.0
    both = [value for name in ("forward", "backward") if (value := known.get(name)) is not None]
    weaker = min(both, default=0.0)
    language = known.get("language") or 0.0
    likeness = known.get("likeness") or 0.0
    made = {
        "forward": known.get("forward") or 0.0,
        "backward": known.get("backward") or 0.0,
        "weaker": weaker,
        "log_length": length,
        "abs_log_length": abs(length),
        "short": max(0.0, -length),
        "short_squared": max(0.0, -length) ** 2,
        "language": language,
        "numbers": known.get("numbers") or 0.0,
        "brief": 1 / math.sqrt(max(1, min(_length(src), _length(tgt)))),
        "copy": float(likeness > 0.8),
        "language_not_copy": language * (1 - likeness),
        "weaker_capped": min(weaker, 1.0),
        "language_weaker": language * min(weaker, 2.0),
    }
    return [made[name] if name in made else known.get(name) for name in UNIT_FACTS]


def _length(text: str) -> int:
    return len(words(text)) if is_unspaced(text) else len(text.split())


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression of several classes: ``coefficients`` has shape (classes, facts).

    A fact is shifted by ``centre`` and divided by ``scale`` first; a missing one counts as its
    centre.
    """

    facts: tuple[str, ...]
    classes: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    coefficients: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]

    def good(self, rows: Sequence[Sequence[float | None]]) -> Floats:
        """Return the probability of ``good`` for each row of facts."""
        if not rows:
            return np.zeros(0)
        values = np.array(rows, dtype=np.float64)
        scaled = np.nan_to_num((values - np.array(self.centre)) / np.array(self.scale), nan=0.0)
        scores = scaled.clip(-MOST, MOST) @ np.array(self.coefficients).T
        scores += np.array(self.intercepts)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        result: Floats = powers[:, self.classes.index(GOOD)] / powers.sum(axis=1)
        return result.round(5)

    @classmethod
    def fit(
        cls,
        facts: Sequence[str],
        rows: Sequence[Sequence[float | None]],
        classes: Sequence[str],
        weights: Sequence[float] | None = None,
    ) -> "Logistic":
        """Learn from rows of facts and the class of each; every class counts as written.

        Raises DependencyError without scikit-learn.
        """
        try:
            from sklearn.linear_model import LogisticRegression
        except ImportError as error:
            raise DependencyError(
                "learning a combiner needs scikit-learn", remedy="pip install 'labelproj[eval]'"
            ) from error
        values = np.array(rows, dtype=np.float64)
        centre = np.nan_to_num(np.nanmean(values, axis=0))
        scale = np.nan_to_num(np.nanstd(values, axis=0))
        scale = np.where(scale < 1e-6, 1.0, scale)
        scaled = np.nan_to_num((values - centre) / scale).clip(-MOST, MOST)
        model = LogisticRegression(C=STRENGTH, max_iter=5000)
        model.fit(scaled, list(classes), sample_weight=weights)
        coefficients, intercepts = model.coef_, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn writes down the second class only
            coefficients = np.vstack([np.zeros_like(coefficients), coefficients])
            intercepts = np.concatenate([[0.0], intercepts])
        return cls(
            tuple(facts),
            tuple(str(one) for one in model.classes_),
            _numbers(centre),
            _numbers(scale),
            tuple(_numbers(row) for row in coefficients),
            _numbers(intercepts),
        )

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON values, with a dictionary of coefficients for each class."""
        rows = zip(self.classes, self.coefficients, strict=True)
        return {
            "facts": list(self.facts),
            "centre": list(self.centre),
            "scale": list(self.scale),
            "coefficients": {name: dict(zip(self.facts, row, strict=True)) for name, row in rows},
            "intercepts": dict(zip(self.classes, self.intercepts, strict=True)),
        }

    @classmethod
    def of(cls, value: Mapping[str, Any], facts: Sequence[str]) -> "Logistic":
        """Read what :meth:`as_dict` wrote. Raises ValueError, KeyError or TypeError."""
        if tuple(value["facts"]) != tuple(facts) or GOOD not in value["intercepts"]:
            raise ValueError("its facts are not those that labelproj measures")
        classes = tuple(value["intercepts"])
        rows = [value["coefficients"][name] for name in classes]
        return cls(
            tuple(facts),
            classes,
            tuple(map(float, value["centre"])),
            tuple(map(float, value["scale"])),
            tuple(tuple(float(row[fact]) for fact in facts) for row in rows),
            tuple(float(value["intercepts"][name]) for name in classes),
        )


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(round(float(value), 5) for value in values)


@dataclass(frozen=True, slots=True)
class Combiner:
    """The two models, and what they were learnt from."""

    unit: Logistic
    span: Logistic
    learnt_from: str

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "learnt_from": self.learnt_from,
            "unit": self.unit.as_dict(),
            "span": self.span.as_dict(),
        }


def load_combiner(path: Path | None) -> Combiner:
    """Read a combiner's JSON file; None is the one that comes with labelproj.

    Raises MissingInputError and FormatError.
    """
    if path is None:
        return _own()
    if not path.is_file():
        raise MissingInputError(
            "no such combiner", where=str(path), remedy="labelproj calibrate --combiner makes one"
        )
    return _parsed(path.read_text(encoding="utf-8"), where=str(path))


@cache
def _own() -> Combiner:
    text = resources.files("labelproj.filters").joinpath("combiner.json").read_text("utf-8")
    return _parsed(text, where="combiner.json")


def _parsed(text: str, *, where: str) -> Combiner:
    try:
        value = json.loads(text)
        return Combiner(
            Logistic.of(value["unit"], UNIT_FACTS),
            Logistic.of(value["span"], PLACE_FACTS),
            str(value["learnt_from"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise FormatError(
            f"not a combiner: {error}", where=where, remedy="labelproj calibrate --combiner"
        ) from error
