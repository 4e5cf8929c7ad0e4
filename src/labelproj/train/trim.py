"""A multilingual encoder with the vocabulary of the languages at hand.

Most weights of a multilingual encoder are the embeddings of tokens that a few languages never
use. Without them it is the same model, on texts of the tokens that stay: Abdaoui et al. 2020,
*Load What You Need* (https://aclanthology.org/2020.sustainlp-1.16); Alabi et al. 2022, MAFT
(https://aclanthology.org/2022.coling-1.382), who halve XLM-R so.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from labelproj.errors import (
    MissingInputError,
    ModelConversionError,
    ModelError,
    StorageError,
)
from labelproj.progress import track
from labelproj.train.encoder import opening, require_torch, window_size
from labelproj.train.pieces import needed, trimmed
from labelproj.translate.hub import find_model
from labelproj.translate.model import quiet, write_hf

__all__ = ["Texts", "trim_encoder"]

#: Texts that can be gone through more than once.
Texts = Callable[[], Iterable[str]]
_BATCH = 256
#: Texts whose hidden states are compared, and how long they may be (subwords).
_COMPARED, _LONGEST = 200, 128
#: The largest difference of hidden states that is taken for rounding.
_ROUNDING = 1e-4
#: RoBERTa-like encoders count positions from the padding id on, so a low one must not move.
_LOW = 100
#: Files of slow tokenizers, which have the old vocabulary.
_STALE = ("*.model", "*.spm", "vocab.txt", "vocab.json", "merges.txt", "added_tokens.json")


def trim_encoder(name: str, texts: Texts, *, out: Path) -> dict[str, object]:
    """Write ``name`` (Hub id or folder) to ``out`` with no more than the vocabulary of ``texts``.

    ``out`` appears only when the model that was written, opened again, cuts every text into the
    same tokens (strings) as before and gives the first texts the same last hidden states.
    Returns ``texts``, ``tokens_before`` and ``tokens`` (rows of the embeddings),
    ``parameters_before`` and ``parameters``, ``bytes_before`` and ``bytes`` (of the weights),
    ``compared`` (texts) and ``largest_difference`` (of hidden states).

    Raises MissingInputError without a text, ModelNotFoundError, HubError, ModelError for what is
    no encoder with a fast tokenizer of a known kind, ModelConversionError where outputs would
    change, DependencyError and StorageError.
    """
    require_torch()
    folder = find_model(name).folder
    model, tokenizer = _open(folder, name)
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    used, first, count = _survey(tokenizer, texts)
    pad = tokenizer.pad_token_id
    used |= set(range(pad)) if pad is not None and pad < _LOW else set()
    try:
        kept = needed(state, used)
    except ValueError as error:
        raise ModelError(str(error), where=name, remedy="use the model as it is") from error
    before, expected = _size(model), _hidden(model, tokenizer, first)
    partial = out.with_name(f".{out.name}.trimmed")
    try:
        fewer = _tokenizer(tokenizer, trimmed(state, kept), partial / "tokenizer")
        _shrink(model, kept)
        write_hf(model, fewer, partial / "model")
        del model
        again, fewer = _open(partial / "model", name)
        if fewer.convert_ids_to_tokens(range(len(kept))) != tokenizer.convert_ids_to_tokens(kept):
            raise _changed("its tokens would get each other's places", name)
        _compare_tokens(tokenizer, fewer, texts, where=name)
        difference = _difference(expected, _hidden(again, fewer, first), where=name)
        after = _size(again)
        if (folder / "README.md").is_file():  # it names the licence, which binds this model too
            shutil.copyfile(folder / "README.md", partial / "model" / "README.md")
        shutil.rmtree(out, ignore_errors=True)
        (partial / "model").replace(out)
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror or error}", where=str(out)
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return {
        "texts": count,
        "tokens_before": before["rows"],
        "tokens": after["rows"],
        "parameters_before": before["parameters"],
        "parameters": after["parameters"],
        "bytes_before": before["bytes"],
        "bytes": after["bytes"],
        "compared": len(first),
        "largest_difference": difference,
    }


def _survey(tokenizer: Any, texts: Texts) -> tuple[set[int], list[str], int]:
    """Return the tokens that texts have, the first texts, and how many there are."""
    used, first, count = set[int](), list[str](), 0
    with track("tokens in use", None) as progress:
        for batch in _batches(texts):
            for ids in tokenizer(batch, verbose=False)["input_ids"]:
                used.update(ids)
            first += batch[: _COMPARED - len(first)]
            count += len(batch)
            progress.advance(len(batch))
    if not count:
        raise MissingInputError("no text to take the vocabulary from")
    return used, first, count


def _batches(texts: Texts) -> Iterator[list[str]]:
    iterator = (text for text in texts() if text.strip())
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def _open(folder: Path, name: str) -> tuple[Any, Any]:
    """Open an encoder with whatever head it has."""
    import transformers

    with opening(name):
        config = transformers.AutoConfig.from_pretrained(folder)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        kind = getattr(transformers, (config.architectures or ["AutoModel"])[0])
        model = kind.from_pretrained(folder)
    if config.is_encoder_decoder or not tokenizer.is_fast:
        raise ModelError(
            "only encoders with a fast tokenizer (tokenizer.json) can be trimmed",
            where=name,
            remedy="use the model as it is",
        )
    return model.eval(), tokenizer


def _tokenizer(original: Any, state: dict[str, Any], folder: Path) -> Any:
    """Write a tokenizer of the original's class with another state to ``folder``, and open it."""
    from transformers import AutoTokenizer

    with quiet():
        original.save_pretrained(folder)
    for pattern in _STALE:
        for path in folder.glob(pattern):
            path.unlink()
    (folder / "tokenizer.json").write_text(json.dumps(state, ensure_ascii=False), "utf-8")
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    # Its numbers are old; the tokens are in tokenizer.json too.
    config.pop("added_tokens_decoder", None)
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False), "utf-8")
    with quiet():
        return AutoTokenizer.from_pretrained(folder)


