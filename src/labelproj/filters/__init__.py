"""Quality signals (score) and verdicts (accept): every row gets all of both.

A new filter is a class that is a :class:`~labelproj.filters.base.Filter`, a threshold in
:class:`~labelproj.config.FilterParams`, and a line in ``FILTERS``.
"""

from labelproj.filters.base import Filter, Job, Signal
from labelproj.filters.duplicates import Duplicate
from labelproj.filters.lengths import LengthRatio, Truncated, median_ratio
from labelproj.filters.spans import MissingSpans, ProjectionScore
from labelproj.filters.texts import Copied, MtFailed, Repetition
from labelproj.filters.verdict import judge

__all__ = ["FILTERS", "Filter", "Job", "Signal", "judge", "median_ratio"]

#: In the order in which signals and reasons are written.
FILTERS: dict[str, type[Filter]] = {
    "mt_failed": MtFailed,
    "truncated": Truncated,
    "length_ratio": LengthRatio,
    "copied": Copied,
    "repetition": Repetition,
    "missing_spans": MissingSpans,
    "projection_score": ProjectionScore,
    "duplicate": Duplicate,
}
