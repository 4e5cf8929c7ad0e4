"""Which words of two languages occur together, over a whole corpus.

A word that a hard aligner left over may still be seen to belong to a word beside it: *principal*
to *entree*, whose translations *plato principal* it is in most of the time.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from labelproj.align import TokenPair
from labelproj.align.stems import stem

__all__ = ["Cooccurrence"]

Matrix = npt.NDArray[np.float32]

#: Words are compared by so many letters.
STEM = 5
#: Pairs of texts that are counted at most: beyond, memory grows and the shares do not change.
PAIRS = 20_000
#: Words seen together but once say nothing.
LEAST = 2


class Cooccurrence:
    """Counts of stems, and of stems in one pair of texts, by side."""

    def __init__(self) -> None:
        self._pairs = 0
        self._seen: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._together: Counter[tuple[str, str]] = Counter()

    def add(self, pairs: Iterable[TokenPair]) -> None:
        """Count the words of ``pairs``, each stem once a text."""
        for pair in pairs:
            if self._pairs >= PAIRS:
                return
            self._pairs += 1
            src, tgt = {_stem(word) for word in pair.src}, {_stem(word) for word in pair.tgt}
            self._seen[0].update(src)
            self._seen[1].update(tgt)
            self._together.update((x, y) for x in src for y in tgt)

    def dice(self, src: Sequence[str], tgt: Sequence[str]) -> Matrix:
        """Return Dice's coefficient (1945) of all words, of shape (src, tgt), 0 to 1."""
        result = np.zeros((len(src), len(tgt)), dtype=np.float32)
        rows, columns = [_stem(word) for word in src], [_stem(word) for word in tgt]
        for i, x in enumerate(rows):
            for j, y in enumerate(columns):
                both = self._together.get((x, y), 0)
                if both >= LEAST:
                    # Half a time less: rare words are together by chance more often.
                    result[i, j] = 2 * (both - 0.5) / (self._seen[0][x] + self._seen[1][y])
        return result


def _stem(word: str) -> str:
    return stem(word.casefold(), STEM)