def _shrink(model: Any, kept: Sequence[int]) -> None:
    """Leave the rows ``kept`` of everything that has a row a token, and renumber the config."""
    torch = require_torch()
    rows = model.get_input_embeddings().weight.shape[0]
    order = torch.tensor([*kept, *sorted(set(range(rows)) - set(kept))])
    head = model.get_output_embeddings()
    tables = [model.get_input_embeddings().weight]
    if head is not None and head.weight is not tables[0]:
        tables.append(head.weight)
    tables += [one for one in model.parameters() if one.dim() == 1 and one.shape[0] == rows]
    with torch.no_grad():
        for table in {id(one): one for one in tables}.values():
            table.copy_(table[order])
    with quiet():
        model.resize_token_embeddings(len(kept), mean_resizing=False)
    new = {old: index for index, old in enumerate(kept)}
    for config in (model.config, getattr(model, "generation_config", None)):
        for key, value in list(vars(config).items()) if config is not None else ():
            if key.endswith("_token_id") and isinstance(value, int):
                setattr(config, key, new.get(value))


def _compare_tokens(original: Any, fewer: Any, texts: Texts, *, where: str) -> None:
    for batch in _batches(texts):
        was, now = (
            [one.convert_ids_to_tokens(ids) for ids in one(batch, verbose=False)["input_ids"]]
            for one in (original, fewer)
        )
        for text, one, other in zip(batch, was, now, strict=True):
            if one != other:
                raise _changed(f"it would cut {text[:60]!r} into {other[:12]}", where)


def _changed(what: str, where: str) -> ModelConversionError:
    return ModelConversionError(
        f"with fewer tokens {what}", where=where, remedy="use the model as it is"
    )


def _hidden(model: Any, tokenizer: Any, texts: Sequence[str]) -> list[Any]:
    """Return the last hidden states (subwords, width) of each text, cut where it is long."""
    torch = require_torch()
    found = []
    size = window_size(model, tokenizer, _LONGEST)
    with torch.inference_mode():
        for text in texts:
            coded = tokenizer(
                text, truncation=True, max_length=size, return_tensors="pt", verbose=False
            )
            ids, mask = coded["input_ids"], coded["attention_mask"]
            output = model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
            found.append(output.hidden_states[-1][0])
    tokenizer.backend_tokenizer.no_truncation()
    return found


def _difference(expected: Sequence[Any], found: Sequence[Any], *, where: str) -> float:
    largest = max(
        float((one - other).abs().max()) for one, other in zip(expected, found, strict=True)
    )
    if not largest <= _ROUNDING:
        raise _changed(f"its outputs would change (by up to {largest:.3g})", where)
    return largest


def _size(model: Any) -> dict[str, int]:
    weights = list(model.parameters())
    return {
        "rows": model.get_input_embeddings().weight.shape[0],
        "parameters": sum(one.numel() for one in weights),
        "bytes": sum(one.numel() * one.element_size() for one in weights),
    }
