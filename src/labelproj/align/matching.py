"""From similarities to links: the matchings of SimAlign (Jalili Sabet et al. 2020) and the
bidirectional softmax of awesome-align (Dou & Neubig 2021).

Every function takes similarities of shape (…, source tokens, target tokens) and returns a boolean
array of the same shape. Leading axes are pairs matched together; ``valid`` then says which cells
of each are not padding (padding stands behind the last token). Arrays are NumPy's, or PyTorch's
on any device, where they stay (array API standard).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace, device, is_numpy_array, to_device
from scipy.optimize import linear_sum_assignment

__all__ = [
    "MATCHINGS",
    "SOFTMAX_THRESHOLD",
    "Array",
    "cosine_similarity",
    "distorted",
    "dot_products",
    "host",
    "inter",
    "itermax",
    "match",
    "softmax",
    "softmax_probabilities",
    "unit_rows",
]

#: A NumPy array or a PyTorch tensor.
Array = Any

#: awesome-align's.
SOFTMAX_THRESHOLD = 1e-3


def host(array: Array) -> Any:
    """Return an array as NumPy's, copied where it is on another device."""
    return np.asarray(to_device(array, "cpu"))


def unit_rows(vectors: Array) -> Array:
    """Return the vectors of the last axis at length 1; a zero vector stays zero."""
    xp = array_namespace(vectors)
    return vectors / xp.clip(xp.sqrt(xp.vecdot(vectors, vectors)), 1e-12, None)[..., None]


def dot_products(src: Array, tgt: Array) -> Array:
    """Return the dot products of rows, of shape (…, source rows, target rows)."""
    if is_numpy_array(src):
        # Not matmul: its threads wait for each other, on a busy machine longer than they compute.
        return np.einsum("...md,...nd->...mn", src, tgt)
    return array_namespace(src).matmul(src, tgt.mT)


def cosine_similarity(src: Array, tgt: Array) -> Array:
    """Return (cosine + 1) / 2 between rows, of shape (…, source rows, target rows), in 0 to 1."""
    similarity = dot_products(unit_rows(src), unit_rows(tgt))
    similarity += 1.0
    similarity /= 2.0
    return similarity


def distorted(similarity: Array, ratio: float, *, valid: Array | None = None) -> Array:
    """Lower similarities far from the diagonal of their pair, by at most ``ratio`` (0: not).

    A pair with a side of one token stays as it is.
    """
    if ratio == 0.0:
        return similarity
    xp = array_namespace(similarity)
    filled = xp.ones_like(similarity, dtype=xp.bool) if valid is None else valid
    places, lengths = [], []
    for axis, other in ((-2, -1), (-1, -2)):
        count = xp.count_nonzero(xp.any(filled, axis=other), axis=-1)
        number = xp.arange(similarity.shape[axis], device=device(similarity))
        places.append(number / xp.clip(count - 1, 1, None)[..., None])
        lengths.append(count)
    far = (places[1][..., None, :] - places[0][..., :, None]) ** 2
    long = (lengths[0] > 1) & (lengths[1] > 1)
    return similarity * xp.where(long[..., None, None], 1.0 - far * ratio, 1.0)


def inter(similarity: Array, *, valid: Array | None = None) -> Array:
    """Link the pairs that are each other's best (ties: the first)."""
    xp = array_namespace(similarity)
    scores = similarity if valid is None else xp.where(valid, similarity, -1.0)
    forward = xp.argmax(scores, axis=-1)
    backward = xp.argmax(scores, axis=-2)
    m, n = similarity.shape[-2:]
    rows, columns = (xp.arange(size, device=device(similarity)) for size in (m, n))
    mutual = xp.take_along_axis(backward, forward, axis=-1) == rows
    links = (forward[..., None] == columns) & mutual[..., None]
    return links if valid is None else links & valid


def itermax(similarity: Array, *, valid: Array | None = None, alpha: float = 0.9) -> Array:
    """Link as :func:`inter`, then once more among what is left, lowered by ``alpha``.

    In the second round one side of a new link may be linked already; its similarity then counts
    ``alpha`` times. Pairs with a side of at most two tokens have no second round.
    """
    xp = array_namespace(similarity)
    links = inter(similarity, valid=valid)
    filled = xp.ones_like(links) if valid is None else valid
    rows, columns = xp.any(filled, axis=-1), xp.any(filled, axis=-2)
    free_row = rows & ~xp.any(links, axis=-1)
    free_column = columns & ~xp.any(links, axis=-2)
    short = (xp.count_nonzero(rows, axis=-1) <= 2) | (xp.count_nonzero(columns, axis=-1) <= 2)
    again = xp.any(free_row, axis=-1) & xp.any(free_column, axis=-1) & ~short
    if not xp.any(again):
        return links
    row, column = free_row[..., :, None], free_column[..., None, :]
    # In double precision, as the published code: in single, lowering could make ties.
    one, lower, none = xp.asarray([1.0, alpha, 0.0], dtype=xp.float64, device=device(similarity))
    weight = xp.where(row & column, one, xp.where(row | column, lower, none))
    fresh = inter(weight * similarity, valid=valid) & (row | column)
    return links | (fresh & again[..., None, None])


def match(similarity: Array, *, valid: Array | None = None) -> Array:
    """Link by a maximum-weight matching: as many links as the shorter side has tokens."""
    xp = array_namespace(similarity)
    scores = host(similarity)
    filled = np.ones(scores.shape, dtype=bool) if valid is None else host(valid)
    links = np.zeros(scores.shape, dtype=bool)
    for index in np.ndindex(scores.shape[:-2]):
        m, n = filled[index].any(axis=1).sum(), filled[index].any(axis=0).sum()
        rows, columns = linear_sum_assignment(scores[index][:m, :n], maximize=True)
        links[(*index, rows, columns)] = True
    return xp.asarray(links, device=device(similarity))


def softmax(
    scores: Array, *, valid: Array | None = None, threshold: float = SOFTMAX_THRESHOLD
) -> Array:
    """Link where the softmax over both axes of the dot products is above ``threshold``."""
    forward, backward = softmax_probabilities(scores, valid=valid)
    return (forward > threshold) & (backward > threshold)


def softmax_probabilities(scores: Array, *, valid: Array | None = None) -> tuple[Array, Array]:
    """Return the softmax over target tokens and the one over source tokens; 0 in padding."""
    xp = array_namespace(scores)
    masked = scores if valid is None else xp.where(valid, scores, -xp.inf)
    return _softmax(masked, -1), _softmax(masked, -2)


def _softmax(scores: Array, axis: int) -> Array:
    xp = array_namespace(scores)
    highest = xp.max(scores, axis=axis, keepdims=True)
    exponentials = xp.exp(scores - xp.where(xp.isfinite(highest), highest, 0.0))
    total = xp.sum(exponentials, axis=axis, keepdims=True)
    return exponentials / xp.clip(total, 1e-30, None)


#: The matchings over cosine similarities. ``softmax`` works on dot products and stands apart.
MATCHINGS: dict[str, Callable[..., Array]] = {
    "inter": inter,
    "itermax": itermax,
    "match": match,
}
