"""Numbers that one language groups with spaces and the other does not: 14,000 and 14 000."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import regex

__all__ = ["like_numbers"]

Offsets = Sequence[tuple[int, int]]
_GROUPS = regex.compile(r"(?<![\p{N}.,])\p{Nd}{1,3}(?:[\s.,'’]\p{Nd}{3})+(?![\p{N}])")
_SPACE = regex.compile(r"\s")


def like_numbers(
    alike: npt.NDArray[np.float32], src_text: str, tgt_text: str, src: Offsets, tgt: Offsets
) -> npt.NDArray[np.float32]:
    """Return ``alike``, of shape (source words, target words), with such numbers made the same.

    ``src`` and ``tgt`` are the offsets of the words. Every part of a number that is written with
    spaces is as the whole of the other.
    """
    spaced = [_spaced(src_text), _spaced(tgt_text)]
    if not any(spaced):
        return alike
    result = alike.copy()
    for spans, own, words, text, turned in (
        (spaced[0], src, tgt, tgt_text, False),
        (spaced[1], tgt, src, src_text, True),
    ):
        for start, end, digits in spans:
            parts = [k for k, (a, b) in enumerate(own) if start <= a and b <= end]
            for k, (a, b) in enumerate(words):
                if _digits(text[a:b]) == digits:
                    where = (k, parts) if turned else (parts, k)
                    result[where] = 1.0
    return result


def _spaced(text: str) -> list[tuple[int, int, str]]:
    """Return start, end and digits of the numbers in ``text`` that are grouped with spaces."""
    found = (match for match in _GROUPS.finditer(text) if _SPACE.search(match.group()))
    return [(*match.span(), _digits(match.group())) for match in found]


def _digits(text: str) -> str:
    """Return the digits of ``text``, or nothing when it is no number."""
    if any(not c.isdecimal() and not c.isspace() and c not in ".,'’" for c in text):
        return ""
    return "".join(str(int(c)) for c in text if c.isdecimal())
