"""Code-switched texts: words of a text replaced by their counterparts in the other language.

xCoT mixes demonstrations so to bring languages closer in a model (Chai et al. 2024,
https://arxiv.org/abs/2401.07037); here it is done to training examples, where labels say which
words correspond, and word alignment says it of words without a label.
"""

from collections import Counter
from collections.abc import Sequence

from labelproj.augment.changes import Change, replaceable
from labelproj.records import Segment
from labelproj.translate.bitext_spans import SpanPair, places

__all__ = ["fragment_changes", "span_changes"]


def span_changes(segment: Segment, other: Segment) -> list[Change]:
    """Return for each labelled span its counterpart in ``other``: the span there with its id.

    Spans in several parts, spans that other spans lie inside of, spans in one place here whose
    counterparts are not the same words, and what reads the same in both languages are left out.
    """
    there = Counter(span.id for span in other.spans)
    here = Counter(span.id for span in segment.spans)
    surfaces = {span.id: span.surface(other.text) for span in other.spans if there[span.id] == 1}
    by_place: dict[tuple[int, int], set[str | None]] = {}
    for span in segment.spans:
        own = surfaces.get(span.id) if here[span.id] == 1 else None
        by_place.setdefault((span.start, span.end), set()).add(own)
    found = []
    for place, words in by_place.items():
        text = words.pop()
        if (
            not words
            and text is not None
            and text != segment.text[slice(*place)]
            and replaceable(place, segment.spans)
        ):
            found.append(Change(*place, text, "span"))
    return found


def fragment_changes(
    segment: Segment, other: Segment, pairs: Sequence[SpanPair], *, turned: bool
) -> list[Change]:
    """Return the counterparts of aligned words that belong to no span, on either side.

    ``pairs`` are words of ``segment`` and of ``other``; ``turned``, of ``other`` and of
    ``segment``.
    """
    mine = [pair.tgt if turned else pair.src for pair in pairs]
    theirs = [pair.src if turned else pair.tgt for pair in pairs]
    found = []
    for own, its in zip(places(segment.text, mine), places(other.text, theirs), strict=True):
        text = other.text[slice(*its)]
        if text != segment.text[slice(*own)] and _outside(own, segment) and _outside(its, other):
            found.append(Change(*own, text, "fragment"))
    return found


def _outside(place: tuple[int, int], segment: Segment) -> bool:
    return all(span.end <= place[0] or place[1] <= span.start for span in segment.spans)
