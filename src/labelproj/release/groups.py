"""Which documents belong together: the same document, the same text, or nearly the same text.

Near-duplicates are candidates of :class:`labelproj.minhash.Bands` over the character
5-grams of two texts; every candidate is then measured exactly. What belongs together has to stand
in one split.
"""

import unicodedata
from collections.abc import Callable, Hashable, Iterator
from hashlib import blake2b

import numpy as np
import regex
from numpy.typing import NDArray

from labelproj.minhash import Bands, jaccard

__all__ = ["Groups", "TextIndex", "normalised"]

_GRAM = 5
_NOT_WORD = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
#: Multiplier of the rolling hash (the 64-bit FNV prime).
_PRIME = np.uint64(0x100000001B3)


def normalised(text: str) -> str:
    """Return what is left of a text without case, punctuation and differences of white space."""
    plain: str = _NOT_WORD.sub(" ", unicodedata.normalize("NFKC", text).casefold())
    return plain.strip()


def _grams(text: str) -> NDArray[np.uint32]:
    """Return the distinct hashes, sorted, of the character 5-grams of a normalised text."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    size = min(_GRAM, max(len(codes), 1))
    hashes = np.zeros(max(len(codes) - size + 1, 0), dtype=np.uint64)
    for offset in range(size):
        hashes = hashes * _PRIME + codes[offset : offset + len(hashes)]
    # The high half: the low bits of a product say little.
    mixed = hashes * np.uint64(0x9E3779B97F4A7C15)
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


class TextIndex:
    """Texts of one language under keys, to be asked for those that are the same or nearly so.

    ``threshold`` is the Jaccard similarity of the sets of 5-grams from which two texts are nearly
    the same; at 1.0 only texts that are equal once normalised are.
    """

    def __init__(self, threshold: float):
        self._threshold = threshold
        self._first: dict[bytes, Hashable] = {}
        self._sets: list[tuple[Hashable, NDArray[np.uint32]]] = []
        self._bands = Bands(threshold) if threshold < 1.0 else None

    def add(
        self, key: Hashable, text: str, *, wanted: Callable[[Hashable], bool]
    ) -> Iterator[tuple[Hashable, float]]:
        """Add a text; yield the keys added before it whose text is like it, with the similarity.

        Only keys that ``wanted`` says yes to (when asked, before they are measured) are given.
        Of equal texts only the first stays in the index. An empty text is like no other.
        """
        plain = normalised(text)
        if not plain:
            return
        digest = blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        if digest in self._first:
            other = self._first[digest]
            if wanted(other):
                yield other, 1.0
            return
        self._first[digest] = key
        if self._bands is None:
            return
        grams = _grams(plain)
        candidates = self._bands.add(grams)
        self._sets.append((key, grams))
        for number in candidates:
            other, theirs = self._sets[number]
            if wanted(other) and (similarity := jaccard(grams, theirs)) >= self._threshold:
                yield other, similarity


class Groups:
    """Documents that belong together, as a union-find over their ids.

    Two documents belong together when they have one id (the same source in two languages or
    tasks), or when their texts in one language are alike, as is everything that is joined so by
    others.
    """

    def __init__(self, threshold: float):
        self._threshold = threshold
        self._parent: dict[str, str] = {}
        self._indices: dict[str, TextIndex] = {}

    def add(self, document: str, text: str, *, lang: str) -> None:
        """Add a text of a document, in one language."""
        self._parent.setdefault(document, document)
        if lang not in self._indices:
            self._indices[lang] = TextIndex(self._threshold)

        def elsewhere(other: Hashable) -> bool:
            return self.group(str(other)) != self.group(document)

        for other, _ in self._indices[lang].add(document, text, wanted=elsewhere):
            self._join(document, str(other))

    def group(self, document: str) -> str:
        """Return the smallest id of the documents that belong together with this one."""
        root = document
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[document] != root:
            self._parent[document], document = root, self._parent[document]
        return root

    def _join(self, one: str, two: str) -> None:
        first, second = sorted((self.group(one), self.group(two)))
        self._parent[second] = first

    def __iter__(self) -> Iterator[str]:
        return iter(self._parent)

    def __len__(self) -> int:
        return sum(document == parent for document, parent in self._parent.items())
