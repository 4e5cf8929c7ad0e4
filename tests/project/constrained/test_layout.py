"""Rows in groups: who sees whom."""

import numpy as np

from labelproj.project.constrained.base import Row
from labelproj.project.constrained.layout import GROUP, LANES, Layout


def test_every_token_sees_its_path_and_no_other() -> None:
    rows = [
        Row(0, np.array([0, 1, 2]), np.array([7, 8])),
        Row(0, np.array([0, 1]), np.array([9])),
        Row(3, np.array([5]), np.array([4, 4, 4])),
        Row(3, np.array([], dtype=np.int64), np.array([6])),
    ]
    layout = Layout.of(rows, first=10, device="cpu")
    seen = {}
    for group in range(len(layout.keys)):
        for query in range(layout.allowed.shape[1]):
            keys = layout.keys[group][layout.allowed[group, query]].tolist()
            places = layout.key_positions[group][layout.allowed[group, query]].tolist()
            seen[group * layout.allowed.shape[1] + query] = dict(zip(keys, places, strict=True))
    paths = [seen[slot] for slot in layout.by_group.slot.tolist()]
    assert paths == [
        {0: 0, 1: 1, 2: 2, 10: 3},
        {0: 0, 1: 1, 2: 2, 10: 3, 11: 4},
        {0: 0, 1: 1, 12: 2},
        {5: 0, 13: 1},
        {5: 0, 13: 1, 14: 2},
        {5: 0, 13: 1, 14: 2, 15: 3},
        {16: 0},
    ]
    assert layout.positions.tolist() == [3, 4, 2, 1, 2, 3, 0]
    assert layout.sources.tolist() == [0, 3]


def test_keys_do_not_grow_with_rows_times_text() -> None:
    text = np.arange(400)
    rows = [Row(0, text[: 100 + n], np.array([1, 2, 3])) for n in range(300)]
    layout = Layout.of(rows, first=400, device="cpu")
    groups = -(-900 // (GROUP // 3 * 3))
    assert layout.keys.shape[0] == groups
    assert layout.keys.shape[1] <= 400 + GROUP + LANES
