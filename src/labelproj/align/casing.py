"""Which words begin with capitals in both languages, learnt from the links of a corpus.

Aligners compare words without case, so that a rare name is often claimed by whatever words of the
sentence are rare too. How far links between words of unlike case can be believed is counted: in
English and Spanish a capital inside a sentence hardly ever comes from a small word, in German
nouns it mostly does.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from labelproj.align.base import Link, TokenPair
from labelproj.text import is_word

__all__ = ["UNLIKE", "Casing"]

Matrix = npt.NDArray[np.float32]

#: Kinds of words are taken to go with each other by chance, as if so much link mass had been seen:
#: unlike ones are made the less of, the smaller this is.
UNLIKE = 20.0
#: Marks that a sentence does not begin after.
_WITHIN = frozenset(",-/&'’")


class _Kind(IntEnum):
    """How a word is written. What begins a sentence says nothing, small letters may be caseless."""

    MARK, FIRST, SMALL, CAPITAL, CAPITALS, DIGITS = range(6)


class Casing:
    """Counts of the link mass between words, by how they are written."""

    def __init__(self) -> None:
        # The last row is for words of the translation that nothing claims.
        self._mass = np.zeros((len(_Kind) + 1, len(_Kind)))
        self._learnt: Matrix | None = None

    def add(self, pair: TokenPair, links: Mapping[tuple[int, int], float]) -> None:
        """Count the links of a pair, which have probabilities."""
        src, tgt = _kinds(pair.src), _kinds(pair.tgt)
        unclaimed = np.ones(len(tgt))
        for (i, j), probability in links.items():
            self._mass[src[i], tgt[j]] += probability
            unclaimed[j] -= probability
        np.add.at(self._mass[-1], tgt, np.maximum(0.0, unclaimed))
        self._learnt = None

    def agreed(self, pair: TokenPair, links: tuple[Link, ...]) -> tuple[Link, ...]:
        """Return the links of ``pair`` with those between unlike words made less.

        What they lose the other claims on the same word of the translation gain.
        """
        if not links:
            return links
        src, tgt, mass = zip(*links, strict=True)
        shares = self._shares[_kinds(pair.src)[np.array(src)], _kinds(pair.tgt)[np.array(tgt)]]
        if (shares == 1.0).all():
            return links
        own = shares * mass
        before, after = (np.bincount(tgt, claims) for claims in (mass, own))
        scale = np.divide(before, after, out=np.ones_like(before), where=after > 0)
        found = np.minimum(own * scale[np.array(tgt)], 1.0).tolist()
        return tuple(map(Link, src, tgt, found))

    @property
    def _shares(self) -> Matrix:
        """How many of the links to be expected by chance there are, 1 at most, by kinds."""
        if self._learnt is None:
            usual = self._mass.sum(axis=0) / max(self._mass.sum(), 1.0)
            rows = self._mass[:-1]
            found = (rows + UNLIKE * usual) / (rows.sum(axis=1, keepdims=True) + UNLIKE)
            shares = np.divide(found, usual, out=np.ones_like(found), where=usual > 0)
            shares[_Kind.FIRST, :] = shares[:, _Kind.FIRST] = 1.0
            self._learnt = np.minimum(shares, 1.0).astype(np.float32)
        return self._learnt


def _kinds(words: Sequence[str]) -> npt.NDArray[np.intp]:
    kinds = [_written(word) for word in words]
    for number, (before, kind) in enumerate(zip(("", *words), kinds, strict=False)):
        if kind in (_Kind.CAPITAL, _Kind.CAPITALS):
            begins = not is_word(before) and before not in _WITHIN
            kinds[number] = _Kind.FIRST if begins else kind
    return np.array(kinds, dtype=np.intp)


@lru_cache(maxsize=1 << 16)
def _written(word: str) -> _Kind:
    if not is_word(word):
        return _Kind.MARK
    if any(character.isdigit() for character in word):
        return _Kind.DIGITS
    if not any(character.isupper() for character in word):
        return _Kind.SMALL
    return _Kind.CAPITALS if len(word) > 1 and word.isupper() else _Kind.CAPITAL
