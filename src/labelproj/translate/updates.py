"""The updates of a training run of a sequence-to-sequence model, with checkpoints."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelproj.devices import half_helps
from labelproj.errors import StorageError
from labelproj.progress import log, track
from labelproj.translate.batches import Stream
from labelproj.translate.optimizers import open_optimizers

__all__ = ["Schedule", "padded_ids", "run_updates", "sequence_loss", "training_mode"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How many updates at which learning rate (up in a line, then down to 2 %).

    ``optimizer`` is ``adamw`` or ``muon``.
    """

    steps: int
    learning_rate: float
    warmup_steps: int
    label_smoothing: float
    checkpoint_every: int
    optimizer: str = "adamw"

    def rate(self, step: int) -> float:
        """Return the share of the top learning rate at ``step``."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        left = (self.steps - step) / max(1, self.steps - self.warmup_steps)
        return max(0.02, left)


def run_updates(
    model: Any,
    stream: Stream,
    schedule: Schedule,
    *,
    checkpoint: Path,
    resume: bool = True,
    title: str = "train MT",
) -> float:
    """Train the parameters of ``model`` that require gradients; return the loss.

    The loss is the mean of the last 50 updates, in nats a token, label smoothing included. With
    ``resume`` a run goes on from ``checkpoint`` and ends with the same weights (on the same
    processor and number of threads; a GPU promises no such thing). The checkpoint is
    removed at the end. Raises StorageError.
    """
    import torch

    trained = {n for n, p in model.named_parameters(remove_duplicate=False) if p.requires_grad}
    optimizers = open_optimizers(
        model, schedule.optimizer, rate=schedule.learning_rate, betas=(0.9, 0.98)
    )
    rates = [torch.optim.lr_scheduler.LambdaLR(one, schedule.rate) for one in optimizers]
    losses: list[float] = []
    start = 0
    if resume and (state := _load(checkpoint, optimizer=schedule.optimizer)) is not None:
        model.load_state_dict(state["model"], strict=False)
        for one, own in zip((*optimizers, *rates), state["states"], strict=True):
            one.load_state_dict(own)
        torch.set_rng_state(state["random"])
        start, losses = state["step"], state["losses"]
        log.info("training goes on from step %d of %d", start, schedule.steps)
    device = next(model.parameters()).device.type
    with training_mode(model) as half, track(title, schedule.steps) as progress:
        progress.advance(start)
        for batch in stream.batches(start=start, stop=schedule.steps):
            with torch.autocast(device, dtype=torch.bfloat16, enabled=half):
                loss = sequence_loss(
                    model, batch.sources, batch.targets, smoothing=schedule.label_smoothing
                )
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            for one in (*optimizers, *rates):
                one.step()
            model.zero_grad(set_to_none=True)
            losses = [*losses[-49:], float(loss.detach())]
            progress.advance(1)
            done = batch.step + 1
            if done % 100 == 0:
                mean = sum(losses) / len(losses)
                log.info("step %d of %d: loss %.3f", done, schedule.steps, mean)
            if done % schedule.checkpoint_every == 0 and done < schedule.steps:
                weights = {n: t for n, t in model.state_dict().items() if n in trained}
                state = {
                    "model": weights,
                    "optimizer": schedule.optimizer,
                    "states": [one.state_dict() for one in (*optimizers, *rates)],
                    "random": torch.get_rng_state(),
                    "step": done,
                    "losses": losses,
                }
                _save(state, checkpoint)
    checkpoint.unlink(missing_ok=True)
    return sum(losses) / len(losses)


@contextmanager
def training_mode(model: Any) -> Iterator[bool]:
    """Let a model of transformers train inside; yield whether in bfloat16.

    On a processor the gradients of PyTorch's fused attention take two to seven times as long as
    those of plain products in bfloat16 (not in float32): inside, the model has the plain one.
    """
    half, usual = half_helps(model), model.config._attn_implementation
    plain = half and usual == "sdpa" and next(model.parameters()).device.type == "cpu"
    model.train()
    if plain:
        model.set_attn_implementation("eager")
    try:
        yield half
    finally:
        if plain:
            model.set_attn_implementation(usual)


def sequence_loss(
    model: Any,
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    *,
    smoothing: float,
) -> Any:
    """Return the mean cross-entropy of the tokens of ``targets`` given ``sources`` (token ids).

    ``smoothing`` is the share of the probability that goes to all tokens alike.
    """
    import torch

    pad, start = model.config.pad_token_id, model.config.decoder_start_token_id
    source, target = padded_ids(sources, pad, model), padded_ids(targets, pad, model)
    shifted = target.new_full(target.shape, pad)
    shifted[:, 1:] = target[:, :-1]
    shifted[:, 0] = start
    inputs = {
        "input_ids": source,
        "attention_mask": (source != pad).long(),
        "decoder_input_ids": shifted,
    }
    real = target != pad
    if type(model).__name__ == "M2M100ForConditionalGeneration":
        # Only real tokens go through the softmax, the widest layer of a small model.
        logits = model.lm_head(model.model(**inputs).last_hidden_state[real])
    else:
        logits = model(**inputs).logits[real]
    return torch.nn.functional.cross_entropy(logits, target[real], label_smoothing=smoothing)


def padded_ids(rows: Sequence[Sequence[int]], pad: int, model: Any) -> Any:
    """Return rows of token ids as one tensor, filled up with ``pad``, where ``model`` is."""
    import torch
    from torch.nn.utils.rnn import pad_sequence

    tensors = [torch.tensor(ids) for ids in rows]
    padded = pad_sequence(tensors, batch_first=True, padding_value=pad)
    return padded.to(next(model.parameters()).device)


def _save(state: dict[str, Any], path: Path) -> None:
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    try:
        torch.save(state, partial)
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        raise StorageError(f"the checkpoint cannot be written: {error}", where=str(path)) from error


def _load(path: Path, *, optimizer: str) -> dict[str, Any] | None:
    import torch

    if not path.is_file():
        return None
    try:
        state = dict(torch.load(path, weights_only=True, map_location="cpu"))
    except Exception as error:  # a broken pickle raises anything; the run then starts anew
        log.warning("%s cannot be read (%s); training starts anew", path, error)
        return None
    # One of another optimizer, as `auto` may be another one on another machine.
    return state if state.get("optimizer") == optimizer else None
