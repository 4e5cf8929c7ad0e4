"""Words that come together across a corpus, as partners in one pair of texts.

In a few hundred short texts an aligner may give the word for "today" to a particle at the end of
the sentence, where "today" stands. But one word is in the translations of most texts with
"today", and in few others: both are each other's best partners by Dice's coefficient (1945).
Competitive linking by association is Melamed's (2000).
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from labelproj.align.base import TokenPair
from labelproj.align.stems import stem

__all__ = ["Partners", "with_partners"]

Ints = npt.NDArray[np.int64]
Votes = dict[tuple[int, int], float]

#: Words are compared by so many letters (those of scripts without spaces are not cut).
STEM = 5
#: Cells of source times target words that are counted at most, which bounds memory.
CELLS = 8_000_000
#: Words seen together but once say nothing.
LEAST = 2
#: The least coefficient of partners; how far their link is raised towards it; and how much of it
#: their links with others lose. Chosen on xSID en-zh valid.
ASSOCIATION, TRUST, RIVALS = 0.4, 0.8, 0.5


class Partners:
    """Counts of words, and of words in one pair of texts, by side."""

    def __init__(self) -> None:
        self._numbers: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._seen: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
        self._cells = 0
        self._keys: list[Ints] = []
        self._counts: dict[int, int] | None = None

    def add(self, pair: TokenPair) -> None:
        """Count the words of ``pair``, each once; do nothing once enough has been counted."""
        if self._cells >= CELLS:
            return
        src, tgt = (
            sorted({known.setdefault(word, len(known)) for word in _stems(side) if word})
            for known, side in zip(self._numbers, pair, strict=True)
        )
        self._seen[0].update(src)
        self._seen[1].update(tgt)
        self._cells += len(src) * len(tgt)
        keys = (np.array(src, dtype=np.int64)[:, None] << 32) + np.array(tgt, dtype=np.int64)
        self._keys.append(keys.ravel())
        self._counts = None

    def of(self, pair: TokenPair) -> list[tuple[int, int, float]]:
        """Return the words of ``pair`` that are each other's only best, and their coefficient."""
        counts = self._together()
        src, tgt = (
            [known.get(word, -1) if word else -1 for word in _stems(side)]
            for known, side in zip(self._numbers, pair, strict=True)
        )
        dice = np.zeros((len(src), len(tgt)))
        for i, x in enumerate(src):
            for j, y in enumerate(tgt):
                both = counts.get((x << 32) + y, 0) if x >= 0 and y >= 0 else 0
                if both:
                    # Half a time less: rare words are together by chance more often.
                    dice[i, j] = 2 * (both - 0.5) / (self._seen[0][x] + self._seen[1][y])
        if not dice.size:
            return []
        best = (dice == dice.max(axis=1, keepdims=True)) & (dice >= ASSOCIATION)
        best &= dice == dice.max(axis=0)
        best &= (best.sum(axis=1, keepdims=True) == 1) & (best.sum(axis=0) == 1)
        return [(int(i), int(j), float(dice[i, j])) for i, j in zip(*np.nonzero(best), strict=True)]

    def _together(self) -> dict[int, int]:
        if self._counts is None:
            keys = np.concatenate(self._keys or [np.zeros(0, dtype=np.int64)])
            unique, counts = np.unique(keys, return_counts=True)
            often = counts >= LEAST
            self._counts = dict(zip(unique[often].tolist(), counts[often].tolist(), strict=True))
        return self._counts


def with_partners(
    links: Votes, partners: Sequence[tuple[int, int, float]], words: tuple[list[int], list[int]]
) -> Votes:
    """Return ``links`` between tokens with those of partners raised and their rivals lowered.

    ``partners`` are words; ``words`` has the number of the word of each token, by side.
    """
    of_src = {i: (j, strength) for i, j, strength in partners}
    of_tgt = {j: strength for _, j, strength in partners}
    found: dict[tuple[int, int], float] = {}
    for (a, b), known in links.items():
        partner, mine = of_src.get(words[0][a], (-1, 0.0))
        if partner == words[1][b]:
            found[a, b] = known
        else:
            theirs = of_tgt.get(words[1][b], 0.0)
            found[a, b] = known * (1 - RIVALS * mine) * (1 - RIVALS * theirs)
    places: dict[int, list[int]] = defaultdict(list)
    for b, number in enumerate(words[1]):
        places[number].append(b)
    for a, number in enumerate(words[0]):
        partner, strength = of_src.get(number, (-1, 0.0))
        for b in places.get(partner, ()):
            known = found.get((a, b), 0.0)
            found[a, b] = max(known, (1 - TRUST) * known + TRUST * strength)
    return found


def _stems(words: Sequence[str]) -> list[str]:
    """Return the stems of words; signs have none."""
    return [stem(word.casefold(), STEM) if any(map(str.isalnum, word)) else "" for word in words]
