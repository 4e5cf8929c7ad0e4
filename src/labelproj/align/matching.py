"""From similarities to links: the matchings of SimAlign (Jalili Sabet et al. 2020) and the
bidirectional softmax of awesome-align (Dou & Neubig 2021).

Every function takes similarities of shape (…, source tokens, target tokens) and returns a boolean
array of the same shape. Leading axes are pairs matched together; ``valid`` then says which cells
of each are not padding (padding stands behind the last token).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

__all__ = [
    "MATCHINGS",
    "SOFTMAX_THRESHOLD",
    "Links",
    "Matrix",
    "cosine_similarity",
    "distorted",
    "dot_products",
    "inter",
    "itermax",
    "match",
    "softmax",
    "softmax_probabilities",
    "unit_rows",
]

Matrix = npt.NDArray[np.floating]
Links = npt.NDArray[np.bool_]

#: awesome-align's.
SOFTMAX_THRESHOLD = 1e-3


def unit_rows(vectors: Matrix) -> Matrix:
    """Return the vectors of the last axis at length 1; a zero vector stays zero."""
    squares = np.einsum("...d,...d->...", vectors, vectors)
    units: Matrix = vectors / np.maximum(np.sqrt(squares), 1e-12)[..., None]
    return units


def dot_products(src: Matrix, tgt: Matrix) -> Matrix:
    """Return the dot products of rows, of shape (…, source rows, target rows)."""
    # Not matmul: its threads wait for each other, on a busy machine longer than they compute.
    products: Matrix = np.einsum("...md,...nd->...mn", src, tgt)
    return products


def cosine_similarity(src: Matrix, tgt: Matrix) -> Matrix:
    """Return (cosine + 1) / 2 between rows, of shape (…, source rows, target rows), in 0 to 1."""
    similarity = dot_products(unit_rows(src), unit_rows(tgt))
    similarity += 1.0
    similarity /= 2.0
    return similarity


def distorted(similarity: Matrix, ratio: float) -> Matrix:
    """Lower similarities of one pair far from the diagonal, by at most ``ratio`` (0: not)."""
    m, n = similarity.shape
    if ratio == 0.0 or m < 2 or n < 2:
        return similarity
    rows = np.arange(m)[:, None] / (m - 1)
    columns = np.arange(n)[None, :] / (n - 1)
    lowered: Matrix = similarity * (1.0 - (columns - rows) ** 2 * ratio)
    return lowered


def inter(similarity: Matrix, *, valid: Links | None = None) -> Links:
    """Link the pairs that are each other's best (ties: the first)."""
    scores = similarity if valid is None else np.where(valid, similarity, -1.0)
    forward = scores.argmax(axis=-1)
    backward = scores.argmax(axis=-2)
    rows = np.arange(similarity.shape[-2])
    mutual = np.take_along_axis(backward, forward, axis=-1) == rows
    links = np.zeros(similarity.shape, dtype=bool)
    np.put_along_axis(links, forward[..., None], mutual[..., None], axis=-1)
    return links if valid is None else links & valid


def itermax(similarity: Matrix, *, valid: Links | None = None, alpha: float = 0.9) -> Links:
    """Link as :func:`inter`, then once more among what is left, lowered by ``alpha``.

    In the second round one side of a new link may be linked already; its similarity then counts
    ``alpha`` times. Pairs with a side of at most two tokens have no second round.
    """
    links = inter(similarity, valid=valid)
    filled = np.ones(similarity.shape, dtype=bool) if valid is None else valid
    free_row: Links = np.asarray(filled.any(axis=-1) & ~links.any(axis=-1))
    free_column: Links = np.asarray(filled.any(axis=-2) & ~links.any(axis=-2))
    shorter = np.minimum(filled.any(axis=-1).sum(axis=-1), filled.any(axis=-2).sum(axis=-1))
    again = free_row.any(axis=-1) & free_column.any(axis=-1) & (shorter > 2)
    if not again.any():
        return links
    row, column = free_row[..., :, None], free_column[..., None, :]
    # In double precision, as the published code: in single, lowering could make ties.
    weight = np.where(row & column, 1.0, np.where(row | column, alpha, 0.0))
    weight *= similarity
    fresh = inter(weight, valid=valid) & (row | column)
    both: Links = links | (fresh & again[..., None, None])
    return both


def match(similarity: Matrix, *, valid: Links | None = None) -> Links:
    """Link by a maximum-weight matching: as many links as the shorter side has tokens."""
    links = np.zeros(similarity.shape, dtype=bool)
    for index in np.ndindex(similarity.shape[:-2]):
        scores = similarity[index]
        if valid is not None:
            m, n = valid[index].any(axis=1).sum(), valid[index].any(axis=0).sum()
            scores = scores[:m, :n]
        rows, columns = linear_sum_assignment(scores, maximize=True)
        links[(*index, rows, columns)] = True
    return links


def softmax(
    scores: Matrix, *, valid: Links | None = None, threshold: float = SOFTMAX_THRESHOLD
) -> Links:
    """Link where the softmax over both axes of the dot products is above ``threshold``."""
    forward, backward = softmax_probabilities(scores, valid=valid)
    links: Links = (forward > threshold) & (backward > threshold)
    return links


def softmax_probabilities(scores: Matrix, *, valid: Links | None = None) -> tuple[Matrix, Matrix]:
    """Return the softmax over target tokens and the one over source tokens; 0 in padding."""
    masked = scores if valid is None else np.where(valid, scores, -np.inf)
    return _softmax(masked, -1), _softmax(masked, -2)


def _softmax(scores: Matrix, axis: int) -> Matrix:
    highest = scores.max(axis=axis, keepdims=True)
    exponentials = np.exp(scores - np.where(np.isfinite(highest), highest, 0.0))
    total = exponentials.sum(axis=axis, keepdims=True)
    probabilities: Matrix = exponentials / np.maximum(total, 1e-30)
    return probabilities


#: The matchings over cosine similarities. ``softmax`` works on dot products and stands apart.
MATCHINGS: dict[str, Callable[..., Links]] = {
    "inter": inter,
    "itermax": itermax,
    "match": match,
}
