"""OneIE's JSON Lines, as TextEE and WikiEvents write them too: events over tokens.

Lin et al. 2020 (OneIE, https://aclanthology.org/2020.acl-main.713), Huang et al. 2024 (TextEE),
Li et al. 2021 (WikiEvents, https://aclanthology.org/2021.naacl-main.69).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from labelproj.events import Event, argument_id, events_of, mention_of
from labelproj.formats.base import joined_text, plain_document
from labelproj.formats.detokenize import detokenize
from labelproj.formats.json_lines import JsonLines, Problem
from labelproj.formats.json_values import Record, text_value
from labelproj.records import Document, Span
from labelproj.text import words

__all__ = ["OneIe", "mapping_list", "placed_tokens"]

Offsets = Sequence[tuple[int, int]]
TEXT_KEYS = ("text", "sentence")
_PLACE_KEYS = {"start", "end", "text"}
_ENTITY_KEYS = _PLACE_KEYS | {"id", "entity_type"}
_EVENT_KEYS = {"id", "event_type", "trigger", "arguments"}
_ARGUMENT_KEYS = _PLACE_KEYS | {"entity_id", "role"}
#: What is said of a mention by tokens or sentences that a translation has not.
_OF_TOKENS = {"sent_idx", "sent_id", "head", "head_start", "head_end"}


@dataclass(frozen=True, slots=True)
class OneIe(JsonLines):
    """A line is ``{"doc_id", "tokens", "entity_mentions", "event_mentions", …}``.

    Mentions have ``start`` and ``end`` in tokens. The text is ``text`` or ``sentence``; without
    one the tokens are joined as people write. A mention with a bad place is a Reject with the
    event or entity it is of, and the document goes on without that event. Entities are spans
    without a group, named by their id. Everything else is in the payload (``oneie``, and
    ``mentions`` by id) and is written back, unless the text is another now. Written tokens are
    those that were read where they still make up the text, and else labelproj's own words.
    """

    name: ClassVar[str] = "oneie"
    suffixes: ClassVar[tuple[str, ...]] = (".oneie.jsonl",)
    remedy: ClassVar[str] = "each line is one JSON object with tokens and event_mentions"

    @classmethod
    def claims(cls, head: Mapping[str, object]) -> bool:
        """Say whether a file's first record is of this format."""
        return "event_mentions" in head and "tokens" in head

    def record_name(self, record: Record, path: Path, number: int) -> str:
        """Return the document's id, with that of the window or sentence where it has one."""
        name = text_value(record, "doc_id")
        window = record.get("wnd_id", record.get("sent_id"))
        return name if window is None or window == name else f"{name}/{window}"

    def document(self, name: str, record: Record, lang: str) -> tuple[Document, list[Problem]]:
        """Return a document without its bad events, and those; see :class:`JsonLines`."""
        return _document(name, record, lang)

    def record(self, document: Document) -> Record:
        """Return the record of a document, each part a mention; see :class:`JsonLines`."""
        return _Writer(document).record()


def mapping_list(record: Mapping[str, object], key: str) -> list[dict[str, Any]]:
    """Return the list of objects under ``key``, empty without it; ValueError where it is none."""
    values = record.get(key)
    if values is None:
        return []
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise ValueError(f"{key!r} is not a list of objects")
    return values


def placed_tokens(tokens: Sequence[str], text: str) -> list[tuple[int, int]] | None:
    """Return each token's (start, end) in ``text``; None where they do not make it up.

    Between tokens there may be nothing but white space.
    """
    places = []
    at = 0
    for token in tokens:
        start = text.find(token, at) if token else -1
        if start < 0 or text[at:start].strip():
            return None
        at = start + len(token)
        places.append((start, at))
    return None if text[at:].strip() else places


@dataclass(frozen=True, slots=True)
class _Text:
    """The text of a record, its tokens and where they are in it."""

    text: str
    tokens: Sequence[str]
    places: Offsets

    def place(self, mention: Mapping[str, object]) -> tuple[int, int]:
        """Return the (start, end) of a mention; ValueError where its tokens are not its text."""
        first, after = mention.get("start"), mention.get("end")
        if type(first) is not int or type(after) is not int:
            raise ValueError("'start' and 'end' are not numbers of tokens")
        if not 0 <= first < after <= len(self.tokens):
            raise ValueError(
                f"tokens [{first}, {after}) are outside its text (0-{len(self.tokens)})"
            )
        start, end = self.places[first][0], self.places[after - 1][1]
        said = mention.get("text")
        covered = (self.text[start:end], " ".join(self.tokens[first:after]))
        if said is not None and "".join(str(said).split()) not in [
            "".join(c.split()) for c in covered
        ]:
            raise ValueError(f"says {said!r} and its tokens are {covered[0]!r}")
        return start, end


