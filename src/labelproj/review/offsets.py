"""Code points and UTF-16 code units: Python counts the one, JavaScript mostly the other."""

from bisect import bisect_left
from itertools import accumulate

__all__ = ["Utf16"]


class Utf16:
    """The offsets of one text in UTF-16 code units (an emoji is two) and in code points."""

    def __init__(self, text: str):
        steps = (2 if ord(character) > 0xFFFF else 1 for character in text)
        self._units = [0, *accumulate(steps)]

    def units(self, offset: int) -> int:
        """Return a code point offset in UTF-16 code units. Raises IndexError beyond the text."""
        return self._units[offset]

    def points(self, offset: int) -> int:
        """Return a UTF-16 offset in code points; within a pair of surrogates, that of its start.

        Raises IndexError beyond the text.
        """
        if not 0 <= offset <= self._units[-1]:
            raise IndexError(offset)
        place = bisect_left(self._units, offset)
        return place if self._units[place] == offset else place - 1
