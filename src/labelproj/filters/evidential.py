"""Filters that ask the evidence: word links and the job's own lexicon."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import polars as pl

from labelproj.filters.base import Limited, Signal, SpanFilter, SpanSignals
from labelproj.filters.places import of_table

__all__ = [
    "Alignment",
    "CompleteSource",
    "CompleteTarget",
    "Linked",
    "Omission",
    "SpanAlignment",
    "SpanLexicon",
]


class _Fact(Limited):
    """A filter whose signal is read from the facts of the pair; null without evidence."""

    def signals(self, table: pl.DataFrame) -> Sequence[Signal]:
        evidence = self._job.resources.evidence
        if evidence is None:
            return [None] * len(table)
        return [self.read(unit.facts()) for unit in evidence.of(table)]

    @abstractmethod
    def read(self, facts: Mapping[str, float | None]) -> Signal:
        """Return the signal from the facts of one pair."""


class Alignment(_Fact):
    """How much better the words of the two texts fit each other than words by chance.

    The mean log-odds a word, of the weaker direction, by a lexicon learnt from the other pairs
    of the job. Around 0 is chance; good pairs are well above. Null where no word is known.
    """

    name = "alignment"
    says = "the words fit each other by less than {limit}"
    lowest = True

    def read(self, facts: Mapping[str, float | None]) -> Signal:
        """Return the smaller of both directions."""
        both = [facts.get(name) for name in ("forward", "backward")]
        return min((value for value in both if value is not None), default=None)


class Linked(_Fact):
    """The mean link mass of a word, of the side that has less, by the word aligner: 0 to 1."""

    name = "linked"
    says = "less than {limit} of the words are linked"
    lowest = True

    def read(self, facts: Mapping[str, float | None]) -> Signal:
        """Return the smaller of both sides."""
        return facts.get("linked")


class Omission(_Fact):
    """The share of the source's words that no word of the translation is linked with."""

    name = "omission"
    says = "over {limit} of the source's words have no counterpart"

    def read(self, facts: Mapping[str, float | None]) -> Signal:
        """Return the share."""
        return facts.get("omitted")


class _PlaceFact(SpanFilter):
    """A span filter that reads one fact of a span's place; ``sign`` -1 turns it round."""

    fact: str
    sign: float = 1.0
    lowest = True

    def span_signals(self, table: pl.DataFrame) -> SpanSignals:
        evidence = self._job.resources.evidence
        if evidence is None:
            return [[None] * len(own or ()) for own in table["projections"].to_list()]
        return [
            [None if facts is None else self.sign * facts[self.fact] + 0.0 for facts in own]
            for own in of_table(table, evidence)
        ]


class SpanAlignment(_PlaceFact):
    """By how much the links speak for this place less than for the best: log-odds, 0 at best."""

    name = "span_alignment"
    says = "another place of a span is better by the links, by more than {limit}"
    fact, sign = "loss_links", -1.0


class SpanLexicon(_PlaceFact):
    """The same by the job's lexicon, which knows no links: log-odds, 0 at best."""

    name = "span_lexicon"
    says = "another place of a span is better by the lexicon, by more than {limit}"
    fact, sign = "loss_lexicon", -1.0


class CompleteSource(_PlaceFact):
    """The share of a source span's words that are linked or look alike into its place."""

    name = "complete_source"
    says = "less than {limit} of a source span's words are in its place"
    fact = "covered"


class CompleteTarget(_PlaceFact):
    """The share of the link mass into a place that comes from the span's own words."""

    name = "complete_target"
    says = "less than {limit} of a place's links come from its span"
    fact = "owned"
