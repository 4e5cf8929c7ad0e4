"""PHEE: pharmacovigilance events, with arguments in several parts and arguments of arguments.

Sun et al. 2022 (https://aclanthology.org/2022.emnlp-main.376).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from labelproj.events import argument_id, events_of, mention_of
from labelproj.formats.base import checked_spans, joined_text, plain_document
from labelproj.formats.json_lines import JsonLines, Problem
from labelproj.formats.json_values import Record, text_value
from labelproj.formats.oneie import mapping_list
from labelproj.records import Document, Span

__all__ = ["Phee"]

TRIGGER = "Trigger"
_PLACES = {"text", "start"}


@dataclass(frozen=True, slots=True)
class Phee(JsonLines):
    """A line is ``{"id", "context", "annotations": [{"events": [{"event_type", "Trigger", …}]}]}``.

    An argument inside another has the role ``Outer_Inner`` (``Treatment_Drug``). An event inside
    an argument (``Combination``) is an event of its own, and its trigger is an argument of the
    outer one. Parts of a discontinuous span stay apart. An event whose offsets do not match its
    text is a Reject, and the document goes on without it. All else is in the payload (``phee``)
    and is written back.
    """

    name: ClassVar[str] = "phee"
    events_only: ClassVar[bool] = True
    suffixes: ClassVar[tuple[str, ...]] = (".phee.jsonl",)
    remedy: ClassVar[str] = "each line is one JSON object with context and annotations"

    @classmethod
    def claims(cls, head: Mapping[str, object]) -> bool:
        """Say whether a file's first record is of this format."""
        return "context" in head and "annotations" in head

    def document(self, name: str, record: Record, lang: str) -> tuple[Document, list[Problem]]:
        """Return a document without its bad events, and those; see :class:`JsonLines`."""
        text = text_value(record, "context")
        spans: list[Span] = []
        problems: list[Problem] = []
        for annotation in mapping_list(record, "annotations"):
            for event in mapping_list(annotation, "events"):
                try:
                    spans += _event_spans(event, text)
                except ValueError as error:
                    problems.append((str(event.get("event_id")), str(error)))
        document = plain_document(name, lang, text, tuple(spans))
        bare = _bare(record, {event for event, _ in problems})
        return replace(document, payload={"phee": bare}), problems

    def record(self, document: Document) -> Record:
        """Return the record of a document, texts and places filled in; see :class:`JsonLines`."""
        text, spans = joined_text(document)
        bare = document.payload.get("phee")
        parts: dict[tuple[str, str, str], list[Span]] = {}
        for span in spans:
            if span.group is not None:
                role = TRIGGER if span.id == span.group else span.label
                parts.setdefault((span.group, role, mention_of(span)), []).append(span)
        rest = (
            dict(bare) if isinstance(bare, dict) else {"annotations": [{"events": _events(spans)}]}
        )
        groups = [
            one | {"events": [e for event in one["events"] if (e := _filled(event, text, parts))]}
            for one in rest["annotations"]
        ]
        return {"id": document.id, "context": text} | rest | {"annotations": groups}


def _event_spans(event: Mapping[str, Any], text: str, *, outer: str | None = None) -> list[Span]:
    """Return the spans of an event and of those inside it."""
    name = text_value(event, "event_id")
    if not isinstance(event.get(TRIGGER), dict):
        raise ValueError("the event has no trigger")
    spans = [
        replace(span, id=name)
        for span in _places(name, text_value(event, "event_type"), event[TRIGGER], text)
    ]
    if not spans:
        raise ValueError("the event has no trigger")
    triggers = list(spans)
    for role, value in event.items():
        if role != TRIGGER and isinstance(value, dict):
            spans += _argument_spans(name, role, value, text)
    if outer is not None:
        inside = argument_id(outer, spans[0].label, name)
        spans += [replace(span, id=inside, group=outer) for span in triggers]
    return spans


def _argument_spans(event: str, role: str, value: Mapping[str, Any], text: str) -> list[Span]:
    spans = _places(event, role, value, text)
    for inner, own in value.items():
        if isinstance(own, dict):
            spans += _argument_spans(event, f"{role}_{inner}", own, text)
        elif inner not in (*_PLACES, "entity_id") and isinstance(own, list):
            for sub in mapping_list(value, inner):
                spans += _event_spans(sub, text, outer=event)
    return spans


