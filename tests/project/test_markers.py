"""Projection by marks: by name, by order and likeness, and nulls with reasons."""

import pytest

from labelproj.config import ProjectParams
from labelproj.errors import UsageError
from labelproj.project import LabelledPair, check_method, open_projector
from labelproj.project.joint import JointProjector
from labelproj.project.markers import MarkerProposer
from labelproj.records import Projection, Span
from labelproj.translate.schemes import SCHEMES
from labelproj.translate.unmark import unmark

SOURCE = "Kano beat Lagos on Monday."
SPANS = (Span("s2", 19, 25, "DATE"), Span("s0", 0, 4, "ORG"), Span("s1", 10, 15, "ORG"))


def projected(
    marked: str | None, scheme: str, *, spans: tuple[Span, ...] = SPANS, text: str = ""
) -> list[tuple[str, str | None, str | None]]:
    """Return id, surface and reason of every projection."""
    if marked and not text:
        text = unmark(marked, source=SOURCE, spans=spans, scheme=SCHEMES[scheme]).text
    pair = LabelledPair(SOURCE, spans, text, marked=marked)
    (found,) = JointProjector(MarkerProposer(scheme)).project([pair])
    return [
        (p.span_id, None if p.start is None else text[p.start : p.end], p.reason) for p in found
    ]


def test_tags_say_which_span_they_are() -> None:
    marked = "A ranar <c>Litinin,</c> <b>Legas</b> ta sha kaye a hannun <a>Kano</a>."
    assert projected(marked, "xml") == [
        ("s2", "Litinin", None),
        ("s0", "Kano", None),
        ("s1", "Legas", None),
    ]


def test_brackets_go_by_order_unless_the_words_say_otherwise() -> None:
    in_turn = "[ Kano ] ta doke [ Legas ] ranar [ Litinin ]."
    assert [surface for _, surface, _ in projected(in_turn, "brackets")] == [
        "Litinin",
        "Kano",
        "Legas",
    ]
    turned = "[ Lagos ] ta sha kaye a hannun [ Kano ] ranar [ Litinin ]."
    assert [surface for _, surface, _ in projected(turned, "brackets")] == [
        "Litinin",
        "Kano",
        "Lagos",
    ]


def test_a_lost_pair_of_brackets_is_null_for_one_span() -> None:
    found = projected("[ Kano ] ta doke Legas ranar [ Litinin ].", "brackets")
    assert found == [("s2", "Litinin", None), ("s0", "Kano", None), ("s1", None, "lost mark")]


def test_reasons() -> None:
    assert {reason for *_, reason in projected(None, "xml", text="Kano")} == {"no marks"}
    edited = projected("<a>Kano</a> <b>Legas</b> <c>Litinin</c>", "xml", text="Kano")
    assert {reason for *_, reason in edited} == {"no marks: the text is another"}
    found = projected("<a>Kano</a> ta doke <b></b>", "xml")
    assert found == [("s2", None, "lost mark"), ("s0", "Kano", None), ("s1", None, "empty mark")]
    crossed = projected("<a>Kano <b>ta</a> Legas</b> <c>Litinin</c>", "xml")
    assert sorted(reason or "" for *_, reason in crossed) == ["", "", "overlap"]


def test_of_a_doubled_span_the_likelier_is_taken() -> None:
    found = projected("<a>ta</a> <a>Kano</a> ta doke <b>Legas</b> <c>Litinin</c>", "xml")
    assert found[1] == ("s0", "Kano", None)


def test_nested_spans() -> None:
    spans = (Span("in", 5, 9, "X"), Span("out", 0, 15, "Y"))
    for marked, scheme in (
        ("<a>Kano ta <b>doke</b> Legas</a>", "xml"),
        ("[ Kano ta [ doke ] Legas ]", "brackets"),
    ):
        found = projected(marked, scheme, spans=spans)
        assert found == [("in", "doke", None), ("out", "Kano ta doke Legas", None)]


def test_other_places_can_be_weighed() -> None:
    marked = "<a>Kano</a> ta doke Legas"
    pair = LabelledPair(SOURCE, SPANS[1:2], "Kano ta doke Legas", marked=marked)
    (proposals,) = MarkerProposer("xml").propose([pair])
    right, wrong = proposals.weigh(0, [(0, 4), (13, 18)])
    assert right.weight > 0 > wrong.weight
    assert 0 < wrong.candidate.score < right.candidate.score < 1


def test_the_method_needs_marked_text(tmp_path: object) -> None:
    params = ProjectParams(method="markers")
    with pytest.raises(UsageError, match="marked text"):
        check_method(params, markers=None)
    assert check_method(params, markers="xml") == ["markers"]
    with pytest.raises(UsageError, match="--markers"):
        open_projector(params, work=None, src_lang="en", tgt_lang="ha")  # type: ignore[arg-type]


def test_projections_are_marked_with_the_scheme() -> None:
    pair = LabelledPair("Kano", (Span("s", 0, 4, "LOC"),), "Kano", marked="[ Kano ]")
    (found,) = JointProjector(MarkerProposer("brackets")).project([pair])
    assert isinstance(found[0], Projection)
    assert found[0].method == "markers:brackets"
