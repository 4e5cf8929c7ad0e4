"""The words of the translation: copied from the source, said again and again, or not there."""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

import polars as pl

from labelproj.config import FilterParams
from labelproj.filters.base import Job, Signal
from labelproj.text import words

__all__ = ["Copied", "MtFailed", "Repetition"]

#: Fewer words than this say nothing: English and Hausa share "a", "radio" and "idan".
_ENOUGH_WORDS = 3
#: Up to 40 characters, said four times or more without a break.
_LOOP = re.compile(r"(.{1,40}?)\1{3,}", re.DOTALL)
_NGRAM = 4


class MtFailed:
    """1.0 when the translation failed or is empty though there was something to translate."""

    name = "mt_failed"
    late = False

    @classmethod
    def of(cls, params: FilterParams, job: Job) -> Self:
        """Make the filter; it has no threshold."""
        return cls()

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return 1.0 for a row without a translation."""
        return [
            float(status == "failed" or (not (target or "").strip() and bool(source.strip())))
            for status, source, target in zip(
                table["mt_status"], table["src_text"], table["tgt_text"], strict=True
            )
        ]

    def reason(self, signal: Signal) -> str | None:
        """Reject what has no translation."""
        return f"{self.name}: there is no translation" if signal else None


class Copied:
    """The share of target words that are the source's own: how far it is not translated.

    Projected spans, numbers and capitalised words do not count, since names stay the same in
    a good translation; in a text in capitals only, all words outside spans count. 0.0 when
    fewer than three words are left, when there was nothing to translate (``copied``), and when
    both sides are one language.
    """

    name = "copied"
    late = False

    def __init__(self, *, limit: float | None, same_language: bool):
        self._limit = limit
        self._same = same_language

    @classmethod
    def of(cls, params: FilterParams, job: Job) -> Self:
        """Make the filter with its threshold from ``params``."""
        return cls(limit=params.copied, same_language=job.same_language)

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return shares between 0 and 1."""
        if self._same:
            return [0.0] * len(table)
        columns = ("src_text", "tgt_text", "src_spans", "projections", "mt_status")
        return [self._share(*row) for row in table.select(columns).iter_rows()]

    def _share(
        self,
        source: str,
        target: str | None,
        spans: Iterable[Mapping[str, int]] | None,
        projections: Iterable[Mapping[str, int]] | None,
        status: str,
    ) -> float:
        if status == "copied" or not target:
            return 0.0
        found = _plain_words(target, projections or ())
        if len(found) < _ENOUGH_WORDS:
            return 0.0
        known = set(_plain_words(source, spans or ()))
        return sum(word in known for word in found) / len(found)

    def reason(self, signal: Signal) -> str | None:
        """Reject above the threshold."""
        if self._limit is None or signal is None or signal <= self._limit:
            return None
        return f"{self.name}: over {self._limit:g} of the words are the source's"


def _plain_words(text: str, spans: Iterable[Mapping[str, int]]) -> list[str]:
    """Return the words outside ``spans`` that are neither numbers, signs nor names."""
    covered = [(s["start"], s["end"]) for s in spans if s["start"] is not None]
    shouted = text.isupper()
    return [
        text[start:end]
        for start, end in words(text)
        if text[start].isalpha()
        and (shouted or not text[start].isupper())
        and not any(start < right and left < end for left, right in covered)
    ]


class Repetition:
    """The share of the translation that is said again, less the same share of the source.

    The largest of three shares: characters in loops (up to 40 characters, four times or more
    in a row), word 4-grams that occurred before, and what deflate saves beyond half of the
    bytes, which is what it saves on text that says nothing twice. Decoders that lose their way
    do one of these; a source that repeats itself may.
    """

    name = "repetition"
    late = False

    def __init__(self, *, limit: float | None):
        self._limit = limit

    @classmethod
    def of(cls, params: FilterParams, job: Job) -> Self:
        """Make the filter with its threshold from ``params``."""
        return cls(limit=params.repetition)

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return shares between 0 and 1."""
        values: list[Signal] = []
        for source, target in zip(table["src_text"], table["tgt_text"], strict=True):
            share = _repeated(target or "")
            values.append(max(0.0, share - _repeated(source)) if share else 0.0)
        return values

    def reason(self, signal: Signal) -> str | None:
        """Reject above the threshold."""
        if self._limit is None or signal is None or signal <= self._limit:
            return None
        return f"{self.name}: over {self._limit:g} of the translation is said again"


def _repeated(text: str) -> float:
    if not text:
        return 0.0
    looped = sum(len(match.group()) for match in _LOOP.finditer(text)) / len(text)
    tokens = [text[start:end] for start, end in words(text)]
    grams = len(tokens) - _NGRAM + 1
    if grams < _NGRAM:
        return looped
    distinct = len({tuple(tokens[i : i + _NGRAM]) for i in range(grams)})
    raw = text.encode("utf-8", "surrogatepass")
    saved = 1 - 2 * len(zlib.compress(raw)) / len(raw)
    return max(looped, 1 - distinct / grams, saved)
