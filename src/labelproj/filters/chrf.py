"""chrF of one pair of texts, by sacrebleu."""

from functools import cache
from typing import Any

from labelproj.errors import DependencyError

__all__ = ["chrf"]


@cache
def _metric() -> Any:
    try:
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise DependencyError(
            "round-trip chrF needs sacrebleu", remedy="pip install 'labelproj[eval]'"
        ) from error
    return CHRF()


def chrf(found: str, wanted: str) -> float:
    """Return chrF (Popović 2015), 0 to 1. Raises DependencyError without sacrebleu."""
    return round(float(_metric().sentence_score(found, [wanted]).score) / 100, 4)
