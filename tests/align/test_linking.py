"""Matching many pairs in one matrix gives each the links it has alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labelproj.align import linking
from labelproj.align.base import AlignedPair, Link
from labelproj.align.encoder import Encoded
from labelproj.align.linking import Matcher, Sides
from labelproj.align.matching import MATCHINGS, Array, host, softmax

MATRICES = st.lists(
    hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements=st.floats(0.0, 1.0),
        unique=True,
    ),
    min_size=1,
    max_size=4,
)


@given(MATRICES)
def test_padding_changes_nothing(matrices: list[np.ndarray]) -> None:
    rows, columns = (max(matrix.shape[axis] for matrix in matrices) for axis in (0, 1))
    batch = np.full((len(matrices), rows, columns), 0.5)
    valid = np.zeros(batch.shape, dtype=bool)
    for number, matrix in enumerate(matrices):
        batch[number, : matrix.shape[0], : matrix.shape[1]] = matrix
        valid[number, : matrix.shape[0], : matrix.shape[1]] = True
    for one in (*MATCHINGS.values(), softmax):
        together = one(batch, valid=valid)
        assert not together[~valid].any()
        for number, matrix in enumerate(matrices):
            m, n = matrix.shape
            assert (together[number, :m, :n] == one(matrix)).all()


def two_sides(rng: np.random.Generator, *words: list[int]) -> tuple[Array, list[Encoded]]:
    """Return vectors of these texts' subwords, in a random order, and the texts."""
    rows = rng.permutation(sum(map(len, words)))
    ends = np.cumsum([len(own) for own in words])
    texts = [
        Encoded(rows[end - len(own) : end], np.array(own, dtype=np.intp))
        for end, own in zip(ends, words, strict=True)
    ]
    return rng.normal(size=(len(rows), 8)).astype(np.float32), texts


def random_pairs(rng: np.random.Generator) -> tuple[Array, list[Sides]]:
    words = [
        sorted(rng.integers(0, size, size + more))
        for sizes in rng.integers(1, 12, size=(30, 2)).tolist()
        for size, more in zip(sizes, (1, 0), strict=True)
    ]
    vectors, texts = two_sides(rng, *words)
    return vectors, list(zip(texts[::2], texts[1::2], strict=True))


@pytest.mark.parametrize("level", ["bpe", "word"])
@pytest.mark.parametrize("matching", [*MATCHINGS, "softmax"])
def test_a_pair_has_the_links_it_has_alone(matching: str, level: str) -> None:
    vectors, pairs = random_pairs(np.random.default_rng(0))
    matcher = Matcher(matching, level, distortion=0.2)
    together = matcher.link(vectors, pairs)
    assert together == [matcher.link(vectors, [pair])[0] for pair in pairs]
    for (src, tgt), result in zip(pairs, together, strict=True):
        assert result.status == "ok"
        assert list(result.links) == sorted(set(result.links))
        for link in result.links:
            assert link.src in src.words
            assert link.tgt in tgt.words
            assert 0 <= link.probability <= 1 + 1e-6


@pytest.mark.parametrize("level", ["bpe", "word"])
@pytest.mark.parametrize("matching", [*MATCHINGS, "softmax"])
def test_tensors_give_the_links_that_arrays_give(matching: str, level: str) -> None:
    import torch

    vectors, pairs = random_pairs(np.random.default_rng(1))
    matcher = Matcher(matching, level, distortion=0.2)
    found = matcher.link(torch.from_numpy(vectors), pairs)
    expected = matcher.link(vectors, pairs)
    for one, other in zip(found, expected, strict=True):
        assert [(k.src, k.tgt) for k in one.links] == [(k.src, k.tgt) for k in other.links]
        for here, there in zip(one.links, other.links, strict=True):
            assert here.probability == pytest.approx(there.probability, abs=2e-5)


@given(MATRICES)
def test_tensors_are_matched_as_arrays_are(matrices: list[np.ndarray]) -> None:
    import torch

    for matrix in matrices:
        for one in (*MATCHINGS.values(), softmax):
            assert (host(one(torch.from_numpy(matrix))) == one(matrix)).all()


def test_a_link_has_the_probability_of_its_best_subwords() -> None:
    vectors = np.array([*np.eye(3), [1, 0, 0], [0.1, 1, 0], [0, 0, 1]], np.float32)
    src = Encoded(np.arange(3), np.array([0, 0, 1]))
    tgt = Encoded(np.arange(3, 6), np.array([0, 0, 1]))
    (result,) = Matcher("inter").link(vectors, [(src, tgt)])
    assert result.links == (Link(0, 0, 1.0), Link(1, 1, 1.0))


def test_empty_and_enormous_pairs_have_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    vectors, (small, large, empty) = two_sides(rng, [0, 1], [0, 1, 2, 3], [])
    monkeypatch.setattr(linking, "MAX_CELLS", 8)
    results = Matcher().link(vectors, [(small, small), (empty, small), (large, large)])
    assert [result.status for result in results] == ["ok", "empty", "too-long"]
    assert results[1] == AlignedPair((), "empty")
