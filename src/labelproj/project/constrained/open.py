"""Opening the method: which weights, which tokens, which device."""

from contextlib import suppress
from pathlib import Path

from labelproj.config import ConstrainedParams
from labelproj.errors import ModelNotFoundError, UnknownLanguageError, UsageError
from labelproj.processes import can_copy
from labelproj.progress import log
from labelproj.project.base import Proposer
from labelproj.project.constrained.base import Scorer
from labelproj.project.constrained.ct2_scorer import Ct2Scorer
from labelproj.project.constrained.proposer import ConstrainedProposer
from labelproj.project.constrained.scorer import TorchScorer
from labelproj.project.constrained.texts import Tokens
from labelproj.project.shares import SharedProposer
from labelproj.translate.cache import cached_model
from labelproj.translate.engine import check_model, open_engine, pick_device
from labelproj.translate.model import compute_digest, is_ct2_folder
from labelproj.translate.schemes import scheme
from labelproj.translate.weights import find_weights

__all__ = ["open_constrained"]


def open_constrained(
    params: ConstrainedParams, *, mt: str | None, src_lang: str, tgt_lang: str, device: str
) -> Proposer:
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
    folder = _folder(params, model, src=src_lang, tgt=tgt_lang)
    marking = scheme(params.markers)
    forward = Tokens(check_model(folder, src=src_lang, tgt=tgt_lang), marking, where=str(folder))
    backward = None
    if params.reverse:
        # A model of one direction cannot be asked for the other, or does not know that it cannot.
        with suppress(UnknownLanguageError):
            other = check_model(folder, src=tgt_lang, tgt=src_lang)
            if other.target_prefix:
                backward = Tokens(other, marking, where=str(folder))
    scorer: Scorer
    if is_ct2_folder(folder):
        engine = open_engine(folder, src=src_lang, tgt=tgt_lang, device=device)
        scorer = Ct2Scorer(engine, batch_tokens=params.batch_tokens)
    else:
        scorer = TorchScorer(
            folder,
            device=pick_device(device),
            dtype=params.compute_type,
            rough=params.search_type,
        )
        if params.compute_type == "float32":
            # What was chosen is what shapes the result.
            params = params.model_copy(update={"search_type": scorer.rough})
    proposer = ConstrainedProposer(
        scorer,
        forward,
        backward,
        params=params,
        langs=(src_lang, tgt_lang),
        digest=compute_digest(folder),
    )
    if scorer.workers == 1 or not can_copy():
        return proposer
    return SharedProposer(proposer, workers=scorer.workers, prepare=scorer.work_alone)


def _folder(params: ConstrainedParams, model: str, *, src: str, tgt: str) -> Path:
    """Return the weights: those of the original where they can be had, else converted ones."""
    if params.backend == "ct2":
        return cached_model(model, src=src, tgt=tgt, revision=params.revision)
    try:
        return find_weights(model, revision=params.revision)
    except ModelNotFoundError:
        if params.backend == "auto" and is_ct2_folder(Path(model).expanduser()):
            log.warning("only converted weights in %s: scored by CTranslate2, which is slow", model)
            return Path(model).expanduser()
        raise
