"""The section ``project`` of ``params.yaml``."""

from typing import Literal

from pydantic import Field

from labelproj.sections import Count, Section, Share

__all__ = ["AlignParams", "ConstrainedParams", "ProjectParams"]


class AlignParams(Section):
    """The word aligner."""

    name: str = "eflomal"
    model: str | None = None
    layer: int | None = None
    matching: Literal["inter", "itermax", "match", "softmax"] = "itermax"
    backend: Literal["auto", "torch", "ct2"] = "auto"
    compute_type: str = "float32"
    extra_bitext: tuple[str, ...] = ()
    seed: int = 13


class ConstrainedParams(Section):
    """The search for marker positions (method ``constrained``).

    ``model`` is the Hugging Face folder or Hub id of the MT model, where it is not that of
    ``mt``. Nats: ``margin`` is how far an estimate may be below the best and still be followed
    up, ``near`` how near the best a pair must be to be decoded to its end. ``search_type`` are the
    numbers of the search's matrix products, where ``compute_type`` is ``float32``; ``auto`` is
    bfloat16 where that is faster. ``exact`` is what is scored in ``compute_type`` then: pairs that
    come so near each other that the search cannot tell which is best (``ties``), the best pair of
    every span in any case (``best``), or ``all`` that are decoded to their end. ``own`` and
    ``reverse`` weigh log P(candidate | span) and log P(span | candidate) per token,
    ``temperature`` divides scores on their way to a probability. At most ``openings`` and
    ``pairs`` are tried for a span; candidates have at most ``length`` times its words and three.
    In a translation of more than ``window`` tokens a span is looked for beside its own sentence
    only.
    """

    model: str | None = None
    revision: str | None = None
    markers: Literal["brackets", "xml"] = "brackets"
    backend: Literal["auto", "torch", "ct2"] = "auto"
    compute_type: str = "float32"
    search_type: Literal["auto", "float32", "bfloat16"] = "auto"
    margin: float = Field(default=9.0, ge=0.0)
    near: float = Field(default=2.0, ge=0.0)
    exact: Literal["ties", "best", "all"] = "ties"
    openings: Count = 80
    pairs: Count = 64
    length: float = Field(default=3.0, gt=0.0)
    window: int = Field(default=32, ge=0)
    own: float = Field(default=1.5, ge=0.0)
    reverse: float = Field(default=1.5, ge=0.0)
    temperature: float = Field(default=2.5, gt=0.0)
    batch_tokens: Count = 3072


class ProjectParams(Section):
    """Finding every source span's place in the translation.

    ``members`` are those of the method ``ensemble``: names of aligners, with ``:MODEL`` behind
    where a model is not ``align.model``.
    """

    method: Literal["alignment", "constrained", "ensemble", "markers"] = "alignment"
    members: tuple[str, ...] = ()
    align: AlignParams = AlignParams()
    constrained: ConstrainedParams = ConstrainedParams()
    min_score: Share = 0.0
    rows_per_shard: Count = 2048