def _places(event: str, role: str, value: Mapping[str, Any], text: str) -> list[Span]:
    """Return the spans of a role: those of an entity share their id.

    Raises ValueError where the text has something else there.
    """
    spans: list[Span] = []
    taken: set[str] = set()
    lists: list[Any] = [value.get(key) for key in ("entity_id", "text", "start")]
    if not all(isinstance(one, list) and len(one) == len(lists[0]) for one in lists):
        raise ValueError(f"{role}: 'entity_id', 'text' and 'start' are not lists of one length")
    for entity, surfaces, starts in zip(*lists, strict=True):
        if not isinstance(surfaces, list) or not isinstance(starts, list):
            raise ValueError(f"{role}: 'text' and 'start' are not lists of lists")
        if len(surfaces) != len(starts):
            raise ValueError(f"{role}: {len(surfaces)} texts and {len(starts)} starts")
        name = argument_id(event, role, str(entity), taken=taken)
        taken.add(name)
        for surface, start in zip(surfaces, starts, strict=True):
            if not isinstance(surface, str) or type(start) is not int:
                raise ValueError(f"{role}: no text and start")
            end = start + len(surface)
            if text[start:end] != surface or start < 0:
                raise ValueError(
                    f"{role} says {surface!r} and its offsets cover {text[start:end]!r}"
                )
            spans += checked_spans([Span(name, start, end, role, event)], text)
    return spans


def _bare(value: object, bad: set[str]) -> Any:
    """Return a record without texts, places and the events in ``bad``."""
    if isinstance(value, dict):
        drop = _PLACES if "entity_id" in value else {"id", "context"}
        return {k: _bare(v, bad) for k, v in value.items() if k not in drop}
    if isinstance(value, list):
        return [
            _bare(one, bad)
            for one in value
            if not (isinstance(one, dict) and str(one.get("event_id")) in bad)
        ]
    return value


Parts = Mapping[tuple[str, str, str], list[Span]]


def _filled(event: Mapping[str, Any], text: str, parts: Parts) -> Record | None:
    """Return an event with texts and places again; None where its trigger is lost."""
    name = event["event_id"]
    record: Record = {}
    for role, value in event.items():
        if not isinstance(value, dict):
            record[role] = value
        elif (own := _role(name, role, value, text, parts)) is not None:
            record[role] = own
        elif role == TRIGGER:
            return None
    return record


def _role(
    event: str, role: str, value: Mapping[str, Any], text: str, parts: Parts
) -> Record | None:
    entities = value["entity_id"]
    key = event if role == TRIGGER else None
    found = {one: parts.get((event, role, key or one), []) for one in entities}
    there = [one for one in entities if found[one]]
    record: Record = {
        "text": [[span.surface(text) for span in found[one]] for one in there],
        "start": [[span.start for span in found[one]] for one in there],
        "entity_id": there,
    }
    for inner, own in value.items():
        if isinstance(own, dict):
            if (filled := _role(event, f"{role}_{inner}", own, text, parts)) is not None:
                record[inner] = filled
        elif inner != "entity_id" and isinstance(own, list):
            record[inner] = [e for sub in own if (e := _filled(sub, text, parts)) is not None]
        elif inner != "entity_id":
            record[inner] = own
    if there:
        return record
    inside = {k: v for k, v in record.items() if isinstance(v, dict)}
    return record if inside else None


def _events(spans: Iterable[Span]) -> list[Record]:
    """Return the bare events of a document from another format; roles are not nested."""
    events: list[Record] = []
    for event in events_of(spans):
        if event.trigger:
            bare: dict[str, Any] = {
                "event_id": event.id,
                "event_type": event.type,
                TRIGGER: {"entity_id": [event.id]},
            }
            for argument in event.arguments:
                role = bare.setdefault(argument.role, {"entity_id": []})
                role["entity_id"].append(mention_of(argument.parts[0]))
            events.append(bare)
    return events
