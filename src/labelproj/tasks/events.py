"""Event argument extraction: events are dropped by policy, never their documents."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from labelproj.build.documents import Reassembled
from labelproj.config import BuildParams, EventParams, FilterParams
from labelproj.evaluate.events import attached_scores
from labelproj.events import Event, events_of, headless
from labelproj.formats.base import joined_text
from labelproj.provenance import text_digest
from labelproj.records import Document, Span
from labelproj.tasks.base import (
    Case,
    Dataset,
    Dropped,
    Exercise,
    Prompt,
    Row,
    Task,
    Usable,
    only_spans,
    require_datasets,
)
from labelproj.tasks.shown import shown_events
from labelproj.text import words

__all__ = ["EventArguments"]

#: What stands round a trigger in a prompt.
OPEN, CLOSE = "[ ", " ]"
#: Arguments inside arguments are asked for apart: a tagger's spans cannot overlap.
LAYERS = 2
#: Of prompts of the second layer with nothing in it, one in so many is taught.
_TAUGHT_EMPTY = 4


class _Rows(Dataset):
    def __init__(self, labels: Iterable[str]):
        super().__init__()
        self._labels = sorted(set(labels))
        self.counts["events"] = 0
        self.counts["arguments"] = 0

    def features(self) -> Any:
        types = require_datasets()
        place = {"start": types.Value("int64"), "end": types.Value("int64")}
        part = place | {"text": types.Value("string"), "score": types.Value("float64")}
        names = {name: types.Value("string") for name in ("id", "label", "group", "method")}
        argument = {"id": types.Value("string"), "role": types.Value("string")}
        event = {
            "id": types.Value("string"),
            "type": types.Value("string"),
            "trigger": types.List(part),
            "arguments": types.List(argument | {"parts": types.List(part)}),
        }
        return types.Features(
            {
                "id": types.Value("string"),
                "text": types.Value("string"),
                "tokens": types.List(types.Value("string")),
                "events": types.List(event),
                "spans": types.List(names | place | {"score": types.Value("float64")}),
                "complete": types.Value("bool"),
                "status": types.Value("string"),
                "signature": types.Value("string"),
            }
        )

    def rows(self, one: Reassembled, *, signature: str) -> list[Row]:
        text, spans = joined_text(one.document)
        if not text.strip():
            return []
        projections = [p for segment in one.projections for p in segment]
        scores = {(s.id, s.start, s.end): p.score for s, p in zip(spans, projections, strict=True)}

        def part(span: Span) -> Row:
            score = scores[span.id, span.start, span.end]
            place = {"start": span.start, "end": span.end}
            return place | {"text": span.surface(text), "score": score}

        # A trigger that is lost says at least what type its event is.
        types = {s.group: s.label for s in one.lost if s.group == s.id}
        events: list[Row] = [
            {
                "id": event.id,
                "type": event.type or types.get(event.id, ""),
                "trigger": [part(span) for span in event.trigger],
                "arguments": [
                    {"id": a.id, "role": a.role, "parts": [part(span) for span in a.parts]}
                    for a in event.arguments
                ],
            }
            for event in events_of(spans)
        ]
        self.counts["events"] += len(events)
        self.counts["arguments"] += sum(len(e["arguments"]) for e in events)  # type: ignore[misc, arg-type]
        return [
            {
                "id": one.document.id,
                "text": text,
                "tokens": [text[start:end] for start, end in words(text)],
                "events": events,
                "spans": [
                    {
                        "id": s.id,
                        "label": s.label,
                        "group": s.group,
                        "method": p.method,
                        "start": s.start,
                        "end": s.end,
                        "score": p.score,
                    }
                    for s, p in zip(spans, projections, strict=True)
                ],
                "complete": one.complete,
                "status": one.status,
                "signature": signature,
            }
        ]

    def labels(self) -> dict[str, object]:
        return {"labels": self._labels}

    def counted(self, row: Row) -> Iterable[str]:
        return [event["type"] for event in row["events"]]  # type: ignore[attr-defined]

    def about(self) -> str:
        return (
            "Each row is a document; the table counts its events by type. `events` has every "
            "event with its trigger and arguments, each in one or more parts with `start` and "
            "`end` in `text` (code points, half-open) and the score of the projection. `spans` "
            "has the same as flat spans (`group` is the event), and entities that are in no "
            "event. `complete` is false where some sentences of the source document were "
            "rejected."
        )


class EventArguments(Task):
    """Events with triggers and arguments, as :mod:`labelproj.events` has them in spans."""

    name = "eae"
    title = "event triggers and arguments"
    view = "events"
    figures: ClassVar[tuple[tuple[str, str], ...]] = (("attached F1", "argument_attached_cls"),)
    exports: ClassVar[tuple[tuple[str, str], ...]] = (
        (".jsonl", "jsonl"),
        (".oneie.jsonl", "oneie"),
    )

    def problem(self, document: Document) -> str | None:
        """Refuse a document with an event that has no trigger."""
        if without := headless(span for _, span in document.spans()):
            return f"event {without[0]!r} has no trigger"
        return None

    def mapped(self, document: Document) -> Document:
        """Drop the arguments of events whose trigger the label map dropped."""
        without = set(headless(span for _, span in document.spans()))
        return _only(document, lambda span: span.group not in without) if without else document

    def filters(self, params: FilterParams) -> FilterParams:
        """Judge units by their translation alone: missing spans are for the policy of events.

        The same sentence may come again with another event.
        """
        update: dict[str, object] = {"missing_spans": None, "projection_score": None}
        # A span that a filter rejects is lost: what that means is for the policy.
        update |= {"duplicate": False, "rejected_span": "span"}
        return params.model_copy(update=update)

    def usable(self, one: Reassembled, params: BuildParams) -> Usable:
        """Drop arguments and events as ``build.events`` says."""
        policy = params.events
        lost = _lost(one, policy)
        spans = [span for _, span in one.document.spans()]
        events = {event.id: event for event in events_of(spans)}
        arguments: dict[str, set[str]] = {name: set() for name in events}
        named = [(s.id, s.group) for s in spans] + [(s.id, s.group) for s in one.lost]
        for name, group in named:
            if group is not None and name != group:
                arguments.setdefault(group, set()).add(name)
            elif group is not None:
                arguments.setdefault(group, set())
        dropped: list[Dropped] = []
        bad: set[str] = set()
        items = {"event": len(arguments), "argument": 0}
        for group, members in arguments.items():
            if reason := _against(group, members, lost, events, policy):
                dropped.append(Dropped("event", f"{one.document.id}/{group}", reason))
                bad.add(group)
                continue
            items["argument"] += len(members)
            dropped += [
                Dropped("argument", f"{one.document.id}/{name}", *lost[name])
                for name in sorted(members & lost.keys())
            ]
        kept = only_spans(one, lambda p: p.group not in bad and p.span_id not in lost)
        return Usable(kept, items, tuple(dropped))

    def shown(self, source: Document, usable: Usable) -> dict[str, object]:
        """See :func:`labelproj.tasks.shown.shown_events`."""
        return shown_events(source, usable)

    def dataset(self, labels: Iterable[str], *, params: BuildParams) -> Dataset:
        """Return rows with events."""
        return _Rows(labels)

    def cases(self, document: Document) -> list[Case]:
        """Return a case an event with a trigger: its arguments, the trigger being known."""
        text, spans = joined_text(document)
        return [
            _case(f"{document.id}/{event.id}", text, event)
            for event in events_of(spans)
            if event.trigger
        ]

    def exercises(self, document: Document) -> list[Exercise]:
        """Return the events with a trigger: text, type and trigger; the answer is the arguments."""
        text, spans = joined_text(document)
        return [
            Exercise(
                f"{document.id}/{event.id}",
                {"text": text, "type": event.type, "trigger": _surface(event.trigger, text)},
                [{"role": a.role, "text": _surface(a.parts, text)} for a in event.arguments],
                (event.type,),
                (event.id, *(argument.id for argument in event.arguments)),
            )
            for event in events_of(spans)
            if event.trigger
        ]

    def scores(
        self, cases: Sequence[Case], predicted: Sequence[Sequence[Span]], *, lang: str
    ) -> dict[str, object]:
        """Return TextEE's attached argument scores, the triggers being given."""
        return attached_scores(
            {case.id: found for case, found in zip(cases, predicted, strict=True)},
            {case.id: case.gold for case in cases},
        )


