"""Punctuation: at the edges of a text, in pairs, and between sentences.

A span with one half of a pair of brackets or quotation marks ends at the wrong word, or just
before the other half.
"""

import unicodedata
from collections.abc import Sequence

import regex

from labelproj.text import is_word, strip_space

__all__ = [
    "EdgeLevels",
    "balanced",
    "canonical",
    "closed",
    "edge_levels",
    "is_punctuation",
    "new_stops",
    "strip_punctuation",
]

#: The levels that a place may begin on, and end on, with each word as its first or last.
EdgeLevels = tuple[Sequence[frozenset[int]], Sequence[frozenset[int]]]

_CANONICAL = {
    "。": ".", "．": ".", "！": "!", "？": "?", "؟": "?", "，": ",", "،": ",", "、": ",",
    "；": ";", "؛": ";", "：": ":", "（": "(", "）": ")", "«": '"', "»": '"', "“": '"',
    "”": '"', "„": '"', "「": '"', "」": '"', "『": '"', "』": '"', "‘": "'", "’": "'",
    "٪": "%", "％": "%", "።": ".", "।": ".",
}  # fmt: skip
_QUOTE = '"'
#: What brackets add to the level of a text; quotation marks add and take one, in turn.
_STEPS = {
    "(": 1 << 10,
    ")": -(1 << 10),
    "[": 1 << 20,
    "]": -(1 << 20),
    "{": 1 << 30,
    "}": -(1 << 30),
}
#: Marks that end sentences, and those that part them.
_STOPS = (frozenset(".!?"), frozenset(",;:"))
#: Punctuation that is part of what it stands beside: 50%, @user, #tag, R&D, § 5.
_KEPT = frozenset("%‰&@#§")
_YA = regex.compile(r"['’‘ʼ`][yY][aA]")


def is_punctuation(character: str) -> bool:
    """Say whether a character is punctuation: category P, or a lone accent used as a quote."""
    return unicodedata.category(character).startswith("P") or character in "`´"


def canonical(character: str) -> str:
    """Return the mark of English that a mark of any language is, or the character itself."""
    return _CANONICAL.get(character, character)


def strip_punctuation(text: str, start: int, end: int) -> tuple[int, int]:
    """Shrink [start, end) until no punctuation or white space is left at its edges.

    A bracket or quotation mark stays when its partner stays inside, as do the apostrophe of
    Hausa 'ya, and ``% ‰ & @ # §``. Where nothing would be left, [start, end) comes back without
    its white space only.
    """
    start, end = strip_space(text, start, end)
    left, right = start, end
    while left < right and _is_loose(text[left]) and not _YA.match(text, left, right):
        left += 1
    while left < right and _is_loose(text[right - 1]):
        right -= 1
    return closed(text, left, right, within=(start, end)) if left < right else (start, end)


def balanced(text: str) -> bool:
    """Say whether all that is opened in ``text`` is closed in it."""
    return _levels(text, 0, len(text))[-1] == 0


def closed(
    text: str, start: int, end: int, *, within: tuple[int, int] | None = None
) -> tuple[int, int]:
    """Return [start, end) with the other halves of what is opened or closed inside it.

    They are taken along where nothing but space, and other such marks, is between, and where they
    are ``within`` these places; else all stays.
    """
    least, most = within or (0, len(text))
    lefts = [start, *(a for a in _beside(text, start, -1) if a >= least)]
    rights = [end, *(b for b in _beside(text, end, 1) if b <= most)]
    first = lefts[-1]
    levels = _levels(text, first, rights[-1])
    wider = [(a, b) for a in lefts for b in rights if levels[a - first] == levels[b - first]]
    return min(wider, key=lambda place: place[1] - place[0], default=(start, end))


def edge_levels(text: str, words: Sequence[tuple[int, int]]) -> EdgeLevels:
    """Return the levels at the edges of ``words`` and of the brackets and quotes beside them.

    A word may bring its own marks along (``seen),``): they are beside it, too.
    """
    levels = _levels(text, 0, len(text))
    cores = [strip_punctuation(text, *word) for word in words]
    return (
        [frozenset(levels[a] for a in (start, *_beside(text, start, -1))) for start, _ in cores],
        [frozenset(levels[b] for b in (end, *_beside(text, end, 1))) for _, end in cores],
    )


def new_stops(words: Sequence[str], surface: str) -> list[bool]:
    """Say which of ``words`` are marks between sentences, or their parts, that ``surface`` lacks.

    A semicolon is like a comma, a question mark like a full stop. Marks inside words do not count.
    """
    own = {canonical(character) for character in surface}
    strange = frozenset().union(*(kind for kind in _STOPS if not kind & own))
    return [
        any(canonical(character) in strange for character in word) and not is_word(word)
        for word in words
    ]


def _levels(text: str, start: int, end: int) -> list[int]:
    """Return the level of each place from ``start`` to ``end``: what is open there since ``start``.

    Two places of a text are on one level when all that is opened between them is closed there
    too. Apostrophes do not count, nor a mark between two letters (Hebrew צה"ל).
    """
    found = [0]
    quoted = False
    for number in range(start, end):
        mark = canonical(text[number])
        step = _STEPS.get(mark, 0)
        if mark == _QUOTE and not _between_letters(text, number):
            step = -1 if quoted else 1
            quoted = not quoted
        found.append(found[-1] + step)
    return found


def _between_letters(text: str, place: int) -> bool:
    around = text[max(0, place - 1) : place + 2]
    return len(around) == 3 and around[0].isalnum() and around[2].isalnum()


def _beside(text: str, edge: int, step: int) -> list[int]:
    """Return the edges behind each bracket or quotation mark next to an edge."""
    found = []
    while 0 <= (place := edge if step > 0 else edge - 1) < len(text):
        mark = canonical(text[place])
        if mark == _QUOTE or mark in _STEPS:
            found.append(edge + step)
        elif not text[place].isspace():
            break
        edge += step
    return found


def _is_loose(character: str) -> bool:
    return character.isspace() or (is_punctuation(character) and character not in _KEPT)
