"""What the search is asked for: a query for every span, over all of its text or a window of it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from labelproj.config import ConstrainedParams
from labelproj.project.base import LabelledPair, Place
from labelproj.project.constrained.state import Pair, Query
from labelproj.project.constrained.texts import Target, Tokens
from labelproj.project.constrained.windows import Window, whole, windows
from labelproj.project.pieces import pieces
from labelproj.text import words

__all__ = ["Also", "Item", "ask", "batches"]

#: Places that others propose, for every span of every pair.
Also = Sequence[Sequence[Sequence[Place]]]
#: Words that a candidate may have, whatever the span has.
_SLACK = 3


@dataclass(frozen=True, slots=True)
class Item:
    """A span of a pair, and how it is asked for. ``whole`` says that all of the pair is searched.

    Places of ``query.target`` are those in the pair's translation.
    """

    pair: int
    span: int
    query: Query
    whole: bool

    @property
    def size(self) -> int:
        """How many tokens source and translation have."""
        return len(self.query.target.ids) + len(self.query.source)


def ask(
    pairs: Sequence[LabelledPair],
    also: Also | None,
    *,
    tokens: Tokens,
    params: ConstrainedParams,
    langs: tuple[str, str],
) -> list[Item]:
    """Return an item for every span of all ``pairs``; ``langs`` are source and target."""
    targets = tokens.targets([pair.tgt_text for pair in pairs])
    cut = [
        windows(pair, src_lang=langs[0], tgt_lang=langs[1])
        if len(target.ids) > params.window
        else [whole(pair)] * len(pair.src_spans)
        for pair, target in zip(pairs, targets, strict=True)
    ]
    known = {(p, whole(pairs[p]).tgt): target for p, target in enumerate(targets)}
    places = {(p, window.tgt) for p, own in enumerate(cut) for window in own}
    known |= _parts(pairs, sorted(places.difference(known)), tokens)
    keys = [(p, k) for p, pair in enumerate(pairs) for k in range(len(pair.src_spans))]
    sources = tokens.sources([_marked(pairs[p], k, cut[p][k], tokens) for p, k in keys])
    items = []
    for (p, k), source in zip(keys, sources, strict=True):
        pair, window = pairs[p], cut[p][k]
        target = known[p, window.tgt]
        size = len(words(pair.src_spans[k].surface(pair.src_text)))
        longest = math.ceil(params.length * size) + _SLACK
        forced = {_snapped(place, target) for place in (also[p][k] if also is not None else ())}
        query = Query(source, target, longest, tuple(sorted(f for f in forced if f)))
        items.append(Item(p, k, query, window == whole(pair)))
    return items


def _parts(
    pairs: Sequence[LabelledPair], wanted: Sequence[tuple[int, Place]], tokens: Tokens
) -> dict[tuple[int, Place], Target]:
    """Return parts of translations, with places as in the whole."""
    targets = tokens.targets([pairs[p].tgt_text[start:end] for p, (start, end) in wanted])
    return {
        (p, place): replace(
            target, places=tuple((a + place[0], b + place[0]) for a, b in target.places)
        )
        for (p, place), target in zip(wanted, targets, strict=True)
    }


def _marked(pair: LabelledPair, number: int, window: Window, tokens: Tokens) -> str:
    """Return the source text of a window with one span marked."""
    span, (start, end) = pair.src_spans[number], window.src
    return tokens.marking.mark(pair.src_text[start:end], [(span.start - start, span.end - start)])


def _snapped(place: Place, target: Target) -> Pair | None:
    """Return the words of a place."""
    inside = [
        number
        for number, (start, end) in enumerate(target.places)
        if start < place[1] and place[0] < end
    ]
    return (inside[0], inside[-1]) if inside else None


def batches(items: Sequence[Item], tokens: int, *, workers: int) -> Iterator[list[Item]]:
    """Group items of like length, so that little is padded; the longest come first.

    So all ``workers`` that take them by turns are done at about the same time, and where there are
    few items, each has some.
    """
    ordered = sorted(items, key=lambda item: item.size, reverse=True)
    share = math.ceil(sum(item.size for item in ordered) / workers)
    return pieces(ordered, lambda item: item.size, most=min(tokens, share))
