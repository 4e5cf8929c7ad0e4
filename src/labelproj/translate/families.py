"""What differs between families of translation models.

A family decides how a language is named (``hau_Latn``, ``__ha__``, ``<2ha>``, ``>>hau<<``),
which tokens stand around a source sentence, and which tokens a translation starts with.
Transformers and CTranslate2 turn an unknown language code into ``<unk>`` without a word, so
every code is looked up in the model's own vocabulary when the model is opened.

========  =======================================  ======================  ===============
family    source tokens                            target starts with      a language
========  =======================================  ======================  ===============
nllb      ``eng_Latn`` x … ``</s>``                ``hau_Latn``            ``hau_Latn``
m2m100    ``__en__`` x … ``</s>``                  ``__ha__``              ``__ha__``
mbart     ``en_XX`` x … ``</s>`` (mBART-50)        ``es_XX``               ``es_XX``
madlad    ``<2ha>`` x … ``</s>``                   (nothing)               ``<2ha>``
marian    [``>>hau<<``] x … ``</s>``               (nothing)               ``>>hau<<``
========  =======================================  ======================  ===============
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import langcodes

from labelproj.errors import ModelConversionError, UnknownLanguageError
from labelproj.languages import flores_code, iso_code, nearest

__all__ = ["FAMILIES", "Codec", "detect_family", "language_token", "make_codec", "vocabulary_of"]

#: What the language tokens of each family look like; the group is the code a person would give.
FAMILIES: dict[str, re.Pattern[str]] = {
    "nllb": re.compile(r"([a-z]{3}_[A-Z][a-z]{3})"),
    "m2m100": re.compile(r"__([a-z]{2,8})__"),
    "mbart": re.compile(r"([a-z]{2,3}_[A-Z]{2})"),
    "madlad": re.compile(r"<2([a-zA-Z_-]{2,12})>"),
    "marian": re.compile(r">>([a-zA-Z_-]{2,16})<<"),
}
_BY_MODEL_TYPE = {
    "m2m_100": ("nllb", "m2m100"),
    "mbart": ("mbart",),
    "t5": ("madlad",),
    "mt5": ("madlad",),
    "marian": ("marian",),
}
_BY_TOKENIZER = {
    "nllb": ("nllb",),
    "m2m100": ("m2m100",),
    "mbart": ("mbart",),
    "t5": ("madlad",),
    "marian": ("marian",),
}
#: Families that name a language pair in the model's name, not in its vocabulary.
_MAY_LACK_TOKENS = {"marian"}


def detect_family(
    vocabulary: Iterable[str],
    *,
    model_type: str | None = None,
    tokenizer_class: str | None = None,
    where: str,
) -> str:
    """Return the family of a model from its ``model_type``, tokenizer class and vocabulary.

    Raises ModelConversionError where it is none of :data:`FAMILIES`.
    """
    families = _BY_MODEL_TYPE.get(model_type or "", ())
    if not families and tokenizer_class:
        lowered = tokenizer_class.lower()
        families = next((f for name, f in _BY_TOKENIZER.items() if name in lowered), ())
    tokens = list(vocabulary)
    for family in families or tuple(FAMILIES):
        if family in _MAY_LACK_TOKENS and families:
            return family
        if any(FAMILIES[family].fullmatch(token) for token in tokens):
            return family
    raise ModelConversionError(
        f"not a translation model that is known here (model_type {model_type!r}, "
        f"tokenizer {tokenizer_class!r}, no language tokens)",
        where=where,
        remedy="use an NLLB, M2M-100, mBART, MADLAD-400 or Marian (OPUS-MT) model",
    )


def vocabulary_of(tokenizer: Any) -> dict[str, int]:
    """Return all tokens of a transformers tokenizer with their ids, language tokens included.

    In transformers 5, ``get_vocab`` of M2M-100's tokenizer leaves the language tokens out.
    """
    vocabulary: dict[str, int] = dict(tokenizer.get_vocab())
    return vocabulary | dict(getattr(tokenizer, "lang_token_to_id", None) or {})


def language_token(family: str, code: str, vocabulary: Iterable[str], *, where: str) -> str | None:
    """Return the token by which a model of ``family`` knows the language ``code``.

    ``code`` is ISO 639 or FLORES (``ha``, ``hau_Latn``) or the model's own. None for a Marian
    model of one language pair, which has no such tokens. Raises UnknownLanguageError naming
    the nearest codes that the model has.
    """
    pattern = FAMILIES[family]
    known = {m.group(1): token for token in vocabulary if (m := pattern.fullmatch(token))}
    if not known and family in _MAY_LACK_TOKENS:
        return None
    names = [code] if code in known else _names(family, code, known)
    for name in names:
        if name in known:
            return known[name]
    near = nearest(names[0], known)
    raise UnknownLanguageError(
        f"the model has no language {names[0]!r} (asked for as {code!r})",
        where=where,
        remedy=f"the nearest it has: {', '.join(near)}" if near else "it has no language at all",
    )


def _names(family: str, code: str, known: Iterable[str]) -> list[str]:
    flores, iso = flores_code(code), iso_code(code)
    alpha3, script = flores.split("_")
    if family == "nllb":
        return [flores]
    if family == "m2m100":
        return [iso]
    if family == "mbart":
        return [name for name in sorted(known) if name.split("_")[0] == iso] or [f"{iso}_XX"]
    if family == "madlad":
        given = langcodes.Language.get(code.replace("_", "-")).script
        return [f"{iso}_{script}", iso] if given else [iso, f"{iso}_{script}"]
    return [alpha3, iso, flores, f"{iso}_{script}"]


@dataclass(frozen=True, slots=True)
class Codec:
    """Texts to tokens and back, for one model and one language pair.

    ``head`` and ``tail`` stand around every source sentence, ``target_prefix`` opens every
    translation. ``tokens`` are the vocabulary by id, ``languages`` the language tokens in it,
    and ``special`` finds in a text what the tokenizer would take for a token of its own.
    """

    family: str
    tokenizer: Any
    head: tuple[str, ...]
    tail: tuple[str, ...]
    target_prefix: tuple[str, ...]
    tokens: tuple[str, ...]
    languages: frozenset[str]
    special: re.Pattern[str]

    def encode(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the source tokens of each text, language tokens and ``</s>`` included.

        What looks like a special token in a text is taken as text.
        """
        if not texts:
            return []
        encoded = self.tokenizer(
            [self.special.sub(r"< \1", text) for text in texts],
            add_special_tokens=False,
            return_attention_mask=False,
            return_token_type_ids=False,
            split_special_tokens=True,
            verbose=False,
        )["input_ids"]
        head, tail, names = list(self.head), list(self.tail), self.tokens
        return [[*head, *[names[i] for i in ids], *tail] for ids in encoded]

    def decode(self, hypotheses: Sequence[Sequence[str]]) -> list[str]:
        """Return the text of each sequence of target tokens."""
        if not hypotheses:
            return []
        bare = [[t for t in tokens if t not in self.languages] for tokens in hypotheses]
        ids = [self.tokenizer.convert_tokens_to_ids(tokens) for tokens in bare]
        decoded = self.tokenizer.batch_decode(
            ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return [str(text).strip() for text in decoded]


def make_codec(tokenizer: Any, *, family: str, src: str, tgt: str, where: str) -> Codec:
    """Return the codec of a transformers tokenizer for one language pair.

    Raises UnknownLanguageError where the model lacks one of the languages (Marian and MADLAD
    are only told the target language).
    """
    vocabulary = vocabulary_of(tokenizer)

    def of(code: str) -> str | None:
        return language_token(family, code, vocabulary, where=where)

    eos = str(tokenizer.eos_token)
    target = of(tgt)
    head: tuple[str, ...] = ()
    tail: tuple[str, ...] = (eos,)
    prefix: tuple[str, ...] = ()
    if family in ("nllb", "m2m100", "mbart"):
        source = of(src)
        assert source is not None
        assert target is not None
        prefix = (target,)
        if getattr(tokenizer, "legacy_behaviour", False):
            tail = (eos, source)
        else:
            head = (source,)
    elif family == "madlad":
        assert target is not None
        # As the tokenizer itself splits the documented form "<2ha> text".
        pieces = tokenizer.tokenize(f"{target} a")
        if target not in pieces:
            raise ModelConversionError(
                f"the tokenizer takes {target!r} apart: {pieces}",
                where=where,
                remedy="use the tokenizer files of the original model",
            )
        head = tuple(pieces[: pieces.index(target) + 1])
    elif target is not None:
        head = (target,)
    size = max(vocabulary.values()) + 1
    names = [f"<unused{i}>" for i in range(size)]
    for token, index in vocabulary.items():
        names[index] = token
    languages = frozenset(t for t in vocabulary if FAMILIES[family].fullmatch(t))
    # Not every tokenizer can be told to take "</s>" in a text as text.
    special = [re.escape(t[1:]) for t in names if re.fullmatch(r"</?\w+>", t)]
    pattern = re.compile(f"<({'|'.join(special)})")
    return Codec(family, tokenizer, head, tail, prefix, tuple(names), languages, pattern)
