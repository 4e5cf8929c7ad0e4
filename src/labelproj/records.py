"""The records that travel through labelproj: frozen, slotted, pure values.

A :class:`Document` has :class:`Segment` s with roles; a segment has text and :class:`Span` s.
For translation a segment is cut into :class:`Unit` s (usually sentences). A unit gets a
:class:`Translation`, and every one of its spans a :class:`Projection`: a place in the
translation, or null with a reason.

All offsets are Unicode code points, half-open, and count from the start of the text that the
record itself holds (segment text for a document's spans, unit text for a unit's spans).
This module imports nothing else of the package.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

__all__ = [
    "POST_EDITED",
    "REVIEWED",
    "Candidate",
    "Document",
    "Projection",
    "Reject",
    "Segment",
    "Span",
    "Translation",
    "Unit",
    "span_problem",
]


#: Status of a translation that a person has seen: left as it was, or edited.
REVIEWED, POST_EDITED = "reviewed", "post-edited"


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled stretch of text.

    ``id`` is unique within its document and kept from source to target. ``group`` ties spans
    together that belong to one thing (an event and its arguments, the parts of one answer).
    Two spans of one segment with the same id are the parts of one discontinuous span.
    """

    id: str
    start: int
    end: int
    label: str
    group: str | None = None

    def surface(self, text: str) -> str:
        """Return the characters of ``text`` that the span covers."""
        return text[self.start : self.end]

    def shifted(self, by: int) -> "Span":
        """Return the same span ``by`` code points further on."""
        return Span(self.id, self.start + by, self.end + by, self.label, self.group)


@dataclass(frozen=True, slots=True)
class Segment:
    """A text with a role in its document (``text``, ``context``, ``question``, ``user``, …).

    ``translation`` is the segment's translation where the input brought one.
    """

    id: str
    role: str
    text: str
    spans: tuple[Span, ...] = ()
    translation: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One record of a corpus in one language.

    ``payload`` holds what a task needs beside text and spans (JSON values only).
    """

    id: str
    lang: str
    segments: tuple[Segment, ...]
    payload: Mapping[str, object] = field(default_factory=dict)

    def spans(self) -> Iterator[tuple[Segment, Span]]:
        """Yield every span with its segment."""
        for segment in self.segments:
            for span in segment.spans:
                yield segment, span


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be read or used: where it stood, why, and what it said."""

    source: str
    line: int | None
    record_id: str | None
    reason: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """What is translated in one piece: ``text == segment.text[start:end]``.

    ``lead`` is the text between the previous unit and this one; joining ``lead + text`` of all
    units of a segment, and the last unit's ``trail``, gives the segment's text again.
    """

    id: str
    document_id: str
    segment_id: str
    role: str
    position: int
    start: int
    end: int
    lead: str
    text: str
    spans: tuple[Span, ...] = ()
    trail: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """The translation of one unit.

    ``score`` is the mean log-probability per target token (None where it is not known).
    ``status`` is ``translated``, ``given`` (came with the input), ``copied`` (nothing to
    translate) or ``failed``, and once a person has seen it ``reviewed`` or ``post-edited``;
    ``flags`` say what else is known (``split``, ``at-limit``, …).
    """

    text: str
    score: float | None
    status: str
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place in the translation that a span may have come to, with evidence in its favour.

    ``score`` is between 0 and 1; ``evidence`` names its parts.
    """

    start: int
    end: int
    score: float
    evidence: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Projection:
    """Where one source span stands in the translation, or null (``start is None``) and why.

    ``score`` is between 0 and 1, comparable within a method; ``evidence`` are its parts and
    ``margin``, by how much it outweighs the next best. ``nbest`` are the best candidates, this
    one among them. A span in several parts has one projection a part, all with the span's id.
    """

    span_id: str
    label: str
    start: int | None
    end: int | None
    score: float
    method: str
    reason: str | None = None
    group: str | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)
    nbest: tuple[Candidate, ...] = ()

    def span(self) -> Span:
        """Return the projected span; ValueError when the projection is null."""
        if self.start is None or self.end is None:
            raise ValueError(f"span {self.span_id} has no projection: {self.reason}")
        return Span(self.span_id, self.start, self.end, self.label, self.group)


def span_problem(span: Span, text: str) -> str | None:
    """Say what is wrong with ``span`` over ``text``, or None when nothing is.

    A good span is in range, not empty, labelled, and has no white space at its edges.
    """
    if not 0 <= span.start <= span.end <= len(text):
        return f"span {span.id} [{span.start}, {span.end}) is outside its text (0-{len(text)})"
    surface = span.surface(text)
    if not surface.strip():
        return f"span {span.id} [{span.start}, {span.end}) is empty"
    if surface != surface.strip():
        return f"span {span.id} [{span.start}, {span.end}) has white space at its edges"
    if not span.label:
        return f"span {span.id} has no label"
    return None
