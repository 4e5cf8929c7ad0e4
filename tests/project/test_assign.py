"""Joint assignment against brute force."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.project.assign import assign, settled
from labelproj.project.base import Weighted
from labelproj.records import Candidate


@st.composite
def options(draw: st.DrawFn) -> list[Weighted]:
    found = []
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, 8))
        end = start + draw(st.integers(1, 4))
        weight = draw(st.integers(1, 20)) / 4
        found.append(Weighted(Candidate(start, end, 0.5), weight))
    return sorted(found, key=lambda option: -option.weight)


def overlap(a: Weighted, b: Weighted) -> bool:
    return a.candidate.start < b.candidate.end and b.candidate.start < a.candidate.end


@settings(max_examples=150, deadline=None)
@given(st.lists(options(), max_size=4), st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3))))
def test_the_sum_is_the_best_there_is(
    candidates: list[list[Weighted]], nested: set[tuple[int, int]]
) -> None:
    def may_overlap(k: int, m: int) -> bool:
        return (k, m) in nested or (m, k) in nested

    def allowed(choice: tuple[Weighted | None, ...]) -> bool:
        return not any(
            a and b and overlap(a, b) and not may_overlap(k, m)
            for (k, a), (m, b) in itertools.combinations(enumerate(choice), 2)
        )

    def total(choice: tuple[Weighted | None, ...]) -> float:
        return sum(option.weight for option in choice if option)

    everything = itertools.product(*[[None, *own] for own in candidates])
    best = max(total(choice) for choice in everything if allowed(choice))
    chosen = tuple(assign(candidates, may_overlap=may_overlap))
    assert len(chosen) == len(candidates)
    assert allowed(chosen)
    assert abs(total(chosen) - best) < 1e-9
    for option, own in zip(chosen, candidates, strict=True):
        assert option is None or option in own


def test_no_spans_no_choice() -> None:
    assert assign([], may_overlap=lambda k, m: False) == []


def test_what_is_probable_of_one_span_counts_for_the_others() -> None:
    whole, part, other = (0, 20), (0, 14), (15, 20)
    first, second = settled(
        [[whole, part], [other]], [[0.6, 0.3], [0.9]], may_overlap=lambda k, m: False
    )
    assert first[1] > 0.6 > 0.2 > first[0]
    assert second[0] > 0.6
    kept = settled([[whole, part], [other]], [[0.6, 0.3], [0.9]], may_overlap=lambda k, m: True)
    assert kept == [[0.6, 0.3], [0.9]]


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), st.floats(0, 1)), max_size=4),
        max_size=4,
    )
)
def test_settled_shares_are_shares(spans: list[list[tuple[int, int, float]]]) -> None:
    places = [[(start, start + length) for start, length, _ in own] for own in spans]
    shares = [[share / max(1, len(own)) for _, _, share in own] for own in spans]
    found = settled(places, shares, may_overlap=lambda k, m: False)
    assert [len(own) for own in found] == [len(own) for own in shares]
    assert all(0 <= share <= 1 + 1e-9 for own in found for share in own)
    assert all(sum(own) <= 1 + 1e-9 for own in found)
