"""A dialogue in the target language: its value map applied to everything that has values."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from labelproj.dialogue.schema import (
    Act,
    Call,
    Constraint,
    Dialogue,
    Row,
    Turn,
    dialogue_of,
    with_dialogue,
)
from labelproj.dialogue.values import ValueMap
from labelproj.records import Document, Segment, Span

__all__ = ["localise", "localise_rows", "with_canonical_words"]


def localise(document: Document, values: ValueMap) -> Document:
    """Return ``document`` (target words, source values) with the values in the target language.

    States, updates, acts, calls and rows get canonical forms; the words keep the surfaces that
    stand in them, and each span's group becomes the canonical form of its value. Slot names, acts
    and relations stay. The payload gets ``values``: the map, with canonical and surface forms.
    """
    dialogue = dialogue_of(document)
    turns = tuple(_turn(turn, values) for turn in dialogue.turns)
    segments = tuple(
        replace(segment, spans=tuple(_span(span, values) for span in segment.spans))
        for segment in document.segments
    )
    payload = with_dialogue(document.payload, Dialogue(turns))
    payload["values"] = [
        {
            "slot": one.slot,
            "source": one.source,
            "target": one.target,
            "method": one.method,
            "surfaces": list(one.surfaces),
        }
        for one in values.entries()
    ]
    return Document(document.id, document.lang, segments, payload)


def with_canonical_words(document: Document) -> Document:
    """Return a localised document in whose words every value stands in its canonical form.

    For corpora whose values are names, which are the same wherever they stand. In languages that
    inflect, what comes of other values is not always grammatical.
    """
    return replace(document, segments=tuple(_rewritten(one) for one in document.segments))


def _rewritten(segment: Segment) -> Segment:
    text = ""
    at = 0
    spans: list[Span] = []
    for span in sorted(segment.spans, key=lambda s: (s.start, s.end)):
        if span.start < at:  # inside the one before: it has no place of its own any more
            continue
        text += segment.text[at : span.start]
        form = span.group or span.surface(segment.text)
        spans.append(Span(span.id, len(text), len(text) + len(form), span.label, span.group))
        text += form
        at = span.end
    return replace(segment, text=text + segment.text[at:], spans=tuple(spans))


def _span(span: Span, values: ValueMap) -> Span:
    if span.group is None:
        return span
    return replace(span, group=values(span.label, span.group).target)


def _turn(turn: Turn, values: ValueMap) -> Turn:
    return replace(
        turn,
        state=_constraints(turn.state, values),
        update=_constraints(turn.update, values),
        user_acts=_acts(turn.user_acts, values),
        agent_acts=_acts(turn.agent_acts, values),
        calls=tuple(Call(c.name, _constraints(c.constraints, values)) for c in turn.calls),
        rows=tuple(localise_rows(turn.rows, values)),
    )


def _constraints(constraints: tuple[Constraint, ...], values: ValueMap) -> tuple[Constraint, ...]:
    return tuple(replace(c, values=_targets(c.slot, c.values, values)) for c in constraints)


def _acts(acts: tuple[Act, ...], values: ValueMap) -> tuple[Act, ...]:
    return tuple(replace(act, values=_targets(act.slot, act.values, values)) for act in acts)


def _targets(slot: str, found: tuple[str, ...], values: ValueMap) -> tuple[str, ...]:
    # An act without a slot has words that name no value ("inform: thanks"): they are left alone.
    return tuple(values(slot, value).target for value in found) if slot else found


def localise_rows(rows: Iterable[Row], values: ValueMap) -> Iterator[Row]:
    """Yield rows of a knowledge base with the values that ``values`` knows in its language."""
    for row in rows:
        yield replace(row, cells=_cells(row.cells, values))


def _cells(cells: Mapping[str, object], values: ValueMap) -> dict[str, object]:
    """Map the cells whose values the dialogue or the ontology knows; leave the others."""

    def mapped(slot: str, value: object) -> object:
        if isinstance(value, list):
            return [mapped(slot, one) for one in value]
        if isinstance(value, str) and values.knows(slot, value):
            return values(slot, value).target
        return value

    return {slot: mapped(slot, value) for slot, value in cells.items()}
