"""What all sections of ``params.yaml`` have in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ALIGNERS",
    "ALIGNERS_WITH_MODEL",
    "Count",
    "OptimizerName",
    "Section",
    "Share",
    "TaskName",
]

#: The word aligners there are; labelproj.align opens them.
ALIGNERS = ("eflomal", "systran", "embedding", "attention", "simalign")
#: Those that have a model; the others learn from bitext.
ALIGNERS_WITH_MODEL = ("attention", "embedding", "simalign")
#: The tasks there are; labelproj.tasks says what each of them is.
TaskName = Literal["ner", "eae", "qa", "tod"]
#: How models are trained; ``auto`` is ``muon`` where products in bfloat16 are fast, else ``adamw``.
OptimizerName = Literal["adamw", "muon", "auto"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """The base of all sections: frozen, and strict about keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)
