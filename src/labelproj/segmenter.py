"""Words of scripts that are written without spaces, by the dictionaries of ICU.

ICU's word breaker (Unicode's TR 29, https://unicode-org.github.io/icu/userguide/boundaryanalysis/)
has dictionaries of Chinese, Japanese, Thai, Lao, Khmer and Burmese. They come with ``icu4py``.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

import regex
from icu4py.breakers import WordBreaker

from labelproj.text import UNSPACED

__all__ = [
    "gaps",
    "has_unspaced",
    "is_unspaced_word",
    "joined_letters",
    "segments",
    "whole_words",
]

#: Scripts without spaces whose letters mean nothing alone.
_LETTERS = r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_SOME = regex.compile(rf"[{UNSPACED}]")
_ALL = regex.compile(rf"[{UNSPACED}ー][{UNSPACED}\p{{M}}ー]*")
_SIGN = regex.compile(rf"[{UNSPACED}]\p{{M}}*|[\p{{Katakana}}ー][\p{{Katakana}}\p{{M}}ー]*")
#: White space within Chinese or Japanese.
_GAP = regex.compile(
    r"(?<=[\p{Han}\p{Hiragana}\p{Katakana}ー])\s+(?=[\p{Han}\p{Hiragana}\p{Katakana}])"
)
#: What joins the parts of a foreign name.
_DOTS = frozenset("·・‧")
#: Signs beside a name that are hardly ever part of it.
_OTHERS = _DOTS.union(
    "的了是在和与與及或等于於对對由从從被把将將为為而也都就又向到以并並其他她它我你这這那不有没"
)
_RUN_OF_LETTERS = regex.compile(rf"[{_LETTERS}][{_LETTERS}\p{{M}}]*")

Offsets = Sequence[tuple[int, int]]


def has_unspaced(text: str) -> bool:
    """Say whether there is a letter of a script without spaces in ``text``."""
    return not text.isascii() and _SOME.search(text) is not None


def is_unspaced_word(word: str) -> bool:
    """Say whether ``word`` is of a script without spaces, and of nothing else."""
    return not word.isascii() and _ALL.fullmatch(word) is not None


def gaps(text: str) -> list[tuple[int, int]]:
    """Return the (start, end) of white space between two signs of Chinese or Japanese.

    These are written without: where there is some, somebody has set a boundary. Thai and its like
    have spaces between phrases, and beside other scripts a space says nothing.
    """
    return [] if text.isascii() else [match.span() for match in _GAP.finditer(text)]


@lru_cache(maxsize=1 << 10)
def segments(run: str) -> tuple[int, ...]:
    """Return where the words of ``run`` end, in code points, ascending; the last is its length.

    ``run`` is a piece of text of a script without spaces.
    """
    # Its offsets are those of UTF-16; the lengths of its pieces are not.
    return tuple(accumulate(len(piece) for piece in WordBreaker(run, "und")))


def joined_letters(text: str, offsets: Offsets) -> list[tuple[int, int]]:
    """Return ``offsets`` of ``text`` with the letters of Thai and its like joined into words.

    ``offsets`` are ascending and do not overlap; those of other scripts stay as they are.
    """
    inside: set[int] = set()
    for run in _RUN_OF_LETTERS.finditer(text):
        ends = {run.start() + end for end in segments(run.group())}
        inside |= set(range(run.start() + 1, run.end())) - ends
    found: list[tuple[int, int]] = []
    for start, end in offsets:
        if start in inside and found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def whole_words(tokens: Sequence[str]) -> list[int]:
    """Return for each token the number of the word it is part of, from 0, ascending.

    Neighbours that are single signs of scripts without spaces, or katakana words (as
    :func:`labelproj.text.words` cuts them), are put together and cut into words, and a foreign
    name whose parts a dot joins (约翰·埃尔维) is one; every other token is a word. No token is cut.
    """
    numbers: list[int] = []
    run: list[str] = []
    word = 0
    for token, following in pairwise((*tokens, "", "")):
        if _is_sign(token) or (run and token in _DOTS and _is_sign(following)):
            run.append(token)
            continue
        ends, place = _word_ends("".join(run)) if run else set(), 0
        for part in run:
            place += len(part)
            numbers.append(word)
            word += place in ends
        run = []
        if token:
            numbers.append(word)
            word += 1
    return numbers


def _is_sign(token: str) -> bool:
    return not token.isascii() and _SIGN.fullmatch(token) is not None


def _word_ends(run: str) -> set[int]:
    """Return where the words of a run of signs end, names that a dot joins being one.

    The dictionaries do not know the parts of foreign names, and cut them into single signs.
    """
    ends = list(segments(run))
    if not _DOTS.intersection(run):
        return set(ends)
    pieces = [run[start:end] for start, end in pairwise((0, *ends))]
    joined: set[int] = set()
    for number, piece in enumerate(pieces):
        if piece in _DOTS:
            joined |= {*_name_part(pieces, number, -1), *_name_part(pieces, number, 1)}
    return {end for number, end in enumerate(ends) if number not in joined}


def _name_part(pieces: Sequence[str], dot: int, step: int) -> list[int]:
    """Return the numbers of the pieces after which a name goes on, to one side of a dot."""
    number = dot + step
    found = [min(dot, number)]
    while len(pieces[number]) == 1:
        number += step
        if not 0 <= number < len(pieces) or len(pieces[number]) > 1 or pieces[number] in _OTHERS:
            break
        found.append(min(number, number - step))
    return found
