"""Spans follow the words when a translation is edited, and marks find their source spans."""

from hypothesis import given
from hypothesis import strategies as st

from labelproj.records import Projection, Span, span_problem
from labelproj.review.base import Item, Mark, marks_of
from labelproj.review.edits import carried_spans
from labelproj.review.tie import tied_spans


def carried(old: str, new: str, surface: str) -> list[str]:
    start = old.index(surface)
    spans = [Span("a", start, start + len(surface), "X")]
    return [span.surface(new) for span in carried_spans(old, new, spans)]


def test_words_keep_their_spans() -> None:
    old = "Amina ta isa birnin Kano jiya."
    assert carried(old, "Jiya Amina ta isa birnin Kano.", "Kano") == ["Kano"]
    assert carried(old, "Malama Amina ta isa Kano jiya.", "Amina") == ["Amina"]
    assert carried(old, "Aminatu ta isa birnin Kano jiya.", "Amina") == ["Aminatu"]
    assert carried(old, "Amina ta isa garin Kano jiya.", "birnin Kano") == ["garin Kano"]
    assert carried(old, "Amina ta isa tsohon garin Kano jiya.", "birnin") == ["tsohon garin"]
    # Gone, or one of several words that became something else: no certain place.
    assert carried(old, "Amina ta isa jiya.", "birnin Kano") == []
    assert carried(old, "Amina ta isa can jiya.", "Kano") == []


@given(st.text("ab é😀\n", max_size=30), st.text("ab é😀\n", max_size=30), st.data())
def test_carried_spans_are_always_good(old: str, new: str, data: st.DataObject) -> None:
    places = [n for n, character in enumerate(old) if not character.isspace()]
    if not places:
        return
    one, two = sorted(data.draw(st.tuples(st.sampled_from(places), st.sampled_from(places))))
    span = Span("a", one, two + 1, "X")
    for found in carried_spans(old, new, [span]):
        assert span_problem(found, new) is None
    assert carried_spans(old, old, [span]) == (span,)


SPANS = tuple(Span(name, 0, 1, label) for name, label in (("a", "PER"), ("b", "LOC"), ("c", "LOC")))
PLACES = (
    Projection("a", "PER", 0, 5, 0.9, "m"),
    Projection("b", "LOC", 9, 13, 0.4, "m"),
    Projection("c", "LOC", None, None, 0.0, "m", "no link"),
)
ITEM = Item("u", "en", "ha", "x", "Amina ta Kano Lagos Abuja", SPANS, PLACES)


def test_marks_find_their_source_spans() -> None:
    marks = [
        Mark("a", 0, 8, "LOC"),  # moved and relabelled, but its id is known
        Mark(None, 9, 19, "LOC"),  # shares most with b
        Mark(None, 20, 25, "LOC"),  # c had no place
        Mark(None, 14, 19, "DATE"),  # nothing in the source has this label
    ]
    found = {span.id: (span.start, span.end, span.label) for span in tied_spans(ITEM, marks)}
    assert found == {
        "a": (0, 8, "LOC"),
        "b": (9, 19, "LOC"),
        "c": (20, 25, "LOC"),
        "review-1": (14, 19, "DATE"),
    }


def test_parts_of_one_span_keep_its_id() -> None:
    parts = [Span("a", 0, 1, "PER"), Span("a", 2, 3, "PER")]
    assert [mark.id for mark, _ in marks_of(parts)] == ["a", "a~2"]
    places = tuple(Projection("a", "PER", s.start, s.end, 1.0, "m") for s in parts)
    item = Item("u", "en", "ha", "x y", "x y", (parts[0],), places)
    tied = tied_spans(item, [mark for mark, _ in marks_of(parts)])
    assert [(span.id, span.start) for span in tied] == [("a", 0), ("a", 2)]
