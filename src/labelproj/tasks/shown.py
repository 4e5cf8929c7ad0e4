"""What the report draws of a document of each task, as JSON values.

Offsets are code points of the texts beside them. ``lost`` counts what the target side has not
got. The pages that draw it are in :mod:`labelproj.report`.
"""

from collections.abc import Iterable, Mapping, Sequence

from labelproj.dialogue.examples import SUBTASKS, Example
from labelproj.dialogue.schema import Act, Constraint, Turn, dialogue_of
from labelproj.events import events_of, is_trigger
from labelproj.formats.base import joined_text
from labelproj.questions import ANSWER, QUESTION, answers_of, context_of, question_of
from labelproj.records import Document, Span
from labelproj.tasks.base import Dropped, Usable

__all__ = ["Shown", "shown_answers", "shown_dialogue", "shown_events"]

Shown = dict[str, object]
#: An example of a dialogue and the reasons against it.
Judged = tuple[Example, tuple[str, ...]]
#: What a constraint or act says on both sides: slot, relation, source values, target values.
Said = tuple[str, str, list[str], list[str]]


def shown_events(source: Document, usable: Usable) -> Shown:
    """Return both texts, the events of both sides, and what was dropped of them and why."""
    sides = [joined_text(source), joined_text(usable.one.document)]
    found = [{event.id: event for event in events_of(spans)} for _, spans in sides]
    names = list(dict.fromkeys(name for side in found for name in side))
    lost = [_dropped(item, source.id) for item in usable.dropped]
    reasons = {name: reason for name, reason, _ in lost}
    arguments = {
        span.id: (span.label, span.surface(sides[0][0]))
        for span in sides[0][1]
        if not is_trigger(span)
    }
    return {
        "texts": [text for text, _ in sides],
        "events": [
            {
                "type": next(side[name].type for side in found if name in side),
                "lost": reasons.get(name),
                "sides": [
                    [
                        _places(side[name].trigger),
                        [[one.role, _places(one.parts), one.id] for one in side[name].arguments],
                    ]
                    if name in side
                    else [[], []]
                    for side in found
                ],
            }
            for name in names
        ],
        "gone": [
            [*arguments.get(name, ("", raw)), reason]
            for name, reason, raw in lost
            if name not in names
        ],
        "lost": len(lost),
    }


def shown_answers(source: Document, usable: Usable) -> Shown:
    """Return both contexts, and of each question its words, places and tier, or why it is gone."""
    target = usable.one.document
    sides = (source, target)
    contexts = [context_of(side) for side in sides]
    answers = [answers_of(side) for side in sides]
    words = [{one.id: one.text for one in side.segments} for side in sides]
    names = [one.id for one in source.segments if one.role == QUESTION]
    reasons = {name: reason for name, reason, _ in (_dropped(d, source.id) for d in usable.dropped)}
    names += [name for name in reasons if name not in names]
    payload = target.payload.get("questions")
    said = payload if isinstance(payload, Mapping) else {}
    gone = {
        question_of(span.group, names): span.surface
        for span in usable.one.lost
        if span.label == ANSWER
    }
    return {
        "title": str(source.payload.get("title") or ""),
        "texts": [one.text if one else "" for one in contexts],
        "questions": [
            {
                "texts": [own.get(name, "") for own in words],
                "answers": [_places(own.get(name, ())) for own in answers],
                "tier": (said.get(name) or {}).get("tier"),
                "score": (said.get(name) or {}).get("score"),
                "surface": gone.get(name),
                "lost": reasons.get(name),
            }
            for name in names
        ],
        "lost": len(reasons),
    }


def shown_dialogue(source: Document, usable: Usable, judged: Iterable[Judged]) -> Shown:
    """Return the turns: words, what each changed in the state, acts, calls, and its examples.

    ``judged`` are the dialogue's examples with the reasons against each.
    """
    target = usable.one.document
    words = [{one.id: one for one in side.segments} for side in (source, target)]
    examples: dict[int, dict[str, list[str]]] = {}
    for example, reasons in judged:
        examples.setdefault(example.turn, {})[example.subtask] = list(reasons)

    def utterance(name: str | None) -> list[object] | None:
        if name is None:
            return None
        found = [own.get(name) for own in words]
        return [one and [one.text, [[s.start, s.end, s.label] for s in one.spans]] for one in found]

    turns, lost, before = [], 0, Turn()
    pairs = zip(dialogue_of(source).turns, dialogue_of(target).turns, strict=True)
    for number, (turn, local) in enumerate(pairs):
        own = examples.get(number, {})
        for name in _wanted(turn):
            own.setdefault(name, ["no sentence of its words was accepted"])
        lost += sum(map(bool, own.values()))
        calls = zip(turn.calls, local.calls, strict=True)
        turns.append(
            {
                "user": utterance(turn.user),
                "agent": utterance(turn.agent),
                "changes": _changes(before.state, turn.state, local.state),
                "state": len(turn.state),
                "user_acts": _acts(turn.user_acts, local.user_acts),
                "agent_acts": _acts(turn.agent_acts, local.agent_acts),
                "calls": [[c.name, _constraints(c.constraints, o.constraints)] for c, o in calls],
                "rows": len(turn.rows),
                "examples": own,
            }
        )
        before = turn
    values = target.payload.get("values")
    known = values if isinstance(values, list) else []
    unmapped = sorted({one["source"] for one in known if one["method"] == "unmapped"})
    return {"turns": turns, "unmapped": unmapped, "lost": lost}


def _wanted(turn: Turn) -> Iterable[str]:
    """Return the subtasks that a turn of the source has examples of."""
    if turn.user is None:
        return ()
    return SUBTASKS if turn.agent_acts and turn.agent is not None else SUBTASKS[:2]


def _changes(
    before: Sequence[Constraint], now: Sequence[Constraint], local: Sequence[Constraint]
) -> list[list[object]]:
    """Return what a turn did to the state: ``+`` or ``-``, and what was added or taken back."""
    known, left = set(before), set(now)
    changes: list[list[object]] = [
        ["+", *_said(one, own)] for one, own in zip(now, local, strict=True) if one not in known
    ]
    return changes + [["-", *_said(one, one)] for one in before if one not in left]


def _said(one: Constraint | Act, own: Constraint | Act) -> Said:
    slot = f"{one.domain} {one.slot}".strip()
    return slot, one.relation, list(one.values), list(own.values)


def _constraints(source: Sequence[Constraint], target: Sequence[Constraint]) -> list[Said]:
    return [_said(one, own) for one, own in zip(source, target, strict=True)]


def _acts(source: Sequence[Act], target: Sequence[Act]) -> list[tuple[object, ...]]:
    return [(one.act, *_said(one, own)) for one, own in zip(source, target, strict=True)]


def _places(spans: Iterable[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]


def _dropped(item: Dropped, document: str) -> tuple[str, str, str]:
    """Return the id in its document of what was dropped, why, and what it was."""
    return item.record_id.removeprefix(f"{document}/"), item.reason, item.raw
