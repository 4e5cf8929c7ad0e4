"""Joining tokens into text that reads as people write it, with the place of every token.

Translation models are trained on running text: ``Lagos 's police , they say .`` costs quality
that ``Lagos's police, they say.`` does not.
"""

from collections.abc import Sequence

import regex

__all__ = ["detokenize", "join_with_spaces"]

#: How the Penn Treebank writes what cannot stand in its files.
_ESCAPED = {
    "-LRB-": "(",
    "-RRB-": ")",
    "-LSB-": "[",
    "-RSB-": "]",
    "-LCB-": "{",
    "-RCB-": "}",
    "``": '"',
    "''": '"',
}
_OPENING = regex.compile(r"[(\[{“‘«‹¿¡„$£€₦（「『【《]+|``|-L[RSC]B-")
_CLOSING = regex.compile(r"[)\]},.;:!?…”’»›%）」』】》。，、；：！？]+|''|-R[RSC]B-")
_CLITIC = regex.compile(r"(?:['’](?:s|re|ve|ll|d|m)|n['’]t)", regex.IGNORECASE)
_ELIDED = regex.compile(r"\p{L}{1,7}['’]")
_WIDE = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
    r"\u3000-\u303f\uff01-\uff5e]"
)
_STRAIGHT = ('"', "'")
_CLITIC_LANGUAGES = {"en"}
_ELIDING_LANGUAGES = {"fr", "it", "ca"}


def join_with_spaces(tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return the tokens joined with single spaces, and each token's (start, end)."""
    offsets = []
    at = 0
    for token in tokens:
        offsets.append((at, at + len(token)))
        at += len(token) + 1
    return " ".join(tokens), offsets


def detokenize(tokens: Sequence[str], *, lang: str = "en") -> tuple[str, list[tuple[int, int]]]:
    """Return the tokens as running text, and each token's (start, end) code points in it.

    Closing marks join the token before them, opening marks the one after; straight quotes open
    and close in turn; English clitics (``'s``, ``n't``) and French, Italian and Catalan elisions
    (``l'``) join their words; scripts without spaces get none. Treebank escapes (``-LRB-``) are
    written as the signs they stand for. Nothing else is changed: every token is in the text, in
    order, with at most one space before it.
    """
    opening_quotes = _opening_quotes(tokens)
    parts: list[str] = []
    offsets = []
    at = 0
    glued = True  # whether the next token joins the one before
    before = ""
    for index, token in enumerate(tokens):
        if token in _STRAIGHT:
            opens = index in opening_quotes
            closes = not opens
        else:
            opens = _OPENING.fullmatch(token) is not None
            closes = _CLOSING.fullmatch(token) is not None
        clitic = lang in _CLITIC_LANGUAGES and _CLITIC.fullmatch(token) is not None
        token = _ESCAPED.get(token, token)
        if not (glued or closes or clitic or (_ends_wide(before) and _begins_wide(token))):
            parts.append(" ")
            at += 1
        parts.append(token)
        offsets.append((at, at + len(token)))
        at += len(token)
        elided = lang in _ELIDING_LANGUAGES and _ELIDED.fullmatch(token) is not None
        glued = opens or elided
        before = token
    return "".join(parts), offsets


def _opening_quotes(tokens: Sequence[str]) -> set[int]:
    """Return which straight quotes open: every other one, when another is there to close it.

    A lone double quote opens at the start and before a capital letter; a lone single one only at
    the start, as elsewhere it is the apostrophe of a plural (``players '``).
    """
    opening = set()
    for quote in _STRAIGHT:
        places = [index for index, token in enumerate(tokens) if token == quote]
        opening.update(places[0 : len(places) - len(places) % 2 : 2])
        if len(places) % 2:
            last = places[-1]
            after = tokens[last + 1] if last + 1 < len(tokens) else ""
            if last == 0 or (quote == '"' and after[:1].isupper()):
                opening.add(last)
    return opening


def _begins_wide(token: str) -> bool:
    return _WIDE.match(token) is not None


def _ends_wide(token: str) -> bool:
    return token != "" and _WIDE.match(token[-1]) is not None
