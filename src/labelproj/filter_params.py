"""The section ``filter`` of ``params.yaml``."""

from typing import Literal

from pydantic import Field, field_validator

from labelproj.sections import Count, Section, Share

__all__ = ["FilterParams", "PairThresholds", "Thresholds"]


class Thresholds(Section):
    """The threshold of every filter that has one; null switches it off.

    See the docs for what each one measures.
    """

    length_ratio: float | None = Field(default=2.5, gt=1.0)
    copied: Share | None = 0.9
    repetition: Share | None = 0.5
    missing_spans: Share | None = 0.0
    projection_score: Share | None = None
    projection_margin: float | None = None
    mt_score: float | None = None
    brevity: float | None = Field(default=None, ge=1.0)
    likeness: Share | None = None
    language: Share | None = None
    omission: Share | None = None
    sentences: Share | None = None
    numbers: Share | None = None
    names: Share | None = None
    labels: Share | None = None
    overlapping_spans: Share | None = None
    alignment: float | None = None
    linked: Share | None = None
    span_alignment: float | None = Field(default=None, le=0.0)
    span_lexicon: float | None = Field(default=None, le=0.0)
    complete_source: Share | None = None
    complete_target: Share | None = None
    agreement: Share | None = None
    round_trip: Share | None = None
    similarity: float | None = None
    forward_probability: float | None = None
    backward_probability: float | None = None
    comet: float | None = None
    near_duplicate: Share | None = None
    quality: Share | None = None
    span_quality: Share | None = None
    duplicate: bool = True


class PairThresholds(Section):
    """What one language pair has of its own, as ``labelproj calibrate`` writes it.

    ``calibrated`` says on what, when and to which target. Keys that are left out are those of
    ``filter``.
    """

    calibrated: str
    combiner: str | None = None
    thresholds: dict[str, float | None]

    @field_validator("thresholds")
    @classmethod
    def _known(cls, thresholds: dict[str, float | None]) -> dict[str, float | None]:
        Thresholds.model_validate(thresholds)
        return thresholds


class FilterParams(Thresholds):
    """Thresholds, what is measured besides, and what a rejected span does to its unit."""

    rejected_span: Literal["unit", "span"] = "unit"
    language_model: str | None = None
    encoder: str | None = None
    back_model: str | None = None
    translation_scores: bool = False
    compare: str | None = None
    comet_command: str | None = None
    combiner: str | None = None
    pairs: dict[str, PairThresholds] = Field(default_factory=dict)
    rows_per_shard: Count = 2048

    def of_pair(self, src: str | None, tgt: str | None) -> "FilterParams":
        """Return the parameters with what the language pair has of its own put in."""
        own = self.pairs.get(f"{src}-{tgt}")
        if own is None:
            return self
        update: dict[str, object] = dict(own.thresholds)
        if own.combiner is not None:
            update["combiner"] = own.combiner
        return self.model_copy(update=update)
