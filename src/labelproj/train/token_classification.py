"""Any Hugging Face encoder with a token classification head (Devlin et al. 2019, section 5.3)."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from labelproj.errors import MissingInputError, ModelError
from labelproj.progress import Progress
from labelproj.records import Document, Span
from labelproj.train.base import FitReport, dev_f1, examples_of, snapped, weights_of
from labelproj.train.encoder import TAGS, require_torch
from labelproj.train.finetune import FineTuned
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

__all__ = ["TransformersTagger"]


class TransformersTagger(FineTuned):
    """See :class:`labelproj.train.base.Tagger`."""

    head = TAGS
    _tags: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The span labels that the model can give, sorted."""
        return tuple(sorted({tag[2:] for tag in self._tags if tag != "O"}))

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that the model's outputs stand for, in their order."""
        return self._tags

    def fit(
        self, train: Sequence[Document], dev: Sequence[Document], *, progress: Progress
    ) -> FitReport:
        """Train with AdamW, linear warm-up and decay, and early stopping."""
        examples = [(text, snapped(text, spans)) for text, spans in examples_of(train)]
        labels = sorted({span.label for _, spans in examples for span in spans})
        if not labels:
            raise MissingInputError("no labelled span in the training documents")
        self._tags = tuple(tag_names(labels))
        texts = [text for text, _ in examples]
        self._start(texts, self._tags)
        windows = cut(texts, self._tokenizer, self._size)
        targets: list[list[int]] = []
        for index, group in groupby(windows, key=lambda window: window.text):
            text, spans = examples[index]
            targets += tag_ids(list(group), text, spans, self._tags)
        weights = weights_of(train)

        def loss_of(batch: list[int]) -> Any:
            torch = require_torch()
            logits = self._outputs([windows[i] for i in batch]).logits
            wanted = self._padded([targets[i] for i in batch], IGNORED)
            of_each = torch.nn.functional.cross_entropy(
                logits.float().transpose(1, 2),
                wanted,
                ignore_index=IGNORED,
                label_smoothing=self._params.label_smoothing,
                reduction="none",
            )
            heads = int((wanted != IGNORED).sum())
            counts = [weights[windows[i].text] for i in batch]
            shares = torch.tensor(counts, device=of_each.device)
            # A window may hold no first subword at all: then there is nothing to learn.
            return (of_each.sum(dim=1) * shares).sum() / heads if heads else None

        lengths = [len(window.ids) for window in windows]
        return self._train(lengths, loss_of, dev, progress=progress)

    def _dev_score(self, dev: Sequence[Document]) -> float:
        return dev_f1(self, examples_of(dev))

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
        with torch.inference_mode():
            for batch in self._batches(windows):
                logits = self._outputs([windows[i] for i in batch]).logits
                values = logits.float().log_softmax(dim=-1).cpu().numpy()
                for row, index in enumerate(batch):
                    scores[index] = values[row, : len(windows[index].ids)]
        of_text: list[tuple[list[Window], list[Floats]]] = [([], []) for _ in texts]
        for window, values in zip(windows, scores, strict=True):
            own, their = of_text[window.text]
            own.append(window)
            their.append(values)
        return of_text

    def _restore(self, folder: Path) -> None:
        names = self._model.config.id2label
        try:
            self._tags = tuple(tags_of_model([names[index] for index in range(len(names))]))
        except ValueError as error:
            raise ModelError(
                str(error), where=str(folder), remedy="use a model that was trained to find spans"
            ) from error
