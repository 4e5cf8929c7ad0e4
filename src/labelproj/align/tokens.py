"""The words that links are between.

They are those of :func:`labelproj.text.words`, but for texts of scripts without spaces. There the
letters of Thai, Lao, Khmer, Burmese and Tibetan are put together into words, and foreign words
that were run together (``LuisAlfonso``) are cut where the words of the other text end. Chinese
and Japanese signs stay alone, so that a span may begin and end at any of them; aligners put them
together themselves (see :func:`labelproj.segmenter.whole_words`).
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import pairwise

from labelproj.align.base import TokenPair
from labelproj.segmenter import has_unspaced, is_unspaced_word, joined_letters
from labelproj.text import words

__all__ = ["Offsets", "link_pair", "link_words", "token_pair"]

Offsets = Sequence[tuple[int, int]]

#: Words run together must have so many letters: shorter ones are found by chance. No name is
#: longer than the most.
SHORTEST, LONGEST = 4, 200
#: So many comparisons of a word with a word of the other text are made for a pair at most.
MOST = 250_000


def link_words(src_text: str, tgt_text: str) -> tuple[Offsets, Offsets]:
    """Return the offsets of the words of both texts, in code points.

    Every character that is not white space is in exactly one word of its text.
    """
    src, tgt = words(src_text), words(tgt_text)
    unspaced = has_unspaced(src_text), has_unspaced(tgt_text)
    if not any(unspaced):
        return src, tgt
    known = [[text[s:e].casefold() for s, e in o] for text, o in ((src_text, src), (tgt_text, tgt))]
    if unspaced[0]:
        src = _parted(src_text, joined_letters(src_text, src), known[1])
    if unspaced[1]:
        tgt = _parted(tgt_text, joined_letters(tgt_text, tgt), known[0])
    return src, tgt


def link_pair(src: str, tgt: str) -> TokenPair:
    """Return the words of two texts that links are between."""
    return _pair(src, tgt, *link_words(src, tgt))


def token_pair(src: str, tgt: str) -> TokenPair:
    """Return the words of two texts, as :func:`labelproj.text.words` cuts them."""
    return _pair(src, tgt, words(src), words(tgt))


def _pair(src_text: str, tgt_text: str, src: Offsets, tgt: Offsets) -> TokenPair:
    return TokenPair(
        tuple(src_text[start:end] for start, end in src),
        tuple(tgt_text[start:end] for start, end in tgt),
    )


def _parted(text: str, offsets: Offsets, known: Sequence[str]) -> list[tuple[int, int]]:
    """Cut the words that are several of ``known`` run together, in their order there."""
    copies = set(known)
    likely = {place for place in offsets if _may_be_several(text[slice(*place)], copies)}
    if not likely or len(likely) * len(known) > MOST:
        return list(offsets)
    found: list[tuple[int, int]] = []
    for start, end in offsets:
        if (start, end) in likely:
            cuts = sorted({0, *_cuts(text[start:end].casefold(), known), end - start})
            found += [(start + a, start + b) for a, b in pairwise(cuts)]
        else:
            found.append((start, end))
    return found


def _may_be_several(word: str, copies: AbstractSet[str]) -> bool:
    lower = word.casefold()
    # Where lower case has other lengths, its places are not those of the text.
    one = lower in copies or len(lower) != len(word) or is_unspaced_word(word)
    return not one and SHORTEST <= len(word) <= LONGEST


def _cuts(word: str, known: Sequence[str]) -> list[int]:
    """Return where the longest run of neighbours in ``known`` that is in ``word`` ends and parts.

    What is left of the word on both sides is looked at in the same way.
    """
    best: tuple[int, int, int] = (0, 0, 0)
    for first, begin in enumerate(known):
        if begin not in word:
            continue
        together = begin
        for last in range(first + 1, len(known)):
            together += known[last]
            if together not in word:
                break
            best = max(best, (len(together), first, last))
    size, first, last = best
    if size < SHORTEST:
        return []
    place = word.index("".join(known[first : last + 1]))
    cuts = [place]
    for part in known[first : last + 1]:
        cuts.append(cuts[-1] + len(part))
    right = cuts[-1]
    return _cuts(word[:place], known) + cuts + [right + cut for cut in _cuts(word[right:], known)]
