"""Counts of right and wrong spans per document, and how sure a score made of them is.

Confidence intervals come from resampling documents with replacement (Efron 1979; for NLP
Berg-Kirkpatrick et al. 2012, https://aclanthology.org/D12-1091), as numpy matrix products over
the counts: no span is looked at twice.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from labelproj.records import Span

__all__ = ["difference_interval", "f1_interval", "f1_of", "precision_recall", "span_counts"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: Resampled weights held at a time (resamples x documents).
_CELLS = 1 << 22


def span_counts(
    predicted: Sequence[Sequence[Span]],
    gold: Sequence[Sequence[Span]],
    *,
    label: str | None = None,
) -> Ints:
    """Count true positives, false positives and false negatives: an array (documents, 3).

    A predicted span is right when its start, end and label are those of a gold span of its
    document. Spans are sets: the same one twice counts once. With ``label`` only its spans
    count. Raises ValueError when the numbers of documents differ.
    """
    counts = np.zeros((len(gold), 3), dtype=np.int64)
    for row, (found, wanted) in enumerate(zip(predicted, gold, strict=True)):
        a = {(s.start, s.end, s.label) for s in found if label in (None, s.label)}
        b = {(s.start, s.end, s.label) for s in wanted if label in (None, s.label)}
        right = len(a & b)
        counts[row] = right, len(a) - right, len(b) - right
    return counts


def f1_of(counts: npt.ArrayLike) -> Floats:
    """Return the F1 (0-1) of counts (..., 3); 0 where there is nothing to count."""
    array = np.asarray(counts, dtype=np.float64)
    total = 2 * array[..., 0] + array[..., 1] + array[..., 2]
    return 2 * array[..., 0] / np.maximum(total, 1)


def precision_recall(counts: npt.ArrayLike) -> tuple[float, float]:
    """Return precision and recall (0-1) of counts (documents, 3), summed over documents."""
    right, wrong, missed = (float(n) for n in np.asarray(counts).reshape(-1, 3).sum(axis=0))
    return right / max(right + wrong, 1.0), right / max(right + missed, 1.0)


def _resampled(arrays: Sequence[Ints], resamples: int, seed: int) -> Iterator[list[Floats]]:
    """Yield the summed counts of some resamples for each array: (resamples in chunk, 3)."""
    rng = np.random.default_rng(seed)
    documents = len(arrays[0])
    chunk = max(1, _CELLS // max(documents, 1))
    shares = np.full(documents, 1.0 / documents)
    for first in range(0, resamples, chunk):
        weights = rng.multinomial(documents, shares, size=min(chunk, resamples - first))
        yield [(weights @ counts).astype(np.float64) for counts in arrays]


def _limits(values: Floats, confidence: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def f1_interval(
    counts: Ints, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 13
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the F1 of counts (documents, 3).

    The same seed and data give the same interval. Without documents it is (0, 0).
    """
    if not len(counts):
        return 0.0, 0.0
    values = np.concatenate([f1_of(a) for (a,) in _resampled([counts], resamples, seed)])
    return _limits(values, confidence)


def difference_interval(
    first: Ints, second: Ints, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 13
) -> tuple[float, float]:
    """Return the interval of F1(first) - F1(second) over the same resampled documents.

    Both are counts (documents, 3) of two systems on the same documents. An interval that does
    not hold 0 says that one of them is better on texts like these.
    """
    if not len(first):
        return 0.0, 0.0
    pairs = _resampled([first, second], resamples, seed)
    values = np.concatenate([f1_of(a) - f1_of(b) for a, b in pairs])
    return _limits(values, confidence)
