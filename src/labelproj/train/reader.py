"""Any Hugging Face encoder with a start and an end score: extractive question answering.

Devlin et al. 2019, section 4.2 and 4.3 (https://aclanthology.org/N19-1423). Answers are code
points of the context. Whether there is none is said by a margin that is chosen on development
data; a model that was never shown a question without an answer always gives one.
"""

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from labelproj.errors import MissingInputError
from labelproj.evaluate.bootstrap import f1_of, span_counts
from labelproj.progress import Progress
from labelproj.questions import ANSWER, QUESTION, answers_of, context_of
from labelproj.records import Document, Span
from labelproj.train.base import FitReport, weight_of
from labelproj.train.encoder import ANSWERS, require_torch
from labelproj.train.finetune import FineTuned
from labelproj.train.passages import (
    Answer,
    Passage,
    Place,
    Question,
    best_answers,
    best_margin,
    overlap,
    passages,
    target,
)

__all__ = ["TransformersReader"]

#: Starts and ends that are tried with each other, and the longest answer of somebody's model.
_NBEST, _LONGEST = 20, 30
#: Keys of a model's configuration: how far no answer must be ahead, and the longest answer.
_MARGIN_KEY, _LONGEST_KEY = "no_answer_margin", "longest_answer"

Asked = tuple[Question, tuple[Place, ...]]


class TransformersReader(FineTuned):
    """See :class:`labelproj.train.base.Reader`."""

    head = ANSWERS
    #: How far no answer must be ahead of the best one; None for a model that always answers.
    _margin: float | None = 0.0
    _longest = _LONGEST

    @property
    def labels(self) -> tuple[str, ...]:
        """The only label there is."""
        return (ANSWER,)

    def fit(
        self, train: Sequence[Document], dev: Sequence[Document], *, progress: Progress
    ) -> FitReport:
        """Train on the documents' questions; see :meth:`labelproj.train.base.Tagger.fit`."""
        asked = _asked(train)
        if not any(answers for _, answers in asked):
            raise MissingInputError("no labelled span in the training documents: no answer")
        weights = [weight_of(one) for one in train for s in one.segments if s.role == QUESTION]
        self._start([text for question, _ in asked for text in question], ())
        windows = self._windows([question for question, _ in asked])
        targets = [target(window, asked[window.text][1]) for window in windows]
        self._margin = None if all(answers for _, answers in asked) else 0.0
        self._longest = max(end - start + 1 for start, end in targets)
        smoothing = self._params.label_smoothing

        def loss_of(batch: list[int]) -> Any:
            torch = require_torch()
            outputs = self._outputs([windows[i] for i in batch])
            open_ = self._padded([_open(windows[i]) for i in batch], 0).bool()
            wanted = torch.tensor([targets[i] for i in batch], device=open_.device)
            starts = _position_loss(outputs.start_logits, open_, wanted[:, 0], smoothing)
            ends = _position_loss(outputs.end_logits, open_, wanted[:, 1], smoothing)
            counts = [weights[windows[i].text] for i in batch]
            shares = torch.tensor(counts, device=open_.device)
            return ((starts + ends) / 2 * shares).mean()

        lengths = [len(window.ids) for window in windows]
        report = self._train(lengths, loss_of, dev, progress=progress)
        if dev:
            self._dev_score(dev)  # the margin of the model that was kept
        config = {_MARGIN_KEY: self._margin, _LONGEST_KEY: self._longest}
        self._model.config.update(config)
        return report

    def read(self, questions: Sequence[Question]) -> list[tuple[Span, ...]]:
        """Return the answer to each question; see :meth:`labelproj.train.base.Reader.read`."""
        answers: list[tuple[Span, ...]] = []
        for best, none in self._best(questions):
            silent = best is None or (self._margin is not None and none - best.score > self._margin)
            own = () if best is None or silent else (Span("p0", best.start, best.end, ANSWER),)
            answers.append(own)
        return answers

    def _windows(self, questions: Sequence[Question]) -> list[Passage]:
        types = getattr(self._model.config, "type_vocab_size", 0) > 1
        return passages(questions, self._tokenizer, self._size, types=types)

    def _best(self, questions: Sequence[Question]) -> list[tuple[Answer | None, float]]:
        """Return the best answer to each question, over its windows, and the score of none."""
        torch = require_torch()
        windows = self._windows(questions)
        found: list[tuple[list[Answer], float]] = [([], 0.0)] * len(windows)
        with torch.inference_mode():
            for batch in self._batches(windows):
                outputs = self._outputs([windows[i] for i in batch])
                starts = outputs.start_logits.float().cpu().numpy()
                ends = outputs.end_logits.float().cpu().numpy()
                for row, index in enumerate(batch):
                    one = windows[index]
                    answers = best_answers(
                        one, starts[row], ends[row], nbest=_NBEST, longest=self._longest
                    )
                    found[index] = answers, float(starts[row, one.null] + ends[row, one.null])
        best: list[tuple[Answer | None, float]] = []
        for _, group in groupby(range(len(windows)), key=lambda i: windows[i].text):
            own = [found[i] for i in group]
            answers = [answer for some, _ in own for answer in some]
            top = max(answers, key=lambda one: (one.score, -one.start), default=None)
            best.append((top, min(none for _, none in own)))
        return best

    def _dev_score(self, dev: Sequence[Document]) -> float:
        """Choose the margin for the model as it is, and return its exact span F1 (0-1)."""
        asked = _asked(dev)
        questions, right = [question for question, _ in asked], [answers for _, answers in asked]
        if self._margin is not None:
            margins, gains = [], []
            for (best, none), answers in zip(self._best(questions), right, strict=True):
                if best is not None:
                    margins.append(none - best.score)
                    place = (best.start, best.end)
                    gains.append(overlap(place, answers) - overlap(None, answers))
            both = any(right) and not all(right)
            self._margin = best_margin(margins, gains) if both and margins else 0.0
        predicted = self.read(questions)
        gold = [
            # Several answers may be right: one of them is enough.
            [Span("g0", *next((a for a in answers if a in _places(found)), answers[0]), ANSWER)]
            if answers
            else []
            for found, answers in zip(predicted, right, strict=True)
        ]
        return float(f1_of(span_counts(predicted, gold).sum(axis=0)))

    @classmethod
    def mean(cls, folders: Sequence[Path]) -> Self:
        """Return the mean of models that :meth:`save` wrote; its margin is the mean of theirs."""
        made = super().mean(folders)
        configs = [json.loads((folder / "config.json").read_text("utf-8")) for folder in folders]
        margins = [config.get(_MARGIN_KEY) for config in configs]
        known = [margin for margin in margins if margin is not None]
        made._margin = sum(known) / len(known) if known else None
        made._model.config.update({_MARGIN_KEY: made._margin})
        return made

    def _restore(self, folder: Path) -> None:
        config = self._model.config
        self._margin = getattr(config, _MARGIN_KEY, 0.0)
        self._longest = getattr(config, _LONGEST_KEY, _LONGEST)


