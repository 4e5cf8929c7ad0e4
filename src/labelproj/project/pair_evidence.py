"""What is known of a pair of texts whatever the span: links, likeness, and its words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelproj.align import AlignedPair, TokenPair
from labelproj.project.claims import Claims
from labelproj.project.cognates import similarity
from labelproj.project.cooccurrence import Cooccurrence
from labelproj.project.leftovers import joined, leftovers
from labelproj.project.numbers import like_numbers
from labelproj.punctuation import EdgeLevels, edge_levels
from labelproj.records import Span
from labelproj.segmenter import gaps, whole_words
from labelproj.text import is_word

__all__ = ["Offsets", "PairEvidence", "span_words"]

Offsets = Sequence[tuple[int, int]]
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PairEvidence:
    """What is known of a pair, for all of its spans.

    ``links`` and ``alike`` have shape (source words, target words), ``usual``, how far each
    word of the translation is usually claimed, (target words,). ``whole`` has the number of the
    word that each of them is part of: Chinese and Japanese signs make words together. ``opening``
    and ``closing`` are the words after and before a space between such signs, ``levels`` those of
    brackets and quotation marks (see :mod:`labelproj.punctuation`).
    """

    pair: TokenPair
    src: Offsets
    tgt: Offsets
    src_text: str
    tgt_text: str
    links: Matrix
    alike: Matrix
    usual: Matrix
    whole: Sequence[int]
    opening: frozenset[int]
    closing: frozenset[int]
    levels: EdgeLevels

    @classmethod
    def of(
        cls,
        pair: TokenPair,
        aligned: AlignedPair,
        src: Offsets,
        tgt: Offsets,
        src_text: str,
        tgt_text: str,
        *,
        claims: Claims | None = None,
        together: Cooccurrence | None = None,
        leftover: float = 0.0,
    ) -> "PairEvidence":
        """Put the links of a pair into a matrix and compare its words.

        ``src`` and ``tgt`` are the offsets of the words of ``pair`` in the two texts. Without
        ``claims`` all words are taken to be claimed always. ``together`` says which words of the
        corpus come together, ``leftover`` is that of Tuning.
        """
        links = np.zeros((len(pair.src), len(pair.tgt)), dtype=np.float32)
        for link in aligned.links:
            # Punctuation claims no word: a token may be a word with a comma at its end.
            if is_word(pair.src[link.src]) or not is_word(pair.tgt[link.tgt]):
                links[link.src, link.tgt] = link.probability
        alike = like_numbers(similarity(pair.src, pair.tgt), src_text, tgt_text, src, tgt)
        usual = np.ones(len(pair.tgt), dtype=np.float32)
        if claims is not None:
            content = (_claimed(claims, pair.src, side=0), _claimed(claims, pair.tgt, side=1))
            links = leftovers(links, *content, weight=leftover)
            if together is not None:
                dice = together.dice(pair.src, pair.tgt)
                links = joined(links, dice, *content, weight=leftover)
            usual = claims.usual(pair.tgt, side=1)
        before, after = ({gap[edge] for gap in gaps(tgt_text)} for edge in (0, 1))
        return cls(
            pair,
            src,
            tgt,
            src_text,
            tgt_text,
            links,
            alike,
            usual,
            whole_words(pair.tgt),
            opening=frozenset(k for k, (start, _) in enumerate(tgt) if start in after),
            closing=frozenset(k for k, (_, end) in enumerate(tgt) if end in before),
            levels=edge_levels(tgt_text, tgt),
        )


def _claimed(claims: Claims, words: Sequence[str], *, side: int) -> Matrix:
    """Return how far each of ``words`` is usually claimed; signs are not."""
    letters = np.array([is_word(word) for word in words], dtype=np.float32)
    result: Matrix = claims.usual(words, side=side) * letters
    return result


def span_words(span: Span, offsets: Offsets) -> list[int]:
    """Return the numbers of the words that overlap the span."""
    return [
        number
        for number, (start, end) in enumerate(offsets)
        if start < span.end and span.start < end
    ]
