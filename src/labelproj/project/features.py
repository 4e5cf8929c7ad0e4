"""What the members of an ensemble say of the places of one span, as numbers to weigh.

Every number is a mean over the members, weighed by how far each can be trusted, so any number of
members will do. What differs in scale from method to method has the method's name in front.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labelproj.project.base import Place, Weighted
from labelproj.project.reliability import posteriors

__all__ = ["Opinion", "place_features", "text_ratio"]

Column = npt.NDArray[np.float64]

#: How much more a member counts that is trusted more: the exponent of its odds.
SHARPNESS = 1.5
#: Log-odds are cut here, and divided by SCALE so that weights are of one size.
CUT, SCALE = 8.0, 4.0
#: Log-odds are also read as probabilities, as they are and flattened.
TEMPERATURES = (1.0, 3.0)
#: The evidence that is read besides, each a share, by kind of member.
SHARES = {"alignment": ("captured", "owned", "covered")}
#: Shares and probabilities are not taken to be less than this before their logarithm.
LEAST_SHARE, LEAST_PROBABILITY = 0.02, 1e-3
#: Characters added to both sides before lengths are compared, as short texts vary.
SLACK_TEXT, SLACK_SPAN = 10, 3


class Opinion(NamedTuple):
    """What one member thinks of the places of a span.

    ``kind`` is its method, ``top`` the place it would choose itself, ``weighed`` its view of
    all places and ``reliable`` how far it can be trusted, 0 to 1.
    """

    kind: str
    top: Place | None
    weighed: Sequence[Weighted]
    reliable: float


def place_features(
    places: Sequence[Place], opinions: Sequence[Opinion], *, length: int, ratio: float
) -> Mapping[str, Column]:
    """Return named numbers of every place, each of shape (places,).

    ``length`` is that of the span in characters and ``ratio`` how many characters of translation
    there are for one of the source.

    ``votes`` (and its square, and ``unanimous``) is the share of members that would choose the
    place, ``agreed`` the log-probability that they are right together, ``silent`` the share that
    would choose none, ``length`` how far the place's length is from what ``ratio`` makes expect.
    For each kind of member: ``gap``, log-odds missing to the best place; ``odds``, the log-odds;
    ``likely…``, the same as a probability over all places and none; and the logarithm of each
    share of the candidate's evidence. What ends in ``×n`` is times the logarithm of the number
    of members.
    """
    features: dict[str, Column] = defaultdict(lambda: np.zeros(len(places)))
    for opinion, trust in zip(opinions, _trust(opinions), strict=True):
        features["votes"] += trust * np.array([float(place == opinion.top) for place in places])
        features["silent"] += trust * float(opinion.top is None)
        for name, values in _own(opinion).items():
            features[f"{opinion.kind}.{name}"] += trust * values
    votes = features["votes"]
    features["unanimous"] = (votes > 1 - 1e-9).astype(np.float64)
    features["votes²"] = votes**2
    together = posteriors([o.top for o in opinions], [o.reliable for o in opinions])
    features["agreed"] = _log([together.get(p, 0.0) for p in places], LEAST_PROBABILITY)
    lengths = np.array([end - start for start, end in places], dtype=np.float64)
    expected = length * ratio + SLACK_SPAN
    features["length"] = np.abs(np.log((lengths + SLACK_SPAN) / expected))
    features["place"] = np.ones(len(places))
    number = math.log(len(opinions))
    kinds = {opinion.kind for opinion in opinions}
    for name in ("votes", "place", *(f"{k}.{n}" for k in sorted(kinds) for n in ("gap", "odds"))):
        features[f"{name}×n"] = features[name] * number
    return features


def text_ratio(src_text: str, tgt_text: str) -> float:
    """Return how many characters of translation there are for one of the source."""
    return (len(tgt_text) + SLACK_TEXT) / (len(src_text) + SLACK_TEXT)


def _trust(opinions: Sequence[Opinion]) -> Column:
    shares = np.array([opinion.reliable for opinion in opinions])
    odds = (shares / (1 - shares)) ** SHARPNESS
    trust: Column = odds / odds.sum()
    return trust


def _own(opinion: Opinion) -> dict[str, Column]:
    weights = np.array([weighed.weight for weighed in opinion.weighed], dtype=np.float64)
    best = max(weights.max(initial=0.0), 0.0)
    own = {
        "gap": np.minimum(best - weights, CUT) / SCALE,
        "odds": np.clip(weights, -CUT, CUT) / SCALE,
    }
    for number, temperature in enumerate(TEMPERATURES, start=1):
        logs = weights / temperature
        own[f"likely{number}"] = np.exp(logs - np.logaddexp.reduce(np.append(logs, 0.0)))
    for name in SHARES.get(opinion.kind, ()):
        parts = [weighed.candidate.evidence.get(name, 0.0) for weighed in opinion.weighed]
        own[f"log {name}"] = _log(parts, LEAST_SHARE)
    return own


def _log(values: Sequence[float], least: float) -> Column:
    logs: Column = np.log(np.maximum(np.array(values, dtype=np.float64), least))
    return logs
