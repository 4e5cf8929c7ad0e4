"""A fast tokenizer with fewer tokens, that cuts given texts as before.

What makes it exact, by the kind of its model:

- **Unigram** takes the most probable cutting (Kudo 2018): without other pieces the best stays the
  best, as long as characters stay pieces of their own, and unknown ones as improbable as before,
  that is, the least probable piece stays.
- **BPE** joins the pair that was learnt first (Sennrich et al. 2016): the joins on the way to a
  kept token stay, so every step is the same.
- **WordPiece** takes the longest token (Devlin et al. 2019), and that one is kept.
"""

import copy
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

__all__ = ["needed", "trimmed"]

State = dict[str, Any]


def needed(state: Mapping[str, Any], used: Collection[int]) -> list[int]:
    """Return the ids to keep, in order, so that texts with the tokens ``used`` are cut as before.

    ``state`` is that of the tokenizer's ``tokenizer.json``. All added tokens are kept, and all
    single characters of the scripts in ``used``, so that other texts of these languages can be
    cut, if more finely. Raises ValueError for a model that is none of
    Unigram, BPE, WordPiece and WordLevel.
    """
    model = state["model"]
    kind = model.get("type")
    kept = set(used) | {token["id"] for token in state["added_tokens"]}
    if kind == "Unigram":
        pieces = [piece for piece, _ in model["vocab"]]
        scores = [score for _, score in model["vocab"]]
        kept.add(scores.index(min(scores)))
        if model.get("unk_id") is not None:
            kept.add(model["unk_id"])
        number = {piece: index for index, piece in enumerate(pieces)}
    elif kind in ("BPE", "WordPiece", "WordLevel"):
        number = dict(model["vocab"])
        if model.get("unk_token") in number:
            kept.add(number[model["unk_token"]])
        if kind == "BPE":
            kept |= _ancestors(kept, number, model)
    else:
        raise ValueError(f"a tokenizer of the kind {kind} cannot be trimmed")
    prefix = model.get("continuing_subword_prefix") or ""
    seen = {
        _script(character)
        for piece, index in number.items()
        if index in kept
        for character in piece
    }
    for piece in number:
        bare = piece.removeprefix(prefix)
        if len(bare) == 1 and (bare.isascii() or _script(bare) in seen):
            kept.add(number[piece])
    kept |= {number[piece] for piece in _bytes(state) & number.keys()}
    return sorted(kept)


def trimmed(state: Mapping[str, Any], kept: Collection[int]) -> State:
    """Return the state of a tokenizer of the tokens ``kept`` alone, numbered from 0 in order."""
    new = {old: index for index, old in enumerate(sorted(kept))}
    result: State = copy.deepcopy(dict(state))
    model = result["model"]
    if model["type"] == "Unigram":
        model["vocab"] = [one for index, one in enumerate(model["vocab"]) if index in new]
        if model.get("unk_id") is not None:
            model["unk_id"] = new[model["unk_id"]]
    else:
        inside = sorted((old, piece) for piece, old in model["vocab"].items() if old in new)
        model["vocab"] = {piece: new[old] for old, piece in inside}
    if model["type"] == "BPE":
        model["merges"] = [
            merge
            for merge in model["merges"]
            if all(piece in model["vocab"] for piece in (*_pair(merge), _joined(merge, model)))
        ]
    for token in result["added_tokens"]:
        token["id"] = new[token["id"]]
    _renumber(result.get("post_processor"), new)
    if result.get("padding"):
        result["padding"]["pad_id"] = new[result["padding"]["pad_id"]]
    result["truncation"] = None
    return result


def _ancestors(
    kept: Collection[int], number: Mapping[str, int], model: Mapping[str, Any]
) -> set[int]:
    """Return the ids of all tokens that joins go through on their way to those kept."""
    parts: dict[int, list[int]] = {}
    for merge in model["merges"]:
        made = number.get(_joined(merge, model))
        if made is not None:
            parts.setdefault(made, []).extend(number[piece] for piece in _pair(merge))
    found: set[int] = set()
    waiting = list(kept)
    while waiting:
        for part in parts.get(waiting.pop(), ()):
            if part not in found:
                found.add(part)
                waiting.append(part)
    return found


def _pair(merge: Any) -> tuple[str, str]:
    """Return the two sides of a merge, which older files write as one string."""
    one, other = merge.split(" ") if isinstance(merge, str) else merge
    return one, other


def _joined(merge: Any, model: Mapping[str, Any]) -> str:
    one, other = _pair(merge)
    return one + other.removeprefix(model.get("continuing_subword_prefix") or "")


def _script(character: str) -> str:
    """Return the first word of a character's Unicode name: LATIN, CYRILLIC, CJK, DIGIT, …"""
    return unicodedata.name(character, "").split(" ")[0]


def _bytes(state: Mapping[str, Any]) -> set[str]:
    """Return the tokens that stand for single bytes, which any text may need."""
    from tokenizers import pre_tokenizers

    found = {f"<0x{byte:02X}>" for byte in range(256)}
    if "ByteLevel" in str(state.get("pre_tokenizer")):
        found |= set(pre_tokenizers.ByteLevel.alphabet())
    return found


def _renumber(value: Any, new: Mapping[int, int]) -> None:
    """Give the special tokens of a post-processor, however deep, their new ids."""
    if isinstance(value, list):
        for one in value:
            _renumber(one, new)
    elif isinstance(value, dict):
        for key, one in value.items():
            if key == "ids":
                value[key] = [new[old] for old in one]
            elif key in ("sep", "cls") and isinstance(one, list):
                value[key] = [one[0], new[one[1]]]
            else:
                _renumber(one, new)
