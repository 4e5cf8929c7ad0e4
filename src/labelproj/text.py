"""Words and sentences with their offsets. Nothing here changes a character of a text.

Every function returns (start, end) pairs of code points into the text it was given, and every
character that is not white space lies in exactly one of them.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import regex

from labelproj.errors import DependencyError, ModelNotFoundError
from labelproj.records import Span
from labelproj.spacy_start import starting_spacy

__all__ = [
    "UNSPACED",
    "blank_pipeline",
    "is_unspaced",
    "is_word",
    "sentences",
    "strip_space",
    "words",
]

#: Scripts that are written without spaces between words, as the inside of a regular expression.
UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_SYLLABIC = r"\p{Han}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
_LETTER = rf"(?:[\p{{L}}\p{{M}}\p{{N}}_--[{UNSPACED}]]|[\u200c\u200d])"
_WORD = regex.compile(
    rf"""
    [{_SYLLABIC}]\p{{M}}*                        # one ideograph or syllable sign
  | [\p{{Katakana}}ー]\p{{M}}*(?:[\p{{Katakana}}ー]\p{{M}}*)*  # a katakana word
  | \p{{N}}+(?:[.,:/]\p{{N}}+)*                  # a number, 1,000.5 or 10:30 or 5/6
  | (?<!{_LETTER})\p{{L}}(?:\.\p{{L}})+(?!{_LETTER})\.?  # U.S., a.m.
  | (?<=[\p{{L}}\p{{M}}\p{{N}}])['’]s(?!{_LETTER})  # the 's of Nigeria's
  | (?:['’‘ʼ`](?=[yY][aA]))?                     # 'yan, 'yar (Hausa)
    {_LETTER}+
    (?:['’ʼ·](?=\p{{L}})(?!s(?!{_LETTER})){_LETTER}+)*  # don't, N'Golo, l'eau
  | \p{{RI}}{{2}}                                # a flag
  | \p{{Emoji_Presentation}}(?:\p{{M}}|\u200d\p{{Emoji}}|\p{{Emoji_Modifier}})*
  | [^\s\x1c-\x1f][\p{{M}}\u200d]*               # any other sign, with its marks
    """,
    regex.VERBOSE | regex.VERSION1,
)
_UNSPACED_RUN = regex.compile(rf"[{UNSPACED}]")


def words(text: str) -> list[tuple[int, int]]:
    """Cut ``text`` into words, numbers and signs.

    Scripts without spaces are cut into characters (runs of katakana are one word), and the
    English 's is a word. White space is in no word; every other character is in exactly one.
    """
    return [match.span() for match in _WORD.finditer(text)]


def is_word(text: str) -> bool:
    """Say whether there is a letter or a digit in ``text``."""
    return any(character.isalnum() for character in text)


def is_unspaced(text: str) -> bool:
    """Say whether most letters of ``text`` are of a script written without spaces."""
    letters = sum(character.isalpha() for character in text)
    return letters > 0 and 2 * len(_UNSPACED_RUN.findall(text)) > letters


def strip_space(text: str, start: int, end: int) -> tuple[int, int]:
    """Shrink [start, end) until no white space is left at its edges."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return start, end


Splitter = Callable[[str], list[tuple[int, int]]]


def blank_pipeline(lang: str) -> Any:
    """Return a spaCy pipeline that only tokenises, of ``lang`` or else of any language."""
    with starting_spacy():
        import spacy

    try:
        nlp = spacy.blank(lang)
    except ImportError:  # a language spaCy does not know, or whose tokenizer is not installed
        nlp = spacy.blank("xx")
    nlp.max_length = 1 << 31
    return nlp


@cache
def _rules(lang: str) -> Splitter:
    nlp = blank_pipeline(lang)
    nlp.add_pipe("sentencizer")

    stops = regex.compile(f"[{regex.escape(''.join(nlp.get_pipe('sentencizer').punct_chars))}]")

    def split(text: str) -> list[tuple[int, int]]:
        if stops.search(text, 0, len(text.rstrip()) - 1) is None:
            return [(0, len(text))]  # a stop at the very end or none: nothing to tokenise for
        return [(sentence.start_char, sentence.end_char) for sentence in nlp(text).sents]

    return split


@cache
def _stanza(lang: str) -> Splitter:
    try:
        import stanza
    except ImportError as error:
        raise DependencyError(
            "sentence splitting with stanza needs stanza",
            remedy="pip install 'labelproj[stanza]', or use the splitter 'rules'",
        ) from error
    try:
        pipeline = stanza.Pipeline(lang, processors="tokenize", download_method=None, verbose=False)
    except Exception as error:  # stanza raises what its storage raises
        raise ModelNotFoundError(
            f"stanza has no model for {lang!r} on this machine",
            remedy=f"python -c \"import stanza; stanza.download('{lang}')\", "
            "or use the splitter 'rules'",
        ) from error

    def split(text: str) -> list[tuple[int, int]]:
        return [(s.tokens[0].start_char, s.tokens[-1].end_char) for s in pipeline(text).sentences]

    return split


_LINE = regex.compile(r"[^\r\n]+")


def sentences(
    text: str, lang: str, *, spans: Sequence[Span] = (), splitter: str = "rules"
) -> list[tuple[int, int]]:
    """Cut ``text`` into sentences that no span of ``spans`` straddles.

    ``splitter`` is ``rules`` (spaCy's sentencizer, no model), ``stanza`` (its model must be
    there) or ``none``. A line break in the text always ends a sentence. Sentences a span would
    straddle are joined. White space at the edges belongs to no sentence; a text of white space
    has none. Raises DependencyError or ModelNotFoundError for stanza.
    """
    if splitter == "none":
        pieces = [(0, len(text))]
    else:
        cut = _stanza(lang) if splitter == "stanza" else _rules(lang)
        pieces = []
        for line in _LINE.finditer(text):
            # Only where sentences begin is taken from the splitter, so nothing can fall between.
            begins = [0, *(line.start() + start for start, _ in cut(line.group())[1:])]
            begins[0] = line.start()
            pieces += zip(begins, [*begins[1:], line.end()], strict=True)
    joined: list[tuple[int, int]] = []
    waiting = sorted(spans, key=lambda span: span.start, reverse=True)
    reach = 0  # the furthest end of the spans that begin before the piece
    for start, end in pieces:
        while waiting and waiting[-1].start < start:
            reach = max(reach, waiting.pop().end)
        if joined and reach > joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    stripped = (strip_space(text, start, end) for start, end in joined)
    return [(start, end) for start, end in stripped if start < end]
