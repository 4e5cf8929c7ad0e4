"""Cleaning what a tokenizer cannot take, and cutting units that are too long for a model."""

import unicodedata
from collections.abc import Callable, Sequence

import regex

from labelproj.text import is_unspaced, words

__all__ = ["clean", "cut", "is_translatable", "split_long"]

_DROPPED = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))
_BLANK = regex.compile(r"[\p{Cc}\p{Cs}\s]+")
#: Where a text may be cut, the best first. A cut is at the end of the match.
_CUTS = (
    regex.compile(r"(?:[;:.!?]\s+|[；：。！？])"),
    regex.compile(r"(?:,\s+|\s+[-–—]+\s+|—|[，、،؛])"),
    regex.compile(
        r"\s+(?=(?:and|or|but|because|which|that|while|when|who|if|as|y|e|o|u|pero|que|et|ou|mais|"
        r"und|oder|aber|dass|da|amma|ko|na|lakini|и|или|но|что)\s)"
    ),
    regex.compile(r"\s+"),
)


def clean(text: str) -> str:
    """Return ``text`` as a tokenizer can take it: one line, no control characters.

    Lone surrogates and control characters become a space; zero-width spaces, soft hyphens and
    byte order marks go. Joiners stay, for some scripts need them.
    """
    return str(_BLANK.sub(" ", text.translate(_DROPPED))).strip()


def is_translatable(text: str) -> bool:
    """Say whether there is a letter or a number in ``text``."""
    return any(unicodedata.category(character)[0] in "LN" for character in text)


def cut(text: str) -> tuple[str, str, str]:
    """Cut ``text`` in two near its middle; return both parts and what stood between them.

    The cut is at a clause boundary if there is one in the middle half, else at a conjunction,
    at white space, between words, and at last between characters. The part between is ``" "``
    or ``""`` (in a word, or in a script without spaces).
    """
    middle, quarter = len(text) / 2, len(text) / 4
    for pattern in _CUTS:
        places = [m.end() for m in pattern.finditer(text)]
        good = [p for p in places if abs(p - middle) <= quarter]
        if good:
            return _parts(text, min(good, key=lambda p: (abs(p - middle), p)))
    edges = [start for start, _ in words(text) if start > 0 and abs(start - middle) <= quarter]
    place = min(edges, key=lambda p: (abs(p - middle), p)) if edges else max(1, len(text) // 2)
    return _parts(text, place)


def _parts(text: str, place: int) -> tuple[str, str, str]:
    left, right = text[:place], text[place:]
    spaced = left != left.rstrip() or right != right.lstrip() or is_unspaced(text)
    return left.rstrip(), right.lstrip(), " " if spaced else ""


def split_long(
    texts: Sequence[str], *, count: Callable[[Sequence[str]], list[int]], limit: int
) -> list[list[tuple[str, str]]]:
    """Split every text into pieces of at most ``limit`` tokens, as ``count`` counts them.

    Returns for each text its pieces as (piece, what joins it to the next one). A text that
    fits is its own only piece. A piece of one character is never split.
    """
    done: list[list[tuple[str, str]]] = [[(text, "")] for text in texts]
    # A character makes hardly more than four tokens (its bytes): short texts need no count.
    waiting = [i for i, text in enumerate(texts) if 4 * len(text) + 4 > limit]
    lengths = dict(zip(waiting, count([texts[i] for i in waiting]), strict=True))
    for index in waiting:
        if lengths[index] > limit:
            done[index] = _split_one(texts[index], count, limit)
    return done


def _split_one(
    text: str, count: Callable[[Sequence[str]], list[int]], limit: int
) -> list[tuple[str, str]]:
    pieces = [(text, "")]
    while True:
        lengths = count([piece for piece, _ in pieces])
        longer: list[tuple[str, str]] = []
        for (piece, joint), length in zip(pieces, lengths, strict=True):
            if length <= limit or len(piece) < 2:
                longer.append((piece, joint))
                continue
            left, right, between = cut(piece)
            longer += [(left, between), (right, joint)]
        if len(longer) == len(pieces):
            return pieces
        pieces = [(piece, joint) for piece, joint in longer if piece]
