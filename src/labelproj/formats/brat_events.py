"""brat standoff with events: ``E`` lines tie text-bound annotations together.

https://brat.nlplab.org/standoff.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import regex

from labelproj.events import argument_id, events_of, mention_of
from labelproj.formats.base import Format
from labelproj.formats.brat import annotation_pairs, read_pair, text_bound, write_pairs
from labelproj.formats.lines import Line, numbered_lines
from labelproj.records import Document, Reject, Span

__all__ = ["BratEvents"]

_EVENT = regex.compile(r"(?P<id>E\S*)\t(?P<type>[^:\s]+):(?P<trigger>\S+)(?P<rest>( \S+:\S+)*) *")
#: What is kept as it is: relations, attributes, normalisations, notes, equivalences.
_KEPT = ("R", "A", "M", "N", "#", "*")
_REFERENCE = regex.compile(r"\b[TERAM]\d+\b")
_EVENT_ID = regex.compile(r"E\d+")
_TEXT_BOUND = regex.compile(r"T\d+")


@dataclass(frozen=True, slots=True)
class BratEvents(Format):
    """Folders or files as for brat; name the format, ``brat_events:FOLDER``.

    ``E`` lines become events and the ``T`` lines that are no trigger entities. An argument that
    is an event stands where its trigger does. Other lines (``R``, ``A``, ``M``, ``N``, ``#``,
    ``*``) are in the payload and are written back as long as all they name is there. An event
    without its trigger or arguments is a Reject, and the document goes on without it.
    """

    name: ClassVar[str] = "brat_events"

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield one document a pair of files; see :meth:`Format.read`."""
        for file, base, name in annotation_pairs(source):
            document = read_pair(file, base, name, lang)
            if isinstance(document, Reject):
                yield document
                continue
            lines = list(_lines(file))
            yield from _with_events(document, file, lines)

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Write a pair of files a document into the folder ``path``; see :meth:`Format.write`."""
        return write_pairs(documents, path, _annotations)


def _lines(file: Path) -> Iterator[Line]:
    if file.stat().st_size:
        for line in numbered_lines(file):
            if line.text.startswith(("E", *_KEPT)):
                yield line


def _with_events(
    document: Document, file: Path, lines: Sequence[Line]
) -> Iterator[Document | Reject]:
    (segment,) = document.segments
    bound: dict[str, list[Span]] = {}
    for span in segment.spans:
        bound.setdefault(span.id, []).append(span)
    found: dict[str, tuple[Line, str, str, list[tuple[str, str]]]] = {}
    rejects: list[Reject] = []
    for line in lines:
        if not line.text.startswith("E"):
            continue
        match = _EVENT.fullmatch(line.text)
        if match is None:
            reason = "not 'ID TAB TYPE:TRIGGER[ ROLE:ID…]'"
            rejects.append(Reject(str(file), line.number, document.id, reason, line.text))
            continue
        pairs = [
            (role, what) for role, _, what in (p.partition(":") for p in match["rest"].split())
        ]
        found[match["id"]] = (line, match["type"], match["trigger"], pairs)
    triggers = {event: trigger for event, (_, _, trigger, _) in found.items()}
    spans: list[Span] = []
    for event, (line, kind, trigger, pairs) in found.items():
        try:
            spans += _event_spans(event, kind, trigger, pairs, bound=bound, triggers=triggers)
        except ValueError as error:
            name = f"{document.id}/{event}"
            rejects.append(Reject(str(file), line.number, name, str(error), line.text))
    heads = set(triggers.values())
    entities = [span for span in segment.spans if span.id not in heads]
    payload = {
        "brat": {
            "triggers": triggers,
            "lines": [line.text for line in lines if not line.text.startswith("E")],
        }
    }
    yield from rejects
    whole = replace(segment, spans=(*entities, *spans))
    yield replace(document, segments=(whole,), payload=payload)


def _event_spans(
    event: str,
    kind: str,
    trigger: str,
    pairs: Sequence[tuple[str, str]],
    *,
    bound: Mapping[str, Sequence[Span]],
    triggers: Mapping[str, str],
) -> list[Span]:
    if trigger not in bound:
        raise ValueError(f"the event has no trigger: {trigger} is not there")
    spans = [replace(span, id=event, label=kind, group=event) for span in bound[trigger]]
    taken: set[str] = set()
    for role, what in pairs:
        place = triggers.get(what, what)
        if place not in bound:
            raise ValueError(f"argument {role} is {what}, which is not there")
        name = argument_id(event, role, what, taken=taken)
        taken.add(name)
        spans += [replace(span, id=name, label=role, group=event) for span in bound[place]]
    return spans


def _annotations(document: Document, text: str, spans: Sequence[Span]) -> Iterator[str]:
    said = document.payload.get("brat")
    known: Mapping[str, object] = said if isinstance(said, dict) else {}
    given = known.get("triggers")
    triggers: dict[str, str] = dict(given) if isinstance(given, dict) else {}
    entities: dict[str, list[Span]] = {}
    for span in spans:
        if span.group is None:
            entities.setdefault(span.id, []).append(span)
    events = [event for event in events_of(spans) if event.trigger]
    names: dict[tuple[object, ...], str] = {}
    used = {name for name in (*entities, *triggers.values()) if _TEXT_BOUND.fullmatch(name)}
    fresh = (f"T{number}" for number in range(1, 1 << 62) if f"T{number}" not in used)
    kept_ids = {event.id for event in events if _EVENT_ID.fullmatch(event.id)}
    others = (f"E{number}" for number in range(1, 1 << 62) if f"E{number}" not in kept_ids)
    ids = {e.id: e.id if e.id in kept_ids else next(others) for e in events}
    there: set[str] = set(ids.values())

    def bound(name: str, label: str, parts: Sequence[Span]) -> tuple[str, str]:
        own = name if name in used else next(fresh)
        there.add(own)
        return own, text_bound(own, label, parts, text)

    for name, parts in entities.items():
        names[("id", name)], line = bound(name, parts[0].label, parts)
        yield line
    heads = {}
    for event in events:
        place = tuple((part.start, part.end) for part in event.trigger)
        shared = ("trigger", event.type, triggers.get(event.id, ""), place)
        if shared not in names:  # two events may have one trigger
            names[shared], line = bound(triggers.get(event.id, ""), event.type, event.trigger)
            yield line
        heads[event.id] = names[shared]
    for event in events:
        pieces = [f"{'_'.join(event.type.split())}:{heads[event.id]}"]
        for argument in event.arguments:
            mention = mention_of(argument.parts[0])
            place = tuple((part.start, part.end) for part in argument.parts)
            if mention in ids:
                what = ids[mention]
            elif ("id", mention) in names:
                what = names["id", mention]
            elif place in names:
                what = names[place]
            else:
                names[place], line = bound("", "Entity", argument.parts)
                what = names[place]
                yield line
            pieces.append(f"{'_'.join(argument.role.split())}:{what}")
        yield f"{ids[event.id]}\t{' '.join(pieces)}\n"
    kept = known.get("lines")
    for raw in kept if isinstance(kept, list) else []:
        body = raw.split("\t", 2)[1] if raw.count("\t") else ""
        if set(_REFERENCE.findall(body)) - _own_ids(kept) <= there:
            yield f"{raw}\n"


def _own_ids(lines: object) -> set[str]:
    """Return the ids of the kept lines themselves: an attribute may be of a relation."""
    return {str(line).split("\t", 1)[0] for line in lines} if isinstance(lines, list) else set()
