"""Spans of a bitext that certainly correspond: what a model is taught markers with.

A pair of phrases is taken where all links of the one lead into the other and back (the
consistency of phrase extraction, Koehn et al. 2003), both ends are linked, hardly a word inside
is not, and both begin and end with a word that is not among the commonest.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from labelproj.align import AlignedPair, Aligner, Corpus, TokenPair, open_aligner, token_pair
from labelproj.config import AlignParams
from labelproj.text import is_word, words
from labelproj.translate.markers import Augmenter, Pair
from labelproj.translate.schemes import MarkerScheme

__all__ = [
    "SpanFinder",
    "SpanMarker",
    "SpanPair",
    "aligned_spans",
    "choose",
    "confident_spans",
    "places",
]

#: Links at least so probable make a pair of phrases, and links down to so probable break one.
STRONG, WEAK = 0.6, 0.2
MOST_WORDS = 5
#: Words of a phrase without a strong link, at most this share; lengths differ at most so much.
UNLINKED, RATIO = 0.3, 2.5
#: So many of the commonest words of a side begin and end no span (but no more than 5 %).
COMMON = 100
BATCH = 2048


class SpanPair(NamedTuple):
    """Words [start, end) of the source and of the target that correspond."""

    src: tuple[int, int]
    tgt: tuple[int, int]


class SpanFinder:
    """Finds the spans that correspond in pairs of texts, by what it learnt from all of them."""

    def __init__(self, aligner: Aligner):
        self._aligner = aligner
        self._common: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())

    def fit(self, corpus: Corpus) -> None:
        """Let the aligner learn from ``corpus``, and learn its commonest words."""
        self._aligner.fit(corpus)
        counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        for pair in corpus():
            for side, words_of_side in zip(counts, pair, strict=True):
                side.update(word.lower() for word in words_of_side)
        self._common = (_common(counts[0]), _common(counts[1]))

    def find(self, pairs: Sequence[TokenPair]) -> list[list[SpanPair]]:
        """Return the spans that correspond in each pair, in the order of the pairs."""
        return [
            confident_spans(aligned, *map(_usable, pair, self._common))
            for pair, aligned in zip(pairs, self._aligner.align(pairs), strict=True)
        ]


def aligned_spans(
    pairs: Sequence[Pair], *, src: str, tgt: str, work: Path, align: AlignParams | None = None
) -> dict[Pair, list[SpanPair]]:
    """Align ``pairs`` and return the spans that correspond in each; pairs without are left out.

    Raises what :func:`labelproj.align.open_aligner` raises.
    """
    finder = SpanFinder(open_aligner(align or AlignParams(), work=work, src_lang=src, tgt_lang=tgt))
    tokens = [token_pair(*pair) for pair in pairs]
    finder.fit(lambda: iter(tokens))
    found: dict[Pair, list[SpanPair]] = {}
    for first in range(0, len(pairs), BATCH):
        batch = slice(first, first + BATCH)
        spans = zip(pairs[batch], finder.find(tokens[batch]), strict=True)
        found |= {pair: own for pair, own in spans if own}
    return found


def _common(counts: Counter[str]) -> frozenset[str]:
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return frozenset(ranked[: min(COMMON, len(ranked) // 20)])


def _usable(text: Sequence[str], common: frozenset[str]) -> list[bool]:
    """Say of every word whether a span may begin or end with it."""
    return [is_word(word) and word.lower() not in common for word in text]


def confident_spans(
    aligned: AlignedPair, src_edges: Sequence[bool], tgt_edges: Sequence[bool]
) -> list[SpanPair]:
    """Return all spans that correspond; ``edges`` say which words may begin or end one."""
    strong = [link for link in aligned.links if link.probability >= STRONG]
    weak = [link for link in aligned.links if link.probability >= WEAK]
    linked = {link.src for link in strong}, {link.tgt for link in strong}
    found = []
    for start, good in enumerate(src_edges):
        if not good:
            continue
        for end in range(start + 1, min(start + MOST_WORDS, len(src_edges)) + 1):
            targets = [link.tgt for link in strong if start <= link.src < end]
            if not src_edges[end - 1] or not targets:
                continue
            first, last = min(targets), max(targets) + 1
            sides = (start, end), (first, last)
            if (
                tgt_edges[first]
                and tgt_edges[last - 1]
                and all((start <= k.src < end) == (first <= k.tgt < last) for k in weak)
                and all(_filled(*side, own) for side, own in zip(sides, linked, strict=True))
                and max(end - start, last - first) <= RATIO * min(end - start, last - first)
            ):
                found.append(SpanPair(*sides))
    return found


def _filled(start: int, end: int, linked: set[int]) -> bool:
    inside = sum(start <= word < end for word in linked)
    ends = start in linked and end - 1 in linked
    return ends and end - start - inside <= UNLINKED * (end - start)


def choose(
    spans: Sequence[SpanPair], rng: random.Random, *, at_most: int, nested: bool
) -> list[SpanPair]:
    """Choose one to ``at_most`` spans that do not cross; disjoint, or ``nested`` too."""
    number = rng.randint(1, at_most)
    chosen: list[SpanPair] = []
    for span in rng.sample(list(spans), len(spans)):
        if all(
            (_apart(span.src, one.src) and _apart(span.tgt, one.tgt))
            or (nested and (_within(span, one) or _within(one, span)))
            for one in chosen
        ):
            chosen.append(span)
        if len(chosen) == number:
            break
    return sorted(chosen)


def _apart(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[1] <= b[0] or b[1] <= a[0]


def _within(a: SpanPair, b: SpanPair) -> bool:
    return a != b and all(
        o[0] <= i[0] and i[1] <= o[1] and i != o for i, o in zip(a, b, strict=True)
    )


def places(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return where in ``text`` the words [start, end) of each span stand, in code points."""
    offsets = words(text)
    return [(offsets[start][0], offsets[end - 1][1]) for start, end in spans]


