"""What a task must say: which documents it can use, what its dataset is, what a model is asked.

A task is a value in ``TASKS``; nothing outside this room asks which one it is. All text in a
document's segments is translated; what is not to be translated is in its payload.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from labelproj.build.documents import Reassembled
from labelproj.config import BuildParams, FilterParams
from labelproj.errors import DependencyError
from labelproj.records import Document, Projection, Segment, Span

__all__ = [
    "Beside",
    "Case",
    "Dataset",
    "Dropped",
    "Exercise",
    "Prompt",
    "Row",
    "Task",
    "Usable",
    "only_spans",
    "plain_prompt",
    "require_datasets",
]

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Dropped:
    """A part of a document that the task's policy leaves out, and why.

    ``kind`` is what it is: ``event``, ``argument``, ``question``, …
    """

    kind: str
    record_id: str
    reason: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a task's dataset has besides rows: the lines of files by name, and counts."""

    files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usable:
    """What is left of a document by the task's policy.

    ``one`` holds only spans and segments that are usable; ``items`` says how many things of
    each kind there were, ``dropped`` which of them are gone.
    """

    one: Reassembled
    items: Mapping[str, int] = field(default_factory=dict)
    dropped: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text that a tagger is given, with the spans it is taught.

    ``places[i]`` is the place in the case's text of character i, or -1 for a character that is
    not of that text; None where the prompt is the text. ``taught`` is false for a prompt that is
    asked, but of whose kind there are enough to learn from.
    """

    text: str
    spans: tuple[Span, ...]
    places: tuple[int, ...] | None = None
    taught: bool = True

    def restored(self, span: Span) -> Span | None:
        """Return a span of this prompt as one of the case's text; None when it is outside."""
        if self.places is None:
            return span
        inside = [place for place in self.places[span.start : span.end] if place >= 0]
        if not inside:
            return None
        return Span(span.id, inside[0], inside[-1] + 1, span.label, span.group)


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that a trained model is asked, and what is right: the unit of scoring.

    Spans are over ``text``. A tagger is given the ``prompts``, and the spans found in all of them
    together are the answer; a model that reads is given ``question`` and ``text``; one that writes
    is given ``text`` and is to write ``target``.
    """

    id: str
    text: str
    gold: tuple[Span, ...]
    prompts: tuple[Prompt, ...]
    question: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Exercise:
    """What a language model is shown of an example, and what it should answer.

    ``fields`` are texts by name, ``answer`` is a JSON value, ``labels`` say what it is an example
    of (none: there is nothing to find), and ``spans`` are the ids of those that made the answer.
    """

    id: str
    fields: Mapping[str, str]
    answer: object
    labels: tuple[str, ...]
    spans: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return fields and answer, for a template."""
        return {**self.fields, "answer": self.answer}


def only_spans(one: Reassembled, keep: Callable[[Projection], bool]) -> Reassembled:
    """Return a document with only the spans whose projections ``keep`` accepts."""
    segments = []
    projections = []
    for segment, own in zip(one.document.segments, one.projections, strict=True):
        pairs = [(s, p) for s, p in zip(segment.spans, own, strict=True) if keep(p)]
        segments.append(replace(segment, spans=tuple(span for span, _ in pairs)))
        projections.append(tuple(projection for _, projection in pairs))
    document = replace(one.document, segments=tuple(segments))
    return replace(one, document=document, projections=tuple(projections))


def plain_prompt(name: str, segment: Segment) -> Case:
    """Return the case of a text that is given to the tagger as it is."""
    return Case(name, segment.text, segment.spans, (Prompt(segment.text, segment.spans),))


class Dataset(ABC):
    """The rows of a task's dataset.

    ``counts`` are numbers for the manifest and the card that grow as rows are made.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    @abstractmethod
    def features(self) -> Any:
        """Return the ``datasets.Features`` of a row. Raises DependencyError."""

    @abstractmethod
    def rows(self, one: Reassembled, *, signature: str) -> list[Row]:
        """Return the rows of a usable document; none where it has no text."""

    @abstractmethod
    def labels(self) -> dict[str, object]:
        """Return what ``labels.json`` says."""

    @abstractmethod
    def counted(self, row: Row) -> Iterable[str]:
        """Return what is counted of a row for the card's table: a name each time."""

    @abstractmethod
    def about(self) -> str:
        """Say on the card what the columns are, once all rows are made."""


