"""Training a small translation model of the M2M-100 architecture from bitext.

The architecture is that of Fan et al. 2021, *Beyond English-Centric Multilingual MT*, at a
size that a laptop trains in minutes; the result is an ordinary Hugging Face folder.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelproj.config import MtTrainParams
from labelproj.devices import torch_device
from labelproj.errors import DependencyError, MissingInputError
from labelproj.languages import flores_code
from labelproj.translate.batches import Stream, nllb_encoding
from labelproj.translate.markers import Augmenter, Pair
from labelproj.translate.model import write_hf
from labelproj.translate.optimizers import pick_optimizer
from labelproj.translate.updates import Schedule, run_updates
from labelproj.translate.vocabulary import train_tokenizer

__all__ = ["new_model", "read_pairs", "split_pairs", "train_model"]

_MAX_POSITIONS = 512
_FEWEST = 10


def read_pairs(bitext: Sequence[str]) -> list[Pair]:
    """Return the distinct pairs of all files of ``bitext``, in order.

    Raises MissingInputError (no such file, or fewer than ten distinct pairs) and what the reader
    raises.
    """
    from labelproj.formats.bitext import read_bitext

    seen: dict[Pair, None] = {}
    for name in bitext:
        for src, tgt in read_bitext(Path(name)):
            if src.strip() and tgt.strip():
                seen[(" ".join(src.split()), " ".join(tgt.split()))] = None
    if len(seen) < _FEWEST:
        raise MissingInputError(
            f"{len(seen)} distinct sentence pairs are too few",
            where=", ".join(bitext),
            remedy=f"give more bitext: {_FEWEST} different pairs are the fewest that can be used, "
            "and thousands are better",
        )
    return list(seen)


def split_pairs(pairs: Sequence[Pair], *, dev: int, seed: int) -> tuple[list[Pair], list[Pair]]:
    """Return (training pairs, held-out pairs); no source sentence is in both.

    At most a tenth of the pairs is held out.
    """
    sources = sorted({src for src, _ in pairs})
    held = set(random.Random(seed).sample(sources, min(dev, len(sources) // 10)))
    return (
        [pair for pair in pairs if pair[0] not in held],
        [pair for pair in pairs if pair[0] in held],
    )


def train_model(
    params: MtTrainParams, *, out: Path, src: str, tgt: str, work: Path, resume: bool = True
) -> dict[str, object]:
    """Train a model and write it to ``out`` as a Hugging Face folder; return figures about it.

    A checkpoint goes to ``work`` every ``params.checkpoint_every`` steps; a run that was killed
    goes on from the last one and ends with the same weights (on the same processor and number
    of threads). The figures: ``pairs``, ``dev_pairs``, ``steps``, ``loss`` (mean of the last steps,
    in nats per token, label smoothing included), ``optimizer``, ``parameters``.

    Raises DependencyError without torch, MissingInputError, StorageError.
    """
    src_code, tgt_code = flores_code(src), flores_code(tgt)
    train, dev = split_pairs(read_pairs(params.bitext), dev=params.dev_pairs, seed=params.seed)
    tokenizer = train_tokenizer(
        (text for pair in train for text in pair),
        vocab_size=params.vocab_size,
        languages=[src_code, tgt_code],
    )
    model = new_model(params, tokenizer)
    optimizer = pick_optimizer(model, params.optimizer)
    stream = Stream(
        train,
        encode=(
            nllb_encoding(tokenizer, src_code),
            nllb_encoding(tokenizer, tgt_code),
        ),
        vary=Augmenter(
            train, marker_share=params.marker_share, rename_share=params.rename_share
        ).vary,
        batch_tokens=params.batch_tokens,
        seed=params.seed,
        back_share=params.back_share,
    )
    loss = run_updates(
        model,
        stream,
        Schedule(
            steps=params.steps,
            learning_rate=params.learning_rate,
            warmup_steps=params.warmup_steps,
            label_smoothing=params.label_smoothing,
            checkpoint_every=params.checkpoint_every,
            optimizer=optimizer,
        ),
        checkpoint=work / "checkpoint.pt",
        resume=resume,
    )
    write_hf(model, tokenizer, out)
    return {
        "pairs": len(train),
        "dev_pairs": len(dev),
        "steps": params.steps,
        "optimizer": optimizer,
        "loss": round(loss, 4),
        "parameters": sum(p.numel() for p in model.parameters()),
    }


def new_model(params: MtTrainParams, tokenizer: Any) -> Any:
    """Return an M2M-100 of the size that ``params`` say, with random weights by their seed.

    Raises DependencyError without torch.
    """
    try:
        import torch
        from transformers import M2M100Config, M2M100ForConditionalGeneration
    except ImportError as error:
        raise DependencyError(
            "training a translation model needs torch and transformers",
            remedy="pip install 'labelproj[models]'",
        ) from error
    torch.manual_seed(params.seed)
    config = M2M100Config(
        vocab_size=len(tokenizer),
        d_model=params.d_model,
        encoder_layers=params.encoder_layers,
        decoder_layers=params.decoder_layers,
        encoder_attention_heads=params.heads,
        decoder_attention_heads=params.heads,
        encoder_ffn_dim=params.ffn,
        decoder_ffn_dim=params.ffn,
        dropout=params.dropout,
        attention_dropout=0.0,
        activation_dropout=0.0,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
        max_position_embeddings=_MAX_POSITIONS,
        decoder_start_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return M2M100ForConditionalGeneration(config).to(torch_device())
