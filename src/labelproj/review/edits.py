"""Spans of a translation carried over to its post-edited text."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from labelproj.records import Span
from labelproj.text import strip_space, words

__all__ = ["carried_spans"]

Place = tuple[int, int]
#: Of an old word: its own place in the new text, or the first and last word of the stretch of old
#: words that was replaced as a whole, and the place of what replaced it (None: it was deleted).
Image = Place | tuple[int, int, Place | None]


def carried_spans(old: str, new: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return ``spans`` of ``old`` at their places in ``new``.

    Words that are in both texts keep their spans. Where as many words were replaced as stand
    there now, each goes to its successor; where a span is all of what was replaced, it becomes
    all of what replaced it. A span that has no certain place is left out: better none than a
    wrong one.
    """
    if old == new:
        return tuple(spans)
    before, after = words(old), words(new)
    images = _images(old, new, before, after)
    found = []
    for span in spans:
        place = _carried(span, before, images)
        if place is not None:
            start, end = strip_space(new, *place)
            if start < end:
                found.append(replace(span, start=start, end=end))
    return tuple(found)


def _images(old: str, new: str, before: Sequence[Place], after: Sequence[Place]) -> list[Image]:
    matcher = SequenceMatcher(
        None,
        [old[start:end] for start, end in before],
        [new[start:end] for start, end in after],
        autojunk=False,
    )
    images: list[Image] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal" or i2 - i1 == j2 - j1:
            images += after[j1:j2]
        else:
            whole = (after[j1][0], after[j2 - 1][1]) if j2 > j1 else None
            images += [(i1, i2 - 1, whole)] * (i2 - i1)
    return images


def _carried(span: Span, before: Sequence[Place], images: Sequence[Image]) -> Place | None:
    own = [n for n, (start, end) in enumerate(before) if start < span.end and span.start < end]
    if not own:
        return None
    places: list[Place] = []
    for number in own:
        image = images[number]
        if len(image) == 2:
            start, end = image
            if end - start == before[number][1] - before[number][0]:
                # The same word (or one as long): a span may begin or end inside it.
                start += max(0, span.start - before[number][0])
                end -= max(0, before[number][1] - span.end)
            places.append((start, end))
            continue
        first, last, whole = image
        if whole is None:
            continue
        if own[0] > first or own[-1] < last:
            return None
        places.append(whole)
    return (min(p[0] for p in places), max(p[1] for p in places)) if places else None
