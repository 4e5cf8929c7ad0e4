"""Other bitext may not outweigh the job's own."""

from hypothesis import given
from hypothesis import strategies as st

from labelproj.align.lexicon import EXTRA, extra_step, extra_weight


def test_all_of_little_bitext_is_counted() -> None:
    assert extra_step(10, EXTRA) == extra_step(10, 0) == 1
    assert extra_step(5 * EXTRA, 5 * EXTRA) == 1
    assert extra_weight(10, EXTRA) == extra_weight(5 * EXTRA, 5 * EXTRA) == 1.0
    assert extra_weight(10, 0) == 0.0


@given(st.integers(0, 10**6), st.integers(0, 10**7))
def test_no_more_is_counted_than_the_job_has(pairs: int, extra: int) -> None:
    counted = len(range(0, extra, extra_step(pairs, extra)))
    assert counted <= max(pairs, EXTRA)
    assert counted >= min(extra, max(pairs, EXTRA)) // 2
    assert extra_weight(pairs, extra) * extra <= max(pairs, EXTRA) * 1.000001
