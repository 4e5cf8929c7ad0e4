"""Formats of one JSON object a line: what their readers and writers share."""

import json
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar, TypeVar

from labelproj.formats.base import Format, demand_format
from labelproj.formats.json_values import NOT_JSON, Record, json_records, text_value
from labelproj.formats.lines import open_output
from labelproj.records import Document, Reject

__all__ = ["JsonLines", "Problem", "parsed_records"]

T = TypeVar("T")
#: A part of a record that cannot be used: its id within the record, and why.
Problem = tuple[str, str]

#: Characters of a line that are kept with a bad part of it.
_RAW = 1000


def parsed_records(
    path: Path,
    *,
    name: Callable[[Record, int], str],
    parse: Callable[[str, Record], T],
    key: str = "id",
) -> Iterator[tuple[int, str, T | Reject]]:
    """Yield line number, raw line and what ``parse`` makes of each record of a file.

    ``name`` finds a record's id, from the record and its line number; ``key`` is how the format
    calls it. A ValueError of either is the reason of a Reject, and so is an id's second use.
    Raises as :func:`labelproj.formats.json_values.json_records` does.
    """
    seen: set[str] = set()
    for number, raw, record in json_records(path):
        if isinstance(record, Reject):
            yield number, raw, record
            continue
        own = None
        try:
            own = name(record, number)
            if own in seen:
                raise ValueError(f"duplicate {key} {own!r}")
            value = parse(own, record)
        except ValueError as error:
            yield number, raw, Reject(str(path), number, own, str(error), raw)
            continue
        seen.add(own)
        yield number, raw, value


class JsonLines(Format):
    """A format whose documents are the lines of a file, one JSON object each."""

    __slots__ = ()

    #: The key of a record's id.
    id_key: ClassVar[str] = "id"
    #: What to do about a file without such lines.
    remedy: ClassVar[str]

    def record_name(self, record: Record, path: Path, number: int) -> str:
        """Return a record's id; ValueError where it has none."""
        return text_value(record, self.id_key)

    @abstractmethod
    def document(self, name: str, record: Record, lang: str) -> tuple[Document, Sequence[Problem]]:
        """Return the document of a record, and what of it had to be left out.

        Raises ValueError with the reason for a record that cannot be used at all.
        """

    @abstractmethod
    def record(self, document: Document) -> Record:
        """Return the record of a document."""

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield one document a line, after a Reject for each bad part; see :meth:`Format.read`.

        A second use of an id is bad.
        """
        return demand_format(
            self._documents(Path(source), lang), symptom=NOT_JSON, remedy=self.remedy
        )

    def _documents(self, path: Path, lang: str) -> Iterator[Document | Reject]:
        for number, raw, parsed in parsed_records(
            path,
            name=lambda record, number: self.record_name(record, path, number),
            parse=lambda name, record: self.document(name, record, lang),
            key=self.id_key,
        ):
            if isinstance(parsed, Reject):
                yield parsed
                continue
            document, problems = parsed
            for part, reason in problems:
                yield Reject(str(path), number, f"{document.id}/{part}", reason, raw[:_RAW])
            yield document

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Write one document a line; see :meth:`Format.write`."""
        count = 0
        with open_output(path) as stream:
            for document in documents:
                stream.write(json.dumps(self.record(document), ensure_ascii=False) + "\n")
                count += 1
        return count
