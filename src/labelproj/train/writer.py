"""A sequence-to-sequence model as a downstream system: it is taught inputs and what to write."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from labelproj.config import TrainParams
from labelproj.errors import MissingInputError
from labelproj.progress import Progress
from labelproj.records import Document, Segment
from labelproj.train.base import FitReport
from labelproj.train.seq2seq import Seq2Seq, Seq2SeqParams, taught, train_seq2seq

__all__ = ["Seq2SeqWriter", "lesson"]

#: Roles of the segments of what it is taught.
INPUT, TARGET = "input", "target"
#: Development examples that are answered in the end.
_DEV = 64


def lesson(text: str, target: str) -> tuple[Segment, ...]:
    """Return the segments of a document that says what is to be written for ``text``."""
    return Segment(INPUT, INPUT, text), Segment(TARGET, TARGET, target)


class Seq2SeqWriter:
    """See :class:`labelproj.train.base.Writer` and :mod:`labelproj.train.seq2seq`.

    ``params.model`` is an mT5, ByT5 or mBART; null makes a small T5. ``params.batch_words`` counts
    subwords here, of inputs and targets together. The last model is kept: there is no choice by
    development data, of which a sample is answered in the end.
    """

    def __init__(self, params: TrainParams):
        self._params = params
        self._model: Seq2Seq | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """What it writes is free."""
        return ()

    def fit(
        self, train: Sequence[Document], dev: Sequence[Document], *, progress: Progress
    ) -> FitReport:
        """Train on the pairs of :func:`lesson`; see :meth:`labelproj.train.base.Model.fit`.

        ``dev_f1`` is the share of development examples that are answered exactly.
        """
        if not train:
            raise MissingInputError("no example to train on")
        params = Seq2SeqParams(
            model=self._params.model if self._params.backend == "transformers" else None,
            steps=self._params.max_steps,
            batch_tokens=self._params.batch_words,
            learning_rate=self._params.learning_rate,
            lora=self._params.lora.model_dump() if self._params.lora else None,
            optimizer=self._params.optimizer,
            label_smoothing=self._params.label_smoothing,
            max_length=self._params.max_length,
            seed=self._params.seed,
        )
        pairs = taught(map(_pair, train), params)
        self._model, figures = train_seq2seq(pairs, params, progress=progress)
        chosen = taught(map(_pair, dev), params)[:: max(1, len(dev) // _DEV)]
        answers = self.write([text for text, _ in chosen])
        right = sum(a == target for a, (_, target) in zip(answers, chosen, strict=True))
        share = right / len(chosen) if chosen else 0.0
        loss = float(str(figures["loss"]))
        return FitReport(params.steps, params.steps, share, ((params.steps, loss, share),))

    def write(self, texts: Sequence[str]) -> list[str]:
        """Return what the model writes for each text."""
        return self._trained()(texts)

    def save(self, folder: Path) -> None:
        """Write the model in Hugging Face format."""
        self._trained().save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a saved model. Raises ModelNotFoundError."""
        model = cls(TrainParams())
        model._model = Seq2Seq.load(str(folder))
        return model

    def _trained(self) -> Seq2Seq:
        if self._model is None:
            raise ValueError("a model must be trained or loaded first")
        return self._model


def _pair(document: Document) -> tuple[str, str]:
    texts = {segment.role: segment.text for segment in document.segments}
    return texts[INPUT], texts[TARGET]
