"""Opening an encoder and its tokenizer with a head for what it is to do, or making a tiny one.

An encoder is a Hub id or a local folder in Hugging Face format. Where none is named, a small
BERT (Devlin et al. 2019) is made from nothing, with a byte-level BPE tokenizer trained on
the training texts: it shows that everything works on machines without a hub, and is no more.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from labelproj.errors import DependencyError, ModelError, ModelNotFoundError
from labelproj.translate.hub import loading_options
from labelproj.translate.model import quiet

__all__ = [
    "ANSWERS",
    "TAGS",
    "Head",
    "open_encoder",
    "opening",
    "require_torch",
    "tiny_encoder",
    "window_size",
]


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on an encoder: the classes of transformers that open one and make a BERT.

    ``task`` is what peft calls it.
    """

    opened: str
    made: str
    task: str


TAGS = Head("AutoModelForTokenClassification", "BertForTokenClassification", "TOKEN_CLS")
ANSWERS = Head("AutoModelForQuestionAnswering", "BertForQuestionAnswering", "QUESTION_ANS")

_VOCABULARY = 8000
_WIDTH, _LAYERS, _HEADS, _FFN = 128, 2, 4, 256
_SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}


def require_torch() -> Any:
    """Return the torch module. Raises DependencyError where it is not installed."""
    try:
        import torch
    except ImportError as error:
        raise DependencyError(
            "this needs torch",
            remedy="pip install 'labelproj[models]'; taggers can do with the backend 'spacy'",
        ) from error
    return torch


@contextmanager
def opening(name: str) -> Iterator[None]:
    """Let transformers open the encoder ``name`` inside, quietly.

    Raises ModelNotFoundError for whatever goes wrong, as each library below raises errors of its
    own for a file that is missing or broken; a missing library is a DependencyError.
    """
    try:
        with quiet():
            yield
    except DependencyError:
        raise
    except Exception as error:
        raise ModelNotFoundError(
            f"no encoder that can be opened: {str(error).splitlines()[0]}",
            where=name,
            remedy="give a local folder in Hugging Face format, or a Hub id and a connection",
        ) from error


def _tag_maps(tags: Sequence[str]) -> dict[str, object]:
    if not tags:  # a start and an end
        return {"num_labels": 2}
    return {
        "id2label": dict(enumerate(tags)),
        "label2id": {tag: index for index, tag in enumerate(tags)},
    }


def open_encoder(name: str, head: Head, tags: Sequence[str] | None = None) -> tuple[Any, Any]:
    """Return the model and the tokenizer of a Hub id or local folder.

    With ``tags`` (an empty list where the head needs none) a head that is missing or another's
    is made anew. Raises ModelNotFoundError when there is no such model, ModelError when its
    tokenizer gives no offsets.
    """
    import transformers

    options: dict[str, object] = {} if tags is None else _tag_maps(tags)
    with opening(name):
        options |= loading_options(name)
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, **loading_options(name))
        model = getattr(transformers, head.opened).from_pretrained(
            name, ignore_mismatched_sizes=tags is not None, **options
        )
    if not tokenizer.is_fast:
        raise ModelError(
            "its tokenizer has no offsets (there is no fast tokenizer for it)",
            where=name,
            remedy="use an encoder with a tokenizer.json",
        )
    return model, tokenizer


def tiny_encoder(
    texts: Sequence[str],
    head: Head,
    tags: Sequence[str],
    *,
    max_length: int,
    dropout: float,
    seed: int,
) -> tuple[Any, Any]:
    """Make a small BERT with a head for ``tags`` and a tokenizer trained on ``texts``."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    # Bytes, because every script has them, and because their ids do not depend on the order in
    # which the trainer's threads meet characters: the same texts give the same tokenizer.
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=_VOCABULARY,
            min_frequency=2,
            special_tokens=list(_SPECIAL.values()),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    number = tokenizer.get_vocab()
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", number["[SEP]"]), ("[CLS]", number["[CLS]"])
    )
    require_torch().manual_seed(seed)
    model = getattr(transformers, head.made)(
        transformers.BertConfig(
            vocab_size=len(number),
            hidden_size=_WIDTH,
            num_hidden_layers=_LAYERS,
            num_attention_heads=_HEADS,
            intermediate_size=_FFN,
            max_position_embeddings=max_length + 2,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
            pad_token_id=number["[PAD]"],
            **_tag_maps(tags),
        )
    )
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, **_SPECIAL)
    return model, fast


def window_size(model: Any, tokenizer: Any, wanted: int) -> int:
    """Return the most tokens of a window, with special tokens: ``wanted``, or what fits."""
    positions = getattr(model.config, "max_position_embeddings", None) or wanted + 2
    # RoBERTa-like encoders count positions from the padding id on: two are never used.
    return max(8, min(wanted, int(tokenizer.model_max_length), positions - 2))
