"""What is given to a person to look at, what comes back, and what an annotation tool must do.

Offsets are code points here, as everywhere; a tool's own way of counting stays in its file.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from labelproj.errors import FormatError
from labelproj.formats.lines import read_bytes
from labelproj.records import Projection, Reject, Span

__all__ = ["ACCEPT", "REJECT", "Answer", "Item", "Mark", "Tool", "json_objects", "marks_of"]

#: What a person can say of a unit as a whole.
ACCEPT, REJECT = "accept", "reject"


@dataclass(frozen=True, slots=True)
class Item:
    """One unit to be reviewed: both texts, the source's spans and where they were projected.

    ``score`` is the lowest projection score (None where nothing was projected); ``verdict`` and
    ``reasons`` are the filters'.
    """

    id: str
    src_lang: str
    tgt_lang: str
    src_text: str
    tgt_text: str
    src_spans: tuple[Span, ...] = ()
    projections: tuple[Projection, ...] = ()
    verdict: str = ACCEPT
    reasons: tuple[str, ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled place in a text, as a tool knows it; ``id`` is unique within its unit."""

    id: str | None
    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person said of one unit.

    ``shown`` is the translation that the person saw and ``marks`` are places in it; ``text`` is
    the translation as the person left it. ``verdict`` is ``accept`` or ``reject``. ``at`` is a
    time in ISO 8601; ``annotator`` and ``at`` are None where the tool does not say.
    ``source`` and ``line`` say where the answer stood.
    """

    unit_id: str
    shown: str
    text: str
    marks: tuple[Mark, ...]
    verdict: str
    annotator: str | None
    at: str | None
    source: str
    line: int | None = None


def marks_of(spans: Sequence[Span]) -> tuple[tuple[Mark, Span], ...]:
    """Return a mark for each span, with an id that no other has.

    It is the span's own id, and ``<id>~2``, ``<id>~3``, … for its further parts.
    """
    taken: set[str] = set()
    found = []
    for span in spans:
        name, number = span.id, 1
        while name in taken:
            number += 1
            name = f"{span.id}~{number}"
        taken.add(name)
        found.append((Mark(name, span.start, span.end, span.label), span))
    return tuple(found)


def json_objects(path: Path, *, having: str, remedy: str) -> list[dict[str, Any]]:
    """Return the objects of a JSON array, each with an object under the key ``having``.

    Raises MissingInputError, and FormatError with ``remedy`` when it is no such array.
    """
    try:
        found = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"not JSON: {error}", where=str(path), remedy=remedy) from error
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and isinstance(one.get(having), dict) for one in found
    ):
        raise FormatError(f"not a list of objects with {having!r}", where=str(path), remedy=remedy)
    return found


class Tool(ABC):
    """One annotation tool: writes what it imports and reads what it exports."""

    __slots__ = ()

    name: ClassVar[str]

    @abstractmethod
    def write(self, items: Sequence[Item], out: Path, *, labels: Sequence[str]) -> None:
        """Write ``items``, in this order and with the projections filled in, into folder ``out``.

        ``labels`` are all that a person may give. Each file appears whole. Raises StorageError.
        """

    @abstractmethod
    def read(self, source: Path) -> Iterator[Answer | Reject]:
        """Yield the answers in what the tool exported, and a Reject for each unusable one.

        What nobody has answered, or was skipped, is not yielded. Raises MissingInputError, and
        FormatError when it is not an export of this tool.
        """
