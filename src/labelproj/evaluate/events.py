"""Event scores as TextEE defines them: triggers and arguments, identified and classified.

Huang et al., "TextEE: Benchmark, Reevaluation, Reflections, and Future Challenges in Event
Extraction" (2024, https://aclanthology.org/2024.findings-acl.760). All scores are micro F1 over
sets of tuples, each with its document:

- ``trigger_id``: the trigger's place; ``trigger_cls``: and the event's type;
- ``argument_id``: the event's type and the argument's place; ``argument_cls``: and its role;
- ``argument_attached_id``, ``argument_attached_cls``: the same, and the trigger's place.

A place is the (start, end) of all parts.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from labelproj.errors import FormatError, RecordError
from labelproj.evaluate.spans import Score
from labelproj.events import Event, events_of
from labelproj.formats import check_inputs, read_documents
from labelproj.formats.base import joined_text
from labelproj.progress import log
from labelproj.records import Reject, Span

__all__ = ["EVENT_SCORES", "attached_scores", "event_scores", "score_event_files"]

Events = Mapping[str, Sequence[Event[Span]]]
EVENT_SCORES = (
    "trigger_id",
    "trigger_cls",
    "argument_id",
    "argument_cls",
    "argument_attached_id",
    "argument_attached_cls",
)


def _place(parts: Sequence[Span]) -> tuple[tuple[int, int], ...]:
    return tuple((part.start, part.end) for part in parts)


def _tuples(events: Events) -> dict[str, set[tuple[object, ...]]]:
    """Return the tuples that each score is over."""
    found: dict[str, set[tuple[object, ...]]] = {name: set() for name in EVENT_SCORES}
    for document, own in events.items():
        for event in own:
            trigger = _place(event.trigger)
            if trigger:
                found["trigger_id"].add((document, trigger))
                found["trigger_cls"].add((document, trigger, event.type))
            for argument in event.arguments:
                plain = (document, event.type, _place(argument.parts))
                found["argument_id"].add(plain)
                found["argument_cls"].add((*plain, argument.role))
                found["argument_attached_id"].add((*plain, trigger))
                found["argument_attached_cls"].add((*plain, trigger, argument.role))
    return found


def event_scores(predicted: Events, gold: Events) -> dict[str, dict[str, float]]:
    """Return precision, recall and F1 (0-100), and the numbers they come from, of each score.

    Both map a document's id to its events; a document that only one has counts as one without
    events in the other.
    """
    ours, theirs = _tuples(predicted), _tuples(gold)
    return {
        name: Score.of(len(ours[name] & theirs[name]), len(ours[name]), len(theirs[name])).as_dict()
        | {"predicted": len(ours[name]), "gold": len(theirs[name])}
        for name in EVENT_SCORES
    }


def attached_scores(
    predicted: Mapping[str, Sequence[Span]], gold: Mapping[str, Sequence[Span]]
) -> dict[str, object]:
    """Return the F1 (0-100) of arguments found for given triggers.

    Both map an event to its arguments as spans, each part counting for itself.
    """
    scores: dict[str, object] = {}
    for name, labelled in (("argument_attached_id", False), ("argument_attached_cls", True)):
        ours, theirs = (
            {(e, s.start, s.end, s.label if labelled else "") for e in side for s in side[e]}
            for side in (predicted, gold)
        )
        scores[name] = Score.of(len(ours & theirs), len(ours), len(theirs)).as_dict()["f1"]
    return scores


def score_event_files(predicted: Path, gold: Path) -> dict[str, dict[str, float]]:
    """Score the events of one file against another's; both in any format that has events.

    Documents are matched by id; those that gold does not have are left out with a warning.
    Bad gold records are reported and left out. Raises what reading raises, RecordError for a
    bad prediction, and FormatError when the two have no document in common, their texts differ
    or there is no event in gold.
    """
    ours = _read(predicted, strict=True)
    theirs = _read(gold, strict=False)
    if not ours.keys() & theirs.keys():
        raise FormatError(
            f"no document in common with {gold}",
            where=str(predicted),
            remedy="give both files the same document ids",
        )
    if not any(events for _, events in theirs.values()):
        raise FormatError(
            "no event in it",
            where=str(gold),
            remedy="spans of an event have its id as their group; labels that stand for "
            "themselves are scored by: labelproj evaluate spans",
        )
    if extra := ours.keys() - theirs.keys():
        log.warning("%s: left out %d documents that are not in %s", predicted, len(extra), gold)
    for name in ours.keys() & theirs.keys():
        if ours[name][0] != theirs[name][0]:
            raise FormatError(
                f"its text is not that of {gold}",
                where=f"{predicted}: {name}",
                remedy="offsets can only be compared over the same text",
            )
    return event_scores(
        {name: events for name, (_, events) in ours.items() if name in theirs},
        {name: events for name, (_, events) in theirs.items()},
    )


def _read(path: Path, *, strict: bool) -> dict[str, tuple[str, list[Event[Span]]]]:
    check_inputs([str(path)])
    found = {}
    for record in read_documents(str(path), lang="xx"):
        if not isinstance(record, Reject):
            text, spans = joined_text(record)
            found[record.id] = (text, events_of(spans))
            continue
        where = f"{record.source}:{record.line}" if record.line else record.source
        if strict:
            raise RecordError(record.reason, where=where, remedy="mend this record")
        log.warning("%s: %s", where, record.reason)
    return found
