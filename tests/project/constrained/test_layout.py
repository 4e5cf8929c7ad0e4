"""Rows in groups: who sees whom."""

import numpy as np
import torch

from labelproj.project.constrained.base import Row
from labelproj.project.constrained.layout import GROUP, LANES, Layout, Places, Slots


def test_every_token_sees_its_path_and_no_other() -> None:
    rows = [
        Row(0, np.array([0, 1, 2]), np.array([7, 8])),
        Row(0, np.array([0, 1]), np.array([9])),
        Row(3, np.array([5]), np.array([4, 4, 4])),
        Row(3, np.array([], dtype=np.int64), np.array([6])),
    ]
    layout = Layout.of(rows, first=10, device="cpu")
    seen = []
    for block in layout.blocks:
        # Of every query, the places of the tokens it sees, from 1.
        places = (block.key_positions + 1)[:, None] * block.allowed
        found = torch.zeros(*places.shape[:2], 17, dtype=torch.long)
        seen.append(found.scatter_add_(2, block.keys[:, None].expand_as(places), places))
    paths = [
        {number: own[number] - 1 for number in range(17) if own[number]}
        for own in layout.by_group.flat(seen).tolist()
    ]
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
    assert sorted(n for own in layout.sources for n in own.tolist()) == [0, 3]


def test_keys_do_not_grow_with_rows_times_text() -> None:
    text = np.arange(400)
    rows = [Row(0, text[: 100 + n], np.array([1, 2, 3])) for n in range(300)]
    layout = Layout.of(rows, first=400, device="cpu")
    groups = -(-900 // (GROUP // 3 * 3))
    assert sum(len(block.keys) for block in layout.blocks) == groups
    assert all(block.keys.shape[1] <= 400 + GROUP + LANES for block in layout.blocks)


def test_owners_of_few_tokens_are_not_padded_to_those_of_many() -> None:
    owner = np.concatenate([np.repeat(np.arange(200), 2), np.full(500, 200)])
    places = Places.of(owner)
    assert sorted(places.shapes) == [(1, 500), (200, 2)]
    assert Places.of(owner, whole=True).shapes == [(201, 500)]
    tokens = torch.arange(len(owner))[:, None]
    for own in (places, Places.of(owner, whole=True)):
        slots = Slots(own, device="cpu")
        assert torch.equal(slots.flat(slots.padded(tokens)), tokens)
        assert sum(int(filled.sum()) for filled in slots.filled()) == len(owner)


def test_a_block_more_is_not_made_for_little_padding() -> None:
    assert len(Places.of(np.repeat(np.arange(10), np.arange(11, 21))).shapes) == 1
