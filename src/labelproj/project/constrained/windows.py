"""Which sentences of a long translation a span is looked for in.

Translation models learn from sentences: a text of many is slow to search and outside of what they
know. So the sentences of both texts are aligned (:mod:`labelproj.align.beads`), and a span is
searched for in what is beside its own.
"""

from collections.abc import Sequence
from typing import NamedTuple

from labelproj.align.beads import beads_of
from labelproj.project.base import LabelledPair, Place
from labelproj.records import Span
from labelproj.text import sentences

__all__ = ["Window", "aligned_sentences", "whole", "windows"]


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
    beads = beads_of([pair.src_text[a:b] for a, b in src], [pair.tgt_text[a:b] for a, b in tgt])
    return [Window(_place(src[a:b]), _place(tgt[c:d])) for (a, b), (c, d) in beads]


def _place(pieces: Sequence[Place]) -> Place:
    return (pieces[0][0], pieces[-1][1]) if pieces else (0, 0)
