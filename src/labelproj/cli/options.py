"""Options that several commands share."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from labelproj.sections import ALIGNERS_WITH_MODEL

if TYPE_CHECKING:
    from labelproj.config import AlignParams, ProjectParams

__all__ = [
    "AlignerBackend",
    "AlignerComputeType",
    "AlignerLayer",
    "AlignerModel",
    "Backend",
    "ConstrainedModel",
    "ExtraBitext",
    "Json",
    "MarkerName",
    "Markers",
    "Members",
    "ParamsFile",
    "Resume",
    "aligner_params",
    "parse_label_map",
    "project_params",
]

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Resume = Annotated[
    bool, typer.Option("--resume/--no-resume", help="Go on from work that was stopped.")
]
ParamsFile = Annotated[Path, typer.Option("--params", help="The parameters' file.")]
AlignerModel = Annotated[
    str | None,
    typer.Option(help="Model for embedding, attention and simalign: Hub id or folder."),
]
AlignerLayer = Annotated[
    int | None, typer.Option(help="Its layer; chosen for the model when not given.")
]


class Backend(StrEnum):
    """What computes an encoder."""

    AUTO = "auto"
    TORCH = "torch"
    CT2 = "ct2"


AlignerBackend = Annotated[Backend, typer.Option(help="What computes the aligner's encoder.")]
AlignerComputeType = Annotated[
    str, typer.Option(help="The numbers of the aligner's encoder: float32, int8, …")
]
Members = Annotated[
    list[str] | None,
    typer.Option(
        "--member",
        help="A member of the ensemble, may be repeated: an aligner, or NAME:MODEL for one with a "
        "model of its own.",
    ),
]
ExtraBitext = Annotated[
    list[Path] | None,
    typer.Option(
        help="More bitext (TSV) for eflomal and systran to learn from; or, for eflomal, "
        "what `learn-priors` wrote."
    ),
]
ConstrainedModel = Annotated[
    str | None,
    typer.Option(
        help="Method constrained: Hugging Face folder or Hub id of the MT model (where there is an "
        "--mt, that one by default)."
    ),
]


class MarkerName(StrEnum):
    """The marker schemes there are."""

    BRACKETS = "brackets"
    XML = "xml"


Markers = Annotated[MarkerName, typer.Option(help="Marker scheme.")]

#: Options of aligners: the parameter each stands for, and the aligners that have it.
_OF_ALIGNERS = {
    "--aligner-model": ("model", ALIGNERS_WITH_MODEL),
    "--aligner-layer": ("layer", ALIGNERS_WITH_MODEL),
    "--matching": ("matching", ("embedding", "simalign")),
    "--aligner-backend": ("backend", ("embedding",)),
    "--aligner-compute-type": ("compute_type", ("embedding",)),
    "--extra-bitext": ("extra_bitext", ("eflomal", "systran")),
}


def aligner_params(
    name: str,
    *,
    model: str | None,
    layer: int | None,
    matching: str,
    backend: Backend = Backend.AUTO,
    compute_type: str = "float32",
    extra_bitext: Sequence[Path] | None,
    members: Sequence[str] | None = None,
) -> "AlignParams":
    """Return the parameters that the options of an aligner, and ``members`` of an ensemble, say.

    Raises BadParameter for an option that changes nothing of any of these.
    """
    from labelproj.config import AlignParams

    params = AlignParams.model_validate(
        {
            "name": name,
            "model": model,
            "layer": layer,
            "matching": matching,
            "backend": backend.value,
            "compute_type": compute_type,
            "extra_bitext": [str(path) for path in extra_bitext or ()],
        }
    )
    usual = AlignParams(name=name)
    used = {name, *_names(members)}
    for option, (field, aligners) in _OF_ALIGNERS.items():
        if getattr(params, field) != getattr(usual, field) and used.isdisjoint(aligners):
            raise typer.BadParameter(
                f"is for the aligners {', '.join(aligners)}", param_hint=option
            )
    return params


def _names(members: Sequence[str] | None) -> set[str]:
    return {one.partition(":")[0] for one in members or ()}


def project_params(
    method: str,
    *,
    member: Sequence[str] | None,
    align: "AlignParams",
    constrained_model: str | None,
    markers: MarkerName,
    min_score: float = 0.0,
) -> "ProjectParams":
    """Return the parameters that the options of a projection method stand for.

    Raises BadParameter for an option that would change nothing.
    """
    from labelproj.config import ConstrainedParams, ProjectParams

    names = _names(member)
    if names and method != "ensemble":
        raise typer.BadParameter("is for --method ensemble", param_hint="--member")
    if constrained_model and "constrained" not in {method, *names}:
        raise typer.BadParameter("is for --method constrained", param_hint="--constrained-model")
    if markers is not MarkerName.BRACKETS and not {"constrained", "markers"} & {method, *names}:
        raise typer.BadParameter("is for --method markers and constrained", param_hint="--markers")
    constrained = {"model": constrained_model, "markers": markers.value}
    return ProjectParams.model_validate(
        {
            "method": method,
            "members": tuple(member or ()),
            "align": align,
            "constrained": ConstrainedParams.model_validate(constrained),
            "min_score": min_score,
        }
    )


def parse_label_map(text: str | None) -> dict[str, str | None]:
    """Read ``per=PER,geo=LOC,*=``: an empty right side drops the label, ``*`` is any other."""
    mapping: dict[str, str | None] = {}
    for part in (text or "").split(","):
        old, equals, new = part.strip().partition("=")
        if not part.strip():
            continue
        if not equals or not old:
            raise typer.BadParameter(f"{part.strip()!r} is not OLD=NEW", param_hint="--label-map")
        mapping[old] = new or None
    return mapping
