"""Training a tokenizer that transformers loads as an ``NllbTokenizer``."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from labelproj.errors import DependencyError

__all__ = ["train_tokenizer"]

#: The first ids of every NLLB tokenizer.
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
#: Signs that stand alone, so that no piece holds a letter and a sign; each digit stands alone
#: too, for numbers are copied digit by digit.
_ALONE = r"[^\p{L}\p{M}'’‘ʼ▁]"


def train_tokenizer(texts: Iterable[str], *, vocab_size: int, languages: Sequence[str]) -> Any:
    """Return an ``NllbTokenizer`` with a BPE vocabulary trained on ``texts``.

    ``languages`` are FLORES codes; the first is the default source and the last the default
    target. The signs of the marker schemes (``[ ] < > /``) are pieces of their own that never
    merge with text; ``[``, ``]`` and ``<`` also with a space before them. Raises DependencyError
    where transformers is missing.
    """
    try:
        from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
        from transformers import NllbTokenizer
    except ImportError as error:
        raise DependencyError(
            "training a tokenizer needs transformers", remedy="pip install 'labelproj[models]'"
        ) from error
    model = Tokenizer(models.BPE(unk_token="<unk>"))
    # The tokenizer itself cuts at spaces only (that is what NllbTokenizer does); as no merge
    # over a sign is ever learnt here, none happens there.
    model.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True),
            pre_tokenizers.Split(Regex(rf"▁?{_ALONE}"), behavior="isolated"),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(_SPECIAL),
        initial_alphabet=[*"[]<>/", "▁"],
        show_progress=False,
        min_frequency=2,
    )
    model.train_from_iterator(_with_markers(texts), trainer)
    learnt = json.loads(model.to_str())["model"]
    vocab: dict[str, int] = dict(learnt["vocab"])
    merges = [tuple(merge) for merge in learnt["merges"]]
    for sign in "[]<":
        if f"▁{sign}" not in vocab:
            vocab[f"▁{sign}"] = len(vocab)
            merges.append(("▁", sign))
    return NllbTokenizer(
        vocab=vocab,
        merges=merges,
        src_lang=languages[0],
        tgt_lang=languages[-1],
        extra_special_tokens=list(dict.fromkeys(languages)),
    )


def _with_markers(texts: Iterable[str]) -> Iterable[str]:
    yield from texts
    yield from ["[ a ] [b] <a>b</a>"] * 10
