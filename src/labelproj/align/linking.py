"""From the subword vectors of pairs to links between words, many pairs in one matrix."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelproj.align.base import AlignedPair, Link
from labelproj.align.encoder import Encoded
from labelproj.align.matching import (
    MATCHINGS,
    SOFTMAX_THRESHOLD,
    Links,
    Matrix,
    cosine_similarity,
    distorted,
    dot_products,
    softmax_probabilities,
)

__all__ = ["Matcher", "Sides"]

Sides = tuple[Encoded, Encoded]

#: Cells of the similarity matrices that are matched together, and of a pair's at most (5,793
#: subwords on either side, some hundred MiB).
BATCH_CELLS = 1 << 15
MAX_CELLS = 1 << 25


@dataclass(frozen=True, slots=True)
class Matcher:
    """How vectors become links: ``matching`` is ``inter``, ``itermax``, ``match`` or ``softmax``.

    ``level`` is ``bpe`` (subwords are matched; words are linked when any of theirs are) or
    ``word`` (the mean vectors of words are). A link's probability is the highest similarity of
    what it joins, or with ``softmax`` the geometric mean of both directions' probabilities.
    """

    matching: str = "itermax"
    level: str = "bpe"
    distortion: float = 0.0
    threshold: float = SOFTMAX_THRESHOLD

    def link(self, pairs: Sequence[Sides]) -> list[AlignedPair]:
        """Return the links of each pair, in order; status ``empty`` or ``too-long`` without."""
        results = [AlignedPair((), "empty")] * len(pairs)
        todo: list[tuple[int, Sides]] = []
        for number, (src, tgt) in enumerate(pairs):
            if len(src.words) * len(tgt.words) > MAX_CELLS:
                results[number] = AlignedPair((), "too-long")
            elif len(src.words) and len(tgt.words):
                by_word = self.level == "word"
                sides = (_word_means(src), _word_means(tgt)) if by_word else (src, tgt)
                todo.append((number, sides))
        for batch in _batches(todo):
            linked = self._link_batch([sides for _, sides in batch])
            for (number, _), links in zip(batch, linked, strict=True):
                results[number] = AlignedPair(links)
        return results

    def _link_batch(self, batch: Sequence[Sides]) -> list[tuple[Link, ...]]:
        src, src_words = _padded([sides[0] for sides in batch])
        tgt, tgt_words = _padded([sides[1] for sides in batch])
        valid: Links = (src_words >= 0)[:, :, None] & (tgt_words >= 0)[:, None, :]
        if self.matching == "softmax":
            scores = dot_products(src, tgt)
            forward, backward = softmax_probabilities(scores, valid=valid)
            links = (forward > self.threshold) & (backward > self.threshold)
            weights: Matrix = np.sqrt(forward * backward)
        else:
            weights = cosine_similarity(src, tgt)
            if self.distortion:
                for matrix, (one, other) in zip(weights, batch, strict=True):
                    m, n = len(one.words), len(other.words)
                    matrix[:m, :n] = distorted(matrix[:m, :n], self.distortion)
            links = MATCHINGS[self.matching](weights, valid=valid)
        return _word_links(links, weights, src_words, tgt_words)


def _batches(
    todo: Sequence[tuple[int, Sides]],
) -> Iterator[list[tuple[int, Sides]]]:
    """Put pairs of like sizes together, so that matrices have little padding."""
    batch: list[tuple[int, Sides]] = []
    longest = [0, 0]
    for item in sorted(todo, key=lambda item: (len(item[1][0].words), len(item[1][1].words))):
        sizes = [len(side.words) for side in item[1]]
        wider = [max(pair) for pair in zip(longest, sizes, strict=True)]
        if batch and (len(batch) + 1) * wider[0] * wider[1] > BATCH_CELLS:
            yield batch
            batch, wider = [], sizes
        batch.append(item)
        longest = wider
    if batch:
        yield batch


def _padded(sides: Sequence[Encoded]) -> tuple[Matrix, npt.NDArray[np.intp]]:
    """Return vectors (pairs, longest, dimensions) and words (pairs, longest); -1 is padding."""
    longest = max(len(side.words) for side in sides)
    vectors = np.zeros((len(sides), longest, sides[0].vectors.shape[1]), dtype=np.float32)
    words = np.full((len(sides), longest), -1, dtype=np.intp)
    for number, side in enumerate(sides):
        vectors[number, : len(side.words)] = side.vectors
        words[number, : len(side.words)] = side.words
    return vectors, words


def _word_links(
    links: Links, weights: Matrix, src_words: npt.NDArray[np.intp], tgt_words: npt.NDArray[np.intp]
) -> list[tuple[Link, ...]]:
    """Return the links between the words of each pair, sorted, with their highest weights."""
    pair, i, j = np.nonzero(links)
    src, tgt = src_words[pair, i], tgt_words[pair, j]
    weight = weights[pair, i, j]
    # The highest weight of each (pair, source word, target word) comes first, and is kept.
    order = np.lexsort((-weight, tgt, src, pair))
    pair, src, tgt, weight = pair[order], src[order], tgt[order], weight[order]
    fresh = np.ones(len(pair), dtype=bool)
    fresh[1:] = (np.diff(pair) != 0) | (np.diff(src) != 0) | (np.diff(tgt) != 0)
    pair, src, tgt, weight = pair[fresh], src[fresh], tgt[fresh], weight[fresh]
    # The last digits of a weight depend on what else is in the batch.
    rounded = np.round(weight.astype(np.float64), 5)
    found = list(map(Link, src.tolist(), tgt.tolist(), rounded.tolist()))
    ends = np.searchsorted(pair, np.arange(len(links) + 1)).tolist()
    return [tuple(found[ends[k] : ends[k + 1]]) for k in range(len(links))]


def _word_means(side: Encoded) -> Encoded:
    present, first = np.unique(side.words, return_index=True)
    sums = np.add.reduceat(side.vectors, first, axis=0)
    counts = np.diff(np.append(first, len(side.words)))
    return Encoded((sums / counts[:, None]).astype(np.float32), present)
