"""Batches keep to their budget and bring every item once in each pass."""

import random
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from labelproj.train.batches import compounding, padded_batches, word_batches

LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=60)


@given(LENGTHS, st.integers(1, 100), st.integers(0, 5))
def test_padded_batches_hold_to_the_budget(lengths: list[int], budget: int, seed: int) -> None:
    batches = padded_batches(lengths, budget, random.Random(seed), pool=16)
    seen: list[int] = []
    while len(seen) < len(lengths):
        batch = next(batches)
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget
        seen += batch
    assert sorted(seen) == list(range(len(lengths)))


@given(LENGTHS, st.integers(1, 100), st.integers(0, 5))
def test_word_batches_hold_to_the_budget(lengths: list[int], budget: int, seed: int) -> None:
    batches = word_batches(lengths, lambda _: budget, random.Random(seed))
    seen: list[int] = []
    while len(seen) < 3 * len(lengths):
        batch = next(batches)
        assert batch
        assert len(batch) == 1 or sum(lengths[i] for i in batch) <= budget
        seen += batch
    assert sorted(seen[: len(lengths)]) == list(range(len(lengths)))


def test_batches_are_the_same_for_the_same_seed() -> None:
    def some() -> list[list[int]]:
        return list(islice(padded_batches([3, 9, 4, 7], 12, random.Random(1)), 9))

    assert some() == some()


def test_the_budget_grows_to_its_end() -> None:
    budget = compounding(10, 40, 2.0)
    assert [budget(step) for step in (0, 1, 2, 3, 10**9)] == [10, 20, 40, 40, 40]
