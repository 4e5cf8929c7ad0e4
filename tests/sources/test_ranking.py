"""Profiles of texts, how far they cover others, and the score made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.errors import UsageError
from labelproj.records import Document, Segment, Span
from labelproj.sources.ranking import FEATURES, Candidate, formula, rank, sizes, weights_of
from labelproj.sources.texts import SAMPLE, coverage, lower_words, profile_of


def document(name: str, text: str, translation: str | None = None) -> Document:
    spans = (Span("s0", 0, 4, "LOC"),) if text.startswith("Kano") else ()
    return Document(name, "en", (Segment("text", "text", text, spans, translation),))


def test_a_profile_counts_all_and_draws_the_same_sample() -> None:
    documents = [document(f"d{n}", f"Kano is number {n}.") for n in range(SAMPLE + 50)]
    found = profile_of(documents)
    assert (found.documents, found.spans, found.words) == (SAMPLE + 50, SAMPLE + 50, 10250)
    assert found.labels == {"LOC": SAMPLE + 50}
    assert len(found.texts) == SAMPLE
    assert found.texts == profile_of(reversed(documents)).texts
    assert found.translations == []


def test_translations_are_drawn_where_all_have_one() -> None:
    both = [document("a", "Kano.", "Kano ne."), document("b", "Rain.", "Ruwa.")]
    assert sorted(profile_of(both).translations) == ["Kano ne.", "Ruwa."]
    assert profile_of([*both, document("c", "Sun.")]).translations == []


def test_coverage_is_of_the_same_number_of_words() -> None:
    target = ["Kano Kano Jos", "birni 12"]
    assert lower_words("Kano, 12 Jos!") == ["kano", "jos"]
    assert coverage(target, [["kano"], ["birni jos kano"]], tokens=lower_words) == [0.5, 0.25]
    distinct = coverage(target, [["kano"], ["jos kano"]], tokens=lower_words, distinct=True)
    assert distinct == pytest.approx([1 / 3, 1 / 3])
    assert coverage([], [["a"]], tokens=lower_words) == [0.0]
    assert coverage(["a"], [[], ["a"]], tokens=lower_words) == [0.0, 0.0]


def candidate(name: str, **features: float | None) -> Candidate:
    return Candidate(name, name, {one: features.get(one) for one in FEATURES})


def test_only_what_all_have_counts() -> None:
    found = rank(
        [
            candidate("en", script=1.0, size=0.2, domain=0.9),
            candidate("ar", script=0.0, size=1.0),
        ],
        weights=weights_of({"size": 3.0}),
        reasons={"typology": "no data"},
    )
    assert found.weights == {"script": 1.0, "size": 3.0}
    assert [one.name for one, _ in found.scored] == ["ar", "en"]
    assert [score for _, score in found.scored] == pytest.approx([0.75, 0.4])
    assert found.left_out == {
        "typology": "no data",
        "subwords": "not known of en, ar",
        "domain": "not known of ar",
    }
    assert formula(found.weights) == "score = (1 x script + 3 x size) / 4"


def test_nothing_that_counts_is_no_score() -> None:
    found = rank([candidate("en", script=1.0)], weights=weights_of({"script": 0.0}))
    assert found.scored[0][1] is None
    assert found.left_out["script"] == "weight 0"
    assert formula(found.weights) == "score = nothing to count"


@pytest.mark.parametrize("weights", [{"sizes": 1.0}, {"size": -1.0}, {"size": float("nan")}])
def test_weights_that_are_none(weights: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        weights_of(weights)


@given(st.lists(st.none() | st.integers(1, 10**7), max_size=6))
def test_sizes_are_shares_in_the_order_of_the_numbers(numbers: list[int | None]) -> None:
    shares = sizes(numbers)
    assert [share is None for share in shares] == [n is None for n in numbers]
    known = sorted((n, s) for n, s in zip(numbers, shares, strict=True) if n and s is not None)
    assert all(0 < share <= 1 for _, share in known)
    assert [share for _, share in known] == sorted(share for _, share in known)
