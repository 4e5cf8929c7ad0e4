"""RAMS: one event a line, its arguments up to two sentences away (Ebner et al. 2020).

https://aclanthology.org/2020.acl-main.718; places are tokens of the whole text, the last one
included.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from labelproj.events import argument_id, events_of, mention_of
from labelproj.formats.base import joined_text, plain_document
from labelproj.formats.detokenize import detokenize
from labelproj.formats.json_lines import JsonLines, Problem
from labelproj.formats.json_values import Record
from labelproj.records import Document, Span
from labelproj.text import sentences, words

__all__ = ["Rams"]

Offsets = list[tuple[int, int]]
_OURS = {"doc_key", "sentences", "evt_triggers", "ent_spans", "gold_evt_links"}


@dataclass(frozen=True, slots=True)
class Rams(JsonLines):
    """A line is ``{"doc_key", "sentences", "evt_triggers", "ent_spans", "gold_evt_links"}``.

    Sentences of tokens are joined as people write, with a space between sentences. Arguments are
    the links; a span that no link names is an entity. Roles are written as the source has them
    (``evt089arg01victim``). All else is in the payload (``rams``) and is written back; tokens
    are those that were read where they still make up the text, and else labelproj's own words.
    """

    name: ClassVar[str] = "rams"
    events_only: ClassVar[bool] = True
    suffixes: ClassVar[tuple[str, ...]] = (".rams.jsonl", ".jsonlines")
    id_key: ClassVar[str] = "doc_key"
    remedy: ClassVar[str] = "each line is one JSON object with sentences and evt_triggers"

    @classmethod
    def claims(cls, head: Mapping[str, object]) -> bool:
        """Say whether a file's first record is of this format."""
        return "evt_triggers" in head and "sentences" in head

    def document(self, name: str, record: Record, lang: str) -> tuple[Document, list[Problem]]:
        """Return the document of a record; see :class:`JsonLines`."""
        return _document(name, record, lang), []

    def record(self, document: Document) -> Record:
        """Return the record of a document, places in tokens; see :class:`JsonLines`."""
        return _record(document)


def _joined(parts: Sequence[Sequence[str]], lang: str) -> tuple[str, Offsets]:
    """Return the text of sentences of tokens, and each token's place in it."""
    text, places = "", []
    for tokens in parts:
        own, offsets = detokenize(tokens, lang=lang)
        text += " " if text and own else ""
        places += [(start + len(text), end + len(text)) for start, end in offsets]
        text += own
    return text, places


def _document(name: str, record: Record, lang: str) -> Document:
    parts = record.get("sentences")
    if not isinstance(parts, list) or not all(
        isinstance(one, list) and all(isinstance(t, str) for t in one) for one in parts
    ):
        raise ValueError("'sentences' is not a list of lists of strings")
    text, places = _joined(parts, lang)

    def placed(tokens: Tokens, name: str, label: str, group: str | None) -> Span:
        first, last = tokens
        if type(first) is not int or type(last) is not int or not 0 <= first <= last < len(places):
            raise ValueError(f"{label}: tokens {first} to {last} are outside its text")
        return Span(name, places[first][0], places[last][1], label, group)

    said: dict[str, Any] = {}
    events: dict[Tokens, str] = {}
    spans: list[Span] = []
    for number, (first, last, types) in enumerate(_triples(record, "evt_triggers"), start=1):
        event = events[first, last] = f"E{number}"
        said[event] = types
        label = str(types[0][0]) if types else "event"
        spans.append(placed((first, last), event, label, event))
    if not events:
        raise ValueError("no event has a trigger")
    # A place may be there several times, once for each role.
    entities: dict[Tokens, list[str]] = {}
    alone: dict[str, Tokens] = {}
    for number, (first, last, roles) in enumerate(_triples(record, "ent_spans"), start=1):
        said[f"T{number}"] = roles
        alone[f"T{number}"] = first, last
        entities.setdefault((first, last), []).append(f"T{number}")
    taken: set[str] = set()
    for trigger, argument, role in _triples(record, "gold_evt_links"):
        head, own = (trigger[0], trigger[-1]), (argument[0], argument[-1])
        if head not in events:
            raise ValueError(f"the link {role!r} is of no trigger")
        names = entities.setdefault(own, [f"T{len(said) - len(events) + 1}"])
        entity = next((one for one in names if _has_role(said.get(one), role)), names[0])
        said.setdefault(entity, [[str(role), 1.0]])
        alone.pop(entity, None)
        mention = argument_id(events[head], str(role), entity, taken=taken)
        taken.add(mention)
        spans.append(placed(own, mention, str(role), events[head]))
    spans += [placed(own, entity, "entity", None) for entity, own in alone.items()]
    rest = {k: v for k, v in record.items() if k not in _OURS}
    document = plain_document(name, lang, text, tuple(spans))
    payload = {"rams": rest | {"sentences": parts}, "mentions": said}
    return replace(document, payload=payload)


Tokens = tuple[int, int]


def _has_role(roles: object, role: object) -> bool:
    return isinstance(roles, list) and any(one[:1] == [role] for one in roles)


def _triples(record: Record, key: str) -> list[tuple[Any, Any, Any]]:
    values = record.get(key) or []
    if not isinstance(values, list) or not all(
        isinstance(one, list) and len(one) == 3 for one in values
    ):
        raise ValueError(f"{key!r} is not a list of triples")
    return [(a, b, c) for a, b, c in values]


def _record(document: Document) -> Record:
    text, spans = joined_text(document)
    known, said = document.payload.get("rams"), document.payload.get("mentions")
    rest: Record = dict(known) if isinstance(known, dict) else {}
    mentions: dict[str, Any] = dict(said) if isinstance(said, dict) else {}
    parts: list[list[str]] = rest.pop("sentences", [])  # type: ignore[assignment]
    same, places = _joined(parts, document.lang)
    if same != text:
        cut = sentences(text, document.lang)
        places = [(a + start, b + start) for start, end in cut for a, b in words(text[start:end])]
        parts = [[text[start:end][a:b] for a, b in words(text[start:end])] for start, end in cut]

    def tokens(span: Span, last: Span) -> list[int]:
        first = bisect_right(places, span.start, key=lambda place: place[1])
        after = bisect_left(places, last.end, key=lambda place: place[0])
        return [first, max(first, after - 1)]

    triggers, links = [], []
    found: dict[str, list[int]] = {}
    for event in events_of(spans):
        if not event.trigger:
            continue
        head = tokens(event.trigger[0], event.trigger[-1])
        triggers.append([*head, mentions.get(event.id, [[event.type, 1.0]])])
        for argument in event.arguments:
            own = tokens(argument.parts[0], argument.parts[-1])
            found.setdefault(mention_of(argument.parts[0]), own)
            mentions.setdefault(mention_of(argument.parts[0]), [[argument.role, 1.0]])
            links.append([head, own, argument.role])
    found |= {span.id: tokens(span, span) for span in spans if span.group is None}
    order = {name: number for number, name in enumerate(mentions)}
    entities = [
        [*found[name], mentions.get(name, [])]
        for name in sorted(found, key=lambda name: order.get(name, len(order)))
    ]
    return (
        {"doc_key": document.id, "sentences": parts}
        | rest
        | {"evt_triggers": triggers, "ent_spans": entities, "gold_evt_links": links}
    )
