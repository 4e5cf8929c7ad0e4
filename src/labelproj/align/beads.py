"""Which sentences of a text and of its translation stand beside each other.

By their lengths (Gale and Church 1993, https://aclanthology.org/J93-1004/) and the names and
numbers that are the same in both.
"""

import math
from collections.abc import Callable, Sequence

import regex

__all__ = ["Bead", "beads_of"]

#: A run of sentences, by the numbers of its first and of the one after its last.
_Run = tuple[int, int]
#: Sentences of a text and those of its translation; one of the two may be none.
Bead = tuple[_Run, _Run]

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
#: So many pairs of sentences are compared at most (about a second).
_MOST_PAIRS = 50_000
#: Words that are hardly the same by chance: capitalised ones and numbers.
_ANCHOR = regex.compile(r"\p{N}+|\p{Lu}[\p{L}\p{M}]{2,}")


def beads_of(src: Sequence[str], tgt: Sequence[str]) -> list[Bead]:
    """Return which of the sentences ``src`` and ``tgt`` stand beside each other, in their order.

    Every sentence is in one bead. With many sentences, only those near the diagonal are compared;
    where these are too many, as the two texts have far from the same number, all is one bead.
    """
    if min(len(src), len(tgt)) * (2 * _band(len(src), len(tgt)) + 1) > _MOST_PAIRS:
        return [((0, len(src)), (0, len(tgt)))]
    return _path(len(src), len(tgt), _costs(src, tgt))


#: What it costs that sentences [a, b) stand beside [c, d), in nats.
_Cost = Callable[[_Run, _Run], float]


def _costs(src: Sequence[str], tgt: Sequence[str]) -> _Cost:
    ratio = sum(map(len, tgt)) / sum(map(len, src))
    src_anchors, tgt_anchors = (
        [{found.group().casefold() for found in _ANCHOR.finditer(text)} for text in side]
        for side in (src, tgt)
    )

    def cost(own: _Run, other: _Run) -> float:
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


def _band(count: int, other: int) -> int:
    return _BAND + abs(count - other)


def _path(count: int, other: int, cost: _Cost) -> list[Bead]:
    """Return the cheapest way through ``count`` and ``other`` sentences."""
    band = _band(count, other)
    best: dict[_Run, tuple[float, _Run | None]] = {(0, 0): (0.0, None)}
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
    path: list[Bead] = []
    here = (count, other)
    while (before := best[here][1]) is not None:
        path.append(((before[0], here[0]), (before[1], here[1])))
        here = before
    return path[::-1]
