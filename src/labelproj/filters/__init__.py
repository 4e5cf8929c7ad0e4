"""Quality signals (score) and verdicts (accept): every row gets all of both.

A new filter is a class that is a :class:`~labelproj.filters.base.Filter`, a threshold in
:class:`~labelproj.config.FilterParams`, and a line in ``FILTERS``.
"""

from labelproj.filters.base import Filter, Job, Signal
from labelproj.filters.combined import Likeness, NearDuplicate, Quality, SpanQuality
from labelproj.filters.consistency import Labels, Names, Numbers, OverlappingSpans, Sentences
from labelproj.filters.duplicates import Duplicate
from labelproj.filters.evidential import (
    Alignment,
    CompleteSource,
    CompleteTarget,
    Linked,
    Omission,
    SpanAlignment,
    SpanLexicon,
)
from labelproj.filters.lengths import Brevity, LengthRatio, Truncated, median_ratio
from labelproj.filters.modelled import (
    Agreement,
    BackwardProbability,
    Comet,
    ForwardProbability,
    Language,
    MtScore,
    RoundTrip,
    Similarity,
)
from labelproj.filters.spans import MissingSpans, ProjectionMargin, ProjectionScore
from labelproj.filters.texts import Copied, MtFailed, Repetition
from labelproj.filters.verdict import judge, measure, measured_schema, verdicts

__all__ = [
    "FILTERS",
    "Filter",
    "Job",
    "Signal",
    "judge",
    "measure",
    "measured_schema",
    "median_ratio",
    "verdicts",
]

#: In the order in which signals and reasons are written.
FILTERS: dict[str, type[Filter]] = {
    "mt_failed": MtFailed,
    "truncated": Truncated,
    "length_ratio": LengthRatio,
    "brevity": Brevity,
    "copied": Copied,
    "likeness": Likeness,
    "language": Language,
    "repetition": Repetition,
    "mt_score": MtScore,
    "alignment": Alignment,
    "linked": Linked,
    "omission": Omission,
    "sentences": Sentences,
    "numbers": Numbers,
    "names": Names,
    "labels": Labels,
    "missing_spans": MissingSpans,
    "overlapping_spans": OverlappingSpans,
    "projection_score": ProjectionScore,
    "projection_margin": ProjectionMargin,
    "span_alignment": SpanAlignment,
    "span_lexicon": SpanLexicon,
    "complete_source": CompleteSource,
    "complete_target": CompleteTarget,
    "agreement": Agreement,
    "round_trip": RoundTrip,
    "similarity": Similarity,
    "forward_probability": ForwardProbability,
    "backward_probability": BackwardProbability,
    "comet": Comet,
    "duplicate": Duplicate,
    "near_duplicate": NearDuplicate,
    "quality": Quality,
    "span_quality": SpanQuality,
}
