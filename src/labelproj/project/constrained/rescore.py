"""How probable spans are as translations of each other, alone."""

from collections.abc import Sequence

import numpy as np

from labelproj.project.constrained.base import Floats, Row, Scorer
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
    nothing = np.zeros(0, dtype=np.int64)
    ids = tokens.spans(targets)
    rows = [
        Row(n, nothing, np.concatenate([head, own])) for n, own in zip(numbers, ids, strict=True)
    ]
    grown = tree.grow(rows)
    lengths = np.array([len(own) + 1 for own in ids])
    begins = grown.starts + len(head) - 1
    where = np.concatenate([b + np.arange(n) for b, n in zip(begins, lengths, strict=True)])
    following = np.concatenate([np.append(own, scorer.end) for own in ids])
    (found,) = scorer.log_probs(grown, where, [following])
    sums = np.add.reduceat(found, np.concatenate([[0], np.cumsum(lengths)[:-1]]))
    means: Floats = sums / lengths
    return means
