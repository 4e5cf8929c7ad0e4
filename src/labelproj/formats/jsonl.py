"""JSON Lines: ``{"id", "text", "spans": [{"start", "end", "label"}]}``, one document a line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from labelproj.formats.base import Format, demand_format
from labelproj.formats.json_values import (
    NOT_JSON,
    Record,
    json_records,
    spans_value,
    text_value,
)
from labelproj.formats.lines import open_output, stem_of
from labelproj.records import Document, Reject, Segment, Span

__all__ = ["Jsonl", "document_record"]

PLAIN_KEYS = frozenset({"id", "text", "spans"})
PARALLEL_KEYS = frozenset({"id", "src_lang", "src_text", "tgt_text", "src_spans"})
SEGMENT_KEYS = frozenset({"id", "segments"})


@dataclass(frozen=True, slots=True)
class Jsonl(Format):
    """One JSON object a line, in one of three shapes.

    - ``{"id", "text", "spans": [{"start", "end", "label", "id"?, "group"?}]}``
    - with a translation: ``{"id", "src_lang", "src_text", "tgt_text", "src_spans"}``
    - several segments: ``{"id", "segments": [{"id", "role", "text", "spans", "tgt_text"?}]}``

    ``id`` and ``spans`` may be left out (the id is then ``<file>-<line>``). All other keys go to
    the document's payload, and are written back from there.
    """

    name: ClassVar[str] = "jsonl"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".json", ".ndjson")

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield one document a line; see :meth:`Format.read`. A second use of an id is bad."""
        return demand_format(
            self._documents(Path(source), lang),
            symptom=NOT_JSON,
            remedy="each line is one JSON object; make lines of an array with: jq -c '.[]'",
        )

    def _documents(self, path: Path, lang: str) -> Iterator[Document | Reject]:
        seen: set[str] = set()
        stem = stem_of(path)
        for number, raw, record in json_records(path):
            if isinstance(record, Reject):
                yield record
                continue
            name = None
            try:
                name = text_value(record, "id", default=f"{stem}-{number}")
                if name in seen:
                    raise ValueError(f"duplicate id {name!r}")
                document = _document(name, record, lang)
            except ValueError as error:
                yield Reject(str(path), number, name, str(error), raw)
                continue
            seen.add(name)
            yield document

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Write one document a line, with nothing lost; see :meth:`Format.write`."""
        count = 0
        with open_output(path) as stream:
            for document in documents:
                stream.write(json.dumps(document_record(document), ensure_ascii=False) + "\n")
                count += 1
        return count


def _document(name: str, record: Record, lang: str) -> Document:
    if "segments" in record:
        values = record["segments"]
        if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
            raise ValueError("'segments' is not a list of objects")
        segments = tuple(_segment(value, str(i)) for i, value in enumerate(values))
        return Document(name, lang, segments, _rest(record, SEGMENT_KEYS))
    if "src_text" in record:
        text = text_value(record, "src_text")
        spans = spans_value(record, "src_spans", text)
        translation = _translation(record)
        segment = Segment("text", "text", text, spans, translation)
        lang = text_value(record, "src_lang", default=lang)
        return Document(name, lang, (segment,), _rest(record, PARALLEL_KEYS))
    text = text_value(record, "text")
    segment = Segment("text", "text", text, spans_value(record, "spans", text))
    return Document(name, lang, (segment,), _rest(record, PLAIN_KEYS))


def _segment(value: Mapping[str, object], name: str) -> Segment:
    text = text_value(value, "text")
    return Segment(
        text_value(value, "id", default=name),
        text_value(value, "role", default="text"),
        text,
        spans_value(value, "spans", text),
        _translation(value),
    )


def _translation(value: Mapping[str, object]) -> str | None:
    return None if value.get("tgt_text") is None else text_value(value, "tgt_text")


def _rest(record: Record, keys: frozenset[str]) -> Record:
    return {key: value for key, value in record.items() if key not in keys}


def document_record(document: Document) -> Record:
    """Return the document as the plainest of the three shapes that holds all of it."""
    name = document.id
    first = document.segments[0] if len(document.segments) == 1 else None
    record: Record
    if first is None or (first.id, first.role) != ("text", "text"):
        record = {"id": name, "segments": [_segment_record(s) for s in document.segments]}
    elif first.translation is None:
        record = {"id": name, "text": first.text, "spans": [_span(s) for s in first.spans]}
    else:
        record = {
            "id": name,
            "src_lang": document.lang,
            "src_text": first.text,
            "tgt_text": first.translation,
            "src_spans": [_span(s) for s in first.spans],
        }
    taken = PLAIN_KEYS | PARALLEL_KEYS | SEGMENT_KEYS
    return record | {k: v for k, v in document.payload.items() if k not in taken}


def _segment_record(segment: Segment) -> Record:
    record: Record = {
        "id": segment.id,
        "role": segment.role,
        "text": segment.text,
        "spans": [_span(span) for span in segment.spans],
    }
    return record if segment.translation is None else record | {"tgt_text": segment.translation}


def _span(span: Span) -> Record:
    record: Record = {
        "id": span.id,
        "start": span.start,
        "end": span.end,
        "label": span.label,
    }
    return record if span.group is None else record | {"group": span.group}