class Task(ABC):
    """One task. ``exports`` are (ending, format) of what ``labelproj project`` writes.

    ``title`` names the labels in a sentence; ``category`` and ``ids`` are the Hub's names for
    the task. ``augmentable`` are the methods of :mod:`labelproj.augment` that leave its records
    true.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    category: ClassVar[str] = "token-classification"
    ids: ClassVar[tuple[str, ...]] = ()
    exports: ClassVar[tuple[tuple[str, str], ...]] = ((".jsonl", "jsonl"),)
    augmentable: ClassVar[tuple[str, ...]] = ("code-switch",)

    def problem(self, document: Document) -> str | None:
        """Say why a document is none of this task, or None."""
        return None

    def mapped(self, document: Document) -> Document:
        """Return a document whose labels were renamed or dropped, without what hangs loose."""
        return document

    def filters(self, params: FilterParams) -> FilterParams:
        """Return the thresholds by which single units are judged."""
        return params

    def informed(self, kept: Path, params: BuildParams) -> "Task":
        """Return the task with what the accepted units of a whole job (``tables.FILTERED``) say."""
        return self

    def beside(self, params: BuildParams) -> Beside:
        """Return what the dataset has besides rows, of the task as :meth:`informed` has it."""
        return Beside()

    def usable(self, one: Reassembled, params: BuildParams) -> Usable:
        """Apply the policy of ``params`` to a document whose units were accepted."""
        return Usable(one)

    def shown(self, source: Document, usable: Usable) -> dict[str, object]:
        """Return what the report draws of a document, as JSON values; only for tasks with a view.

        ``source`` is the source document as far as its units were accepted.
        """
        return {}

    @abstractmethod
    def dataset(self, labels: Iterable[str], *, params: BuildParams) -> Dataset:
        """Return the dataset of a job with these span ``labels``, rejected units' too."""

    #: How the report draws a document (see :meth:`shown`); None where rows of units say it all.
    view: ClassVar[str | None] = None
    #: Scores of a system to be shown beside its F1: a title, and where in ``metrics.json``.
    figures: ClassVar[tuple[tuple[str, str], ...]] = ()
    #: How its systems are examined (``labelproj.pipeline``): by spans, or as an agent.
    exam: ClassVar[str] = "spans"
    #: Models of its own (``labelproj.train.MODELS``), each by the backend that it stands for.
    models: ClassVar[Mapping[str, str]] = {}
    #: The columns of the dataset that :meth:`document` needs.
    columns: ClassVar[tuple[str, ...]] = ("id", "text", "spans")

    def document(self, row: Mapping[str, Any], *, lang: str) -> Document:
        """Return a row of the dataset as a document again, to train on."""
        spans = tuple(
            Span(
                str(span.get("id") or f"s{number}"),
                span["start"],
                span["end"],
                span["label"],
                span.get("group"),
            )
            for number, span in enumerate(row["spans"] or ())
        )
        return Document(row["id"], lang, (Segment("0", "text", row["text"], spans),))

    def weight(self, row: Mapping[str, Any]) -> float:
        """Return how sure the labels of a row are (0-1): the mean projection score of its spans.

        1 where there is none: there is nothing to be wrong about.
        """
        scores = [span.get("score") for span in row["spans"] or ()]
        known = [float(score) for score in scores if score is not None]
        return sum(known) / len(known) if known else 1.0

    def tier(self, row: Mapping[str, Any]) -> str | None:
        """Return how sure the labels of a row are in a letter; None for a task without tiers."""
        return None

    @abstractmethod
    def cases(self, document: Document) -> list[Case]:
        """Return what a model is asked about a document."""

    def exercises(self, document: Document) -> list[Exercise]:
        """Return what a language model is shown of a document: here each case's text."""
        return [
            Exercise(
                case.id,
                {"text": case.text},
                [{"label": s.label, "text": s.surface(case.text)} for s in _in_order(case.gold)],
                tuple(dict.fromkeys(span.label for span in case.gold)),
                tuple(span.id for span in case.gold),
            )
            for case in self.cases(document)
        ]

    def answer(self, case: Case, found: Sequence[Span]) -> tuple[Span, ...]:
        """Return a model's answer from the spans that it found in the prompts of a case."""
        unique = {(span.start, span.end, span.label): span for span in found}
        return tuple(unique[key] for key in sorted(unique))

    def scores(
        self, cases: Sequence[Case], predicted: Sequence[Sequence[Span]], *, lang: str
    ) -> dict[str, object]:
        """Return the scores (0-100) that a system gets beside exact span F1, by name."""
        return {}


def _in_order(spans: Iterable[Span]) -> list[Span]:
    return sorted(spans, key=lambda span: (span.start, span.end))


def require_datasets() -> Any:
    """Return the module ``datasets``. Raises DependencyError without it."""
    try:
        import datasets
    except ImportError as error:
        raise DependencyError(
            "building a dataset needs the datasets package",
            remedy="pip install 'labelproj[data]'",
        ) from error
    return datasets
