"""Nearly equal sets among many: MinHash signatures, cut into bands (locality-sensitive hashing).

Broder (1997); Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3. It is our own
because the splits of a release depend on it: the same texts have to give the same candidates in
every version of every library, and in little memory.
"""

from array import array

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bands", "jaccard", "minima"]

_PERMUTATIONS = 128
#: Of pairs that are just as alike as the threshold, this share is to be found.
_RECALL = 0.98
_HIGH = np.uint64(32)
Hashes = NDArray[np.uint32]


def _odd_numbers(count: int, seed: int) -> NDArray[np.uint64]:
    """Return fixed pseudo-random odd numbers (splitmix64, Steele, Lea and Flood 2014)."""
    state = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(
        0x9E3779B97F4A7C15
    )
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (state ^ (state >> np.uint64(31))) | np.uint64(1)


_FACTORS = _odd_numbers(_PERMUTATIONS, 1)
_OFFSETS = _odd_numbers(_PERMUTATIONS, 2)


def jaccard(one: Hashes, two: Hashes) -> float:
    """Return the similarity of two sorted sets: shared by all (0 to 1)."""
    shared = len(np.intersect1d(one, two, assume_unique=True))
    return shared / (len(one) + len(two) - shared)


def minima(hashes: Hashes) -> Hashes:
    """Return the signature of a set that is not empty, of shape (128,).

    The share of places in which two signatures are the same estimates their sets' similarity.
    """
    values = hashes.astype(np.uint64)[:, None] * _FACTORS + _OFFSETS
    signature: Hashes = (values >> _HIGH).min(axis=0).astype(np.uint32)
    return signature


class Bands:
    """Sets of hashes under the numbers 0, 1, … in the order they were added.

    A signature has 128 minima. It is cut into bands of as many as let 98 of 100 pairs with the
    similarity ``threshold`` (0 to 1) agree in a band at least. A set takes about 3 KB.
    """

    def __init__(self, threshold: float):
        self.rows = max(
            rows
            for rows in range(1, 17)
            if rows == 1 or 1 - (1 - threshold**rows) ** (_PERMUTATIONS // rows) >= _RECALL
        )
        self._bands = _PERMUTATIONS // self.rows
        self._powers = _odd_numbers(self.rows, 3)
        self._salts = _odd_numbers(self._bands, 4)
        self._newest: dict[int, int] = {}
        # For each set and band, the set before it that agrees: a chain through the bucket.
        self._before = array("i")

    def add(self, hashes: Hashes) -> list[int]:
        """Add a set that is not empty; return the numbers of those before that may be like it."""
        number = len(self._before) // self._bands
        found: set[int] = set()
        for band, key in enumerate(self._keys(hashes)):
            other = self._newest.get(key, -1)
            self._newest[key] = number
            self._before.append(other)
            while other >= 0:
                found.add(other)
                other = self._before[other * self._bands + band]
        return sorted(found)

    def _keys(self, hashes: Hashes) -> list[int]:
        signature = minima(hashes)[: self._bands * self.rows].astype(np.uint64)
        mixed = (signature.reshape(self._bands, self.rows) * self._powers).sum(axis=1)
        keys: list[int] = ((mixed ^ (mixed >> _HIGH)) * self._salts).tolist()
        return keys
