"""Places for spans by word alignment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from itertools import islice

from labelproj.align import AlignedPair, Aligner, TokenPair, link_words
from labelproj.align.casing import Casing
from labelproj.project.base import LabelledPair, PairCorpus, Place, Weighted
from labelproj.project.claims import Claims
from labelproj.project.cooccurrence import Cooccurrence
from labelproj.project.habits import Habits
from labelproj.project.pair_evidence import Offsets, PairEvidence
from labelproj.project.propose import SpanOdds, Tuning

__all__ = ["AlignmentProposals", "AlignmentProposer", "Tokenise", "own_words"]

#: The offsets of the words of a text and of its translation.
Tokenise = Callable[[str, str], tuple[Offsets, Offsets]]

#: Which words have counterparts, or go with a label, is learnt from so many pairs, in batches.
SAMPLE, BATCH = 2000, 256


def own_words(src_text: str, tgt_text: str) -> tuple[Offsets, Offsets]:
    """Return the words of both texts as labelproj cuts them for links."""
    return link_words(src_text, tgt_text)


class AlignmentProposals:
    """What the links of one pair propose for its spans."""

    def __init__(
        self,
        pair: LabelledPair,
        evidence: PairEvidence,
        *,
        status: str,
        tuning: Tuning,
        habits: Habits | None = None,
    ):
        self.problem = None if status == "ok" else f"not aligned: {status}"
        self._odds = [
            SpanOdds(span, evidence, tuning=tuning, habits=habits) for span in pair.src_spans
        ]

    def teach(self, habits: Habits) -> None:
        """Let ``habits`` count all spans."""
        for odds in self._odds:
            odds.teach(habits)

    @cached_property
    def candidates(self) -> list[list[Weighted]]:
        """The candidates of each span, best first."""
        return [odds.candidates() for odds in self._odds]

    def weigh(self, number: int, places: Sequence[Place]) -> list[Weighted]:
        """Return what the links say for ``places`` of span ``number``."""
        return [self._odds[number].weigh(place) for place in places]


class AlignmentProposer:
    """Proposes places along the links of a word aligner.

    ``tokenise`` gives the words that links are between.
    """

    name = "alignment"

    def __init__(
        self, aligner: Aligner, *, tuning: Tuning | None = None, tokenise: Tokenise = own_words
    ):
        self._aligner = aligner
        self._tokenise = tokenise
        self._tuning = tuning or Tuning.for_aligner(aligner.name)
        self._casing: Casing | None = None
        self._claims: Claims | None = None
        self._together: Cooccurrence | None = None
        self._habits: Habits | None = None
        self.label = f"{self.name}:{aligner.name}"

    def params(self) -> dict[str, object]:
        """Return what shapes the result."""
        return {
            "method": self.name,
            "aligner": self._aligner.params(),
            "tuning": asdict(self._tuning),
        }

    def fit(self, corpus: PairCorpus) -> None:
        """Let the aligner learn from the job's own bitext, and learn from its links and labels."""

        def pairs() -> Iterator[TokenPair]:
            for pair in corpus():
                yield _token_pair(pair, *self._tokenise(pair.src_text, pair.tgt_text))

        self._aligner.fit(pairs)
        self._claims = self._together = self._habits = None
        self._casing = Casing() if self._tuning.case else None
        claims, habits = Claims(), Habits() if self._tuning.habit else None
        together = Cooccurrence() if self._tuning.leftover else None
        sample = islice(corpus(), SAMPLE)
        while batch := list(islice(sample, BATCH)):
            offsets, tokens, aligned = self._align(batch, learn=True)
            claims.add(tokens, aligned)
            if together is not None:
                together.add(tokens)
            if habits is not None:
                for proposals in self._proposed(batch, offsets, tokens, aligned):
                    proposals.teach(habits)
        self._claims, self._together, self._habits = claims, together, habits

    def propose(
        self,
        pairs: Sequence[LabelledPair],
        *,
        also: Sequence[Sequence[Sequence[Place]]] | None = None,
    ) -> list[AlignmentProposals]:
        """Align the pairs. Links weigh any place, so ``also`` makes no difference."""
        return list(self._proposed(pairs, *self._align(pairs)))

    def _align(
        self, pairs: Sequence[LabelledPair], *, learn: bool = False
    ) -> tuple[list[tuple[Offsets, Offsets]], list[TokenPair], list[AlignedPair]]:
        """Return the offsets of the words of every pair, the words, and their links.

        With ``learn`` it is counted first how these agree in case, where that is asked for.
        """
        offsets = [self._tokenise(pair.src_text, pair.tgt_text) for pair in pairs]
        tokens = [_token_pair(pair, *own) for pair, own in zip(pairs, offsets, strict=True)]
        aligned = self._aligner.align(tokens)
        if (casing := self._casing) is not None:
            for pair, own in zip(tokens, aligned, strict=True):
                if learn and own.status == "ok":
                    casing.add(pair, {(link.src, link.tgt): link.probability for link in own.links})
            aligned = [
                replace(own, links=casing.agreed(pair, own.links))
                for pair, own in zip(tokens, aligned, strict=True)
            ]
        return offsets, tokens, aligned

    def _proposed(
        self,
        pairs: Sequence[LabelledPair],
        offsets: Sequence[tuple[Offsets, Offsets]],
        tokens: Sequence[TokenPair],
        aligned: Sequence[AlignedPair],
    ) -> Iterator[AlignmentProposals]:
        for pair, own, links, places in zip(pairs, tokens, aligned, offsets, strict=True):
            yield self._proposals(pair, own, links, places)

    def _proposals(
        self,
        pair: LabelledPair,
        tokens: TokenPair,
        links: AlignedPair,
        offsets: tuple[Offsets, Offsets],
    ) -> AlignmentProposals:
        evidence = PairEvidence.of(
            tokens,
            links,
            *offsets,
            pair.src_text,
            pair.tgt_text,
            claims=self._claims,
            together=self._together,
            leftover=self._tuning.leftover,
        )
        return AlignmentProposals(
            pair, evidence, status=links.status, tuning=self._tuning, habits=self._habits
        )


def _token_pair(pair: LabelledPair, src: Offsets, tgt: Offsets) -> TokenPair:
    return TokenPair(
        tuple(pair.src_text[start:end] for start, end in src),
        tuple(pair.tgt_text[start:end] for start, end in tgt),
    )
