"""Does a score mean what it says? Scores in bins, with the share that was right in each."""

from collections.abc import Iterable

__all__ = ["calibration"]

BINS = 10


def calibration(judged: Iterable[tuple[float, bool]]) -> list[dict[str, float]]:
    """Return bins of scores (0 to 1): their mean score, share right (0 to 1) and number.

    Empty bins are left out. Perfectly calibrated scores have the share right equal to the mean.
    """
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for score, right in judged:
        bins[min(int(score * BINS), BINS - 1)].append((score, right))
    return [
        {
            "score": round(sum(score for score, _ in own) / len(own), 4),
            "right": round(sum(right for _, right in own) / len(own), 4),
            "number": len(own),
        }
        for own in bins
        if own
    ]
