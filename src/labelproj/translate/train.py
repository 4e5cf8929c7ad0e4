"""Training a small translation model of the M2M-100 architecture from bitext.

The architecture is that of Fan et al. 2021, *Beyond English-Centric Multilingual MT*, at a
size that a laptop trains in minutes; the result is an ordinary Hugging Face folder.
"""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelproj.config import MtTrainParams
from labelproj.errors import DependencyError, MissingInputError, StorageError
from labelproj.languages import flores_code
from labelproj.progress import log, track
from labelproj.translate.batches import Batch, Stream
from labelproj.translate.markers import Pair
from labelproj.translate.model import quiet
from labelproj.translate.vocabulary import train_tokenizer

__all__ = ["read_pairs", "split_pairs", "train_model"]

_MAX_POSITIONS = 512


def read_pairs(params: MtTrainParams) -> list[Pair]:
    """Return the distinct pairs of all files of ``params.bitext``, in order.

    Raises MissingInputError (no such file, or fewer than ten pairs) and what the reader raises.
    """
    from labelproj.formats.bitext import read_bitext

    seen: dict[Pair, None] = {}
    for name in params.bitext:
        for src, tgt in read_bitext(Path(name)):
            if src.strip() and tgt.strip():
                seen[(" ".join(src.split()), " ".join(tgt.split()))] = None
    if len(seen) < 10:
        raise MissingInputError(
            f"{len(seen)} sentence pairs are too few to train on",
            where=", ".join(params.bitext),
            remedy="give bitext as TSV: source, tab, target",
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
    goes on from the last one and ends with the same weights (on the same machine and number of
    threads). The figures: ``pairs``, ``dev_pairs``, ``steps``, ``loss`` (mean of the last steps,
    in nats per token, label smoothing included), ``parameters``.

    Raises DependencyError without torch, MissingInputError, StorageError.
    """
    try:
        import torch
        from transformers import M2M100Config, M2M100ForConditionalGeneration
    except ImportError as error:
        raise DependencyError(
            "training a translation model needs torch and transformers",
            remedy="pip install 'labelproj[models]'",
        ) from error
    src_code, tgt_code = flores_code(src), flores_code(tgt)
    train, dev = split_pairs(read_pairs(params), dev=params.dev_pairs, seed=params.seed)
    tokenizer = train_tokenizer(
        (text for pair in train for text in pair),
        vocab_size=params.vocab_size,
        languages=[src_code, tgt_code],
    )
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
    model = M2M100ForConditionalGeneration(config)
    optimizer = torch.optim.AdamW(
        model.parameters(),
        lr=params.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=0.01,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, params))
    stream = Stream(
        train,
        tokenizer,
        src_code=src_code,
        tgt_code=tgt_code,
        batch_tokens=params.batch_tokens,
        marker_share=params.marker_share,
        rename_share=params.rename_share,
        seed=params.seed,
    )
    checkpoint = work / "checkpoint.pt"
    losses: list[float] = []
    start = 0
    if resume and (state := _load(checkpoint)) is not None:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"])
        start, losses = state["step"], state["losses"]
        log.info("training goes on from step %d of %d", start, params.steps)
    model.train()
    # With these instructions bfloat16 halves the time of a step; without them, and in layers of
    # a few dozen dimensions, it adds to it.
    half = params.d_model >= 128 and bool(torch.cpu._is_avx512_bf16_supported())
    with track("train MT", params.steps) as progress:
        progress.advance(start)
        for batch in stream.batches(start=start, stop=params.steps):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
                loss = _loss(model, batch, smoothing=params.label_smoothing)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            losses = [*losses[-49:], float(loss.detach())]
            progress.advance(1)
            done = batch.step + 1
            if done % 100 == 0:
                log.info("step %d of %d: loss %.3f", done, params.steps, sum(losses) / len(losses))
            if done % params.checkpoint_every == 0 and done < params.steps:
                state = {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "random": torch.get_rng_state(),
                    "step": done,
                    "losses": losses,
                }
                _save(state, checkpoint)
    _publish(model, tokenizer, out)
    checkpoint.unlink(missing_ok=True)
    return {
        "pairs": len(train),
        "dev_pairs": len(dev),
        "steps": params.steps,
        "loss": round(sum(losses) / len(losses), 4),
        "parameters": sum(p.numel() for p in model.parameters()),
    }


def _rate(step: int, params: MtTrainParams) -> float:
    """Return the share of the top learning rate at ``step``: up in a line, then down to 2%."""
    if step < params.warmup_steps:
        return (step + 1) / params.warmup_steps
    left = (params.steps - step) / max(1, params.steps - params.warmup_steps)
    return max(0.02, left)


def _loss(model: Any, batch: Batch, *, smoothing: float) -> Any:
    import torch
    from torch.nn.utils.rnn import pad_sequence

    pad, start = model.config.pad_token_id, model.config.decoder_start_token_id
    source = pad_sequence(
        [torch.tensor(ids) for ids in batch.sources], batch_first=True, padding_value=pad
    )
    target = pad_sequence(
        [torch.tensor(ids) for ids in batch.targets], batch_first=True, padding_value=pad
    )
    shifted = target.new_full(target.shape, pad)
    shifted[:, 1:] = target[:, :-1]
    shifted[:, 0] = start
    hidden = model.model(
        input_ids=source, attention_mask=(source != pad).long(), decoder_input_ids=shifted
    ).last_hidden_state
    # Only real tokens go through the softmax, the widest layer of a small model.
    real = target != pad
    logits = model.lm_head(hidden[real])
    return torch.nn.functional.cross_entropy(logits, target[real], label_smoothing=smoothing)


def _publish(model: Any, tokenizer: Any, out: Path) -> None:
    partial = out.parent / f".{out.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        with quiet():
            model.save_pretrained(partial)
            tokenizer.save_pretrained(partial)
        shutil.rmtree(out, ignore_errors=True)
        partial.replace(out)
    except OSError as error:
        raise StorageError(
            f"cannot be written: {error.strerror or error}", where=str(out)
        ) from error


def _save(state: dict[str, Any], path: Path) -> None:
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    try:
        torch.save(state, partial)
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        raise StorageError(f"the checkpoint cannot be written: {error}", where=str(path)) from error


def _load(path: Path) -> dict[str, Any] | None:
    import torch

    if not path.is_file():
        return None
    try:
        return dict(torch.load(path, weights_only=True))
    except Exception as error:  # a broken pickle raises anything; the run then starts anew
        log.warning("%s cannot be read (%s); training starts anew", path, error)
        return None