def _asked(documents: Sequence[Document]) -> list[Asked]:
    """Return every question of documents with the places of its answers."""
    found = []
    for document in documents:
        context = context_of(document)
        answers = answers_of(document)
        for segment in document.segments:
            if segment.role == QUESTION:
                places = tuple((span.start, span.end) for span in answers[segment.id])
                found.append(((segment.text, context.text if context else ""), places))
    return found


def _places(spans: Sequence[Span]) -> list[Place]:
    return [(span.start, span.end) for span in spans]


def _open(window: Passage) -> list[int]:
    """Return 1 for the positions of a window at which an answer may start or end."""
    inside = range(window.first, window.first + len(window.places))
    return [int(at in inside or at == window.null) for at in range(len(window.ids))]


def _position_loss(logits: Any, open_: Any, wanted: Any, smoothing: float) -> Any:
    """Return the cross-entropy of each row's position, over those that are open."""
    torch = require_torch()
    masked = logits.float().masked_fill(~open_, torch.finfo(torch.float32).min)
    scores = masked.log_softmax(dim=-1)
    right = -scores.gather(1, wanted[:, None])[:, 0]
    if not smoothing:
        return right
    even = -scores.masked_fill(~open_, 0.0).sum(dim=-1) / open_.sum(dim=-1)
    return (1 - smoothing) * right + smoothing * even
