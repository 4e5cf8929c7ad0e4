"""Which words of the translation go with the spans of a label, though nothing claims them here.

*Today* is *i dag* in Danish and *Monday* *hari Senin* in Indonesian, but a word of the source is
often linked to one word of the two, and the other is left over. What the links of the whole job say
of such words tells more than those of one text: wherever *hari* stands beside a span of time and
has a link, it is the span's, and *i* is so before *dag*, if not elsewhere (*in* is mostly outside).
"""

import math
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from labelproj.align.stems import stem
from labelproj.align.wholes import merged_words

__all__ = ["Habits"]

Matrix = npt.NDArray[np.float32]

#: Words are compared by so many letters, as in :mod:`labelproj.project.claims`.
STEM = 4
#: A word that has never been seen beside a label is taken to be the spans' so often, and that
#: counts as much as so many words seen.
BEFORE, DOUBT = 1 / 3, 3.0
#: What is known of a word counts as much as so many times seen beside its neighbour.
DOUBT_NEIGHBOUR = 2.0
#: Log-odds are not taken to be more than this.
MOST = 2.0

#: A label, a word, and whether it is before the span; then also the neighbour that it stands at.
_Key = tuple[str, str, bool] | tuple[str, str, bool, str]


class Habits:
    """Link mass of the words in and beside spans, by label: from the span and from others."""

    def __init__(self) -> None:
        self._mass: dict[_Key, tuple[float, float]] = {}

    def add(
        self,
        label: str,
        tokens: Sequence[str],
        whole: Sequence[int],
        likely: Sequence[int],
        inside: Matrix,
        total: Matrix,
    ) -> None:
        """Count what a span with ``label`` has and others have of the words in and beside it.

        ``whole`` is the number of the word that each of ``tokens`` is part of, ``likely`` are the
        tokens that are more likely the span's than not; ``inside`` and ``total``, of shape
        (tokens,), are the link mass they have from the span's words and from all.
        """
        size = np.bincount(whole)
        own = np.bincount(whole, np.minimum(1.0, inside)) / size
        others = np.bincount(whole, np.minimum(1.0, total - inside)) / size
        for word, keys in _beside(label, tokens, whole, likely):
            for key in keys:
                mine, theirs = self._mass.get(key, (0.0, 0.0))
                self._mass[key] = mine + float(own[word]), theirs + float(others[word])

    def log_odds(
        self, label: str, tokens: Sequence[str], whole: Sequence[int], likely: Sequence[int]
    ) -> Matrix:
        """Return the log-odds, from 0, that tokens beside the ``likely`` ones are the span's too.

        Of shape (tokens,). Where a word is more often others', and away from the span, it is 0.
        """
        odds = np.zeros(whole[-1] + 1 if len(whole) else 0, dtype=np.float32)
        for word, keys in _beside(label, tokens, whole, likely):
            share = BEFORE
            for key, doubt in zip(keys, (DOUBT, DOUBT_NEIGHBOUR), strict=False):
                mine, theirs = self._mass.get(key, (0.0, 0.0))
                share = (mine + doubt * share) / (mine + theirs + doubt)
            odds[word] = max(odds[word], min(MOST, math.log(share / (1 - share))))
        return odds[np.asarray(whole, dtype=np.intp)]


def _beside(
    label: str, tokens: Sequence[str], whole: Sequence[int], likely: Sequence[int]
) -> Iterator[tuple[int, list[_Key]]]:
    """Yield the words in and beside a span, with what each is counted as.

    What stands before the rest of the span is told from what stands after it; words in the middle,
    and a span of one word, are both.
    """
    words = [_stem(word) for word in merged_words(tokens, whole)]
    span = {whole[token] for token in likely}
    for word in sorted({word + step for word, step in product(span, (-1, 0, 1))}):
        if not 0 <= word < len(words):
            continue
        before, after = word + 1 in span, word - 1 in span
        for leads in (True, False) if before == after else (before,):
            keys: list[_Key] = [(label, words[word], leads)]
            if before or after:
                neighbour = words[word + 1 if leads else word - 1]
                keys.append((label, words[word], leads, neighbour))
            yield word, keys


def _stem(word: str) -> str:
    """Return what a word is counted as; all numbers are one."""
    if any(character.isdigit() for character in word):
        return "0"
    return stem(word.casefold(), STEM)
