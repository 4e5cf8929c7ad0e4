"""Language-adaptive pre-training: an encoder goes on reading before it is fine-tuned.

Masked language modelling (Devlin et al. 2019) on unlabelled text of the target language, which
the encoder may have seen little of: Gururangan et al. 2020, *Don't Stop Pretraining*
(https://aclanthology.org/2020.acl-main.740); for African languages Alabi et al. 2022
(https://aclanthology.org/2022.coling-1.382).
"""

import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from labelproj.devices import torch_device
from labelproj.errors import MissingInputError, ModelError
from labelproj.progress import log, track
from labelproj.train.batches import padded_batches
from labelproj.train.encoder import opening, require_torch, window_size
from labelproj.train.trim import Texts
from labelproj.train.updates import Updates
from labelproj.train_params import AdaptParams
from labelproj.translate.hub import find_model
from labelproj.translate.model import write_hf

__all__ = ["adapt_encoder"]

_TEXTS = 256
#: One window in so many is held out, up to this number.
_APART, _HELD_OUT = 20, 200


def adapt_encoder(
    name: str, texts: Texts, params: AdaptParams, *, max_length: int, seed: int, out: Path
) -> dict[str, object]:
    """Train ``name`` (Hub id or folder) to fill masks in ``texts``, and write it to ``out``.

    15 % of the subwords are masked, anew in every batch. Texts are read from the first on, as
    many as ``params.steps`` batches take, in windows of ``max_length`` subwords. The head is the
    encoder's own, or a new one where it has none. Returns ``windows``, ``held_out``, ``steps``,
    and ``loss_before`` and ``loss`` (nats a masked subword of the windows held out).

    Raises MissingInputError without text, ModelNotFoundError, HubError, ModelError for what is no
    encoder or has no mask, DependencyError and StorageError.
    """
    torch = require_torch()
    torch.manual_seed(seed)
    folder = find_model(name).folder
    model, tokenizer = _open(folder, name)
    size = window_size(model, tokenizer, max_length)
    windows, held = _windows(texts, tokenizer, size, budget=params.steps * params.batch_words)
    if not windows:
        raise MissingInputError("no text to adapt the encoder to", remedy="check train.adapt.texts")
    mask = _Masks(tokenizer, seed=seed, device=model.device)
    before = _loss(model, held or windows[:_HELD_OUT], tokenizer)
    steps = params.steps
    updates = Updates(model, rate=params.learning_rate, steps=steps)
    batches = padded_batches([len(ids) for ids in windows], params.batch_words, random.Random(seed))
    model.train()
    with track("adapt the encoder", steps) as progress:
        for step, batch in zip(range(steps), batches, strict=False):
            updates.apply(mask.loss(model, [windows[index] for index in batch]), step)
            progress.advance(1)
    after = _loss(model, held or windows[:_HELD_OUT], tokenizer)
    log.info("adapted to %d windows: loss %.3f, was %.3f", len(windows), after, before)
    write_hf(model.to("cpu").eval(), tokenizer, out)
    return {
        "windows": len(windows),
        "held_out": len(held),
        "steps": steps,
        "loss_before": round(before, 4),
        "loss": round(after, 4),
    }


class _Masks:
    """Windows with masks, and what a model makes of them."""

    def __init__(self, tokenizer: Any, *, seed: int, device: Any):
        from transformers import DataCollatorForLanguageModeling

        self._collate = DataCollatorForLanguageModeling(tokenizer, seed=seed)
        self._device = device

    def loss(self, model: Any, windows: Sequence[Sequence[int]]) -> Any:
        """Return the mean loss (nats a masked subword), 0 where no subword was masked."""
        torch = require_torch()
        batch = self._collate([{"input_ids": list(ids)} for ids in windows])
        batch = {key: value.to(self._device) for key, value in batch.items()}
        wanted = batch.pop("labels")
        half = self._device.type == "cuda" and torch.cuda.is_bf16_supported()
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=half):
            logits = model(**batch).logits
        total = torch.nn.functional.cross_entropy(
            logits.float().transpose(1, 2), wanted, reduction="sum"
        )
        return total / (wanted != -100).sum().clamp(min=1)


def _loss(model: Any, windows: Sequence[Sequence[int]], tokenizer: Any) -> float:
    """Return the mean loss on windows, with the same masks at every call."""
    torch = require_torch()
    masks = _Masks(tokenizer, seed=0, device=model.device)
    model.eval()
    with torch.inference_mode():
        losses = [
            float(masks.loss(model, windows[first : first + 8]))
            for first in range(0, len(windows), 8)
        ]
    model.train()
    return sum(losses) / len(losses)


def _windows(
    texts: Texts, tokenizer: Any, size: int, *, budget: int
) -> tuple[list[list[int]], list[list[int]]]:
    """Return windows of subwords for training, ``budget`` of them at most, and those held out."""
    windows: list[list[int]] = []
    held: list[list[int]] = []
    seen = 0
    for number, ids in enumerate(_coded(texts, tokenizer, size)):
        if number % _APART == _APART - 1 and len(held) < _HELD_OUT:
            held.append(ids)
            continue
        windows.append(ids)
        seen += len(ids)
        if seen >= budget:
            break
    return windows, held


def _coded(texts: Texts, tokenizer: Any, size: int) -> Iterator[list[int]]:
    iterator = (text for text in texts() if text.strip())
    while batch := list(islice(iterator, _TEXTS)):
        yield from tokenizer(
            batch,
            truncation=True,
            max_length=size,
            return_overflowing_tokens=True,
            return_attention_mask=False,
        )["input_ids"]


def _open(folder: Path, name: str) -> tuple[Any, Any]:
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    with opening(name):
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model, about = AutoModelForMaskedLM.from_pretrained(folder, output_loading_info=True)
    if tokenizer.mask_token is None or not tokenizer.is_fast:
        raise ModelError(
            "it has no mask to be filled" if tokenizer.is_fast else "it has no fast tokenizer",
            where=name,
            remedy="use an encoder of the BERT family, or leave train.adapt out",
        )
    if about["missing_keys"]:
        log.info("%s has no head for masks; a new one is trained", name)
    return model.to(torch_device()), tokenizer
