"""The matchings, against their published implementation and against brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from simalign import SentenceAligner

from labelproj.align.matching import (
    MATCHINGS,
    cosine_similarity,
    distorted,
    inter,
    itermax,
    match,
    softmax,
)

similarities = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.floats(0.0, 1.0, allow_nan=False),
    unique=True,
)


@given(similarities)
def test_inter_and_itermax_are_simaligns(similarity: np.ndarray) -> None:
    forward, backward = SentenceAligner.get_alignment_matrix(similarity)
    assert (inter(similarity) == (forward * backward > 0)).all()
    assert (itermax(similarity) == (SentenceAligner.iter_max(similarity) > 0)).all()


@given(similarities, st.floats(0.0, 1.0))
def test_distortion_is_simaligns(similarity: np.ndarray, ratio: float) -> None:
    expected = SentenceAligner.apply_distortion(similarity, ratio)
    assert distorted(similarity, ratio) == pytest.approx(expected)


@given(
    hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=4),
        elements=st.floats(0.01, 1.0),
    )
)
def test_match_has_the_largest_sum(similarity: np.ndarray) -> None:
    wide = similarity if similarity.shape[0] <= similarity.shape[1] else similarity.T
    best = max(
        sum(wide[i, j] for i, j in enumerate(columns))
        for columns in itertools.permutations(range(wide.shape[1]), wide.shape[0])
    )
    links = match(similarity)
    assert similarity[links].sum() == pytest.approx(best)
    assert links.sum() == min(similarity.shape)


def test_cosine_of_zero_vector_is_a_number() -> None:
    similarity = cosine_similarity(np.zeros((1, 3)), np.ones((2, 3)))
    assert similarity.tolist() == [[0.5, 0.5]]


def test_softmax_links_what_both_directions_prefer() -> None:
    scores = np.array([[9.0, 0.0], [0.0, 9.0]])
    assert softmax(scores).tolist() == [[True, False], [False, True]]


def test_names() -> None:
    assert set(MATCHINGS) == {"inter", "itermax", "match"}
