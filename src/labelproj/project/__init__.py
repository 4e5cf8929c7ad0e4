"""The heart of labelproj: propose candidates, score them, assign all spans of a unit jointly."""

from pathlib import Path

from labelproj.align import open_aligner
from labelproj.config import ProjectParams
from labelproj.project.alignment import AlignmentProposer
from labelproj.project.base import LabelledPair, PairCorpus, Projector
from labelproj.project.joint import JointProjector
from labelproj.project.places import project_places

__all__ = [
    "METHODS",
    "LabelledPair",
    "PairCorpus",
    "Projector",
    "open_projector",
    "project_places",
]

METHODS = ("alignment",)


def open_projector(
    params: ProjectParams, *, work: Path, src_lang: str, tgt_lang: str, device: str = "auto"
) -> Projector:
    """Open the projection method that ``params`` name."""
    aligner = open_aligner(
        params.align, work=work, src_lang=src_lang, tgt_lang=tgt_lang, device=device
    )
    return JointProjector(AlignmentProposer(aligner))
