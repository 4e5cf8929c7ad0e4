"""Which source span is meant by each of a person's marks."""

from collections.abc import Iterable, Sequence

from labelproj.records import Span
from labelproj.review.base import Item, Mark, marks_of

__all__ = ["ADDED", "predicted_spans", "tied_spans"]

#: How the ids of spans begin that a person marked and the source has none for.
ADDED = "review-"


def predicted_spans(item: Item) -> tuple[Span, ...]:
    """Return the spans that were projected: the marks that a person is shown."""
    return tuple(p.span() for p in item.projections if p.start is not None)


def tied_spans(item: Item, marks: Iterable[Mark]) -> tuple[Span, ...]:
    """Return ``marks`` as spans, in the order of the text, each with the id of its source span.

    A mark that kept its id is that span, wherever it went and whatever its label is now. Any
    other is the projected span in the same place; or the one of its label that it shares most
    characters with; or the first source span of its label that has no place yet; or else a span
    of its own (``review-1``, …). Marks that are the same twice count once.
    """
    shown = marks_of(predicted_spans(item))
    free = {mark.id: span for mark, span in shown}
    waiting = sorted(set(marks), key=lambda mark: (mark.start, mark.end, mark.label, mark.id or ""))
    found: list[Span] = []
    rest: list[Mark] = []
    for mark in waiting:
        span = free.pop(mark.id, None)
        if span is not None:
            found.append(_placed(mark, span))
        else:
            rest.append(mark)
    left: list[Mark] = []
    for mark in rest:
        name = _nearest(mark, free)
        if name is not None:
            found.append(_placed(mark, free.pop(name)))
        else:
            left.append(mark)
    found += _unplaced(item, found, left)
    unique = {(span.start, span.end, span.label, span.id): span for span in found}
    return tuple(unique[key] for key in sorted(unique))


def _nearest(mark: Mark, free: dict[str | None, Span]) -> str | None:
    best: tuple[int, str] | None = None
    for name, span in free.items():
        shared = min(mark.end, span.end) - max(mark.start, span.start)
        if name is not None and span.label == mark.label and shared > 0:
            best = max(best or (0, ""), (shared, name), key=lambda pair: pair[0])
    return best[1] if best else None


def _unplaced(item: Item, found: Sequence[Span], left: Iterable[Mark]) -> list[Span]:
    taken = {span.id for span in found}
    open_spans = [span for span in item.src_spans if span.id not in taken]
    result: list[Span] = []
    number = 0
    for mark in left:
        span = next((one for one in open_spans if one.label == mark.label), None)
        if span is not None:
            open_spans.remove(span)
        else:
            number += 1
            span = Span(f"{ADDED}{number}", mark.start, mark.end, mark.label)
        result.append(_placed(mark, span))
    return result


def _placed(mark: Mark, span: Span) -> Span:
    return Span(span.id, mark.start, mark.end, mark.label, span.group)
