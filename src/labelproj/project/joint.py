"""From what a method proposes to projections: all spans of a unit get their places together."""

from collections.abc import Sequence

from labelproj.project.assign import as_in_source, assign
from labelproj.project.base import LabelledPair, PairCorpus, Proposals, Proposer, Weighted
from labelproj.project.pieces import pieces
from labelproj.records import Projection, Span

__all__ = ["JointProjector"]

#: Candidates kept with a projection.
NBEST = 4
#: Cells of source times target characters of the pairs whose proposals are held at a time. What is
#: known of a pair grows with the product of its lengths: only batches of long texts are cut.
CELLS = 100_000_000


class JointProjector:
    """Projects spans to the places that a :class:`Proposer` proposes.

    Two spans may overlap in the translation only if they do in the source.
    """

    def __init__(self, proposer: Proposer):
        self.name = proposer.name
        self._proposer = proposer

    def params(self) -> dict[str, object]:
        """Return what shapes the result."""
        return self._proposer.params()

    def fit(self, corpus: PairCorpus) -> None:
        """Let the method learn from the job's own bitext."""
        self._proposer.fit(corpus)

    def project(self, pairs: Sequence[LabelledPair]) -> list[tuple[Projection, ...]]:
        """Give every span of every pair a place or an explicit null."""
        labelled = [number for number, pair in enumerate(pairs) if pair.src_spans]
        results: list[tuple[Projection, ...]] = [()] * len(pairs)
        for part in pieces(labelled, lambda number: _cells(pairs[number]), most=CELLS):
            placed = self._placed([pairs[number] for number in part])
            for number, projections in zip(part, placed, strict=True):
                results[number] = projections
        return results

    def _placed(self, pairs: Sequence[LabelledPair]) -> list[tuple[Projection, ...]]:
        proposed = self._proposer.propose(pairs)
        return [
            self._assigned(pair, proposals) for pair, proposals in zip(pairs, proposed, strict=True)
        ]

    def _assigned(self, pair: LabelledPair, proposals: Proposals) -> tuple[Projection, ...]:
        spans, candidates = pair.src_spans, proposals.candidates
        chosen = assign(candidates, may_overlap=as_in_source(spans))
        reasons: Sequence[str] = getattr(proposals, "reasons", ["no link"] * len(spans))
        problems = [proposals.problem or reason for reason in reasons]
        return tuple(
            self._projection(span, options, choice, proposals.problem or "overlap", why)
            for span, options, choice, why in zip(spans, candidates, chosen, problems, strict=True)
        )

    def _projection(
        self,
        span: Span,
        options: Sequence[Weighted],
        choice: Weighted | None,
        collided: str,
        nothing: str,
    ) -> Projection:
        label, nbest = self._proposer.label, tuple(o.candidate for o in options[:NBEST])
        if choice is None:
            reason = collided if options else nothing
            return Projection(
                span.id, span.label, None, None, 0.0, label, reason, span.group, nbest=nbest
            )
        start, end = choice.candidate.start, choice.candidate.end
        rivals = [o.weight for o in options if (o.candidate.start, o.candidate.end) != (start, end)]
        margin = choice.weight - max(rivals, default=0.0)
        evidence = {**choice.candidate.evidence, "margin": margin}
        score = choice.candidate.score
        return Projection(
            span.id, span.label, start, end, score, label, None, span.group, evidence, nbest
        )


def _cells(pair: LabelledPair) -> int:
    return len(pair.src_text) * len(pair.tgt_text)
