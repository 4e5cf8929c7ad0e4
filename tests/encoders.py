"""Tiny encoders with random weights, with tokenizers of every kind that can be trimmed."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["BERT", "KINDS", "small_bert", "word_pieces", "write_encoder"]

#: As in XLM-R, whose positions are counted from the padding id on; the mask is last there.
XLMR = ("<s>", "<pad>", "</s>", "<unk>")
BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def small_bert() -> Any:
    """Return the configuration of a BERT with eight dimensions and a layer."""
    from transformers import BertConfig

    return BertConfig(
        vocab_size=8,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=16,
    )


def unigram(texts: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=120, special_tokens=list(XLMR), unk_token="<unk>", show_progress=False
    )
    made.train_from_iterator(texts, trainer)
    made.add_special_tokens(["<mask>"])
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return made


def bpe(texts: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[*XLMR, "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator(texts, trainer)
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return made


def word_pieces(texts: Sequence[str], size: int) -> dict[str, int]:
    """Return BERT's special tokens, every letter, and the most frequent words, `size` at most.

    The library's own trainer of word pieces gives another vocabulary in every run, as the order
    of its letters is that of a hash; with it, a test met a near tie in one run of many.
    """
    from tokenizers import pre_tokenizers

    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    counts = Counter(word for text in texts for word, _ in split(text))
    letters = sorted({letter for word in counts for letter in word})
    words = sorted(counts, key=lambda word: (-counts[word], word))
    pieces = dict.fromkeys([*BERT, *letters, *(f"##{letter}" for letter in letters), *words])
    return {piece: number for number, piece in enumerate(list(pieces)[:size])}


def wordpiece(texts: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(models.WordPiece(word_pieces(texts, 150), unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


#: What makes a tokenizer of each kind from texts.
KINDS: dict[str, Callable[[Sequence[str]], Any]] = {
    "unigram": unigram,
    "bpe": bpe,
    "wordpiece": wordpiece,
}


def write_encoder(folder: Path, kind: str, texts: Sequence[str]) -> Path:
    """Write an untrained encoder with the head of a masked language model; return its folder."""
    import torch
    from transformers import (
        BertConfig,
        BertForMaskedLM,
        PreTrainedTokenizerFast,
        XLMRobertaConfig,
        XLMRobertaForMaskedLM,
    )

    tokenizer = KINDS[kind](texts)
    names = BERT if kind == "wordpiece" else (*XLMR, "<mask>")
    roles = {
        "wordpiece": ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"),
    }.get(kind, ("cls_token", "pad_token", "sep_token", "unk_token", "mask_token"))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(roles, names, strict=True))
    )
    shape: dict[str, Any] = {
        "vocab_size": len(fast),
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 66,
        "pad_token_id": fast.pad_token_id,
    }
    torch.manual_seed(3)
    model = (
        BertForMaskedLM(BertConfig(**shape))
        if kind == "wordpiece"
        else XLMRobertaForMaskedLM(XLMRobertaConfig(**shape, type_vocab_size=1))
    )
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder
