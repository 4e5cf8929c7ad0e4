"""Counts, F1 and intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.evaluate.bootstrap import (
    difference_interval,
    f1_interval,
    f1_of,
    precision_recall,
    span_counts,
)
from labelproj.records import Span

PLACES = st.tuples(st.integers(0, 3), st.integers(4, 6), st.sampled_from(["PER", "LOC"]))
DOCUMENT = st.lists(PLACES, max_size=5).map(
    lambda places: [Span(str(i), *place) for i, place in enumerate(places)]
)
CORPUS = st.lists(st.tuples(DOCUMENT, DOCUMENT), max_size=8)
Corpus = list[tuple[list[Span], list[Span]]]


@given(CORPUS)
def test_counts_are_those_of_sets(corpus: Corpus) -> None:
    predicted, gold = [p for p, _ in corpus], [g for _, g in corpus]
    counts = span_counts(predicted, gold)
    assert counts.shape == (len(corpus), 3)
    for (right, wrong, missed), (found, wanted) in zip(counts, corpus, strict=True):
        assert right + wrong == len({(s.start, s.end, s.label) for s in found})
        assert right + missed == len({(s.start, s.end, s.label) for s in wanted})
    parts = [span_counts(predicted, gold, label=label) for label in ("PER", "LOC")]
    assert (parts[0] + parts[1] == counts).all()
    precision, recall = precision_recall(counts)
    harmonic = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    assert float(f1_of(counts.sum(axis=0))) == pytest.approx(harmonic)


@given(CORPUS)
def test_a_perfect_system_has_no_doubt(corpus: Corpus) -> None:
    gold = [[Span("x", 0, 1, "PER"), *spans] for _, spans in corpus]
    counts = span_counts(gold, gold)
    assert f1_interval(counts, resamples=50) == ((1.0, 1.0) if gold else (0.0, 0.0))


def test_the_interval_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 5, size=(150, 3))
    low, high = f1_interval(counts, resamples=2000, seed=1)
    drawn = [float(f1_of(counts[rng.integers(0, 150, 150)].sum(axis=0))) for _ in range(2000)]
    assert (low, high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.01)
    assert low < float(f1_of(counts.sum(axis=0))) < high
    assert (low, high) == f1_interval(counts, resamples=2000, seed=1)


def test_a_system_differs_from_itself_by_nothing() -> None:
    counts = np.random.default_rng(3).integers(0, 5, size=(40, 3))
    assert difference_interval(counts, counts, resamples=100) == (0.0, 0.0)
    better = counts + np.array([2, 0, 0])
    low, high = difference_interval(better, counts, resamples=100)
    assert 0 < low <= high


def test_numbers_of_documents_must_agree() -> None:
    with pytest.raises(ValueError, match="argument"):
        span_counts([[]], [[], []])
