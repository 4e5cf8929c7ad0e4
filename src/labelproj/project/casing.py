"""Which words begin with capitals in both languages, learnt from the job's links.

Aligners compare words without case, so that a rare name is often claimed by whatever words of the
sentence are rare too. How far links between words of unlike case can be believed is counted: in
English and Spanish a capital inside a sentence hardly ever comes from a small word, in German
nouns it mostly does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from labelproj.align import AlignedPair, Link, TokenPair
from labelproj.project.boundaries import is_word

__all__ = ["Casing"]

Matrix = npt.NDArray[np.float32]

#: Kinds of words are taken to go with each other by chance, as if so much link mass had been seen.
DOUBT = 20.0
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
        self._shares = self._learnt()

    def add(self, pairs: Iterable[TokenPair], aligned: Iterable[AlignedPair]) -> None:
        """Count the links of ``pairs``."""
        for pair, links in zip(pairs, aligned, strict=True):
            if links.status != "ok":
                continue
            src, tgt = _kinds(pair.src), _kinds(pair.tgt)
            unclaimed = np.ones(len(tgt))
            for link in links.links:
                self._mass[src[link.src], tgt[link.tgt]] += link.probability
                unclaimed[link.tgt] -= link.probability
            np.add.at(self._mass[-1], tgt, np.maximum(0.0, unclaimed))
        self._shares = self._learnt()

    def agreed(self, pair: TokenPair, aligned: AlignedPair) -> AlignedPair:
        """Return the links of ``pair`` with those between unlike words made less.

        What they lose the other claims on the same word of the translation gain.
        """
        if not aligned.links:
            return aligned
        src, tgt, mass = zip(*aligned.links, strict=True)
        shares = self._shares[_kinds(pair.src)[np.array(src)], _kinds(pair.tgt)[np.array(tgt)]]
        if (shares == 1.0).all():
            return aligned
        own = shares * mass
        before, after = (np.bincount(tgt, claims) for claims in (mass, own))
        scale = np.divide(before, after, out=np.ones_like(before), where=after > 0)
        found = np.minimum(own * scale[np.array(tgt)], 1.0).tolist()
        return replace(aligned, links=tuple(map(Link, src, tgt, found)))

    def _learnt(self) -> Matrix:
        """Return how many of the links to be expected by chance there are, 1 at most, by kinds."""
        usual = self._mass.sum(axis=0) / max(self._mass.sum(), 1.0)
        rows = self._mass[:-1]
        found = (rows + DOUBT * usual) / (rows.sum(axis=1, keepdims=True) + DOUBT)
        shares = np.divide(found, usual, out=np.ones_like(found), where=usual > 0)
        shares[_Kind.FIRST, :] = shares[:, _Kind.FIRST] = 1.0
        result: Matrix = np.minimum(shares, 1.0).astype(np.float32)
        return result


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
