"""Which sentences of a long translation a span is looked for in.

Translation models learn from sentences: a text of many is slow to search and outside of what they
know. So the sentences of both texts are aligned, by their lengths (Gale and Church 1993,
https://aclanthology.org/J93-1004/) and the words that are the same in both, and a span is searched
for in what is beside its own.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import regex

from labelproj.project.base import LabelledPair, Place
from labelproj.records import Span
from labelproj.text import sentences

__all__ = ["Window", "aligned_sentences", "whole", "windows"]

#: How many sentences of each side may stand beside each other, and how probable that is (Gale and
#: Church 1993, table 5; three to one are not there).
_BEADS = {
    (1, 1): 0.89,
    (1, 0): 0.005,
    (0, 1): 0.005,
    (2, 1): 0.045,
    (1, 2): 0.045,
    (2, 2): 0.011,
    (3, 1): 0.002,
    (1, 3): 0.002,
}
#: Variance of the characters of a translation, for each character of the text (there, 3.2).
_VARIANCE = 6.8
#: What a word that is in both texts is worth, in nats, and how many are counted.
_SHARED, _MOST = 1.0, 4
#: How far from the diagonal sentences are aligned, more than their number differs.
_BAND = 8
#: Words that are hardly the same by chance: capitalised ones and numbers.
_ANCHOR = regex.compile(r"\p{N}+|\p{Lu}[\p{L}\p{M}]{2,}")


class Window(NamedTuple):
    """Where a span is looked for: start and end in the source text and in the translation."""

    src: Place
    tgt: Place


def whole(pair: LabelledPair) -> Window:
    """Return the window that is all of a pair."""
    return Window((0, len(pair.src_text)), (0, len(pair.tgt_text)))


def windows(pair: LabelledPair, *, src_lang: str, tgt_lang: str) -> list[Window]:
    """Return the window of each span of ``pair``: the sentences it is in, and those beside them.

    It is all of the pair where there is nothing to choose from.
    """
    beads = aligned_sentences(pair, src_lang=src_lang, tgt_lang=tgt_lang)
    return [_window(span, beads) or whole(pair) for span in pair.src_spans]


def _window(span: Span, beads: Sequence[Window]) -> Window | None:
    touched = [
        n for n, bead in enumerate(beads) if span.start < bead.src[1] and bead.src[0] < span.end
    ]
    if not touched:
        return None
    own = beads[touched[0] : touched[-1] + 1]
    tgt = [bead.tgt for bead in own if bead.tgt[0] < bead.tgt[1]]
    return Window((own[0].src[0], own[-1].src[1]), (tgt[0][0], tgt[-1][1])) if tgt else None


def aligned_sentences(pair: LabelledPair, *, src_lang: str, tgt_lang: str) -> list[Window]:
    """Return the sentences of a pair that stand beside each other, in the order of both texts.

    A side may be empty (start and end are the same). Spans do not straddle what is returned.
    """
    src = sentences(pair.src_text, src_lang, spans=pair.src_spans)
    tgt = sentences(pair.tgt_text, tgt_lang)
    if len(src) < 2 or len(tgt) < 2:
        return [whole(pair)]
    cost = _costs([pair.src_text[a:b] for a, b in src], [pair.tgt_text[a:b] for a, b in tgt])
    beads = _path(len(src), len(tgt), cost)
    return [Window(_place(src[a:b]), _place(tgt[c:d])) for (a, b), (c, d) in beads]


def _place(pieces: Sequence[Place]) -> Place:
    return (pieces[0][0], pieces[-1][1]) if pieces else (0, 0)


#: What it costs that sentences [a, b) stand beside [c, d), in nats.
_Cost = Callable[[Place, Place], float]


def _costs(src: Sequence[str], tgt: Sequence[str]) -> _Cost:
    ratio = sum(map(len, tgt)) / sum(map(len, src))
    src_anchors, tgt_anchors = (
        [{found.group().casefold() for found in _ANCHOR.finditer(text)} for text in side]
        for side in (src, tgt)
    )

    def cost(own: Place, other: Place) -> float:
        prior = -math.log(_BEADS[own[1] - own[0], other[1] - other[0]])
        long = sum(map(len, src[slice(*own)]))
        there = sum(map(len, tgt[slice(*other)]))
        expected = max(long, there / ratio)
        off = abs(there - ratio * long) / math.sqrt(_VARIANCE * expected * ratio)
        shared = set().union(*src_anchors[slice(*own)]) & set().union(*tgt_anchors[slice(*other)])
        return prior - _log_chance(off) - _SHARED * min(len(shared), _MOST)

    return cost


def _log_chance(off: float) -> float:
    """Return log P(a normal variable is at least ``off`` from its mean, on either side)."""
    # The tail is as good as nothing from here on; its logarithm goes on falling.
    return math.log(max(math.erfc(off / math.sqrt(2)), 1e-30)) - max(0.0, off - 11.0)


def _path(count: int, other: int, cost: _Cost) -> list[tuple[Place, Place]]:
    """Return the cheapest way through ``count`` and ``other`` sentences."""
    band = _BAND + abs(count - other)
    best: dict[Place, tuple[float, Place | None]] = {(0, 0): (0.0, None)}
    for i in range(count + 1):
        middle = i * other // count
        for j in range(max(0, middle - band), min(other, middle + band) + 1):
            ways = [
                (
                    best[i - own, j - theirs][0] + cost((i - own, i), (j - theirs, j)),
                    (i - own, j - theirs),
                )
                for own, theirs in _BEADS
                if (i - own, j - theirs) in best
            ]
            if ways:
                best[i, j] = min(ways)
    path: list[tuple[Place, Place]] = []
    here = (count, other)
    while (before := best[here][1]) is not None:
        path.append(((before[0], here[0]), (before[1], here[1])))
        here = before
    return path[::-1]
