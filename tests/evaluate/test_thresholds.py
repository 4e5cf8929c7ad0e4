"""Thresholds keep what they are asked to keep."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.evaluate.thresholds import Sample, curve, for_kept, for_precision, for_share

VALUES = st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=20, max_size=80)


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES, st.booleans(), st.sampled_from([0.5, 0.9, 0.95, 1.0]))
def test_enough_of_the_good_pass_all(
    one: list[float | None], two: list[float | None], lowest: bool, keep: float
) -> None:
    size = min(len(one), len(two))
    good = [True] * size
    samples = {"a": Sample(one[:size], good, lowest), "b": Sample(two[:size], good, not lowest)}
    cuts = for_kept(samples, keep=keep)
    passing = 0
    for row in range(size):
        ok = True
        for name, cut in cuts.items():
            value, low = samples[name].values[row], samples[name].lowest
            ok = ok and (value is None or (value >= cut if low else value <= cut))
        passing += ok
    assert passing >= keep * size - 1e-9


def test_precision_is_reached_or_not() -> None:
    sample = Sample([0.1, 0.2, 0.3, 0.4], [False, True, False, True], lowest=True)
    assert for_precision(sample, precision=0.9) == 0.4
    assert for_precision(sample, precision=0.6) == 0.2
    assert for_precision(Sample([1.0], [False], lowest=True), precision=0.9) is None


def test_a_share_of_the_job_itself() -> None:
    values: list[float | None] = [float(n) for n in range(101)]
    assert for_share(values, lowest=True, keep=0.95) == 5.0
    assert for_share(values, lowest=False, keep=0.95) == 95.0
    assert for_share([None], lowest=True, keep=0.95) is None


def test_curves_go_from_all_to_little() -> None:
    points = curve(Sample([0.0, 0.5, 1.0, None], [False, True, True, True], lowest=True))
    assert points[0] == {
        "threshold": 0.0,
        "precision": 0.75,
        "recall": 1.0,
        "yield": 1.0,
        "caught": 0.0,
    }
    assert points[-1]["recall"] == pytest.approx(2 / 3, abs=1e-3)
    assert curve(Sample([None], [True], lowest=True)) == []
