"""The heart of labelproj: propose candidates, score them, assign all spans of a unit jointly."""

from collections.abc import Mapping
from pathlib import Path

from labelproj.align import ALIGNERS, check_aligner, open_aligner
from labelproj.config import AlignParams, ProjectParams
from labelproj.errors import UsageError
from labelproj.project.alignment import AlignmentProposer
from labelproj.project.base import LabelledPair, PairCorpus, Projector, Proposer
from labelproj.project.ensemble import EnsembleProposer
from labelproj.project.joint import JointProjector

__all__ = [
    "METHODS",
    "LabelledPair",
    "PairCorpus",
    "Projector",
    "check_method",
    "member_names",
    "open_projector",
]

METHODS = ("alignment", "ensemble")

#: Proposers by name.
Given = Mapping[str, Proposer]


def member_names(params: ProjectParams) -> tuple[str, ...]:
    """Return the names of the proposers that ``params`` ask for: one, or an ensemble's members."""
    return params.members if params.method == "ensemble" else (params.align.name,)


def check_method(params: ProjectParams, *, given: Given | None = None) -> list[str]:
    """Return the names of what will propose places; see :func:`open_projector`. Loads nothing."""
    names = member_names(params)
    if params.method == "ensemble" and len(set(names)) < max(2, len(names)):
        raise UsageError(
            "an ensemble needs two members or more, each of them once",
            remedy="name them: project.members, or --member NAME --member NAME",
        )
    return [
        name if name in (given or {}) else check_aligner(_aligner_params(name, params))
        for name in names
    ]


def open_projector(
    params: ProjectParams,
    *,
    work: Path,
    src_lang: str,
    tgt_lang: str,
    device: str = "auto",
    given: Given | None = None,
) -> Projector:
    """Open the projection method that ``params`` name.

    ``given`` are proposers that are there already, by the name that ``params`` call them.
    """
    check_method(params, given=given)
    proposers = [
        (given or {}).get(name)
        or _open_proposer(
            name, params, work=work, src_lang=src_lang, tgt_lang=tgt_lang, device=device
        )
        for name in member_names(params)
    ]
    if params.method == "ensemble":
        return JointProjector(EnsembleProposer(proposers))
    return JointProjector(proposers[0])


def _open_proposer(
    name: str, params: ProjectParams, *, work: Path, src_lang: str, tgt_lang: str, device: str
) -> Proposer:
    """Open one proposer: an aligner by its name."""
    aligner = open_aligner(
        _aligner_params(name, params),
        work=work,
        src_lang=src_lang,
        tgt_lang=tgt_lang,
        device=device,
    )
    return AlignmentProposer(aligner)


def _aligner_params(name: str, params: ProjectParams) -> AlignParams:
    """Return the aligner's parameters; ``embedding:MODEL`` has a model of its own."""
    kind, colon, model = name.partition(":")
    if not colon or kind not in ALIGNERS:
        return params.align.model_copy(update={"name": name})
    return params.align.model_copy(update={"name": kind, "model": model, "layer": None})
