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
from labelproj.project.places import project_places

__all__ = [
    "METHODS",
    "LabelledPair",
    "PairCorpus",
    "Projector",
    "Proposer",
    "check_method",
    "member_names",
    "open_projector",
    "open_proposer",
    "project_places",
]

METHODS = ("alignment", "constrained", "ensemble")

#: Proposers by name.
Given = Mapping[str, Proposer]


def member_names(params: ProjectParams) -> tuple[str, ...]:
    """Return the names of the proposers that ``params`` ask for: one, or an ensemble's members."""
    if params.method == "ensemble":
        return params.members
    return (params.align.name if params.method == "alignment" else params.method,)


def check_method(params: ProjectParams, *, given: Given | None = None) -> list[str]:
    """Return the names of what will propose places; see :func:`open_projector`.

    Loads nothing. Raises UsageError for names, models and bitext that will not do.
    """
    names = member_names(params)
    if params.method == "ensemble" and len(set(names)) < max(2, len(names)):
        raise UsageError(
            "an ensemble needs two members or more, each of them once",
            remedy="name them: project.members, or --member NAME --member NAME",
        )
    return [
        name
        if name == "constrained" or name in (given or {})
        else check_aligner(_aligner_params(name, params))
        for name in names
    ]


def open_projector(
    params: ProjectParams,
    *,
    work: Path,
    src_lang: str,
    tgt_lang: str,
    device: str = "auto",
    mt: str | None = None,
    given: Given | None = None,
) -> Projector:
    """Open the projection method that ``params`` name.

    ``mt`` is the translation model (a Hub id, a Hugging Face folder or a prepared folder), for
    the methods that need one. ``given`` are proposers that are there already, by the name that
    ``params`` call them.
    """
    check_method(params, given=given)
    languages = {"src_lang": src_lang, "tgt_lang": tgt_lang}
    proposers = [
        (given or {}).get(name)
        or open_proposer(name, params, work=work, device=device, mt=mt, **languages)
        for name in member_names(params)
    ]
    if params.method == "ensemble":
        return JointProjector(EnsembleProposer(proposers))
    return JointProjector(proposers[0])


def open_proposer(
    name: str,
    params: ProjectParams,
    *,
    work: Path,
    src_lang: str,
    tgt_lang: str,
    device: str = "auto",
    mt: str | None = None,
) -> Proposer:
    """Open one proposer by its name: an aligner, or another method."""
    if name == "constrained":
        from labelproj.project.constrained import open_constrained

        return open_constrained(
            params.constrained, mt=mt, src_lang=src_lang, tgt_lang=tgt_lang, device=device
        )
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