def _text(record: Record, lang: str) -> _Text:
    tokens = record.get("tokens")
    if tokens is None:
        raise ValueError("no 'tokens'")
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise ValueError("'tokens' is not a list of strings")
    for key in TEXT_KEYS:
        if isinstance(text := record.get(key), str):
            places = placed_tokens(tokens, text)
            if places is None:
                raise ValueError(f"the tokens do not make up {key!r}")
            return _Text(text, tokens, places)
    text, places = detokenize(tokens, lang=lang)
    return _Text(text, tokens, places)


def _document(name: str, record: Record, lang: str) -> tuple[Document, list[tuple[str, str]]]:
    """Return the document of a record, and what is wrong with the mentions it goes without."""
    lang = text_value(record, "lang", default=lang)
    text = _text(record, lang)
    spans: list[Span] = []
    problems: list[tuple[str, str]] = []
    entities: dict[str, tuple[int, int]] = {}
    said: dict[str, object] = {}
    for mention in mapping_list(record, "entity_mentions"):
        entity = text_value(mention, "id")
        try:
            if entity in entities:
                raise ValueError(f"duplicate id {entity!r}")
            entities[entity] = text.place(mention)
        except ValueError as error:
            problems.append((entity, str(error)))
            continue
        spans.append(Span(entity, *entities[entity], str(mention.get("entity_type") or "entity")))
        said[entity] = {k: v for k, v in mention.items() if k not in _ENTITY_KEYS}
    for value in mapping_list(record, "event_mentions"):
        event = text_value(value, "id")
        try:
            if event in said:
                raise ValueError(f"duplicate id {event!r}")
            spans += _event_spans(event, value, text, entities)
        except ValueError as error:
            problems.append((event, str(error)))
            continue
        said[event] = {k: v for k, v in value.items() if k not in _EVENT_KEYS} | {
            "trigger": {k: v for k, v in value["trigger"].items() if k not in _PLACE_KEYS},
            "arguments": [
                {k: v for k, v in one.items() if k not in _ARGUMENT_KEYS}
                | ({"_places": True} if "start" in one else {})
                for one in mapping_list(value, "arguments")
            ],
        }
    others = {k: v for k, v in record.items() if k not in ("entity_mentions", "event_mentions")}
    document = plain_document(name, lang, text.text, tuple(spans))
    payload = {"oneie": others, "mentions": said}
    return replace(document, payload=payload), problems


def _event_spans(
    event: str, value: Mapping[str, Any], text: _Text, entities: Mapping[str, tuple[int, int]]
) -> list[Span]:
    trigger = value.get("trigger")
    if not isinstance(trigger, dict):
        raise ValueError("the event has no trigger")
    spans = [Span(event, *text.place(trigger), text_value(value, "event_type"), event)]
    taken: set[str] = set()
    for argument in mapping_list(value, "arguments"):
        role, entity = text_value(argument, "role"), text_value(argument, "entity_id")
        if "start" in argument:
            place = text.place(argument)
        elif entity in entities:
            place = entities[entity]
        else:
            raise ValueError(f"argument {role!r} is the entity {entity!r}, which is not there")
        name = argument_id(event, role, entity, taken=taken)
        taken.add(name)
        spans.append(Span(name, *place, role, event))
    return spans


