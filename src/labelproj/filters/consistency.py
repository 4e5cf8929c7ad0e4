"""What must be the same on both sides: numbers, names, labels, sentences, no overlap."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import polars as pl
import regex

from labelproj.filters.base import Limited, Signal
from labelproj.project.cognates import similarity
from labelproj.text import sentences, words

__all__ = ["Labels", "Names", "Numbers", "OverlappingSpans", "Sentences"]

_DIGITS = regex.compile(r"\p{Nd}+")
#: A name is found again where a word looks like it so far.
ALIKE = 0.6
Row = Mapping[str, Any]


def _pairs(table: pl.DataFrame) -> list[tuple[str, str]]:
    columns = zip(table["src_text"], table["tgt_text"], strict=True)
    return [(source, target or "") for source, target in columns]


class Numbers(Limited):
    """The share of the digit groups of both texts that the other does not have.

    Digits of all scripts are the same, and 1,000 is 1000. Null where neither has a digit.
    """

    name = "numbers"
    says = "over {limit} of the numbers are not on the other side"

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return shares between 0 and 1."""
        values: list[Signal] = []
        for source, target in _pairs(table):
            mine, theirs = _numbers(source), _numbers(target)
            total = mine.total() + theirs.total()
            values.append(1 - 2 * (mine & theirs).total() / total if target and total else None)
        return values


def _numbers(text: str) -> Counter[str]:
    joined = regex.sub(r"(?<=\d)[.,٬'’\u00a0\u202f](?=\d{3}(?!\d))", "", text)
    return Counter(
        "".join(str(unicodedata.digit(digit)) for digit in match.group()).lstrip("0") or "0"
        for match in _DIGITS.finditer(joined)
    )


class Names(Limited):
    """The share of the source's names that no word of the translation looks like.

    Names are words with a capital that do not begin the text; they are compared across
    scripts. A name may well be translated (Germany, Deutschland), so this is a weak sign. Null
    without names.
    """

    name = "names"
    says = "over {limit} of the names are not in the translation"

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return shares between 0 and 1."""
        values: list[Signal] = []
        for source, target in _pairs(table):
            offsets = words(source)[1:]
            names = [source[s:e] for s, e in offsets if source[s].isupper() and e - s > 2]
            there = [target[s:e] for s, e in words(target)]
            if not names or not there or source.isupper():
                values.append(None)
                continue
            found = similarity(names, there).max(axis=1) >= ALIKE
            values.append(1.0 - float(found.mean()))
        return values


class Labels(Limited):
    """How far the labels of the projected spans differ from those of the source.

    1 less the common labels over all, each as often as it occurs: 0.0 is the same bag of
    labels. A span in several parts counts once; null without labels on either side.
    """

    name = "labels"
    says = "over {limit} of the labels are on one side only"

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return shares between 0 and 1."""
        values: list[Signal] = []
        for spans, projections in table.select("src_spans", "projections").iter_rows():
            source = dict.fromkeys((span["id"], span["label"]) for span in spans or ())
            target = dict.fromkeys(
                (p["span_id"], p["label"]) for p in projections or () if p["start"] is not None
            )
            mine, theirs = (Counter(label for _, label in side) for side in (source, target))
            every = (mine | theirs).total()
            values.append(1 - (mine & theirs).total() / every if every else None)
        return values


class OverlappingSpans(Limited):
    """The share of the row's spans that are broken or overlap where their sources do not.

    Broken is what begins or ends outside the text, with white space, or within a word that
    another span has too. Null without projected spans.
    """

    name = "overlapping_spans"
    says = "over {limit} of the spans overlap, or are broken"

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return shares between 0 and 1."""
        columns = ("tgt_text", "src_spans", "projections")
        return [
            self._one(text or "", spans or (), projections or ())
            for text, spans, projections in table.select(columns).iter_rows()
        ]

    def _one(self, text: str, spans: Sequence[Row], projections: Sequence[Row]) -> Signal:
        placed = [p for p in projections if p["start"] is not None]
        if not placed:
            return None
        bad = {n for n, p in enumerate(placed) if _broken(text, p["start"], p["end"])}
        for (n, a), (m, b) in combinations(enumerate(placed), 2):
            if _meet(a, b) and a["span_id"] != b["span_id"]:
                sources = [[s for s in spans if s["id"] == one["span_id"]] for one in (a, b)]
                if not any(_meet(s, t) for s in sources[0] for t in sources[1]):
                    bad |= {n, m}
        return len(bad) / len(placed)


def _meet(a: Row, b: Row) -> bool:
    return bool(a["start"] < b["end"] and b["start"] < a["end"])


def _broken(text: str, start: int, end: int) -> bool:
    surface = text[start:end]
    return not 0 <= start < end <= len(text) or surface != surface.strip()


class Sentences(Limited):
    """The share of the source's sentences that the translation has too few of.

    Counted by the rules of either language's punctuation; a unit is mostly one sentence, then
    this is 0.0.
    """

    name = "sentences"
    says = "over {limit} of the sentences are lost"

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        """Return shares between 0 and 1."""
        resources = self._job.resources
        values: list[Signal] = []
        for source, target in _pairs(table):
            before = len(sentences(source, resources.source or "xx")) if source.strip() else 0
            if before < 2 or not target:
                values.append(0.0 if target else None)
                continue
            after = len(sentences(target, resources.target or "xx"))
            values.append(max(0.0, 1 - after / before))
        return values
