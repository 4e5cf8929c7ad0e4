"""What every downstream model does, and the bookkeeping that all of them share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

from labelproj.config import TrainParams
from labelproj.evaluate.bootstrap import f1_of, span_counts
from labelproj.progress import Progress
from labelproj.records import Document, Span
from labelproj.tags import iob2_from_spans, spans_from_tags
from labelproj.text import words

__all__ = [
    "WEIGHT",
    "Example",
    "FitReport",
    "Model",
    "Reader",
    "Selection",
    "Tagger",
    "Writer",
    "dev_f1",
    "examples_of",
    "snapped",
    "weight_of",
    "weights_of",
]

#: The key of a training document's payload that says how much it counts (0-1).
WEIGHT = "weight"

#: A text and the spans over it.
Example = tuple[str, tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class FitReport:
    """What a training run did.

    ``dev_f1`` (0-1, exact span F1) and ``best_step`` are those of the model that was kept;
    ``history`` has (step, mean loss since the last evaluation, dev F1) for each evaluation.
    """

    steps: int
    best_step: int
    dev_f1: float
    history: tuple[tuple[int, float, float], ...]


class Model(Protocol):
    """What every downstream model does, whatever it is asked.

    Made with the parameters of training; after :meth:`fit` or :meth:`load` it can be asked.
    """

    def __init__(self, params: TrainParams) -> None: ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The span labels that the model can give, sorted."""
        ...

    def fit(
        self, train: Sequence[Document], dev: Sequence[Document], *, progress: Progress
    ) -> FitReport:
        """Train on ``train`` and keep the model that is best on ``dev``.

        With ``params.average`` above 1 the mean of so many last checkpoints is kept instead, and
        ``dev`` neither chooses nor stops. Documents count by their weight, see
        :func:`weights_of`. ``progress`` is told every step. Without ``dev`` the last model is
        kept. Raises
        MissingInputError when ``train`` has no labelled span.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write the model into ``folder`` (made where it is not there)."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a model that :meth:`save` wrote. Raises ModelNotFoundError."""
        ...


class Tagger(Model, Protocol):
    """A model that finds labelled spans in a text."""

    def predict(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        """Return the spans of each text, in order of their start, never overlapping."""
        ...


@runtime_checkable
class Reader(Model, Protocol):
    """A model that answers questions from a text.

    It is taught documents of a context and questions (:mod:`labelproj.questions`).
    """

    def read(self, questions: Sequence[tuple[str, str]]) -> list[tuple[Span, ...]]:
        """Return the answer to each (question, context): a span of the context, or none."""
        ...


@runtime_checkable
class Writer(Model, Protocol):
    """A model that writes an answer to a text.

    It is taught documents of an input and a target (:func:`labelproj.train.writer.lesson`).
    """

    def write(self, texts: Sequence[str]) -> list[str]:
        """Return what it writes for each text, in order."""
        ...


@dataclass(slots=True)
class Selection:
    """Which evaluation was the best, and whether it is time to stop."""

    patience: int
    best_f1: float = -1.0
    best_step: int = 0
    waited: int = 0
    history: list[tuple[int, float, float]] = field(default_factory=list)

    def improved(self, step: int, loss: float, f1: float) -> bool:
        """Take note of an evaluation; say whether it is the best so far."""
        self.history.append((step, loss, f1))
        if f1 > self.best_f1:
            self.best_f1, self.best_step, self.waited = f1, step, 0
            return True
        self.waited += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether ``patience`` evaluations have passed without a better one."""
        return self.waited >= self.patience

    def averaged(self, steps: int, f1: float) -> FitReport:
        """Return the report of a run of ``steps`` steps whose checkpoints were averaged."""
        return FitReport(steps, steps, f1, tuple(self.history))

    def report(self, steps: int) -> FitReport:
        """Return the report of a run that took ``steps`` steps."""
        return FitReport(steps, self.best_step, max(self.best_f1, 0.0), tuple(self.history))


def examples_of(documents: Sequence[Document]) -> list[Example]:
    """Return the segments of all documents that have text, each with its spans."""
    return [
        (segment.text, segment.spans)
        for document in documents
        for segment in document.segments
        if segment.text.strip()
    ]


def weight_of(document: Document) -> float:
    """Return how much a training document counts, 1 where nothing is said."""
    return float(str(document.payload.get(WEIGHT, 1.0)))


def weights_of(documents: Sequence[Document]) -> list[float]:
    """Return the weight of each example of :func:`examples_of`, 1 where none is given."""
    return [
        weight_of(document)
        for document in documents
        for segment in document.segments
        if segment.text.strip()
    ]


def snapped(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Widen spans to whole words of :func:`labelproj.text.words`; of overlapping ones keep one.

    The longer span is kept. The result is what a tagger can be taught.
    """
    tokens = words(text)
    tags, _ = iob2_from_spans(spans, tokens)
    return spans_from_tags(tags, tokens)[0]


def dev_f1(tagger: Tagger, dev: Sequence[Example]) -> float:
    """Return the exact span F1 (0-1) of ``tagger`` on ``dev``."""
    predicted = tagger.predict([text for text, _ in dev])
    return float(f1_of(span_counts(predicted, [spans for _, spans in dev]).sum(axis=0)))
