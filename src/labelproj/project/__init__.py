"""The heart of labelproj: propose candidates, score them, assign all spans of a unit jointly."""

from pathlib import Path

from labelproj.align import open_aligner
from labelproj.config import ProjectParams
from labelproj.project.alignment import AlignmentProposer
from labelproj.project.base import LabelledPair, PairCorpus, Projector, Proposer
from labelproj.project.joint import JointProjector

__all__ = ["METHODS", "LabelledPair", "PairCorpus", "Projector", "Proposer", "open_projector"]

METHODS = ("alignment", "constrained")


def open_projector(
    params: ProjectParams,
    *,
    work: Path,
    src_lang: str,
    tgt_lang: str,
    device: str = "auto",
    mt: str | None = None,
) -> Projector:
    """Open the projection method that ``params`` name.

    ``mt`` is the translation model (a Hub id, a Hugging Face folder or a prepared folder), for
    the methods that need one.
    """
    proposer: Proposer
    if params.method == "constrained":
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
