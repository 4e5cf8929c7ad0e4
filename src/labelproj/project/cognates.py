"""How much two words look alike: names, numbers and cognates, across scripts.

Words are transliterated to ASCII (anyascii) and compared by edit distance (rapidfuzz), once as
they are and once without vowels, which many scripts do not write.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import regex
from anyascii import anyascii
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist

from labelproj.text import is_word

__all__ = ["similarity"]

_VOWELS = regex.compile(r"[aeiouy'`]+")
#: Shorter words look alike by chance: they count only when they are the same.
SHORTEST = 3


def similarity(src: Sequence[str], tgt: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return how alike words look, 0 to 1, of shape (len(src), len(tgt)); 1 is the same word.

    Different words get at most 0.95, short different words 0.
    """
    if not src or not tgt:
        return np.zeros((len(src), len(tgt)), dtype=np.float32)
    src_forms = [_forms(word) for word in src]
    tgt_forms = [_forms(word) for word in tgt]
    best = np.zeros((len(src), len(tgt)), dtype=np.float32)
    for form in (0, 1):
        ours = [forms[form] for forms in src_forms]
        theirs = [forms[form] for forms in tgt_forms]
        alike = cdist(ours, theirs, scorer=Levenshtein.normalized_similarity, dtype=np.float32)
        alike[[len(f) < SHORTEST for f in ours]] = 0.0
        alike[:, [len(f) < SHORTEST for f in theirs]] = 0.0
        np.maximum(best, alike, out=best)
    numbers = {form: number for number, (form, _) in enumerate(src_forms) if form}
    ours_same = np.array([numbers.get(form, -1) for form, _ in src_forms], dtype=np.int32)
    theirs_same = np.array([numbers.get(form, -2) for form, _ in tgt_forms], dtype=np.int32)
    same = ours_same[:, None] == theirs_same[None, :]
    np.minimum(best, 0.95, out=best)
    best[same] = 1.0
    return best


@lru_cache(maxsize=1 << 16)
def _forms(word: str) -> tuple[str, str]:
    """Return a word in ASCII, and without its vowels where enough is left."""
    if not is_word(word):
        return "", ""
    ascii_form = anyascii(word).casefold()
    bare = _VOWELS.sub("", ascii_form)
    return ascii_form, bare if len(bare) >= SHORTEST else ""
