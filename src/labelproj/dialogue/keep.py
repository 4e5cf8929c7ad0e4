"""Values that are the same in every language: numbers, times, phone numbers, ids, addresses of
the web, and the words that stand for no value."""

import regex

__all__ = ["is_dontcare", "is_kept"]

_DONTCARE = frozenset(
    {
        "any",
        "do n't care",
        "do not care",
        "don't care",
        "dont care",
        "dontcare",
        "doesn't matter",
        "不在乎",
    }
)
#: What data sets write for "any value will do" and for "nothing said", in small letters.
_SYMBOLS = _DONTCARE | {
    "",
    "?",
    "false",
    "none",
    "not mentioned",
    "not mentioned in the dialogue",
    "true",
}
_KEPT = regex.compile(
    r"""
    https?://\S+ | www\.\S+                         # an address of the web
  | \S+@\S+\.\S+                                    # of a mailbox
  | [\p{Sc}#+]?\s*[\p{N}][\p{N}\s.,:;/+()%°\-–]*\s*\p{Sc}?   # a number, time, date, phone number
  | [\p{N}.:]+\s*(?:a\.?m\.?|p\.?m\.?)              # 7 pm
  | (?=\S*\p{N})[\p{L}\p{N}._\-/#]+                  # an id, a postcode: TR4523, CB2-1AB
    """,
    regex.VERBOSE | regex.IGNORECASE,
)


def is_dontcare(value: str) -> bool:
    """Say whether a value means that any value will do."""
    return value.strip().casefold() in _DONTCARE


def is_kept(value: str) -> bool:
    """Say whether a value is not to be translated.

    Numbers, times, dates in digits, phone numbers, ids (one word with a digit in it), postcodes,
    addresses of the web and of mailboxes, don't-care and the symbols for truth and for nothing.
    """
    plain = value.strip()
    return plain.casefold() in _SYMBOLS or _KEPT.fullmatch(plain) is not None
