"""How often each word is claimed by a word of the other language, learnt from the job's links.

Names, nouns and verbs mostly have a counterpart; articles and prepositions often have none. So
a preposition that nobody claims, or a stray link claims, says little about whether the words on
both sides of it belong together, and a noun that nobody claims is missing a link.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from labelproj.align import AlignedPair, TokenPair
from labelproj.align.stems import stem
from labelproj.align.wholes import merged_words
from labelproj.segmenter import whole_words

__all__ = ["Claims"]

Matrix = npt.NDArray[np.float32]

#: Words are compared by so many letters, as in :mod:`labelproj.align.lexicon`.
STEM = 4
#: Words seen less often are taken to be claimed always, rather: as if so often seen claimed.
DOUBT = 100.0


class Claims:
    """Counts of words and of the link mass they have, by side."""

    def __init__(self) -> None:
        self._seen: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._mass: tuple[dict[str, float], dict[str, float]] = ({}, {})

    def add(self, pairs: Iterable[TokenPair], aligned: Iterable[AlignedPair]) -> None:
        """Count the words of ``pairs`` and how far each is claimed, 1 at most."""
        for pair, links in zip(pairs, aligned, strict=True):
            if links.status != "ok":
                continue
            mass = np.zeros(len(pair.src)), np.zeros(len(pair.tgt))
            for link in links.links:
                mass[0][link.src] += link.probability
                mass[1][link.tgt] += link.probability
            for side in (0, 1):
                claimed_by_token = np.minimum(1.0, mass[side])
                words, numbers = _words(pair[side])
                if len(words) < len(numbers):
                    claimed_by_token = np.bincount(numbers, claimed_by_token) / np.bincount(numbers)
                for word, claimed in zip(words, claimed_by_token, strict=True):
                    stem = _stem(word)
                    self._seen[side][stem] += 1
                    self._mass[side][stem] = self._mass[side].get(stem, 0.0) + float(claimed)

    def usual(self, words: Sequence[str], *, side: int) -> Matrix:
        """Return how far each word is usually claimed, 0 to 1, of shape (words,).

        ``side`` is 0 for the source and 1 for the translation.
        """
        whole, numbers = _words(words)
        stems = [_stem(whole[number]) for number in numbers]
        mass = np.array([self._mass[side].get(stem, 0.0) for stem in stems], dtype=np.float32)
        seen = np.array([self._seen[side][stem] for stem in stems], dtype=np.float32)
        result: Matrix = (mass + DOUBT) / (seen + DOUBT)
        return result.astype(np.float32)


def _words(tokens: Sequence[str]) -> tuple[Sequence[str], list[int]]:
    """Return the words that tokens make, and the number of the word of each token."""
    numbers = whole_words(tokens)
    if not numbers or numbers[-1] + 1 == len(tokens):
        return tokens, numbers
    return merged_words(tokens, numbers), numbers


def _stem(word: str) -> str:
    return stem(word.casefold(), STEM)
