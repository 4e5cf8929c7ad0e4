"""BLEU of an agent's replies."""

from collections.abc import Sequence

from labelproj.errors import DependencyError
from labelproj.languages import is_unspaced_language

__all__ = ["bleu", "bleu_tokenizer"]


def bleu_tokenizer(lang: str) -> str:
    """Return sacrebleu's tokenizer for a language: ``zh``, ``char`` for scripts without spaces.

    ``13a``, that of WMT, for all others. Japanese and Korean get ``char`` too: their own
    tokenizers need dictionaries that are fetched.
    """
    if lang.split("-")[0] == "zh":
        return "zh"
    return "char" if lang in {"ja", "ko"} or is_unspaced_language(lang) else "13a"


def bleu(predicted: Sequence[str], gold: Sequence[str], *, lang: str) -> dict[str, object]:
    """Return corpus BLEU (0-100) and the signature of sacrebleu that it was computed with.

    Papineni et al. 2002; Post 2018 (https://aclanthology.org/W18-6319). Raises DependencyError.
    """
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError as error:
        raise DependencyError(
            "BLEU needs sacrebleu", remedy="pip install 'labelproj[eval]'"
        ) from error
    metric = BLEU(tokenize=bleu_tokenizer(lang))
    score = metric.corpus_score(list(predicted), [list(gold)])
    return {"bleu": round(score.score, 2), "signature": str(metric.get_signature())}
