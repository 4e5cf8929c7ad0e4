"""Opening the method: which weights, which tokens, which device."""

from contextlib import suppress

from labelproj.config import ConstrainedParams
from labelproj.errors import UnknownLanguageError, UsageError
from labelproj.project.constrained.proposer import ConstrainedProposer
from labelproj.project.constrained.scorer import TorchScorer
from labelproj.project.constrained.texts import Tokens
from labelproj.translate.engine import check_model, pick_device
from labelproj.translate.model import compute_digest
from labelproj.translate.schemes import scheme
from labelproj.translate.weights import find_weights

__all__ = ["open_constrained"]


def open_constrained(
    params: ConstrainedParams, *, mt: str | None, src_lang: str, tgt_lang: str, device: str
) -> ConstrainedProposer:
    """Open the method over the model of ``params``, or else over ``mt``.

    Raises UsageError without a model or languages, ModelError, ModelNotFoundError,
    UnknownLanguageError, DeviceError and DependencyError.
    """
    model = params.model or mt
    if model is None:
        raise UsageError(
            "constrained decoding needs a translation model",
            remedy="--mt (or --constrained-model) with a Hub id or Hugging Face folder",
        )
    if not src_lang or not tgt_lang:
        raise UsageError("constrained decoding must know both languages", remedy="--src and --tgt")
    folder = find_weights(model, revision=params.revision)
    codec = check_model(folder, src=src_lang, tgt=tgt_lang)
    marking = scheme(params.markers)
    forward = Tokens(codec, marking, where=str(folder))
    backward = None
    if params.reverse:
        # A model of one direction cannot be asked for the other, or does not know that it cannot.
        with suppress(UnknownLanguageError):
            other = check_model(folder, src=tgt_lang, tgt=src_lang)
            if other.target_prefix:
                backward = Tokens(other, marking, where=str(folder))
    scorer = TorchScorer(folder, device=pick_device(device), dtype=params.compute_type)
    return ConstrainedProposer(
        scorer, forward, backward, params=params, digest=compute_digest(folder)
    )
