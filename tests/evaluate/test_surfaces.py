"""Spans compared by their words."""

from labelproj.evaluate.surfaces import surface_scores
from labelproj.records import Span

GOLD = ("Amina ta je Legas.", [Span("a", 0, 5, "PER"), Span("b", 12, 17, "LOC")])


def test_the_same_words_elsewhere() -> None:
    other = ("Legas, Amina ta tafi", [Span("a", 7, 12, "PER"), Span("b", 0, 6, "LOC")])
    assert surface_scores([(GOLD, other)]) == {
        "exact_f1": 100.0,
        "fuzzy_f1": 100.0,
        "projected": 100.0,
    }


def test_nearly_the_same_words_and_other_labels() -> None:
    other = ("Aminah ta je Legas", [Span("a", 0, 6, "PER"), Span("b", 13, 18, "ORG")])
    assert surface_scores([(GOLD, other)]) == {
        "exact_f1": 0.0,
        "fuzzy_f1": 50.0,
        "projected": 100.0,
    }


def test_each_span_is_matched_once() -> None:
    twice = ("Amina, Amina", [Span("a", 0, 5, "PER"), Span("b", 7, 12, "PER")])
    scores = surface_scores([(GOLD, twice), (("x", []), ("y", []))])
    assert (scores["exact_f1"], scores["projected"]) == (50.0, 100.0)


def test_nothing_at_all() -> None:
    assert surface_scores([])["exact_f1"] == 0.0
    assert surface_scores([(GOLD, ("", []))])["projected"] == 0.0
