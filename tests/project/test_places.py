"""Spans in one place are projected once."""

from collections.abc import Sequence

from labelproj.project import LabelledPair, PairCorpus, project_places
from labelproj.records import Projection, Span


class Counting:
    """Projects each span to its own place, and remembers what it was asked."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[tuple[Span, ...]] = []

    def fit(self, corpus: PairCorpus) -> None:
        pass

    def params(self) -> dict[str, object]:
        return {}

    def project(self, pairs: Sequence[LabelledPair]) -> list[tuple[Projection, ...]]:
        self.asked += [pair.src_spans for pair in pairs]
        return [
            tuple(
                Projection(s.id, s.label, s.start, s.end, 0.5, "m", None, s.group)
                for s in pair.src_spans
            )
            for pair in pairs
        ]


def test_a_place_is_projected_once_and_reused() -> None:
    spans = (
        Span("E1|Buyer|T1", 0, 4, "Buyer", "E1"),
        Span("E2|Owner|T1", 0, 4, "Owner", "E2"),
        Span("T2", 0, 5, "PER"),
    )
    projector = Counting()
    pairs = [LabelledPair("Musa.", spans, "Musa."), LabelledPair("", (), "")]
    found, none = project_places(projector, pairs)
    assert [len(asked) for asked in projector.asked] == [2, 0]
    assert none == ()
    assert [(p.span_id, p.label, p.group, p.start, p.end) for p in found] == [
        (s.id, s.label, s.group, s.start, s.end) for s in spans
    ]
