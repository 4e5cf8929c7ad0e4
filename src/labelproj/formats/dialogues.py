"""What the formats of dialogues share: reading by a walk, writing by the same walk."""

import copy
import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from labelproj.dialogue.visit import Reading, Visitor, Writing
from labelproj.errors import UsageError
from labelproj.formats.base import Format, demand_format
from labelproj.formats.json_stream import json_items
from labelproj.formats.lines import open_output, stem_of
from labelproj.records import Document, Reject

__all__ = ["RECORD", "DialogueFormat"]

#: Where the payload of a document keeps the record it was read from.
RECORD = "record"
#: How a reason begins where a record has not the keys of its format.
_STRANGE = "not a dialogue of this format"


@dataclass(frozen=True, slots=True)
class DialogueFormat(Format):
    """A JSON file of dialogues: an array of records, or an object of records by id.

    Values are looked for in the texts (see :func:`labelproj.dialogue.find.value_spans`); a span's
    label is its slot, its group the value as the data have it. The record itself is kept in the
    payload under ``record``, so that what the schema does not know is not lost.
    """

    #: Whether the file is an object of records by their ids.
    keyed: ClassVar[bool] = False
    #: The key of a record's id, where the file is an array.
    id_key: ClassVar[str] = "dialogue_id"
    #: Keys that the beginning of a file of this format shows.
    signs: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def claims(cls, head: Mapping[str, object]) -> bool:
        """Say whether a file that begins with these keys is of this format."""
        keys = set(head)
        first = next(iter(head.values()), None)
        if cls.keyed and isinstance(first, dict):  # the file is one line: its first record
            keys = set(first)
        return bool(cls.signs) and cls.signs <= keys

    @abstractmethod
    def walk(self, record: Any, visit: Visitor) -> None:
        """Go through ``record``, handing every part to ``visit`` and putting back what it gives.

        Raises ValueError with the reason for a record that cannot be used.
        """

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield one document a dialogue; see :meth:`Format.read`. A second use of an id is bad."""
        return demand_format(
            self._documents(Path(source), lang),
            symptom=_STRANGE,
            remedy=f"is it {self.name}? name the right format with --format",
        )

    def _documents(self, path: Path, lang: str) -> Iterator[Document | Reject]:
        seen: set[str] = set()
        for number, (key, record) in enumerate(json_items(path), start=1):
            name = None
            try:
                name = self._name(key, record, f"{stem_of(path)}-{number}")
                if name in seen:
                    raise ValueError(f"duplicate id {name!r}")
                reading = Reading()
                try:
                    self.walk(record, reading)
                except (KeyError, TypeError, IndexError, AttributeError) as error:
                    what = f"no {error}" if isinstance(error, KeyError) else str(error)
                    raise ValueError(f"{_STRANGE}: {what}") from None
                document = reading.document(name, lang, {"format": self.name, RECORD: record})
            except ValueError as error:
                raw = json.dumps(record, ensure_ascii=False)[:1000]
                yield Reject(str(path), None, name or key, str(error), raw)
                continue
            seen.add(name)
            yield document

    def _name(self, key: str | None, record: object, default: str) -> str:
        if key is not None:
            return key
        if not isinstance(record, dict):
            raise ValueError(f"{_STRANGE}: a record is no object")
        return str(record.get(self.id_key, default))

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Write the records the documents were read from, with the documents' words and values.

        Raises UsageError for a document that was not read from this format; see also
        :meth:`Format.write`.
        """
        count = 0
        with open_output(path) as stream:
            stream.write("{" if self.keyed else "[")
            for document in documents:
                record = self.record_of(document)
                stream.write(",\n" if count else "\n")
                if self.keyed:
                    stream.write(json.dumps(document.id, ensure_ascii=False) + ": ")
                stream.write(json.dumps(record, ensure_ascii=False))
                count += 1
            stream.write("\n}\n" if self.keyed else "\n]\n")
        return count

    def record_of(self, document: Document) -> object:
        """Return the record of this format for ``document``. Raises UsageError."""
        if document.payload.get("format") != self.name or RECORD not in document.payload:
            raise UsageError(
                f"document {document.id!r} was not read from {self.name}",
                remedy=f"only what was read from {self.name} can be written as {self.name}; "
                "jsonl holds every document",
            )
        record = copy.deepcopy(document.payload[RECORD])
        try:
            self.walk(record, Writing(document))
        except ValueError as error:
            raise UsageError(
                f"document {document.id!r} cannot be written as {self.name}: {error}",
                remedy="write it as jsonl",
            ) from error
        return record
