"""How probable spans are as translations of each other, alone."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from labelproj.project.constrained.base import Floats, Ints, Scorer
from labelproj.project.constrained.decode import Whole, whole_log_probs
from labelproj.project.constrained.texts import Tokens

__all__ = ["Alone", "span_log_probs"]


class Alone(NamedTuple):
    """Short texts and translations of them, one for each, with the model's tokens for both."""

    sources: Sequence[str]
    targets: Sequence[str]
    tokens: Tokens


def span_log_probs(asked: Sequence[Alone], *, scorer: Scorer) -> list[Floats]:
    """Return log P(target | source) per token, the end included, of all texts of each asked.

    All are decoded together, and the same source is encoded once.
    """
    encoded: list[Ints] = []
    wanted: list[Whole] = []
    for sources, targets, tokens in asked:
        unique = list(dict.fromkeys(sources))
        numbers = {source: len(encoded) + n for n, source in enumerate(unique)}
        encoded += tokens.sources(unique)
        head = np.append(scorer.start, tokens.ids(tokens.prefix))
        wanted += [
            Whole(numbers[source], head, ids)
            for source, ids in zip(sources, tokens.spans(targets), strict=True)
        ]
    found: list[float] = []
    if wanted:
        tree = scorer.encode(encoded)
        found = [own.mean() for own in whole_log_probs(wanted, tree=tree, scorer=scorer)]
    return np.split(np.array(found), np.cumsum([len(own.sources) for own in asked])[:-1])
