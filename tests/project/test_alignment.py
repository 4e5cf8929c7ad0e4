"""Projection along given links: places, nulls, order, repetition, nesting."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.align import AlignedPair, Corpus, Link, TokenPair
from labelproj.project import LabelledPair
from labelproj.project.alignment import AlignmentProposals, AlignmentProposer
from labelproj.project.joint import JointProjector
from labelproj.records import Projection, Span
from labelproj.text import words


class GivenLinks:
    """An aligner that gives the links it was given, to every pair."""

    name = "given"

    def __init__(self, links: Sequence[tuple[int, int]], status: str = "ok"):
        self._links = tuple(Link(i, j, 1.0) for i, j in sorted(links))
        self._status = status

    def params(self) -> dict[str, object]:
        return {}

    def fit(self, corpus: Corpus) -> None:
        for _ in corpus():
            pass

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        return [
            AlignedPair(
                tuple(k for k in self._links if k.src < len(p.src) and k.tgt < len(p.tgt)),
                self._status,
            )
            for p in pairs
        ]


def span(text: str, surface: str, label: str = "PER", *, name: str = "s0", nth: int = 0) -> Span:
    start = -1
    for _ in range(nth + 1):
        start = text.index(surface, start + 1)
    return Span(name, start, start + len(surface), label)


def projected(
    src: str, spans: Sequence[Span], tgt: str, links: Sequence[tuple[int, int]]
) -> tuple[Projection, ...]:
    (result,) = JointProjector(AlignmentProposer(GivenLinks(links))).project(
        [LabelledPair(src, tuple(spans), tgt)]
    )
    return result


def surfaces(result: Sequence[Projection], text: str) -> list[str | None]:
    return [None if p.start is None else text[p.start : p.end] for p in result]


def test_order_may_change() -> None:
    src, tgt = "Bala met Amina .", "Amina aka gani da Bala ."
    spans = [span(src, "Bala"), span(src, "Amina", name="s1")]
    result = projected(src, spans, tgt, [(0, 4), (2, 0), (1, 2)])
    assert surfaces(result, tgt) == ["Bala", "Amina"]
    assert [p.span_id for p in result] == ["s0", "s1"]
    assert all(p.score == pytest.approx(1.0) for p in result)


def test_a_stray_link_does_not_drag_the_boundary() -> None:
    src = "Ministry of Health said water is safe"
    tgt = "Ma'aikatar Lafiya ta ce ruwa na da kyau"
    links = [(0, 0), (2, 1), (1, 7), (3, 3), (4, 4), (5, 5), (6, 6)]
    result = projected(src, [span(src, "Ministry of Health", "ORG")], tgt, links)
    assert surfaces(result, tgt) == ["Ma'aikatar Lafiya"]


def test_a_word_without_link_is_bridged() -> None:
    src, tgt = "Bank of Lagos", "Bankin Jihar Legas"
    result = projected(src, [span(src, "Bank of Lagos", "ORG")], tgt, [(0, 0), (2, 2)])
    assert surfaces(result, tgt) == ["Bankin Jihar Legas"]


def test_null_has_a_reason() -> None:
    src, tgt = "Bala came yesterday", "ya zo jiya"
    (result,) = projected(src, [span(src, "Bala")], tgt, [(1, 1), (2, 2)])
    assert (result.start, result.end, result.reason, result.score) == (None, None, "no link", 0.0)
    with pytest.raises(ValueError, match="no link"):
        result.span()


def test_two_spans_never_take_the_same_place() -> None:
    src, tgt = "Bala and Bala", "Bala ne"
    spans = [span(src, "Bala"), span(src, "Bala", name="s1", nth=1)]
    result = projected(src, spans, tgt, [(0, 0), (2, 0)])
    assert sorted(p.reason or "" for p in result) == ["", "overlap"]


def test_repeated_mentions_keep_apart() -> None:
    src, tgt = "Kano beat Kano Stars", "Kano ta doke Kano Stars"
    spans = [span(src, "Kano", "LOC"), span(src, "Kano Stars", "ORG", name="s1")]
    result = projected(src, spans, tgt, [(0, 0), (1, 2), (2, 3), (3, 4)])
    assert surfaces(result, tgt) == ["Kano", "Kano Stars"]
    assert [(p.start, p.label) for p in result] == [(0, "LOC"), (13, "ORG")]


def test_nested_spans_stay_nested() -> None:
    src, tgt = "Bank of Lagos opened", "Bankin Legas ya bude"
    spans = [span(src, "Bank of Lagos", "ORG"), span(src, "Lagos", "LOC", name="s1")]
    result = projected(src, spans, tgt, [(0, 0), (2, 1), (3, 3)])
    assert surfaces(result, tgt) == ["Bankin Legas", "Legas"]


def test_a_copied_name_needs_no_link() -> None:
    src, tgt = "We saw Adeyemi there", "Mun ga Adeyemi a can"
    result = projected(src, [span(src, "Adeyemi")], tgt, [(1, 1)])
    assert surfaces(result, tgt) == ["Adeyemi"]


def test_proposals_of_long_texts_are_not_held_together(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Watched(AlignmentProposer):
        def propose(self, pairs: Sequence[LabelledPair], **more: Any) -> list[AlignmentProposals]:
            asked.append(len(pairs))
            return super().propose(pairs, **more)

    spans = (Span("s0", 0, 5, "PER"),)
    pairs = [LabelledPair("Amina came", spans, "Amina ta zo") for _ in range(5)]
    pairs.insert(2, LabelledPair("Nobody", (), "Ba kowa"))
    projector = JointProjector(Watched(GivenLinks([(0, 0)])))
    whole = projector.project(pairs)
    monkeypatch.setattr("labelproj.project.joint.CELLS", 250)
    assert projector.project(pairs) == whole
    monkeypatch.setattr("labelproj.project.joint.CELLS", 1)
    assert projector.project(pairs) == whole
    assert asked == [5, 2, 2, 1, 1, 1, 1, 1, 1]


def test_an_aligner_that_fails_gives_nulls() -> None:
    src = "Bala came"
    projector = JointProjector(AlignmentProposer(GivenLinks([], status="too-long")))
    (result,) = projector.project([LabelledPair(src, (span(src, "Bala"),), "ya zo")])
    assert result[0].reason == "not aligned: too-long"


texts = st.lists(
    st.sampled_from(["Kano", "ta", "ruwa", ".", ",", "(", "2019", "'yan", "ƙasa", "北京", "😀"]),
    max_size=12,
).map(" ".join)


@settings(deadline=None)
@given(
    texts,
    texts,
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20, unique=True),
    st.lists(st.tuples(st.integers(0, 11), st.integers(0, 3)), max_size=5),
)
def test_invariants(
    src: str, tgt: str, links: list[tuple[int, int]], places: list[tuple[int, int]]
) -> None:
    tokens = words(src)
    spans = [
        Span(f"s{number}", tokens[first][0], tokens[min(first + more, len(tokens) - 1)][1], "X")
        for number, (first, more) in enumerate(places)
        if first < len(tokens)
    ]
    result = projected(src, spans, tgt, links)
    assert [p.span_id for p in result] == [s.id for s in spans]
    for place in result:
        assert 0 <= place.score <= 1
        if place.start is None or place.end is None:
            assert place.reason
        else:
            surface = tgt[place.start : place.end]
            assert surface
            assert surface == surface.strip()
    found = [(s, p) for s, p in zip(spans, result, strict=True) if p.start is not None]
    for number, (a, p) in enumerate(found):
        for b, q in found[number + 1 :]:
            if not (a.start < b.end and b.start < a.end):
                assert p.span().end <= q.span().start or q.span().end <= p.span().start
