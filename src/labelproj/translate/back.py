"""The translation model from target to source, for what reads a text by way of its translation."""

from pathlib import Path

from labelproj.config import MtParams
from labelproj.errors import UnknownLanguageError, UsageError
from labelproj.translate.cache import cached_model
from labelproj.translate.engine import check_model

__all__ = ["back_model"]


def back_model(params: MtParams, project: Path, *, src: str, tgt: str) -> Path | None:
    """Return the folder of a prepared model from ``tgt`` to ``src``.

    That is ``params.back``; without it the model in ``project``, the prepared one from ``src`` to
    ``tgt``, where it is one of many languages that was given (one trained here knows one
    direction). None with ``params.given``: then texts bring their translations. Raises UsageError
    where there is none, and what opening a model raises.
    """
    if params.back is not None:
        folder = cached_model(params.back, src=tgt, tgt=src, quantization=params.quantization)
        check_model(folder, src=tgt, tgt=src)
        return folder
    if params.given:
        return None
    try:
        one_way = params.model is None or (
            check_model(project, src=tgt, tgt=src).family == "marian"
        )
    except UnknownLanguageError:
        one_way = True
    if one_way:
        raise UsageError(
            "reading translations needs a translation model from target to source, and the "
            "project's translates the other way only",
            where="params.yaml",
            remedy=f"set mt.back to a model from {tgt} to {src}, or leave translate-test and "
            "ensemble out of train.systems",
        )
    return project
