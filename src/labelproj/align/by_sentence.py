"""Long texts are aligned sentence by sentence.

What an aligner needs for a pair grows with the product of its lengths, an encoder has room for so
many pieces only, and words of other sentences are chances to be wrong.
"""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

import regex

from labelproj.align.base import AlignedPair, Aligner, Corpus, Link, TokenPair
from labelproj.align.beads import beads_of

__all__ = ["BySentence", "by_sentence"]

#: A pair is left whole where neither side has more words.
LONGEST = 40
#: What ends a sentence, and what may stand between that and the next one.
_END = regex.compile(r"\p{Sentence_Terminal}+")
_AFTER = regex.compile(r"[\p{Sentence_Terminal}\p{Pe}\p{Pf}\"']+")
#: A word that a sentence hardly begins with.
_LOWER = regex.compile(r"\p{Ll}")


class _Part(NamedTuple):
    """A part of a pair, and the numbers of the words it begins with."""

    pair: TokenPair
    src: int = 0
    tgt: int = 0


class BySentence:
    """Aligns with another aligner, which sees the sentences of long pairs that stand together."""

    def __init__(self, aligner: Aligner):
        self._aligner = aligner
        self.name = aligner.name

    def params(self) -> dict[str, object]:
        """Return what shapes the links."""
        return {**self._aligner.params(), "longest": LONGEST}

    def fit(self, corpus: Corpus) -> None:
        """Let the aligner learn."""
        self._aligner.fit(by_sentence(corpus))

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Align a batch; a pair's status is ``ok`` where that of a part of it is."""
        parts = [_parts(pair) for pair in pairs]
        found = iter(self._aligner.align([part.pair for own in parts for part in own]))
        return [_together(own, list(islice(found, len(own)))) for own in parts]


def by_sentence(corpus: Corpus) -> Corpus:
    """Return a corpus with the sentences of its long pairs in their place."""
    return lambda: (part.pair for pair in corpus() for part in _parts(pair))


def _parts(pair: TokenPair) -> list[_Part]:
    """Return the parts of a pair that are aligned by themselves: all of it, or its sentences."""
    if max(map(len, pair)) <= LONGEST:
        return [_Part(pair)]
    src, tgt = _sentences(pair.src), _sentences(pair.tgt)
    if min(len(src), len(tgt)) < 2:
        return [_Part(pair)]
    parts = []
    for (a, b), (c, d) in beads_of(_texts(pair.src, src), _texts(pair.tgt, tgt)):
        if a < b and c < d:
            (i, j), (end, last) = (src[a][0], tgt[c][0]), (src[b - 1][1], tgt[d - 1][1])
            parts.append(_Part(TokenPair(pair.src[i:end], pair.tgt[j:last]), i, j))
    return parts or [_Part(pair)]


def _texts(tokens: Sequence[str], places: Sequence[tuple[int, int]]) -> list[str]:
    return [" ".join(tokens[start:end]) for start, end in places]


def _sentences(tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the sentences of ``tokens`` begin and end."""
    begins, place = [0], 0
    while place < len(tokens):
        ended = _END.fullmatch(tokens[place])
        place += 1
        if ended:
            while place < len(tokens) and _AFTER.fullmatch(tokens[place]):
                place += 1
            if place < len(tokens) and not _LOWER.match(tokens[place]):
                begins.append(place)
    return list(zip(begins, [*begins[1:], len(tokens)], strict=True))


def _together(parts: Sequence[_Part], aligned: Sequence[AlignedPair]) -> AlignedPair:
    links = sorted(
        Link(link.src + part.src, link.tgt + part.tgt, link.probability)
        for part, own in zip(parts, aligned, strict=True)
        for link in own.links
    )
    statuses = [own.status for own in aligned]
    return AlignedPair(tuple(links), "ok" if "ok" in statuses else statuses[0])
