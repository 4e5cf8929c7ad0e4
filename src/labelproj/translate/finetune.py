"""Teaching markers to a translation model: a few hundred updates on marked bitext.

As in EasyProject (Chen et al. 2023) and LabelPigeon (2026), parallel sentences with marks on
both sides; part of them stay unmarked, so that the model goes on translating as it did.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelproj.errors import UsageError
from labelproj.progress import log
from labelproj.translate.adapters import RATE as RATE_LORA
from labelproj.translate.adapters import with_adapters, without_adapters
from labelproj.translate.batches import Encode, Stream
from labelproj.translate.bitext_spans import SpanMarker, SpanPair
from labelproj.translate.families import Codec
from labelproj.translate.forced import load_model, source_ids, target_ids
from labelproj.translate.markers import Pair
from labelproj.translate.model import write_hf
from labelproj.translate.schemes import scheme
from labelproj.translate.updates import Schedule, run_updates

__all__ = ["Teaching", "finetune"]

#: Learning rates: of models of some ten million parameters, and of large ones.
SMALL, RATE_SMALL, RATE_LARGE = 50_000_000, 5e-4, 5e-5


@dataclass(frozen=True, slots=True)
class Teaching:
    """How markers are taught.

    ``marker_share`` of the pairs that have spans are marked, ``rename_share`` of all get invented
    names. ``last_layers`` trains so many of the last layers of encoder and decoder, None the
    whole model; ``lora`` trains low-rank adapters (peft) instead, merged at the end.
    """

    markers: str
    steps: int = 300
    last_layers: int | None = None
    lora: bool = False
    marker_share: float = 0.5
    rename_share: float = 0.3
    batch_tokens: int = 2000
    learning_rate: float | None = None
    label_smoothing: float = 0.1
    checkpoint_every: int = 100
    seed: int = 13


def finetune(
    folder: Path,
    *,
    codec: Codec,
    pairs: Sequence[Pair],
    spans: Mapping[Pair, Sequence[SpanPair]],
    teaching: Teaching,
    out: Path,
    work: Path,
    device: str = "auto",
    resume: bool = True,
) -> dict[str, object]:
    """Train the model in ``folder`` on ``pairs``, marked at ``spans``; write ``out`` (HF folder).

    Goes on from the checkpoint in ``work``; see :func:`~labelproj.translate.updates.run_updates`.
    Returns ``loss``, ``parameters``, ``trained`` (parameters trained) and ``learning_rate``.
    Raises UsageError (more layers than there are), DependencyError (no torch, no peft),
    ModelConversionError and StorageError.
    """
    import torch

    torch.manual_seed(teaching.seed)
    model = load_model(folder, device=device)
    parameters = sum(p.numel() for p in model.parameters())
    if teaching.lora:
        model = with_adapters(model, task="SEQ_2_SEQ_LM")
    elif teaching.last_layers is not None:
        _freeze(model, teaching.last_layers, where=str(folder))
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    rate = teaching.learning_rate or (
        RATE_LORA if teaching.lora else RATE_SMALL if parameters < SMALL else RATE_LARGE
    )
    marker = SpanMarker(
        spans,
        pairs,
        scheme=scheme(teaching.markers),
        marker_share=teaching.marker_share,
        rename_share=teaching.rename_share,
    )
    stream = Stream(
        pairs,
        encode=_encodings(codec),
        vary=marker.vary,
        batch_tokens=teaching.batch_tokens,
        seed=teaching.seed,
    )
    log.info("training %d of %d parameters on %d pairs", trained, parameters, len(pairs))
    loss = run_updates(
        model,
        stream,
        Schedule(
            steps=teaching.steps,
            learning_rate=rate,
            warmup_steps=max(1, teaching.steps // 10),
            label_smoothing=teaching.label_smoothing,
            checkpoint_every=teaching.checkpoint_every,
        ),
        checkpoint=work / "checkpoint.pt",
        resume=resume,
        title="teach markers",
    )
    write_hf(without_adapters(model).to("cpu").eval(), codec.tokenizer, out)
    card = folder / "README.md"
    if card.is_file():  # it names the licence, which binds this model too
        shutil.copyfile(card, out / "README.md")
    return {
        "loss": round(loss, 4),
        "parameters": parameters,
        "trained": trained,
        "learning_rate": rate,
    }


def _encodings(codec: Codec) -> tuple[Encode, Encode]:
    around = len(codec.head) + len(codec.tail), len(codec.target_prefix) + 1

    def source(texts: list[str]) -> list[list[int] | None]:
        return [ids if len(ids) > around[0] else None for ids in source_ids(codec, texts)]

    def target(texts: list[str]) -> list[list[int] | None]:
        return [ids if len(ids) > around[1] else None for ids in target_ids(codec, texts)]

    return source, target


def _freeze(model: Any, last: int, *, where: str) -> None:
    """Leave only the last layers of encoder and decoder to be trained."""
    for parameter in model.parameters():
        parameter.requires_grad = False
    for half in (model.get_encoder(), model.get_decoder()):
        layers = getattr(half, "layers", None)
        layers = getattr(half, "block", None) if layers is None else layers
        if layers is None or last > len(layers):
            raise UsageError(
                f"there are no {last} last layers to train",
                where=where,
                remedy="use fewer, or --layers all",
            )
        for layer in layers[len(layers) - last :]:
            for parameter in layer.parameters():
                parameter.requires_grad = True