class SpanMarker:
    """Variants of the pairs of a bitext: ``marker_share`` of those with spans get marks.

    ``rename_share`` get invented names, so that the model goes on copying names it has not seen.
    """

    def __init__(
        self,
        spans: Mapping[Pair, Sequence[SpanPair]],
        pairs: Sequence[Pair],
        *,
        scheme: MarkerScheme,
        marker_share: float,
        rename_share: float,
        at_most: int = 3,
    ):
        self._spans = spans
        self._scheme = scheme
        self._shares = marker_share, rename_share
        self._renamer = Augmenter(pairs)
        self._at_most = at_most

    def vary(self, pair: Pair, rng: random.Random) -> Pair:
        """Return ``pair``, marked or renamed as often as the shares say."""
        markers, renames = self._shares
        new = self._renamer.renamed(pair, rng) if rng.random() < renames else pair
        if rng.random() < markers and (spans := self._spans.get(pair)):
            if any(len(words(a)) != len(words(b)) for a, b in zip(pair, new, strict=True)):
                new = pair  # an invented name that is two words: the spans no longer fit
            return self._marked(new, choose(spans, rng, at_most=self._at_most, nested=self._nests))
        return new

    @property
    def _nests(self) -> bool:
        return self._scheme.has_names

    def _marked(self, pair: Pair, chosen: Sequence[SpanPair]) -> Pair:
        src, tgt = pair
        if any(self._scheme.escape(text) != text for text in pair):
            return pair
        # Named by where they begin in the source, as texts to be translated are.
        ordered = sorted(chosen, key=lambda span: (span.src[0], -span.src[1]))
        return (
            self._scheme.mark(src, places(src, [span.src for span in ordered])),
            self._scheme.mark(tgt, places(tgt, [span.tgt for span in ordered])),
        )
