"""The heart of labelproj: propose candidates, score them, assign all spans of a unit jointly."""

from pathlib import Path

from labelproj.align import check_aligner, open_aligner
from labelproj.config import ProjectParams
from labelproj.errors import UsageError
from labelproj.project.alignment import AlignmentProposer
from labelproj.project.base import LabelledPair, PairCorpus, Projector, Proposer
from labelproj.project.joint import JointProjector
from labelproj.project.markers import MarkerProposer

__all__ = [
    "METHODS",
    "LabelledPair",
    "PairCorpus",
    "Projector",
    "Proposer",
    "check_method",
    "open_projector",
]

METHODS = ("alignment", "constrained", "markers")


def check_method(params: ProjectParams, *, markers: str | None) -> str:
    """Return what will find the places: the name of the aligner, or of the marker scheme.

    Loads nothing. ``markers`` is the scheme in which the source is marked for translation. Raises
    UsageError for the method ``markers`` without one, and what
    :func:`~labelproj.align.check_aligner` raises.
    """
    if params.method != "markers":
        return check_aligner(params.align)
    if markers is None:
        raise UsageError(
            "the method 'markers' needs translations of marked text",
            remedy="set translate.markers (--markers) to brackets or xml, as the model was "
            "taught, and let the model translate",
        )
    return markers


def open_projector(
    params: ProjectParams,
    *,
    work: Path,
    src_lang: str,
    tgt_lang: str,
    device: str = "auto",
    mt: str | None = None,
    markers: str | None = None,
) -> Projector:
    """Open the projection method that ``params`` name.

    ``mt`` is the translation model (a Hub id, a Hugging Face folder or a prepared folder), for
    the methods that need one; ``markers`` is the scheme in which the texts were marked for
    translation, for the method of that name. Raises what :func:`check_method` and opening an
    aligner raise.
    """
    proposer: Proposer
    if params.method == "markers":
        proposer = MarkerProposer(check_method(params, markers=markers))
    elif params.method == "constrained":
        from labelproj.project.constrained import open_constrained

        proposer = open_constrained(
            params.constrained, mt=mt, src_lang=src_lang, tgt_lang=tgt_lang, device=device
        )
    else:
        aligner = open_aligner(
            params.align, work=work, src_lang=src_lang, tgt_lang=tgt_lang, device=device
        )
        proposer = AlignmentProposer(aligner)
    return JointProjector(proposer)
