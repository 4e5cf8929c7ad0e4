"""The classes of wrong spans, by hand."""

from hypothesis import given
from hypothesis import strategies as st

from labelproj.evaluate.error_types import error_types
from labelproj.evaluate.ner import lengths_of
from labelproj.records import Span

TEXT = "Amina Bello ta isa Kano, ba Jos ba."
GOLD = (Span("a", 0, 11, "PER"), Span("b", 19, 23, "LOC"), Span("c", 28, 31, "LOC"))

PLACES = st.tuples(st.integers(0, 30), st.integers(1, 9), st.sampled_from(["PER", "LOC"]))
SPANS = st.lists(PLACES, max_size=6).map(
    lambda places: tuple(Span(str(i), a, a + n, x) for i, (a, n, x) in enumerate(places))
)


def test_each_error_has_its_class() -> None:
    found = (Span("p", 0, 5, "PER"), Span("q", 19, 23, "ORG"), Span("r", 32, 34, "LOC"))
    counts = error_types([GOLD], [found])
    nothing = {"correct": 0, "incorrect": 0, "partial": 0, "missing": 1, "spurious": 1}
    assert counts == {
        "strict": nothing | {"incorrect": 2},
        "exact": nothing | {"correct": 1, "incorrect": 1},
        "partial": nothing | {"correct": 1, "partial": 1},
        "type": nothing | {"correct": 1, "incorrect": 1},
    }


def test_neighbours_do_not_overlap() -> None:
    counts = error_types([(Span("a", 0, 3, "PER"),)], [(Span("p", 3, 6, "PER"),)])
    assert counts["partial"]["spurious"] == counts["partial"]["missing"] == 1


@given(st.lists(st.tuples(SPANS, SPANS), max_size=4))
def test_every_span_is_counted_once(pairs: list[tuple[tuple[Span, ...], tuple[Span, ...]]]) -> None:
    gold, found = [a for a, _ in pairs], [b for _, b in pairs]
    sizes = [
        sum(len({(s.start, s.end, s.label) for s in spans}) for spans in side)
        for side in (gold, found)
    ]
    for scheme, counts in error_types(gold, found).items():
        matched = counts["correct"] + counts["incorrect"] + counts["partial"]
        assert matched + counts["missing"] == sizes[0], scheme
        assert matched + counts["spurious"] == sizes[1], scheme


def test_spans_by_their_length() -> None:
    whole = Span("w", 0, 35, "X")
    by_length = lengths_of([TEXT, ""], [(*GOLD, whole), ()])
    assert {name: [len(row) for row in rows] for name, rows in by_length.items()} == {
        "2": [1, 0],
        "1": [2, 0],
        "4+": [1, 0],
    }
    assert list(lengths_of(["a b"], [(Span("x", 1, 2, "X"),)])) == ["1"]
