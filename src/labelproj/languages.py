"""Language codes: ISO 639 <-> FLORES-200/NLLB <-> the codes of other models.

The user says ``ha``; each model family has its own name for it. What a family would call a
language is worked out here; whether a model has it is checked against its vocabulary.
"""

import difflib
from collections.abc import Iterable

import langcodes
from langcodes.tag_parser import LanguageTagError

from labelproj.errors import UnknownLanguageError

__all__ = [
    "direction",
    "flores_code",
    "is_unspaced_language",
    "iso_code",
    "language_name",
    "nearest",
]

#: Where FLORES-200 names one language of a macrolanguage, or another script than the likeliest.
_FLORES = {
    "ar": "arb_Arab",
    "az": "azj_Latn",
    "et": "est_Latn",
    "fa": "pes_Arab",
    "gn": "grn_Latn",
    "ku": "kmr_Latn",
    "lv": "lvs_Latn",
    "mg": "plt_Latn",
    "mn": "khk_Cyrl",
    "ms": "zsm_Latn",
    "ne": "npi_Deva",
    "no": "nob_Latn",
    "om": "gaz_Latn",
    "or": "ory_Orya",
    "ps": "pbt_Arab",
    "qu": "quy_Latn",
    "sq": "als_Latn",
    "sw": "swh_Latn",
    "uz": "uzn_Latn",
    "yi": "ydd_Hebr",
    "zh": "zho_Hans",
}
_RIGHT_TO_LEFT = {"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"}
_UNSPACED = {"zh", "ja", "th", "lo", "km", "my", "bo", "yue"}


def iso_code(code: str) -> str:
    """Return the shortest ISO 639 code of a language given as ISO 639 or FLORES code.

    ``hau``, ``ha``, ``hau_Latn`` and ``ha-Latn`` all give ``ha``. Raises UnknownLanguageError.
    """
    plain = code.replace("_", "-")
    try:
        language = langcodes.Language.get(plain)
    except (LanguageTagError, ValueError):
        language = None
    if language is None or not language.language or not language.is_valid():
        raise UnknownLanguageError(
            f"{code!r} is no ISO 639 language code",
            remedy="use a code such as 'en', 'ha' or 'hau_Latn'",
        )
    short = langcodes.standardize_tag(language.language)
    back = {flores.split("_")[0]: iso for iso, flores in _FLORES.items()}
    return back.get(short, short)


def flores_code(code: str) -> str:
    """Return the FLORES-200 code (as NLLB uses them) of a language: ``ha`` -> ``hau_Latn``."""
    if len(code) == 8 and code[3] == "_" and code[4].isupper():
        return code
    short = iso_code(code)
    plain = code.replace("_", "-")
    script = langcodes.Language.get(plain).script
    if not script and short in _FLORES:
        return _FLORES[short]
    language = langcodes.Language.get(plain).maximize()
    alpha3 = _FLORES[short].split("_")[0] if short in _FLORES else language.to_alpha3()
    return f"{alpha3}_{language.script}"


def language_name(code: str) -> str:
    """Return a language's English name, or the code where no name is known."""
    try:
        return str(langcodes.Language.get(iso_code(code)).display_name())
    except UnknownLanguageError:
        return code


def direction(code: str) -> str:
    """Return ``rtl`` or ``ltr``: how the language is written."""
    return "rtl" if flores_code(code).rsplit("_", 1)[-1] in _RIGHT_TO_LEFT else "ltr"


def is_unspaced_language(code: str) -> bool:
    """Say whether a language is written without spaces between words (and sentences)."""
    return iso_code(code) in _UNSPACED


def nearest(code: str, known: Iterable[str], *, n: int = 4) -> list[str]:
    """Return up to ``n`` of the ``known`` codes that look most like ``code``."""
    choices = sorted(known)
    close = difflib.get_close_matches(code, choices, n=n, cutoff=0.3)
    prefix = [c for c in choices if c[:2].lower() == code[:2].lower() and c not in close]
    return (close + prefix)[:n]
