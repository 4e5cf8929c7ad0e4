"""Putting other words in places of a text, with its spans moved along."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from labelproj.records import Segment, Span

__all__ = ["Change", "apart", "changed", "replaceable"]

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """``text`` comes into the place [start, end) of a segment; ``kind`` says what the place is.

    ``kind`` is ``span``, ``fragment`` or ``name``.
    """

    start: int
    end: int
    text: str
    kind: str


def replaceable(place: Place, spans: Iterable[Span]) -> bool:
    """Say whether words can change there: every span is that very place, around it, or apart."""
    start, end = place
    return all(
        span.end <= start or end <= span.start or (span.start <= start and end <= span.end)
        for span in spans
    )


def apart(changes: Iterable[Change]) -> list[Change]:
    """Return those of ``changes``, the earlier ones first, that do not overlap, by place."""
    taken: list[Change] = []
    for one in changes:
        if all(one.end <= other.start or other.end <= one.start for other in taken):
            taken.append(one)
    return sorted(taken, key=lambda one: one.start)


def changed(segment: Segment, changes: Sequence[Change]) -> tuple[Segment, list[dict[str, object]]]:
    """Return the segment with ``changes`` made, and what was done where in the new text.

    ``changes`` are in order, do not overlap, and are :func:`replaceable`. A span that is a
    changed place is the new words; one around it grows or shrinks with it.
    """
    text = ""
    at = 0
    made: list[dict[str, object]] = []
    shifts: list[tuple[int, int]] = []
    for one in changes:
        text += segment.text[at : one.start]
        made.append(
            {
                "segment": segment.id,
                "kind": one.kind,
                "start": len(text),
                "end": len(text) + len(one.text),
                "was": segment.text[one.start : one.end],
            }
        )
        text += one.text
        at = one.end
        shifts.append((one.end, len(one.text) - (one.end - one.start)))
    text += segment.text[at:]
    spans = tuple(_moved(segment.spans, shifts))
    return replace(segment, text=text, spans=spans), made


def _moved(spans: Iterable[Span], shifts: Sequence[tuple[int, int]]) -> Iterator[Span]:
    for span in spans:
        start, end = (
            place + sum(by for after, by in shifts if after <= place)
            for place in (span.start, span.end)
        )
        yield replace(span, start=start, end=end)
