"""Tokens for words that a pretrained model would write in pieces, or could not write at all."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from labelproj.translate.model import quiet

__all__ = ["with_words"]

#: What stands for a blank before a word in the pieces of SentencePiece's tokenizers.
_BLANK = "▁"


def with_words(model: Any, tokenizer: Any, words: Iterable[str]) -> tuple[Any, Any]:
    """Give each of ``words`` that is more than one token, or unknown, a token of its own.

    Its embedding is at first the mean of those of its pieces (Hewitt 2021,
    https://nlp.stanford.edu/~johnhew/vocab-expansion.html). Texts without these words are cut as
    before.
    The tokenizer that comes back is another one, which opens every text, a target too, with the
    language of targets where the old one knows languages. Models whose tokenizer has no pieces
    that begin with a blank (byte-level ones can write everything) come back as they are.
    """
    if not tokenizer.is_fast:
        return model, tokenizer
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    kind = state["model"].get("type")
    known = dict(tokenizer.get_vocab())
    if kind not in ("BPE", "Unigram") or _BLANK not in known:
        return model, tokenizer
    wanted = [word for word in dict.fromkeys(words) if f"{_BLANK}{word}" not in known]
    pieces = [_pieces(tokenizer, word) for word in wanted]
    _add(state["model"], [f"{_BLANK}{word}" for word in wanted], known)
    language = getattr(tokenizer, "tgt_lang", None) or getattr(tokenizer, "src_lang", None)
    made = _opened(state, tokenizer, language)
    _grow(model, len(known), pieces)
    return model, made


def _pieces(tokenizer: Any, word: str) -> list[int]:
    return list(tokenizer(word, add_special_tokens=False)["input_ids"])


def _add(model: dict[str, Any], words: Sequence[str], known: dict[str, int]) -> None:
    """Put words at the end of a model's vocabulary, behind the tokens that are not in it."""
    by_id = sorted(known, key=known.__getitem__)
    if model["type"] == "BPE":
        model["vocab"] = {token: known[token] for token in by_id}
        model["vocab"] |= {word: len(known) + index for index, word in enumerate(words)}
        # A word that is in the vocabulary is one token, whatever could be joined.
        model["ignore_merges"] = True
        return
    scores = dict(model["vocab"])
    least = min(scores.values())
    model["vocab"] = [[token, scores.get(token, least)] for token in by_id]
    # More probable than any way to put it together.
    model["vocab"] += [[word, 0.0] for word in words]


def _opened(state: dict[str, Any], tokenizer: Any, language: str | None) -> Any:
    from tokenizers import Tokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer.from_str(json.dumps(state))
    if language is not None:
        eos = str(tokenizer.eos_token)
        made.post_processor = TemplateProcessing(
            single=[language, "$A", eos],
            special_tokens=[(t, tokenizer.convert_tokens_to_ids(t)) for t in (language, eos)],
        )
    names = ("bos", "eos", "unk", "pad", "sep", "cls", "mask")
    special = {f"{name}_token": getattr(tokenizer, f"{name}_token", None) for name in names}
    with quiet():
        return PreTrainedTokenizerFast(
            tokenizer_object=made,
            model_max_length=tokenizer.model_max_length,
            **{name: token for name, token in special.items() if token is not None},
        )


def _grow(model: Any, before: int, pieces: Sequence[Sequence[int]]) -> None:
    """Give ``model`` rows for new tokens, each the mean of the rows of its ``pieces``."""
    import torch

    rows = model.get_input_embeddings().weight.shape[0]
    if before + len(pieces) > rows:
        with quiet():
            model.resize_token_embeddings(before + len(pieces), mean_resizing=False)
    tables = {id(one.weight): one.weight for one in _tables(model)}
    with torch.no_grad():
        for table in tables.values():
            for index, parts in enumerate(pieces):
                if parts:
                    table[before + index] = table[list(parts)].mean(dim=0)


def _tables(model: Any) -> Iterable[Any]:
    return (x for x in (model.get_input_embeddings(), model.get_output_embeddings()) if x)