def _surface(parts: Sequence[Span], text: str) -> str:
    """Return the text of something in several parts."""
    return " … ".join(part.surface(text) for part in parts)


def _lost(one: Reassembled, policy: EventParams) -> dict[str, tuple[str, str]]:
    """Return why each lost span of an event is lost, and what it covered in the source.

    A span in several parts is there when one of its parts is.
    """
    lowest: dict[str, float] = {}
    for projection in (p for segment in one.projections for p in segment if p.group):
        known = lowest.get(projection.span_id, 1.0)
        lowest[projection.span_id] = min(known, projection.score)
    below = f"scores below {policy.min_score:g}"
    lost = {name: (below, "") for name, score in lowest.items() if score < policy.min_score}
    return lost | {
        span.id: (span.reason, span.surface)
        for span in one.lost
        if span.group and span.id not in lowest
    }


def _against(
    name: str,
    arguments: Collection[str],
    lost: Mapping[str, tuple[str, str]],
    events: Mapping[str, Event[Span]],
    policy: EventParams,
) -> str | None:
    """Return why an event is dropped, or None."""
    event = events.get(name)
    placed = [one for one in arguments if one not in lost]
    has_trigger = event is not None and bool(event.trigger) and name not in lost
    if not has_trigger and (policy.require_trigger or not placed):
        return f"no trigger: {lost[name][0] if name in lost else 'not in the source'}"
    if policy.lost_argument == "event":
        for one in sorted(arguments):
            if one in lost:
                return f"an argument is lost: {lost[one][0]}"
    if len(placed) < policy.min_arguments:
        return f"fewer than {policy.min_arguments} arguments have a place"
    return None


