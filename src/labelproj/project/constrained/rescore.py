"""How probable spans are as translations of each other, alone."""

from collections.abc import Sequence

import numpy as np

from labelproj.project.constrained.base import Floats, Scorer
from labelproj.project.constrained.decode import whole_log_probs
from labelproj.project.constrained.texts import Tokens

__all__ = ["span_log_probs"]


def span_log_probs(
    sources: Sequence[str], targets: Sequence[str], *, scorer: Scorer, tokens: Tokens
) -> Floats:
    """Return log P(target | source) per token, the end included, of pairs of short texts.

    Neighbours with the same source share its encoding.
    """
    if not sources:
        return np.zeros(0)
    unique: list[str] = []
    numbers = []
    for source in sources:
        if not unique or unique[-1] != source:
            unique.append(source)
        numbers.append(len(unique) - 1)
    tree = scorer.encode(tokens.sources(unique))
    head = np.concatenate([[scorer.start], tokens.ids(tokens.prefix)]).astype(np.int64)
    wanted = list(zip(numbers, tokens.spans(targets), strict=True))
    found = whole_log_probs(wanted, tree=tree, scorer=scorer, head=head)
    return np.array([own.mean() for own in found])
