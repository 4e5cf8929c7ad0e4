"""Candidates for a span's place in the translation, from word-alignment links.

Every target word has log-odds of belonging to the span: how much link probability it receives
from the span's words against how much from all others, and whether it is a copy of one of the
span's words. A candidate is a run of words that begins and ends with one that is more likely in
than out; its weight is the sum of the log-odds inside. So a stray link far away does not drag a
boundary with it (it would have to pay for the words of others in between), and a word without
links is bridged when both sides belong.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from labelproj.align import AlignedPair, TokenPair
from labelproj.records import Candidate, Span
from labelproj.text import strip_punctuation

__all__ = ["Offsets", "Weighted", "link_candidates", "span_words"]

Offsets = Sequence[tuple[int, int]]

#: The log-odds of a word without links, what is added to link mass so that no odds are infinite,
#: and the log-odds that a copied word adds. Chosen on half of ABSA en-es and xSID valid.
UNLINKED = -0.2
SMOOTHING = 0.3
COPIED = 4.0
#: Candidates kept per span.
KEEP = 8


class Weighted(NamedTuple):
    """A candidate and the sum of log-odds that ranks it among its rivals."""

    candidate: Candidate
    weight: float


def span_words(span: Span, offsets: Offsets) -> frozenset[int]:
    """Return the numbers of the words that overlap the span."""
    return frozenset(
        number
        for number, (start, end) in enumerate(offsets)
        if start < span.end and span.start < end
    )


def link_candidates(
    span: Span, pair: TokenPair, aligned: AlignedPair, src: Offsets, tgt: Offsets, tgt_text: str
) -> list[Weighted]:
    """Return the best candidates of one span, best first; none when nothing speaks for any.

    ``src`` and ``tgt`` are the offsets of the words of ``pair``. Punctuation at a candidate's
    edges is left out, unless the span itself has it there.
    """
    own_words = span_words(span, src)
    inside = [0.0] * len(tgt)
    total = [0.0] * len(tgt)
    linked_words: dict[int, set[int]] = {}
    for link in aligned.links:
        total[link.tgt] += link.probability
        if link.src in own_words:
            inside[link.tgt] += link.probability
            linked_words.setdefault(link.tgt, set()).add(link.src)
    surfaces = {pair.src[word].casefold() for word in own_words}
    odds = [
        _log_odds(word, inside[number], total[number], surfaces)
        for number, word in enumerate(pair.tgt)
    ]
    likely = [number for number, value in enumerate(odds) if value > 0]
    sums = [0.0]
    for value in odds:
        sums.append(sums[-1] + value)
    runs = [
        (sums[last + 1] - sums[first], first, last)
        for index, first in enumerate(likely)
        for last in likely[index:]
    ]
    runs.sort(key=lambda run: (-run[0], run[1], run[2]))
    content = [word for word in own_words if _is_word(pair.src[word])] or list(own_words)
    mass = sum(inside)
    found: list[Weighted] = []
    for weight, first, last in runs[:KEEP]:
        if weight <= 0:
            break
        captured = sum(inside[first : last + 1])
        received = sum(total[first : last + 1])
        covered = set().union(*(linked_words.get(j, set()) for j in range(first, last + 1)))
        copied = [
            word for word in content if pair.src[word].casefold() in _surfaces(pair, first, last)
        ]
        evidence = {
            "captured": captured / mass if mass else 1.0,
            "owned": captured / received if received else 1.0,
            "covered": len(set(content) & (covered | set(copied))) / len(content),
        }
        start, end = strip_punctuation(tgt_text, tgt[first][0], tgt[last][1])
        score = math.prod(evidence.values()) ** (1 / len(evidence))
        found.append(Weighted(Candidate(start, end, score, evidence), weight))
    return found


def _log_odds(word: str, inside: float, total: float, surfaces: set[str]) -> float:
    if not _is_word(word):
        return 0.0
    odds = math.log((inside + SMOOTHING) / (total - inside + SMOOTHING)) if total else UNLINKED
    if len(word) > 1 and word.casefold() in surfaces:
        odds += COPIED
    return odds


def _is_word(word: str) -> bool:
    return any(character.isalnum() for character in word)


def _surfaces(pair: TokenPair, first: int, last: int) -> set[str]:
    return {word.casefold() for word in pair.tgt[first : last + 1]}
