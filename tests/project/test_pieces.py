"""Runs of items that are worked on together."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from labelproj.project.pieces import pieces


@given(st.lists(st.integers(0, 9)), st.integers(0, 12))
def test_pieces_are_as_long_as_they_may_be(sizes: list[int], most: int) -> None:
    cut = list(pieces(sizes, int, most=most))
    assert [size for piece in cut for size in piece] == sizes
    assert all(cut)
    assert all(sum(piece) <= most or len(piece) == 1 for piece in cut)
    assert all(sum(a) + b[0] > most for a, b in pairwise(cut))
