"""Projection by word alignment: links -> candidates -> joint assignment."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from labelproj.align import AlignedPair, Aligner, TokenPair, token_pair
from labelproj.project.assign import assign
from labelproj.project.base import LabelledPair, PairCorpus
from labelproj.project.propose import Offsets, PairEvidence, Tuning, Weighted, link_candidates
from labelproj.records import Projection, Span
from labelproj.text import words

__all__ = ["AlignmentProjector"]


class AlignmentProjector:
    """Projects spans along the links of a word aligner.

    Two spans may overlap in the translation only if they do in the source.
    """

    name = "alignment"

    def __init__(self, aligner: Aligner, *, tuning: Tuning | None = None):
        self._aligner = aligner
        self._tuning = tuning or Tuning()
        self._label = f"{self.name}:{aligner.name}"

    def params(self) -> dict[str, object]:
        """Return what shapes the result."""
        return {
            "method": self.name,
            "aligner": self._aligner.params(),
            "tuning": asdict(self._tuning),
        }

    def fit(self, corpus: PairCorpus) -> None:
        """Let the aligner learn from the job's own bitext."""

        def pairs() -> Iterator[TokenPair]:
            for src, tgt in corpus():
                yield token_pair(src, tgt)

        self._aligner.fit(pairs)

    def project(self, pairs: Sequence[LabelledPair]) -> list[tuple[Projection, ...]]:
        """Give every span of every pair a place or an explicit null."""
        offsets = [pair.tokens or (words(pair.src_text), words(pair.tgt_text)) for pair in pairs]
        tokens = [_token_pair(pair, *own) for pair, own in zip(pairs, offsets, strict=True)]
        labelled = [number for number, pair in enumerate(pairs) if pair.src_spans]
        aligned = self._aligner.align([tokens[number] for number in labelled])
        results: list[tuple[Projection, ...]] = [()] * len(pairs)
        for number, links in zip(labelled, aligned, strict=True):
            results[number] = self._project_one(
                pairs[number], tokens[number], links, *offsets[number]
            )
        return results

    def _project_one(
        self,
        pair: LabelledPair,
        tokens: TokenPair,
        links: AlignedPair,
        src: Offsets,
        tgt: Offsets,
    ) -> tuple[Projection, ...]:
        spans = pair.src_spans
        evidence = PairEvidence.of(tokens, links, src, tgt, pair.src_text, pair.tgt_text)
        candidates = [link_candidates(span, evidence, tuning=self._tuning) for span in spans]

        def may_overlap(k: int, m: int) -> bool:
            return spans[k].start < spans[m].end and spans[m].start < spans[k].end

        chosen = assign(candidates, may_overlap=may_overlap)
        return tuple(
            self._projection(span, options, choice, links.status)
            for span, options, choice in zip(spans, candidates, chosen, strict=True)
        )

    def _projection(
        self, span: Span, options: Sequence[Weighted], choice: Weighted | None, status: str
    ) -> Projection:
        if choice is None:
            if status != "ok":
                reason = f"not aligned: {status}"
            else:
                reason = "overlap" if options else "no link"
            return Projection(span.id, span.label, None, None, 0.0, self._label, reason, span.group)
        place = choice.candidate
        return Projection(
            span.id, span.label, place.start, place.end, place.score, self._label, None, span.group
        )


def _token_pair(pair: LabelledPair, src: Offsets, tgt: Offsets) -> TokenPair:
    return TokenPair(
        tuple(pair.src_text[start:end] for start, end in src),
        tuple(pair.tgt_text[start:end] for start, end in tgt),
    )
