"""What a format must do, and what formats share.

A format is a small frozen dataclass: its fields are the options it is read with. It reads a
source into documents, one at a time, and writes documents to a file, one at a time.

Reading never stops at a bad record: the record comes back as a :class:`Reject` with file, line,
reason and its raw text, and reading goes on. It does stop where the whole file is wrong:
MissingInputError (not there, or nothing in it) and FormatError (not this format).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, TypeVar

from labelproj.errors import FormatError
from labelproj.records import Document, Reject, Segment, Span, span_problem
from labelproj.text import strip_space

__all__ = ["Format", "checked_spans", "demand_format", "joined_text", "plain_document"]

T = TypeVar("T")

#: How many records may be rejected for the same cause before a file is refused as a whole.
PATIENCE = 1000


class Format(ABC):
    """One foreign format: reader and writer."""

    __slots__ = ()

    name: ClassVar[str]
    #: File name endings that are this format, each with its dot, without ``.gz``.
    suffixes: ClassVar[tuple[str, ...]] = ()
    #: Whether it has no place for a label outside of events.
    events_only: ClassVar[bool] = False

    @classmethod
    def claims(cls, head: Mapping[str, object]) -> bool:
        """Say whether a ``.jsonl`` or ``.json`` file with this first object is this format.

        Of a file that is one large object, ``head`` has the keys that its beginning shows.
        """
        return False

    @abstractmethod
    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield the documents of ``source`` in their order, and a Reject for each bad one.

        ``lang`` is the language of the text, where the source does not say. Raises
        MissingInputError and FormatError.
        """

    @abstractmethod
    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Write ``documents`` to ``path``, whole or not at all; return how many there were.

        Raises StorageError, or UsageError where the format can only be read.
        """


def demand_format(
    records: Iterator[T | Reject], *, remedy: str, symptom: str = "", what: str = ""
) -> Iterator[T | Reject]:
    """Pass ``records`` on, but refuse the file when none of the first is of its format.

    Raises FormatError with the place and reason of the first Reject, after ``what``, when the
    first 1,000 records (or all, where there are fewer) are Rejects whose reason contains
    ``symptom``.
    """
    held: list[Reject] = []
    for record in records:
        if isinstance(record, Reject) and symptom in record.reason:
            held.append(record)
            if len(held) < PATIENCE:
                continue
            break
        yield from held
        yield record
        yield from records
        return
    if held:
        raise FormatError(
            what + held[0].reason, where=f"{held[0].source}:{held[0].line or 1}", remedy=remedy
        )


def checked_spans(spans: Iterable[Span], text: str) -> tuple[Span, ...]:
    """Return ``spans`` without white space at their edges, which changes no label.

    Raises ValueError with what is wrong with the first span that is wrong otherwise.
    """
    checked = []
    for span in spans:
        if 0 <= span.start <= span.end <= len(text):
            start, end = strip_space(text, span.start, span.end)
            if start < end:
                span = Span(span.id, start, end, span.label, span.group)
        if problem := span_problem(span, text):
            raise ValueError(problem)
        checked.append(span)
    return tuple(checked)


def plain_document(name: str, lang: str, text: str, spans: tuple[Span, ...]) -> Document:
    """Return a document of one segment."""
    return Document(name, lang, (Segment("text", "text", text, spans),))


def joined_text(document: Document) -> tuple[str, list[Span]]:
    """Return the text and spans of a document for formats that know one text a document.

    Segments are joined with an empty line between them.
    """
    text = ""
    spans: list[Span] = []
    for segment in document.segments:
        text += "\n\n" if text else ""
        spans += [span.shifted(len(text)) for span in segment.spans]
        text += segment.text
    return text, spans
