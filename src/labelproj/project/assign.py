"""Give all spans of a unit their places together: at most one each, no overlap, null allowed.

The best sum of weights is found exactly. Spans are first split into groups that cannot get in
each other's way; a group whose best candidates do not collide needs no search, any other is a
small 0-1 programme for HiGHS (scipy).
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp

from labelproj.project.base import Place, Weighted
from labelproj.records import Span

__all__ = ["MayOverlap", "as_in_source", "assign", "settled"]

MayOverlap = Callable[[int, int], bool]
Column = npt.NDArray[np.float64]

#: How often what is probable of one span is weighed against what is of the others.
ROUNDS = 2


def as_in_source(spans: Sequence[Span]) -> MayOverlap:
    """Return whether the places of two of ``spans`` may overlap: where they do themselves."""

    def may_overlap(k: int, m: int) -> bool:
        return spans[k].start < spans[m].end and spans[m].start < spans[k].end

    return may_overlap


def assign(
    candidates: Sequence[Sequence[Weighted]], *, may_overlap: MayOverlap
) -> list[Weighted | None]:
    """Choose one of its candidates, or null, for every span.

    ``candidates[k]`` are those of span k, best first, all with positive weight (null weighs
    nothing). ``may_overlap(k, l)`` says whether the places of spans k and l may overlap (their
    sources do). The sum of weights of the choice is the largest possible; among equal sums the
    result is the same every time.
    """
    chosen: list[Weighted | None] = [own[0] if own else None for own in candidates]
    for group in _groups(candidates, may_overlap):
        best = [(k, chosen[k]) for k in group]
        if any(_collide(a, b, k, m, may_overlap) for k, a in best for m, b in best if k < m):
            for k, choice in zip(group, _solve(group, candidates, may_overlap), strict=True):
                chosen[k] = choice
    return chosen


def settled(
    places: Sequence[Sequence[Place]], probable: Sequence[Sequence[float]], may_overlap: MayOverlap
) -> list[list[float]]:
    """Return how probable the places of each span are, given what is probable of the others.

    A place is as much less probable as it is probable that a span which may not overlap it is
    there; what is left is shared by the span's other places and none of them (mean field).
    """
    first: list[Column] = [np.asarray(own, dtype=np.float64) for own in probable]
    shares = list(first)
    for _ in range(ROUNDS):
        for k, own in enumerate(first):
            free = np.ones(len(own))
            for m, others in enumerate(places):
                if m != k and not may_overlap(k, m):
                    free *= 1.0 - _overlapping(places[k], others) @ shares[m]
            kept = own * np.maximum(free, 0.0)
            shares[k] = kept / max(1.0 - own.sum() + kept.sum(), 1e-12)
    return [own.tolist() for own in shares]


def _overlapping(places: Sequence[Place], others: Sequence[Place]) -> Column:
    """Return 1 where a place overlaps another, else 0, of shape (places, others)."""
    (a, b), (c, d) = (np.array(side, np.int64).reshape(-1, 2).T for side in (places, others))
    result: Column = ((a[:, None] < d) & (c < b[:, None])).astype(np.float64)
    return result


def _collide(
    a: Weighted | None, b: Weighted | None, k: int, m: int, may_overlap: MayOverlap
) -> bool:
    if a is None or b is None or may_overlap(k, m):
        return False
    first, second = a.candidate, b.candidate
    return first.start < second.end and second.start < first.end


def _groups(candidates: Sequence[Sequence[Weighted]], may_overlap: MayOverlap) -> list[list[int]]:
    """Return groups of spans; candidates of different groups never collide."""
    parent = list(range(len(candidates)))

    def root(k: int) -> int:
        while parent[k] != k:
            k = parent[k]
        return k

    for k, own in enumerate(candidates):
        for m in range(k + 1, len(candidates)):
            if any(_collide(a, b, k, m, may_overlap) for a in own for b in candidates[m]):
                parent[root(m)] = root(k)
    groups: dict[int, list[int]] = {}
    for k in range(len(candidates)):
        groups.setdefault(root(k), []).append(k)
    return list(groups.values())


def _solve(
    group: Sequence[int], candidates: Sequence[Sequence[Weighted]], may_overlap: MayOverlap
) -> list[Weighted | None]:
    variables = [(k, option) for k in group for option in candidates[k]]
    rows = [[float(k == owner) for owner, _ in variables] for k in group]
    for x, (k, a) in enumerate(variables):
        for y in range(x + 1, len(variables)):
            m, b = variables[y]
            if k != m and _collide(a, b, k, m, may_overlap):
                rows.append([float(z in (x, y)) for z in range(len(variables))])
    result = milp(
        c=np.array([-option.weight for _, option in variables]),
        constraints=LinearConstraint(np.array(rows), ub=1.0),
        integrality=np.ones(len(variables)),
        bounds=Bounds(0, 1),
    )
    picked = {
        k: option for (k, option), value in zip(variables, result.x, strict=True) if value > 0.5
    }
    return [picked.get(k) for k in group]
