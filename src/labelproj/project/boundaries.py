"""Where a candidate begins and ends, once its words are known: punctuation and clause edges.

What stands at a span's edges in the source stands there in the translation: a span that ends
with a full stop, bracket or percent sign takes its counterpart along, one that does not leaves
it out; a span of whole clauses also takes the words up to the clauses' edges that no other source
word claims (the article that the source language did without, say). Korean particles stay outside.
"""

import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from labelproj.project.particles import without_particle
from labelproj.punctuation import balanced, canonical, closed, strip_punctuation
from labelproj.records import Span
from labelproj.text import is_word

__all__ = ["adjusted", "edged"]

#: Words that nobody else claims taken along to a clause edge, at most.
REACH = 3
#: A span of so many words between two clause edges is taken for whole clauses.
CLAUSE_WORDS = 4


def adjusted(
    span: Span,
    first: int,
    last: int,
    *,
    src_text: str,
    tgt_text: str,
    tgt: Sequence[tuple[int, int]],
    free: npt.NDArray[np.bool_],
) -> tuple[int, int]:
    """Return the place in ``tgt_text`` of the words ``first`` to ``last`` as part of ``span``.

    ``tgt`` are the offsets of the words of ``tgt_text`` and ``free`` says which of them no
    source word outside of the span claims.
    """
    if (
        len(span.surface(src_text).split()) >= CLAUSE_WORDS
        and _opens_clause(src_text, span.start)
        and _closes_clause(src_text, span.end)
    ):
        first = _reach(tgt, first, free, tgt_text, step=-1)
        last = _reach(tgt, last, free, tgt_text, step=1)
    return edged(span, tgt[first][0], tgt[last][1], src_text=src_text, tgt_text=tgt_text)


def edged(span: Span, start: int, end: int, *, src_text: str, tgt_text: str) -> tuple[int, int]:
    """Return [start, end) of ``tgt_text`` with the punctuation at its edges that ``span`` has.

    The other half of a bracket or quotation mark inside is taken along, a Korean particle at its
    end is left out.
    """
    start, end = strip_punctuation(tgt_text, start, end)
    end = without_particle(span, start, end, src_text=src_text, tgt_text=tgt_text)
    surface = span.surface(src_text)
    start, end = _with_left(surface, tgt_text, start), _with_right(surface, tgt_text, end)
    return closed(tgt_text, start, end) if balanced(surface) else (start, end)


def _opens_clause(text: str, start: int) -> bool:
    before = text[:start].rstrip()
    return not before or not _of_word(before[-1])


def _closes_clause(text: str, end: int) -> bool:
    after = text[end:].lstrip()
    return not after or not _of_word(after[0]) or not _of_word(text[:end].rstrip()[-1:])


def _reach(
    words: Sequence[tuple[int, int]],
    edge: int,
    free: npt.NDArray[np.bool_],
    text: str,
    *,
    step: int,
) -> int:
    """Go from ``edge`` over free words to where the clause ends; stay when it is not near."""
    for distance in range(1, REACH + 2):
        place = edge + step * distance
        if not 0 <= place < len(words) or not is_word(text[slice(*words[place])]):
            return place - step
        if not free[place]:
            return edge
    return edge


def _of_word(character: str) -> bool:
    """Say whether a character is a letter or a digit, or a sign on one (a vowel in Hindi)."""
    sign = unicodedata.category(character or " ").startswith("M")
    return character.isalnum() or (sign and not "\ufe00" <= character <= "\ufe0f")


def _with_right(surface: str, text: str, end: int) -> int:
    """Take along the marks after ``end`` that the source span ends with.

    In any order: where one language has the comma before the quotation mark the other has it after.
    """
    marks: list[str] = []
    for character in reversed(surface.rstrip()):
        if _of_word(character):
            break
        if not character.isspace():
            marks.append(canonical(character))
    while marks:
        place = end
        while place < len(text) and text[place].isspace():
            place += 1
        if place == len(text) or (mark := canonical(text[place])) not in marks:
            break
        marks.remove(mark)
        end = place + 1
    return end


def _with_left(surface: str, text: str, start: int) -> int:
    """Take along the marks before ``start`` that the source span begins with."""
    marks: list[str] = []
    for character in surface.lstrip():
        if _of_word(character):
            break
        if not character.isspace():
            marks.insert(0, canonical(character))
    for mark in marks:
        place = start
        while place > 0 and text[place - 1].isspace():
            place -= 1
        if place > 0 and canonical(text[place - 1]) == mark:
            start = place - 1
    return start
