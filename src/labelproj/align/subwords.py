"""Words to subwords: token ids of pre-tokenised texts, and which word each is from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelproj.align.states import not_found
from labelproj.errors import UsageError
from labelproj.languages import flores_code, iso_code, nearest
from labelproj.translate.families import vocabulary_of
from labelproj.translate.hub import loading_options

__all__ = ["SubwordTokenizer", "Subwords"]

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Subwords:
    """A text's token ids without special tokens, and the number of each one's word."""

    ids: list[int]
    words: npt.NDArray[np.intp]


class SubwordTokenizer:
    """A transformers tokenizer, for lists of words."""

    def __init__(self, tokenizer: Any):
        self._tokenizer = tokenizer
        self._special: dict[str | None, tuple[list[int], list[int]]] = {}

    @classmethod
    def load(cls, model: str) -> "SubwordTokenizer":
        """Load that of a Hub id or folder. Raises ModelNotFoundError where there is none."""
        from transformers import AutoTokenizer

        try:
            return cls(AutoTokenizer.from_pretrained(model, **loading_options(model)))
        except (OSError, ValueError) as error:
            raise not_found(model, error) from error

    @property
    def max_length(self) -> int:
        """The most tokens of a text that the tokenizer's model takes, by its own account."""
        return int(self._tokenizer.model_max_length)

    @property
    def pad(self) -> int:
        """The id to pad with."""
        return int(self._tokenizer.pad_token_id or 0)

    def split(self, texts: Sequence[Sequence[str]], *, target: bool = False) -> list[Subwords]:
        """Return the subwords of each text (a list of words). Words may come to nothing.

        ``target`` texts are translations: some tokenizers have another vocabulary for them.
        """
        results = [Subwords([], np.zeros(0, dtype=np.intp)) for _ in texts]
        filled = [number for number, words in enumerate(texts) if words]
        if not filled:
            return results
        if not self._tokenizer.is_fast:
            for number in filled:
                results[number] = self._by_word(_encodable(texts[number]), target=target)
            return results
        # What transformers wraps around this call takes several times as long.
        backend = self._tokenizer.backend_tokenizer
        backend.no_padding()
        backend.no_truncation()
        encodings = backend.encode_batch(
            [_encodable(texts[number]) for number in filled],
            is_pretokenized=True,
            add_special_tokens=False,
        )
        for number, encoding in zip(filled, encodings, strict=True):
            words = np.array(encoding.word_ids, dtype=np.intp)
            results[number] = Subwords(encoding.ids, words)
        return results

    def _by_word(self, words: Sequence[str], *, target: bool) -> Subwords:
        side = {"text_target" if target else "text": list(words)}
        parts = self._tokenizer(**side, add_special_tokens=False, verbose=False)["input_ids"]
        numbers = [number for number, ids in enumerate(parts) for _ in ids]
        return Subwords([i for ids in parts for i in ids], np.array(numbers, dtype=np.intp))

    def special(self, language: str | None) -> tuple[list[int], list[int]]:
        """Return the ids that stand before and after a text in ``language``.

        Raises UsageError for a language that a multilingual tokenizer does not have.
        """
        if hasattr(self._tokenizer, "src_lang") and language:
            self._tokenizer.src_lang = self._language(language)
        if language not in self._special:
            bare = self._tokenizer("a", add_special_tokens=False)["input_ids"]
            ids = self._tokenizer("a")["input_ids"]
            start = next(i for i in range(len(ids)) if ids[i : i + len(bare)] == bare)
            self._special[language] = ids[:start], ids[start + len(bare) :]
        return self._special[language]

    def _language(self, language: str) -> str:
        known = vocabulary_of(self._tokenizer)
        flores = flores_code(language)
        # M2M-100's tokenizer takes the bare code, and has the token __ha__.
        for name, token in ((flores, flores), (language, language)):
            if token in known:
                return name
        iso = iso_code(language)
        if f"__{iso}__" in known:
            return iso
        codes = [c for c in known if len(c) == 8 and c[3] == "_"]
        raise UsageError(
            f"the aligner's model has no language {language!r}",
            remedy=f"its nearest: {', '.join(nearest(flores, codes))}",
        )


def _encodable(words: Sequence[str]) -> list[str]:
    """Put U+FFFD for lone surrogates: the tokenizers take only what UTF-8 can write."""
    try:
        "".join(words).encode()
    except UnicodeEncodeError:
        return [_SURROGATE.sub("\ufffd", word) for word in words]
    return list(words)
