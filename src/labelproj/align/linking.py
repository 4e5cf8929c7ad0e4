"""From the subword vectors of pairs to links between words, many pairs in one matrix."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from array_api_compat import array_namespace, device, is_numpy_array

from labelproj.align.base import AlignedPair, Link
from labelproj.align.encoder import Encoded
from labelproj.align.matching import (
    MATCHINGS,
    SOFTMAX_THRESHOLD,
    Array,
    cosine_similarity,
    distorted,
    dot_products,
    host,
    softmax_probabilities,
)

__all__ = ["Matcher", "Sides"]

Sides = tuple[Encoded, Encoded]
_Words = npt.NDArray[np.intp]

#: Cells of the similarity matrices that are matched together, on a processor (what its cache
#: holds) and elsewhere; and of a pair's at most (5,793 subwords on either side, some hundred MiB).
BATCH_CELLS = {"cpu": 1 << 15, "cuda": 1 << 21}
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

    def link(self, vectors: Array, pairs: Sequence[Sides]) -> list[AlignedPair]:
        """Return the links of each pair, in order; status ``empty`` or ``too-long`` without.

        ``vectors`` (subwords, dimensions) are those that the pairs' rows are of.
        """
        results = [AlignedPair((), "empty")] * len(pairs)
        todo: list[tuple[int, Sides]] = []
        for number, (src, tgt) in enumerate(pairs):
            if len(src.words) * len(tgt.words) > MAX_CELLS:
                results[number] = AlignedPair((), "too-long")
            elif len(src.words) and len(tgt.words):
                todo.append((number, (src, tgt)))
        for batch in _batches(todo, BATCH_CELLS["cpu" if is_numpy_array(vectors) else "cuda"]):
            linked = self._link_batch(vectors, [sides for _, sides in batch])
            for (number, _), links in zip(batch, linked, strict=True):
                results[number] = AlignedPair(links)
        return results

    def _link_batch(self, vectors: Array, batch: Sequence[Sides]) -> list[tuple[Link, ...]]:
        sides = zip(*batch, strict=True)
        (src, src_words), (tgt, tgt_words) = (self._padded(vectors, side) for side in sides)
        xp = array_namespace(vectors)
        there = [xp.asarray(words >= 0, device=device(vectors)) for words in (src_words, tgt_words)]
        valid = there[0][:, :, None] & there[1][:, None, :]
        if self.matching == "softmax":
            scores = dot_products(src, tgt)
            forward, backward = softmax_probabilities(scores, valid=valid)
            links = (forward > self.threshold) & (backward > self.threshold)
            weights = xp.sqrt(forward * backward)
        else:
            similarity = cosine_similarity(src, tgt)
            weights = distorted(similarity, self.distortion, valid=valid)
            links = MATCHINGS[self.matching](weights, valid=valid)
        return _word_links(links, weights, src_words, tgt_words)

    def _padded(self, vectors: Array, side: Sequence[Encoded]) -> tuple[Array, _Words]:
        """Return vectors (pairs, longest, dimensions) and their words (pairs, longest); -1 pads.

        What stands in the padding means nothing.
        """
        longest = max(len(one.words) for one in side)
        rows = np.zeros((len(side), longest), dtype=np.intp)
        words = np.full((len(side), longest), -1, dtype=np.intp)
        for number, one in enumerate(side):
            rows[number, : len(one.rows)] = one.rows
            words[number, : len(one.words)] = one.words
        xp = array_namespace(vectors)
        taken = xp.take(vectors, xp.asarray(rows.ravel(), device=device(vectors)), axis=0)
        padded = xp.reshape(taken, (*rows.shape, vectors.shape[-1]))
        return _word_means(padded, words) if self.level == "word" else (padded, words)


def _batches(todo: Sequence[tuple[int, Sides]], cells: int) -> Iterator[list[tuple[int, Sides]]]:
    """Put pairs of like sizes together, so that matrices have little padding."""
    batch: list[tuple[int, Sides]] = []
    longest = [0, 0]
    for item in sorted(todo, key=lambda item: (len(item[1][0].words), len(item[1][1].words))):
        sizes = [len(side.words) for side in item[1]]
        wider = [max(pair) for pair in zip(longest, sizes, strict=True)]
        if batch and (len(batch) + 1) * wider[0] * wider[1] > cells:
            yield batch
            batch, wider = [], sizes
        batch.append(item)
        longest = wider
    if batch:
        yield batch


def _word_means(padded: Array, words: _Words) -> tuple[Array, _Words]:
    """Return the mean vectors of words, and which words these are, both padded as before."""
    present = [np.unique(row[row >= 0]) for row in words]
    means = np.full((len(words), max(map(len, present))), -1, dtype=np.intp)
    for number, own in enumerate(present):
        means[number, : len(own)] = own
    shares = ((means[:, :, None] == words[:, None, :]) & (means >= 0)[:, :, None]).astype(
        np.float32
    )
    shares /= np.maximum(shares.sum(axis=-1, keepdims=True), 1)
    xp = array_namespace(padded)
    return dot_products(xp.asarray(shares, device=device(padded)), padded.mT), means


def _word_links(
    links: Array, weights: Array, src_words: _Words, tgt_words: _Words
) -> list[tuple[Link, ...]]:
    """Return the links between the words of each pair, sorted, with their highest weights."""
    places = array_namespace(links).nonzero(links)
    weight = host(weights[places])
    pair, i, j = map(host, places)
    src, tgt = src_words[pair, i], tgt_words[pair, j]
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
