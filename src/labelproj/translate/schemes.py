"""Marker schemes: how a span is marked in a text that a translation model reads or writes.

``brackets`` is the scheme of EasyProject (Chen et al. 2023): ``the [ Blue Nile ] rises``, the
same marks for every span. ``xml`` is that of LabelPigeon (ACL Findings 2026):
``the <a>Blue Nile</a> rises``, a letter for every span, which may nest and overlap.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

from labelproj.errors import UsageError

__all__ = ["SCHEMES", "MarkerScheme", "scheme"]


@dataclass(frozen=True, slots=True)
class MarkerScheme:
    """How spans are marked.

    ``opening`` and ``closing`` may hold ``{}`` for the name of a span; ``space`` stands between
    a mark and what it marks. ``reserved`` finds what looks like a mark, and ``plain`` says what
    stands in its place while a text is being marked, character for character.
    """

    name: str
    opening: str
    closing: str
    space: str
    reserved: re.Pattern[str]
    plain: dict[str, str]

    @property
    def has_names(self) -> bool:
        """Whether a mark says which span it belongs to."""
        return "{}" in self.opening

    def marks(self, number: int) -> tuple[str, str]:
        """Return what opens and what closes the span ``number`` (from 0) of a text."""
        name = _name(number)
        return self.opening.format(name), self.closing.format(name)

    def escape(self, text: str) -> str:
        """Return ``text`` with what looks like a mark made plain; as long as it was."""
        plain = str.maketrans(self.plain)
        return self.reserved.sub(lambda match: match.group().translate(plain), text)

    def mark(self, text: str, spans: Sequence[tuple[int, int]]) -> str:
        """Return ``text`` with the k-th of ``spans`` marked as span k, its own marks escaped.

        Spans may nest and overlap; of two that begin together the longer is opened first.
        """
        text = self.escape(text)
        marks = []
        for number, (start, end) in enumerate(spans):
            opening, closing = self.marks(number)
            marks.append((start, 1, -end, number, opening + self.space))
            marks.append((end, 0, -start, -number, self.space + closing))
        out, last = [], 0
        for place, *_, mark in sorted(marks):
            out += [text[last:place], mark]
            last = place
        return "".join([*out, text[last:]])


def _name(number: int) -> str:
    """Return a, b, …, z, aa, ab, …"""
    name = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, len(ascii_lowercase))
        name = ascii_lowercase[digit] + name
    return name


SCHEMES = {
    "brackets": MarkerScheme(
        "brackets", "[", "]", " ", re.compile(r"[\[\]]"), {"[": "(", "]": ")"}
    ),
    "xml": MarkerScheme(
        "xml", "<{}>", "</{}>", "", re.compile(r"</?[a-z]{1,2}>"), {"<": "(", ">": ")"}
    ),
}


def scheme(name: str) -> MarkerScheme:
    """Return the scheme called ``name``. Raises UsageError for an unknown one."""
    if name not in SCHEMES:
        raise UsageError(f"no marker scheme {name!r}", remedy=f"one of {', '.join(SCHEMES)}")
    return SCHEMES[name]
