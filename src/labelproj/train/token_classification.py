"""Any Hugging Face encoder with a token classification head (Devlin et al. 2019, section 5.3)."""

import random
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from labelproj.config import TrainParams
from labelproj.errors import MissingInputError, ModelError
from labelproj.progress import Progress
from labelproj.records import Document, Span
from labelproj.train.averaging import Averager, checkpoints
from labelproj.train.base import FitReport, Selection, dev_f1, examples_of, snapped, weights_of
from labelproj.train.batches import padded_batches
from labelproj.train.encoder import open_encoder, require_torch, tiny_encoder, window_size
from labelproj.train.windows import (
    IGNORED,
    Floats,
    Window,
    continued,
    cut,
    spans_of_scores,
    tag_ids,
    tag_names,
    tags_of_model,
    word_scores,
)
from labelproj.translate.adapters import RATE, merged_weights, with_adapters, without_adapters
from labelproj.translate.model import quiet

__all__ = ["TransformersTagger"]

_FROM_SCRATCH, _PRETRAINED = 1e-3, 5e-5
_WARMUP = 0.1
#: Subwords predicted at a time, with padding.
_PREDICT_TOKENS = 8192


class TransformersTagger:
    """See :class:`labelproj.train.base.Tagger`.

    ``params.model`` is the encoder; null makes a tiny one. ``params.dropout`` is for the tiny
    one: a pretrained encoder keeps its own. ``params.batch_words`` counts subwords here.
    """

    def __init__(self, params: TrainParams):
        self._params = params
        self._model: Any = None
        self._tokenizer: Any = None
        self._tags: list[str] = []
        self._size = params.max_length

    @property
    def labels(self) -> tuple[str, ...]:
        """The span labels that the model can give, sorted."""
        return tuple(sorted({tag[2:] for tag in self._tags if tag != "O"}))

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that the model's outputs stand for, in their order."""
        return tuple(self._tags)

    def fit(
        self, train: Sequence[Document], dev: Sequence[Document], *, progress: Progress
    ) -> FitReport:
        """Train with AdamW, linear warm-up and decay, and early stopping."""
        torch = require_torch()
        params = self._params
        examples = [(text, snapped(text, spans)) for text, spans in examples_of(train)]
        labels = sorted({span.label for _, spans in examples for span in spans})
        if not labels:
            raise MissingInputError("no labelled span in the training documents")
        # Runs that are to be averaged start from the same head.
        start = params.seeds[0] if params.average_runs else params.seed
        torch.manual_seed(start)
        self._tags = tag_names(labels)
        texts = [text for text, _ in examples]
        if params.model:
            self._attach(*open_encoder(params.model, self._tags))
        else:
            self._attach(
                *tiny_encoder(
                    texts,
                    self._tags,
                    max_length=params.max_length,
                    dropout=params.dropout,
                    seed=start,
                )
            )
        if params.lora is not None:
            self._model = with_adapters(self._model, task="TOKEN_CLS", **params.lora.model_dump())
        if start != params.seed:
            torch.manual_seed(params.seed)
        self._tokenizer.model_max_length = self._size
        windows = cut(texts, self._tokenizer, self._size)
        targets: list[list[int]] = []
        for index, group in groupby(windows, key=lambda window: window.text):
            text, spans = examples[index]
            targets += tag_ids(list(group), text, spans, self._tags)
        weights = weights_of(train)
        return self._train(windows, targets, [weights[w.text] for w in windows], dev, progress)

    def _attach(self, model: Any, tokenizer: Any) -> None:
        torch = require_torch()
        self._model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        self._tokenizer = tokenizer
        self._size = window_size(model, tokenizer, self._params.max_length)

    def _train(
        self,
        windows: list[Window],
        targets: list[list[int]],
        weights: list[float],
        dev: Sequence[Document],
        progress: Progress,
    ) -> FitReport:
        torch = require_torch()
        params, model = self._params, self._model
        usual = RATE if params.lora else _PRETRAINED if params.model else _FROM_SCRATCH
        rate = params.learning_rate or usual
        trained = [one for one in model.parameters() if one.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.01)
        steps, warmup = params.max_steps, max(1, round(_WARMUP * params.max_steps))
        held_out = examples_of(dev)
        selection = Selection(params.patience)
        best: dict[str, Any] = {}
        averager = Averager[str]()
        averaged = checkpoints(max_steps=steps, every=params.eval_every, last=params.average or 1)
        step, loss_sum, since = 0, 0.0, 0
        lengths = [len(window.ids) for window in windows]
        for batch in padded_batches(lengths, params.batch_words, random.Random(params.seed)):
            for group in optimizer.param_groups:
                group["lr"] = rate * min((step + 1) / warmup, (steps - step) / (steps - warmup + 1))
            model.train()
            logits = self._logits([windows[i] for i in batch])
            wanted = self._padded([targets[i] for i in batch], IGNORED)
            of_each = torch.nn.functional.cross_entropy(
                logits.float().transpose(1, 2),
                wanted,
                ignore_index=IGNORED,
                label_smoothing=params.label_smoothing,
                reduction="none",
            )
            heads = int((wanted != IGNORED).sum())
            counts = torch.tensor([weights[i] for i in batch], device=of_each.device)
            loss = (of_each.sum(dim=1) * counts).sum() / max(heads, 1)
            optimizer.zero_grad(set_to_none=True)
            # A window may hold no first subword at all: then there is nothing to learn.
            if heads:
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                loss_sum, since = loss_sum + float(loss.detach()), since + 1
            model.eval()
            step += 1
            progress.advance(1)
            last = step == steps
            if len(averaged) > 1 and step in averaged:
                averager.add(merged_weights(model))
            if held_out and (step % params.eval_every == 0 or last):
                f1 = dev_f1(self, held_out)
                better = selection.improved(step, loss_sum / max(since, 1), f1)
                if better and len(averaged) == 1:
                    best = merged_weights(model)
                loss_sum, since = 0.0, 0
            if last or (selection.exhausted and len(averaged) == 1):
                break
        self._model = model = without_adapters(model)
        if len(averaged) > 1:
            model.load_state_dict(averager.mean())
            return selection.averaged(step, dev_f1(self, held_out) if held_out else 0.0)
        if best:
            model.load_state_dict(best)
        return selection.report(step)

    def _padded(self, rows: Sequence[Sequence[int]], value: int) -> Any:
        torch = require_torch()
        longest = max(map(len, rows))
        values = [[*row, *[value] * (longest - len(row))] for row in rows]
        return torch.tensor(values, device=self._model.device)

    def _logits(self, windows: Sequence[Window]) -> Any:
        torch = require_torch()
        ids = self._padded([window.ids for window in windows], self._tokenizer.pad_token_id or 0)
        mask = self._padded([[1] * len(window.ids) for window in windows], 0)
        half = ids.is_cuda and torch.cuda.is_bf16_supported()
        with torch.autocast(ids.device.type, dtype=torch.bfloat16, enabled=half):
            return self._model(input_ids=ids, attention_mask=mask).logits

    def predict(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Return the spans of each text; see :meth:`labelproj.train.base.Tagger.predict`."""
        return [
            spans_of_scores(text, windows, scores, self._tags)
            for text, (windows, scores) in zip(texts, self._scores(texts), strict=True)
        ]

    def distributions(self, texts: Sequence[str]) -> list[Floats]:
        """Return the probabilities (words, tags) of the words of each text, tags as in ``tags``.

        A word without a subword of its own goes with the word before it.
        """
        found = []
        for text, (windows, scores) in zip(texts, self._scores(texts), strict=True):
            rows, known = word_scores(text, windows, scores, tags=len(self._tags))
            rows[known] = np.exp(rows[known])
            for index in sorted(set(range(len(rows))) - set(known)):
                if index:
                    rows[index] = continued(rows[index - 1], self._tags)
                else:
                    rows[index, self._tags.index("O")] = 1.0
            found.append(rows)
        return found

    def _scores(self, texts: Sequence[str]) -> list[tuple[list[Window], list[Floats]]]:
        """Return the windows of each text and their log-probabilities (subwords, tags)."""
        torch = require_torch()
        windows = cut(texts, self._tokenizer, self._size)
        scores: list[Floats] = [np.zeros((0, 0), dtype=np.float32)] * len(windows)
        order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
        batch: list[int] = []
        with torch.inference_mode():
            for index in order:
                if batch and (len(batch) + 1) * len(windows[index].ids) > _PREDICT_TOKENS:
                    self._score(windows, batch, scores)
                    batch = []
                batch.append(index)
            if batch:
                self._score(windows, batch, scores)
        of_text: list[tuple[list[Window], list[Floats]]] = [([], []) for _ in texts]
        for window, values in zip(windows, scores, strict=True):
            own, their = of_text[window.text]
            own.append(window)
            their.append(values)
        return of_text

    def _score(self, windows: list[Window], batch: list[int], scores: list[Floats]) -> None:
        logits = self._logits([windows[i] for i in batch])
        values = logits.float().log_softmax(dim=-1).cpu().numpy()
        for row, index in enumerate(batch):
            scores[index] = values[row, : len(windows[index].ids)]

    def save(self, folder: Path) -> None:
        """Write model and tokenizer in Hugging Face format."""
        folder.mkdir(parents=True, exist_ok=True)
        with quiet():
            # The windows that were cut last are no part of the tokenizer.
            self._tokenizer.backend_tokenizer.no_truncation()
            self._model.save_pretrained(folder)
            self._tokenizer.save_pretrained(folder)

    @classmethod
    def mean(cls, folders: Sequence[Path]) -> "TransformersTagger":
        """Return the mean of models that :meth:`save` wrote, trained from the same start.

        Raises ModelNotFoundError.
        """
        averager = Averager[str]()
        for folder in folders:
            tagger = cls.load(folder)
            averager.add({k: v.detach().cpu() for k, v in tagger._model.state_dict().items()})
        tagger._model.load_state_dict(averager.mean())
        return tagger

    @classmethod
    def load(cls, folder: Path) -> "TransformersTagger":
        """Read what :meth:`save` wrote, or any other token classification model.

        Raises ModelNotFoundError, and ModelError for labels that are none.
        """
        require_torch()
        model, tokenizer = open_encoder(str(folder))
        tagger = cls(TrainParams())
        names = model.config.id2label
        try:
            tagger._tags = tags_of_model([names[index] for index in range(len(names))])
        except ValueError as error:
            raise ModelError(
                str(error), where=str(folder), remedy="use a model that was trained to find spans"
            ) from error
        tagger._attach(model, tokenizer)
        tagger._size = window_size(model, tokenizer, tokenizer.model_max_length)
        return tagger