def _case(name: str, text: str, event: Event[Span]) -> Case:
    parts = [part for argument in event.arguments for part in argument.parts]
    depths = [
        sum(_encloses(other, i, part, k) for i, other in enumerate(parts))
        for k, part in enumerate(parts)
    ]
    prompts = []
    for layer in range(LAYERS):
        own = [p for p, depth in zip(parts, depths, strict=True) if min(depth, LAYERS - 1) == layer]
        prompt = _prompt(f"{event.type} {layer + 1}: ", text, event.trigger, own)
        # Hardly any event has arguments within others: that there are none is soon learnt.
        taught = layer == 0 or bool(own) or int(text_digest(name), 16) % _TAUGHT_EMPTY == 0
        prompts.append(replace(prompt, taught=taught))
    return Case(name, text, tuple(parts), tuple(prompts))


def _encloses(outer: Span, i: int, inner: Span, k: int) -> bool:
    """Say whether one part encloses another; of two in one place, the earlier does."""
    if (outer.start, outer.end) == (inner.start, inner.end):
        return i < k
    return outer.start <= inner.start and inner.end <= outer.end


def _prompt(head: str, text: str, trigger: Sequence[Span], spans: Sequence[Span]) -> Prompt:
    """Mark the trigger in a text, put a head before it, and move the spans along."""
    opens = {part.start for part in trigger}
    closes = {part.end for part in trigger}
    pieces, places, new = [head], [-1] * len(head), []
    for at, character in enumerate(text):
        if at in closes:
            pieces.append(CLOSE)
            places += [-1] * len(CLOSE)
        if at in opens:
            pieces.append(OPEN)
            places += [-1] * len(OPEN)
        new.append(len(places))
        pieces.append(character)
        places.append(at)
    if len(text) in closes:
        pieces.append(CLOSE)
        places += [-1] * len(CLOSE)
    moved = [replace(span, start=new[span.start], end=new[span.end - 1] + 1) for span in spans]
    return Prompt("".join(pieces), tuple(moved), tuple(places))


def _only(document: Document, keep: Callable[[Span], bool]) -> Document:
    segments = (
        replace(segment, spans=tuple(span for span in segment.spans if keep(span)))
        for segment in document.segments
    )
    return replace(document, segments=tuple(segments))
