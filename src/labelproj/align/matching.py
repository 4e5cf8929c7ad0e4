"""From a similarity matrix to links: the matchings of SimAlign (Jalili Sabet et al. 2020) and
the bidirectional softmax of awesome-align (Dou & Neubig 2021).

Every function takes similarities of shape (source tokens, target tokens) and returns a boolean
matrix of the same shape.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

__all__ = ["MATCHINGS", "cosine_similarity", "distorted", "inter", "itermax", "match", "softmax"]

Matrix = npt.NDArray[np.floating]
Links = npt.NDArray[np.bool_]


def cosine_similarity(src: Matrix, tgt: Matrix) -> Matrix:
    """Return (cosine + 1) / 2 between rows, of shape (len(src), len(tgt)), in 0 to 1."""
    src_norm = np.linalg.norm(src, axis=1, keepdims=True)
    tgt_norm = np.linalg.norm(tgt, axis=1, keepdims=True)
    cosine = (src / np.maximum(src_norm, 1e-12)) @ (tgt / np.maximum(tgt_norm, 1e-12)).T
    similarity: Matrix = (cosine + 1.0) / 2.0
    return similarity


def distorted(similarity: Matrix, ratio: float) -> Matrix:
    """Lower similarities far from the diagonal, by at most ``ratio`` (0 changes nothing)."""
    m, n = similarity.shape
    if ratio == 0.0 or m < 2 or n < 2:
        return similarity
    rows = np.arange(m)[:, None] / (m - 1)
    columns = np.arange(n)[None, :] / (n - 1)
    lowered: Matrix = similarity * (1.0 - (columns - rows) ** 2 * ratio)
    return lowered


def inter(similarity: Matrix) -> Links:
    """Link the pairs that are each other's best (ties: the first)."""
    m, n = similarity.shape
    forward = similarity.argmax(axis=1)
    backward = similarity.argmax(axis=0)
    links = np.zeros((m, n), dtype=bool)
    rows = np.arange(m)
    mutual = backward[forward] == rows
    links[rows[mutual], forward[mutual]] = True
    return links


def itermax(similarity: Matrix, *, rounds: int = 2, alpha: float = 0.9) -> Links:
    """Link as :func:`inter`, then again among what is left, lowered by ``alpha``.

    In the second and later rounds one side of a new link may be linked already; its similarity
    then counts ``alpha`` times.
    """
    links = inter(similarity)
    if min(similarity.shape) <= 2:
        return links
    for _ in range(rounds - 1):
        free_row: Links = ~np.any(links, axis=1, keepdims=True)
        free_column: Links = ~np.any(links, axis=0, keepdims=True)
        if not free_row.any() or not free_column.any():
            break
        weight = alpha * free_row + alpha * free_column
        lowered = similarity * np.clip(weight, 0.0, 1.0)
        fresh = inter(lowered) & (free_row | free_column)
        if not (fresh & ~links).any():
            break
        links |= fresh
    return links


def match(similarity: Matrix) -> Links:
    """Link by a maximum-weight matching: as many links as the shorter side has tokens."""
    rows, columns = linear_sum_assignment(similarity, maximize=True)
    links = np.zeros(similarity.shape, dtype=bool)
    links[rows, columns] = True
    return links


def softmax(scores: Matrix, *, threshold: float = 1e-3) -> Links:
    """Link where the softmax over both axes of the dot products is above ``threshold``."""
    links: Links = (_softmax(scores, 1) > threshold) & (_softmax(scores, 0) > threshold)
    return links


def _softmax(scores: Matrix, axis: int) -> Matrix:
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    probabilities: Matrix = exponentials / exponentials.sum(axis=axis, keepdims=True)
    return probabilities


#: The matchings over cosine similarities. ``softmax`` works on dot products and stands apart.
MATCHINGS: dict[str, Callable[[Matrix], Links]] = {
    "inter": inter,
    "itermax": itermax,
    "match": match,
}
