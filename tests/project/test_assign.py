"""Joint assignment against brute force."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.project.assign import assign
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
