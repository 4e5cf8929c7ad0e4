"""The first letters of words: a stemmer for every language with suffixes, and nothing to learn."""

import unicodedata

from labelproj.segmenter import is_unspaced_word

__all__ = ["stem"]

#: The first and last of the Hangul syllables, which are two or three letters each.
_HANGUL = "\uac00", "\ud7a3"


def stem(word: str, letters: int) -> str:
    """Return the first ``letters`` letters of ``word``, composed (NFC).

    So *Việt* is as long however its marks are encoded. A Hangul syllable counts for two letters:
    most Korean nouns have two syllables, and what follows them are particles. Words of scripts
    without spaces stay whole: they have no endings, and few letters.
    """
    if is_unspaced_word(word):
        return word
    composed = unicodedata.normalize("NFC", word)
    room = letters
    for number, character in enumerate(composed):
        if room <= 0:
            return composed[:number]
        room -= 2 if _HANGUL[0] <= character <= _HANGUL[1] else 1
    return composed
