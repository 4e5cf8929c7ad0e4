"""Matching many pairs in one matrix gives each the links it has alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from labelproj.align import linking
from labelproj.align.base import AlignedPair, Link
from labelproj.align.encoder import Encoded
from labelproj.align.linking import Matcher
from labelproj.align.matching import MATCHINGS, softmax

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


def side(rng: np.random.Generator, words: list[int]) -> Encoded:
    vectors = rng.normal(size=(len(words), 8)).astype(np.float32)
    return Encoded(vectors, np.array(words, dtype=np.intp))


@pytest.mark.parametrize("level", ["bpe", "word"])
@pytest.mark.parametrize("matching", [*MATCHINGS, "softmax"])
def test_a_pair_has_the_links_it_has_alone(matching: str, level: str) -> None:
    rng = np.random.default_rng(0)
    pairs = [
        (side(rng, sorted(rng.integers(0, m, m + 1))), side(rng, sorted(rng.integers(0, n, n))))
        for m, n in rng.integers(1, 12, size=(30, 2)).tolist()
    ]
    matcher = Matcher(matching, level, distortion=0.2)
    together = matcher.link(pairs)
    assert together == [matcher.link([pair])[0] for pair in pairs]
    for (src, tgt), result in zip(pairs, together, strict=True):
        assert result.status == "ok"
        assert list(result.links) == sorted(set(result.links))
        for link in result.links:
            assert link.src in src.words
            assert link.tgt in tgt.words
            assert 0 <= link.probability <= 1 + 1e-6


def test_a_link_has_the_probability_of_its_best_subwords() -> None:
    src = Encoded(np.eye(3, dtype=np.float32), np.array([0, 0, 1]))
    tgt = Encoded(np.array([[1, 0, 0], [0.1, 1, 0], [0, 0, 1]], np.float32), np.array([0, 0, 1]))
    (result,) = Matcher("inter").link([(src, tgt)])
    assert result.links == (Link(0, 0, 1.0), Link(1, 1, 1.0))


def test_empty_and_enormous_pairs_have_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    small, large, empty = side(rng, [0, 1]), side(rng, [0, 1, 2, 3]), side(rng, [])
    monkeypatch.setattr(linking, "MAX_CELLS", 8)
    results = Matcher().link([(small, small), (empty, small), (large, large)])
    assert [result.status for result in results] == ["ok", "empty", "too-long"]
    assert results[1] == AlignedPair((), "empty")
