"""What every fine-tuned Hugging Face encoder shares, whatever its head: the training, the files."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

from labelproj.config import TrainParams
from labelproj.devices import half_helps, torch_device
from labelproj.progress import Progress
from labelproj.records import Document
from labelproj.train.averaging import Averager, checkpoints
from labelproj.train.base import FitReport, Selection
from labelproj.train.batches import padded_batches
from labelproj.train.encoder import Head, open_encoder, require_torch, tiny_encoder, window_size
from labelproj.train.updates import Updates
from labelproj.translate.adapters import RATE, merged_weights, with_adapters, without_adapters
from labelproj.translate.model import quiet
from labelproj.translate.updates import padded_ids, training_mode

__all__ = ["Encoded", "FineTuned"]

_FROM_SCRATCH, _PRETRAINED = 1e-3, 5e-5
#: Subwords predicted at a time, with padding.
_PREDICT_TOKENS = 8192


class Encoded(Protocol):
    """A window of subwords."""

    @property
    def ids(self) -> tuple[int, ...]:
        """Return their ids."""
        ...

    @property
    def types(self) -> tuple[int, ...]:
        """Return which of two texts each is of; empty where the model is not told."""
        ...


class FineTuned(ABC):
    """An encoder with a head, fine-tuned with AdamW, linear warm-up and decay.

    ``params.model`` is the encoder; null makes a tiny one. ``params.dropout`` is for the tiny
    one: a pretrained encoder keeps its own. ``params.batch_words`` counts subwords here.
    """

    head: ClassVar[Head]

    def __init__(self, params: TrainParams):
        self._params = params
        self._model: Any = None
        self._tokenizer: Any = None
        self._size = params.max_length
        self._half = False

    @abstractmethod
    def _dev_score(self, dev: Sequence[Document]) -> float:
        """Return the exact span F1 (0-1) of the model as it is on ``dev``."""

    def _start(self, texts: Sequence[str], tags: Sequence[str]) -> None:
        """Open the encoder, or make one for ``texts``, with a new head for ``tags``."""
        torch, params = require_torch(), self._params
        # Runs that are to be averaged start from the same head.
        start = params.seeds[0] if params.average_runs else params.seed
        torch.manual_seed(start)
        if params.model:
            self._attach(*open_encoder(params.model, self.head, tags))
        else:
            made = tiny_encoder(
                texts,
                self.head,
                tags,
                max_length=params.max_length,
                dropout=params.dropout,
                seed=start,
            )
            self._attach(*made)
        if params.lora is not None:
            adapters = params.lora.model_dump()
            self._model = with_adapters(self._model, task=self.head.task, **adapters)
        if start != params.seed:
            torch.manual_seed(params.seed)
        self._tokenizer.model_max_length = self._size

    def _attach(self, model: Any, tokenizer: Any) -> None:
        self._model = model.to(torch_device()).eval()
        self._tokenizer = tokenizer
        self._size = window_size(model, tokenizer, self._params.max_length)
        self._half = half_helps(self._model)

    def _train(
        self,
        lengths: Sequence[int],
        loss_of: Callable[[list[int]], Any],
        dev: Sequence[Document],
        *,
        progress: Progress,
    ) -> FitReport:
        """Train on windows of so many subwords; see :meth:`labelproj.train.base.Tagger.fit`.

        ``loss_of`` says the mean loss of a batch of them, None where there is nothing to learn.
        """
        params, model, steps = self._params, self._model, self._params.max_steps
        usual = RATE if params.lora else _PRETRAINED if params.model else _FROM_SCRATCH
        updates = Updates(
            model,
            rate=params.learning_rate or usual,
            steps=steps,
            optimizer="adamw" if params.lora else params.optimizer,
        )
        selection = Selection(params.patience)
        best: dict[str, Any] = {}
        averager = Averager[str]()
        averaged = checkpoints(max_steps=steps, every=params.eval_every, last=params.average or 1)
        step, loss_sum, since = 0, 0.0, 0
        with training_mode(model):
            for batch in padded_batches(lengths, params.batch_words, random.Random(params.seed)):
                model.train()
                loss = loss_of(batch)
                if loss is not None:
                    updates.apply(loss, step)
                    loss_sum, since = loss_sum + float(loss.detach()), since + 1
                model.eval()
                step += 1
                progress.advance(1)
                last = step == steps
                if len(averaged) > 1 and step in averaged:
                    averager.add(merged_weights(model))
                if dev and (step % params.eval_every == 0 or last):
                    f1 = self._dev_score(dev)
                    better = selection.improved(step, loss_sum / max(since, 1), f1)
                    if better and len(averaged) == 1:
                        best = merged_weights(model)
                    loss_sum, since = 0.0, 0
                if last or (selection.exhausted and len(averaged) == 1):
                    break
        self._model = model = without_adapters(model)
        if len(averaged) > 1:
            model.load_state_dict(averager.mean())
            return selection.averaged(step, self._dev_score(dev) if dev else 0.0)
        if best:
            model.load_state_dict(best)
        return selection.report(step)

    def _padded(self, rows: Sequence[Sequence[int]], value: int) -> Any:
        return padded_ids(rows, value, self._model)

    def _outputs(self, windows: Sequence[Encoded]) -> Any:
        """Return what the model says of a batch of windows."""
        torch = require_torch()
        padding = self._tokenizer.pad_token_id or 0
        inputs = {
            "input_ids": self._padded([one.ids for one in windows], padding),
            "attention_mask": self._padded([[1] * len(one.ids) for one in windows], 0),
        }
        if windows[0].types:
            inputs["token_type_ids"] = self._padded([one.types for one in windows], 0)
        with torch.autocast(self._model.device.type, dtype=torch.bfloat16, enabled=self._half):
            return self._model(**inputs)

    @staticmethod
    def _batches(windows: Sequence[Encoded]) -> Iterator[list[int]]:
        """Yield windows of like length together, to be predicted."""
        batch: list[int] = []
        for index in sorted(range(len(windows)), key=lambda i: len(windows[i].ids)):
            if batch and (len(batch) + 1) * len(windows[index].ids) > _PREDICT_TOKENS:
                yield batch
                batch = []
            batch.append(index)
        if batch:
            yield batch

    def save(self, folder: Path) -> None:
        """Write model and tokenizer in Hugging Face format."""
        folder.mkdir(parents=True, exist_ok=True)
        with quiet():
            # The windows that were cut last are no part of the tokenizer.
            self._tokenizer.backend_tokenizer.no_truncation()
            self._model.save_pretrained(folder)
            self._tokenizer.save_pretrained(folder)

    @classmethod
    def mean(cls, folders: Sequence[Path]) -> Self:
        """Return the mean of models that :meth:`save` wrote, trained from the same start.

        Raises ModelNotFoundError.
        """
        averager = Averager[str]()
        for folder in folders:
            one = cls.load(folder)
            averager.add(merged_weights(one._model))
        one._model.load_state_dict(averager.mean())
        return one

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what :meth:`save` wrote, or any other model with such a head.

        Raises ModelNotFoundError, and ModelError for one that was trained for something else.
        """
        require_torch()
        model, tokenizer = open_encoder(str(folder), cls.head)
        made = cls(TrainParams())
        made._attach(model, tokenizer)
        made._size = window_size(model, tokenizer, tokenizer.model_max_length)
        made._restore(folder)
        return made

    @abstractmethod
    def _restore(self, folder: Path) -> None:
        """Read from the opened model's configuration what else there is to know."""
