"""The heart of labelproj: propose candidates, score them, assign all spans of a unit jointly."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from labelproj.align import ALIGNERS, check_aligner, open_aligner
from labelproj.config import AlignParams, ProjectParams
from labelproj.errors import UsageError
from labelproj.progress import log
from labelproj.project.alignment import AlignmentProposer
from labelproj.project.base import LabelledPair, PairCorpus, Projector, Proposer
from labelproj.project.ensemble import EnsembleProposer
from labelproj.project.joint import JointProjector
from labelproj.project.markers import MarkerProposer
from labelproj.project.places import project_places

__all__ = [
    "METHODS",
    "LabelledPair",
    "PairCorpus",
    "Projector",
    "Proposer",
    "available",
    "check_method",
    "member_names",
    "open_projector",
    "open_proposer",
    "project_places",
]

METHODS = ("alignment", "constrained", "ensemble", "markers")

#: Proposers by name.
Given = Mapping[str, Proposer]


def member_names(params: ProjectParams) -> tuple[str, ...]:
    """Return the names of the proposers that ``params`` ask for: one, or an ensemble's members."""
    if params.method == "ensemble":
        return params.members
    return (params.align.name if params.method == "alignment" else params.method,)


def check_method(
    params: ProjectParams, *, markers: str | None = None, given: Given | None = None
) -> list[str]:
    """Return the names of what will propose places; see :func:`open_projector`.

    Loads nothing. Raises UsageError for names, models and bitext that will not do, and for
    ``markers`` where the source was not marked for translation.
    """
    names = member_names(params)
    if "markers" in names and markers is None:
        raise UsageError(
            "the method 'markers' needs translations of marked text",
            remedy="set translate.markers (--markers) to brackets or xml, as the model was "
            "taught, and let the model translate",
        )
    if params.method == "ensemble" and len(set(names)) < max(2, len(names)):
        raise UsageError(
            "an ensemble needs two members or more, each of them once",
            remedy="name them: project.members, or --member NAME --member NAME",
        )
    return [
        name
        if name in ("constrained", "markers") or name in (given or {})
        else check_aligner(_aligner_params(name, params))
        for name in names
    ]


def available(params: ProjectParams) -> ProjectParams:
    """Return ``params`` with systran in the place of eflomal, once, where that is not installed."""
    names = member_names(params)
    if "eflomal" not in names or importlib.util.find_spec("eflomal") is not None:
        return params
    members = tuple(dict.fromkeys("systran" if name == "eflomal" else name for name in names))
    if len(members) > 1:
        return params.model_copy(update={"members": members})
    align = params.align.model_copy(update={"name": "systran"})
    return params.model_copy(update={"method": "alignment", "align": align})


def open_projector(
    params: ProjectParams,
    *,
    work: Path,
    src_lang: str,
    tgt_lang: str,
    device: str = "auto",
    mt: str | None = None,
    markers: str | None = None,
    given: Given | None = None,
) -> Projector:
    """Open the projection method that ``params`` name.

    ``mt`` is the translation model (a Hub id, a Hugging Face folder or a prepared folder), for
    the methods that need one; ``markers`` the scheme in which the source was marked for
    translation, if it was. ``given`` are proposers that are there already, by the name that
    ``params`` call them.
    """
    check_method(params, markers=markers, given=given)
    if (usable := available(params)) != params:
        log.warning(
            "eflomal is not installed (it needs a C compiler); the weaker aligner 'systran' is "
            "used. See `labelproj doctor`."
        )
        params = usable
    languages = {"src_lang": src_lang, "tgt_lang": tgt_lang}
    proposers = [
        (given or {}).get(name)
        or open_proposer(
            name, params, work=work, device=device, mt=mt, markers=markers, **languages
        )
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
    markers: str | None = None,
) -> Proposer:
    """Open one proposer by its name: an aligner, or another method."""
    if name == "markers":
        assert markers is not None  # check_method has seen to it
        return MarkerProposer(markers)
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