class _Writer:
    """A document as a record: its tokens, and mentions in them."""

    def __init__(self, document: Document):
        self._text, spans = joined_text(document)
        self._spans = spans
        self._events = [event for event in events_of(spans) if event.trigger]
        others = document.payload.get("oneie")
        said = document.payload.get("mentions")
        self._others: Record = dict(others) if isinstance(others, dict) else {}
        self._said: Record = dict(said) if isinstance(said, dict) else {}
        tokens = self._others.get("tokens")
        known = tokens if isinstance(tokens, list) else []
        places = placed_tokens(known, self._text) if known else None
        key = next((key for key in TEXT_KEYS if key in self._others), None)
        if places is None and known and key is None:
            text, joined = detokenize(known, lang=document.lang)
            places = joined if text == self._text else None
        # A translation has other tokens, and all that is said of the old ones is void.
        self._same = places is not None
        self._places = places if places is not None else words(self._text)
        self._joined = self._same and key is None
        self._entities: dict[tuple[int, int], str] = {}
        self._known: set[str] = set()
        self._id = document.id
        self._lang = document.lang

    def record(self) -> Record:
        """Return the record."""
        name = {k: self._others[k] for k in ("doc_id", "wnd_id", "sent_id") if k in self._others}
        if self._same:
            head = dict(self._others)
        else:
            tokens = [self._text[start:end] for start, end in self._places]
            head = (name or {"doc_id": self._id}) | {
                "lang": self._lang,
                "text": self._text,
                "tokens": tokens,
            }
        entities = self._entity_mentions()
        head |= {"entity_mentions": entities}
        head |= {"event_mentions": [self._event(event) for event in self._events]}
        relations = self._others.get("relation_mentions")
        if isinstance(relations, list):
            head["relation_mentions"] = self._relations(relations, entities)
        return head

    def _mention(self, start: int, end: int) -> Record:
        first = bisect_right(self._places, start, key=lambda place: place[1])
        after = max(bisect_left(self._places, end, key=lambda place: place[0]), first + 1)
        after = min(after, len(self._places))
        text = self._text[self._places[first][0] : self._places[after - 1][1]]
        if self._joined:
            tokens = self._others["tokens"][first:after]  # type: ignore[index]
            text = " ".join(tokens)
        return {"start": first, "end": after, "text": text}

    def _entity_mentions(self) -> list[Record]:
        mentions: list[Record] = []
        for span in self._spans:
            if span.group is None:
                extras = self._extras(span.id)
                own: Record = {"id": span.id, "entity_type": span.label}
                mentions.append(own | self._mention(span.start, span.end) | extras)
        known = self._known = {str(mention["id"]) for mention in mentions}
        for event in self._events:
            for argument in event.arguments:
                for part in argument.parts:
                    if mention_of(part) in known:
                        continue
                    if (part.start, part.end) not in self._entities:
                        fresh = f"{self._id}-T{len(self._entities) + 1}"
                        self._entities[part.start, part.end] = fresh
                        own = {"id": fresh, "entity_type": "entity"}
                        mentions.append(own | self._mention(part.start, part.end))
        return mentions

    def _extras(self, name: str) -> Record:
        found = self._said.get(name)
        extras = dict(found) if isinstance(found, dict) else {}
        return extras if self._same else {k: v for k, v in extras.items() if k not in _OF_TOKENS}

    def _event(self, event: Event[Span]) -> Record:
        extras = self._extras(event.id)
        arguments: list[Any] = extras.pop("arguments", [])  # type: ignore[assignment]
        trigger: Record = extras.pop("trigger", {})  # type: ignore[assignment]
        if not self._same:
            trigger = {k: v for k, v in trigger.items() if k not in _OF_TOKENS}
        first, last = event.trigger[0], event.trigger[-1]
        parts = [(argument, part) for argument in event.arguments for part in argument.parts]
        same = len(arguments) == len(parts)
        return {
            "id": event.id,
            "event_type": event.type,
            "trigger": self._mention(first.start, last.end) | trigger,
            "arguments": [
                self._argument(part, arguments[number] if same else {})
                for number, (_, part) in enumerate(parts)
            ],
        } | extras

    def _argument(self, part: Span, extras: Record) -> Record:
        mention = self._mention(part.start, part.end)
        name = mention_of(part)
        entity = name if name in self._known else self._entities[part.start, part.end]
        place = mention if extras.get("_places") else {"text": mention["text"]}
        others = {k: v for k, v in extras.items() if k != "_places"}
        return {"entity_id": entity, "role": part.label} | place | others

    def _relations(self, relations: list[Any], entities: list[Record]) -> list[Any]:
        """Return the relations between entities that are still there, with their texts."""
        texts = {mention["id"]: mention["text"] for mention in entities}
        found = []
        for relation in relations:
            arguments = relation.get("arguments") or []
            if all(argument.get("entity_id") in texts for argument in arguments):
                own = [a | {"text": texts[a["entity_id"]]} if "text" in a else a for a in arguments]
                found.append(relation | {"arguments": own} if arguments else relation)
        return found
