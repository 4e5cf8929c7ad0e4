"""Counts of right and wrong spans per document, and how sure a score made of them is.

Confidence intervals come from resampling documents with replacement (Efron 1979; for NLP
Berg-Kirkpatrick et al. 2012, https://aclanthology.org/D12-1091), as numpy matrix products over
the counts: no span is looked at twice. Counts of several runs of a system (seeds) are resampled
with the documents, so that the interval holds for other texts and other seeds.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from labelproj.records import Span

__all__ = [
    "difference_interval",
    "f1_interval",
    "f1_of",
    "mean_f1",
    "permutation_p",
    "precision_recall",
    "span_counts",
]

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


def mean_f1(runs: Ints) -> float:
    """Return the mean F1 (0-1) of counts (runs, documents, 3) over runs, or of (documents, 3)."""
    return float(f1_of(_by_run(runs).sum(axis=1)).mean())


def precision_recall(counts: npt.ArrayLike) -> tuple[float, float]:
    """Return precision and recall (0-1) of counts (documents, 3), summed over documents."""
    right, wrong, missed = (float(n) for n in np.asarray(counts).reshape(-1, 3).sum(axis=0))
    return right / max(right + wrong, 1.0), right / max(right + missed, 1.0)


def _by_run(counts: Ints) -> Ints:
    return counts[None] if counts.ndim == 2 else counts


def _chunks(documents: int, resamples: int) -> Iterator[int]:
    chunk = max(1, _CELLS // max(documents, 1))
    for first in range(0, resamples, chunk):
        yield min(chunk, resamples - first)


def _resampled(arrays: Sequence[Ints], resamples: int, seed: int) -> Iterator[list[Floats]]:
    """Yield the F1 of some resamples for each array (runs, documents, 3): (resamples in chunk).

    The documents are the same for all arrays; the runs of each are drawn by themselves.
    """
    rng = np.random.default_rng(seed)
    documents = arrays[0].shape[1]
    shares = np.full(documents, 1.0 / documents)
    for size in _chunks(documents, resamples):
        weights = rng.multinomial(documents, shares, size=size)
        found = []
        for counts in arrays:
            scores = np.stack([f1_of(weights @ run) for run in counts])
            if len(counts) > 1:
                drawn = rng.integers(len(counts), size=scores.shape)
                scores = np.take_along_axis(scores, drawn, axis=0)
            found.append(scores.mean(axis=0))
        yield found


def _limits(values: Floats, confidence: float) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def f1_interval(
    counts: Ints, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 13
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the F1 of counts (documents, 3).

    For counts (runs, documents, 3) it is that of the mean over runs. The same seed and data give
    the same interval. Without documents it is (0, 0).
    """
    runs = _by_run(counts)
    if not runs.shape[1]:
        return 0.0, 0.0
    values = np.concatenate([one for (one,) in _resampled([runs], resamples, seed)])
    return _limits(values, confidence)


def difference_interval(
    first: Ints, second: Ints, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 13
) -> tuple[float, float]:
    """Return the interval of F1(first) - F1(second) over the same resampled documents.

    Both are counts (documents, 3), or (runs, documents, 3), of two systems on the same
    documents. An interval that does not hold 0 says that one of them is better on texts like
    these.
    """
    pair = [_by_run(first), _by_run(second)]
    if not pair[0].shape[1]:
        return 0.0, 0.0
    values = np.concatenate([a - b for a, b in _resampled(pair, resamples, seed)])
    return _limits(values, confidence)


def permutation_p(first: Ints, second: Ints, *, resamples: int = 1000, seed: int = 13) -> float:
    """Return the two-sided p-value of the difference in F1 of two systems.

    Paired approximate randomisation (Noreen 1989; Yeh 2000, https://aclanthology.org/C00-2137):
    the outputs of the two systems are exchanged in a random half of the documents, all runs
    together, and it is counted how often the difference of the (mean) F1 becomes as large as it
    is. Counts are (documents, 3) or (runs, documents, 3); of unequal numbers of runs the first
    ones are compared. The smallest value is 1 / (resamples + 1); 1 without documents.
    """
    a, b = _by_run(first), _by_run(second)
    runs = min(len(a), len(b))
    a, b = a[:runs], b[:runs]
    observed = abs(mean_f1(a) - mean_f1(b))
    rng = np.random.default_rng(seed)
    extreme = 0
    for size in _chunks(a.shape[1], resamples):
        exchanged = rng.integers(2, size=(size, a.shape[1]))
        gaps = np.zeros(size)
        for one, other in zip(a, b, strict=True):
            moved = exchanged @ (other - one)
            gaps += f1_of(one.sum(axis=0) + moved) - f1_of(other.sum(axis=0) - moved)
        # The same sums in another order differ in their last bits.
        extreme += int((np.abs(gaps / runs) >= observed - 1e-12).sum())
    return (extreme + 1) / (resamples + 1)
