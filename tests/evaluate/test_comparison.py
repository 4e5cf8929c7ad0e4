"""Differences between systems, and how likely they are by chance."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.config import EvaluateParams
from labelproj.evaluate.bootstrap import Ints, f1_interval, mean_f1, permutation_p
from labelproj.evaluate.comparison import differences, holm
from labelproj.evaluate.runs import by_system, mean_scores
from labelproj.records import Span

ROWS = st.lists(st.lists(st.integers(0, 4), min_size=6, max_size=6), min_size=1, max_size=6)


def counts(*rows: tuple[int, int, int]) -> Ints:
    return np.array(rows, dtype=np.int64)


@given(ROWS)
def test_the_p_value_is_that_of_all_exchanges(rows: list[list[int]]) -> None:
    both = np.array(rows, dtype=np.int64)
    a, b = both[:, :3], both[:, 3:]
    observed = abs(mean_f1(a) - mean_f1(b))
    exchanges = [np.array(mask)[:, None] for mask in product((False, True), repeat=len(rows))]
    gaps = [
        abs(mean_f1(np.where(mask, b, a)) - mean_f1(np.where(mask, a, b))) for mask in exchanges
    ]
    exact = np.mean([gap >= observed - 1e-12 for gap in gaps])
    assert permutation_p(a, b, resamples=2000) == pytest.approx(exact, abs=0.06)
    assert permutation_p(a, b) == permutation_p(b, a) == permutation_p(a[None], b[None])


def test_clear_and_no_differences() -> None:
    good, bad = counts(*[(1, 0, 0)] * 20), counts(*[(0, 1, 1)] * 20)
    assert permutation_p(good, bad, resamples=500) == pytest.approx(1 / 501)
    assert permutation_p(good, good) == 1.0
    assert permutation_p(counts().reshape(0, 3), counts().reshape(0, 3)) == 1.0
    runs = np.stack([good, good, bad])
    assert permutation_p(runs, np.stack([bad] * 3), resamples=500) == pytest.approx(1 / 501)


def test_runs_widen_the_interval() -> None:
    good, bad = counts(*[(1, 0, 0)] * 50), counts(*[(0, 1, 1)] * 50)
    runs = np.stack([good, bad])
    assert mean_f1(runs) == 0.5
    assert f1_interval(runs) == (0.0, 1.0)
    assert f1_interval(good) == f1_interval(np.stack([good, good])) == (1.0, 1.0)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.6, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_every_pair_is_compared() -> None:
    gold = [(Span("a", 0, 2, "X"),)] * 10
    none: list[tuple[Span, ...]] = [()] * 10
    found = differences(
        {"a": [gold], "b": [none], "c": [gold]}, gold, params=EvaluateParams(bootstrap=50)
    )
    assert list(found) == ["a - b", "a - c", "b - c"]
    assert found["a - b"]["f1"] == 100.0
    assert found["b - c"]["f1_high"] == -100.0
    assert found["a - c"] == {"f1": 0.0, "f1_low": 0.0, "f1_high": 0.0, "p": 1.0, "p_holm": 1.0}
    assert found["a - b"]["p"] < found["a - b"]["p_holm"] < 0.05


def test_runs_belong_to_their_systems() -> None:
    names = {"projected": 1, "projected@7": 2, "projected@mean": 4, "projected+source": 3}
    assert by_system(names) == {
        "projected": {"projected": 1, "projected@7": 2},
        "projected@mean": {"projected@mean": 4},
        "projected+source": {"projected+source": 3},
    }


def test_the_mean_of_nested_scores() -> None:
    runs = [{"a": {"f1": 10.0, "n": 3}, "s": "x"}, {"a": {"f1": 20.0, "n": 3, "m": 1}, "s": "x"}]
    assert mean_scores(runs) == {"a": {"f1": 15.0, "n": 3.0, "m": 1.0}, "s": "x"}
    assert mean_scores(runs[:1]) == runs[0]
