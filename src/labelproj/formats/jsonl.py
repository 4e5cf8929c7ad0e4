"""JSON Lines: ``{"id", "text", "spans": [{"start", "end", "label"}]}``, one document a line."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from labelproj.formats.json_lines import JsonLines, Problem
from labelproj.formats.json_values import Record, spans_value, text_value
from labelproj.formats.lines import stem_of
from labelproj.records import Document, Segment, Span

__all__ = ["Jsonl", "document_record"]

PLAIN_KEYS = frozenset({"id", "text", "spans"})
PARALLEL_KEYS = frozenset({"id", "src_lang", "src_text", "tgt_text", "src_spans"})
SEGMENT_KEYS = frozenset({"id", "segments"})


@dataclass(frozen=True, slots=True)
class Jsonl(JsonLines):
    """One JSON object a line, in one of three shapes.

    - ``{"id", "text", "spans": [{"start", "end", "label", "id"?, "group"?}]}``
    - with a translation: ``{"id", "src_lang", "src_text", "tgt_text", "src_spans"}``
    - several segments: ``{"id", "segments": [{"id", "role", "text", "spans", "tgt_text"?}]}``

    ``id`` and ``spans`` may be left out (the id is then ``<file>-<line>``). All other keys go to
    the document's payload, and are written back from there.
    """

    name: ClassVar[str] = "jsonl"
    suffixes: ClassVar[tuple[str, ...]] = (".jsonl", ".json", ".ndjson")
    remedy: ClassVar[str] = "each line is one JSON object; make lines of an array with: jq -c '.[]'"

    def record_name(self, record: Record, path: Path, number: int) -> str:
        """Return the record's id, or ``<file>-<line>``."""
        return text_value(record, "id", default=f"{stem_of(path)}-{number}")

    def document(self, name: str, record: Record, lang: str) -> tuple[Document, list[Problem]]:
        """Return the document of a record of any shape; see :class:`JsonLines`."""
        if "segments" in record:
            values = record["segments"]
            if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
                raise ValueError("'segments' is not a list of objects")
            segments = tuple(_segment(value, str(i)) for i, value in enumerate(values))
            keys = SEGMENT_KEYS
        elif "src_text" in record:
            text = text_value(record, "src_text")
            spans = spans_value(record, "src_spans", text)
            segments = (Segment("text", "text", text, spans, _translation(record)),)
            lang = text_value(record, "src_lang", default=lang)
            keys = PARALLEL_KEYS
        else:
            text = text_value(record, "text")
            segments = (Segment("text", "text", text, spans_value(record, "spans", text)),)
            keys = PLAIN_KEYS
        rest = {key: value for key, value in record.items() if key not in keys}
        return Document(name, lang, segments, rest), []

    def record(self, document: Document) -> Record:
        """Return the plainest record that holds all of a document; see :class:`JsonLines`."""
        return document_record(document)


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
