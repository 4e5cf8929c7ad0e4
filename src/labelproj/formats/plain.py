"""Plain text: a text on each line, without labels."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from labelproj.errors import UsageError
from labelproj.formats.base import Format, plain_document
from labelproj.formats.lines import numbered_lines, stem_of
from labelproj.records import Document, Reject

__all__ = ["PlainText"]


@dataclass(frozen=True, slots=True)
class PlainText(Format):
    """A text on each line; it is read, not written.

    No ending is its own, as ``.txt`` is CoNLL elsewhere: name it (``text:FILE``).
    """

    name: ClassVar[str] = "text"

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield one document a line, ``<file>-<line>``; lines without text are passed over."""
        path = Path(source)
        stem = stem_of(path)
        for number, text, problem in numbered_lines(path):
            name = f"{stem}-{number}"
            if problem:
                yield Reject(str(path), number, name, problem, text[:1000])
            elif text.strip():
                yield plain_document(name, lang, text, ())

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Raise UsageError: there is no room for labels in it."""
        raise UsageError(
            "plain text has no room for labels", where=str(path), remedy="choose another format"
        )
