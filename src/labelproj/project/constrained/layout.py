"""Where packed tokens stand in the padded shapes that attention needs.

Rows of one source text share most of their ancestors: they attend in groups, so that keys are
gathered once for a group and the products of attention are not too small to be fast. Groups of
about as many tokens stand in one block, as little of which as possible is padding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from labelproj.project.constrained.base import Ints, Row
from labelproj.project.pieces import parted

__all__ = ["LANES", "Block", "Layout", "Places", "Slots"]

#: torch tensors; torch is imported only where a model is opened.
Tensor = Any
#: Tokens of a group, at most (one row may have more).
GROUP = 24
#: Queries have a multiple of so many keys: what processors compute at a time. (12 queries take 1.5
#: times as long with 45 keys as with 48.)
LANES = 16
#: One more block costs as much time as so much padding, in tokens.
CALL = 48


class Places(NamedTuple):
    """Places of packed tokens in blocks of shape (owners, most tokens of one of them).

    ``slot`` (tokens,) is the place of each, ``owners`` are those of each block.
    """

    slot: Ints
    owners: list[Ints]
    shapes: list[tuple[int, int]]

    @classmethod
    def of(cls, owner: Ints, *, whole: bool = False, lanes: int = 1) -> "Places":
        """Place tokens beside those of the same owner (tokens,), numbered from 0.

        With ``whole`` all owners are in one block, in their order. Blocks are as wide as a
        multiple of ``lanes``; which owners are in them does not depend on that.
        """
        counts = np.bincount(owner)
        owners = [np.arange(len(counts))] if whole else _blocks(counts)
        widths = [-(-int(counts[own].max()) // lanes) * lanes for own in owners]
        shapes = [(len(own), width) for own, width in zip(owners, widths, strict=True)]
        begins = np.zeros(len(counts), dtype=np.int64)
        end = 0
        for own, (count, width) in zip(owners, shapes, strict=True):
            begins[own] = end + width * np.arange(count)
            end += count * width
        order = np.argsort(owner, kind="stable")
        ranks = np.empty(len(owner), dtype=np.int64)
        ranks[order] = np.arange(len(owner)) - (np.cumsum(counts) - counts)[owner[order]]
        return cls(begins[owner] + ranks, owners, shapes)

    def padded(self, values: Ints, *, empty: int) -> list[Ints]:
        """Return ``values`` (tokens,) in the shape of each block."""
        sizes = [count * width for count, width in self.shapes]
        found = np.full(sum(sizes), empty)
        found[self.slot] = values
        return [
            own.reshape(shape) for own, shape in zip(parted(found, sizes), self.shapes, strict=True)
        ]


class Slots:
    """Places of tokens on a device. Packed ones have ``room`` rows more, which mean nothing."""

    def __init__(self, places: Places, *, device: Any, room: int = 0):
        self.shapes = places.shapes
        tokens = places.padded(np.arange(len(places.slot)), empty=0)
        self._slot = _tensor(np.pad(places.slot, (0, room)), device)
        self._token = _tensor(np.concatenate([own.ravel() for own in tokens]), device)
        self._sizes = [own.size for own in tokens]
        filled = np.zeros(len(self._token), dtype=np.bool_)
        filled[places.slot] = True
        self._filled = self._cut(_tensor(filled, device))

    def filled(self) -> list[Tensor]:
        """Return (n, width) of each block, true where a token is."""
        return self._filled

    def padded(self, x: Tensor) -> list[Tensor]:
        """Return packed x (tokens, ...) as blocks (n, width, ...).

        Where no token is, any one stands.
        """
        return self._cut(x.index_select(0, self._token))

    def flat(self, blocks: Sequence[Tensor]) -> Tensor:
        """Return packed (tokens, d) for blocks (n, width, d)."""
        import torch

        rows = [block.reshape(-1, block.shape[-1]) for block in blocks]
        return (rows[0] if len(rows) == 1 else torch.cat(rows)).index_select(0, self._slot)

    def _cut(self, x: Tensor) -> list[Tensor]:
        return [
            own.view(*shape, *x.shape[1:])
            for own, shape in zip(x.split(self._sizes), self.shapes, strict=True)
        ]


@dataclass(slots=True)
class Block:
    """Groups (g) of rows that attend together, with queries (q) and keys (k) to each.

    ``keys`` (g, k) are the numbers of the tokens attended to, ``allowed`` (g, q, k) says which
    query sees which; ``query_positions`` (g, q) and ``key_positions`` (g, k) follow the text.
    """

    keys: Tensor
    allowed: Tensor
    query_positions: Tensor
    key_positions: Tensor


@dataclass(slots=True)
class Layout:
    """Rows in groups, and in the source texts they are decoded for.

    ``ids`` and ``positions`` (tokens,) are packed, ``highest`` is the highest position; ``starts``
    (rows,) is where each row begins. ``blocks`` are those of ``by_group``, ``sources`` the numbers
    of the source texts in each block of ``by_source``.
    """

    ids: Tensor
    positions: Tensor
    highest: int
    starts: Ints
    blocks: list[Block]
    by_group: Slots
    sources: list[Tensor]
    by_source: Slots

    @classmethod
    def of(cls, rows: Sequence[Row], *, first: int, device: Any, room: int = 0) -> "Layout":
        """Lay out rows whose tokens are numbered ``first`` and on.

        ``room`` is that of packed tokens (see :class:`Slots`).
        """
        lengths = np.array([len(row.ids) for row in rows])
        before = np.array([len(row.ancestors) for row in rows])
        numbers = np.array([row.source for row in rows])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        row_of = np.repeat(np.arange(len(rows)), lengths)
        positions = before[row_of] + np.arange(len(row_of)) - starts[row_of]
        groups = _groups(numbers.tolist(), lengths.tolist())
        by_group = Places.of(groups[row_of])
        past = _Past.of(rows, groups, before, first=first)
        blocks = [
            _block(past.of_groups(own), owner, number, at, device=device)
            for own, owner, number, at in zip(
                by_group.owners,
                by_group.padded(row_of, empty=-1),
                by_group.padded(first + np.arange(len(row_of)), empty=first),
                by_group.padded(positions, empty=0),
                strict=True,
            )
        ]
        sources, source_of = np.unique(numbers, return_inverse=True)
        by_source = Places.of(source_of[row_of])
        return cls(
            ids=_tensor(np.pad(np.concatenate([row.ids for row in rows]), (0, room)), device),
            positions=_tensor(np.pad(positions, (0, room)), device),
            highest=int(positions.max()),
            starts=starts,
            blocks=blocks,
            by_group=Slots(by_group, device=device, room=room),
            sources=[_tensor(sources[own], device) for own in by_source.owners],
            by_source=Slots(by_source, device=device, room=room),
        )


@dataclass(slots=True)
class _Past:
    """The ancestors of each group, each once: ``keys`` and ``positions`` (g, k).

    ``held`` (g,) is how many a group has; ``seen`` (rows, k) says which of them a row has.
    """

    keys: Ints
    positions: Ints
    held: Ints
    seen: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Sequence[Row], groups: Ints, before: Ints, *, first: int) -> "_Past":
        ancestors = np.concatenate([row.ancestors for row in rows])
        row_of = np.repeat(np.arange(len(rows)), before)
        begins = np.cumsum(before) - before
        at = np.arange(len(ancestors)) - begins[row_of]
        unique, where, place_of = np.unique(
            groups[row_of] * (first + 1) + ancestors, return_index=True, return_inverse=True
        )
        group_of = groups[row_of][where]
        count = int(groups[-1]) + 1
        held = np.bincount(group_of, minlength=count)
        rank = np.arange(len(unique)) - (np.cumsum(held) - held)[group_of]
        width = int(held.max(initial=0))
        keys = np.zeros((count, width), dtype=np.int64)
        positions = np.zeros((count, width), dtype=np.int64)
        keys[group_of, rank] = ancestors[where]
        positions[group_of, rank] = at[where]
        seen = np.zeros((len(rows), width), dtype=np.bool_)
        seen[row_of, rank[place_of]] = True
        return cls(keys, positions, held, seen)

    def of_groups(self, own: Ints) -> "_Past":
        """Return the same for some groups, no wider than they need; ``seen`` is of all rows."""
        width = int(self.held[own].max())
        return _Past(
            self.keys[own, :width],
            self.positions[own, :width],
            self.held[own],
            self.seen[:, :width],
        )


def _block(past: _Past, owner: Ints, number: Ints, at: Ints, *, device: Any) -> Block:
    """Return the block of tokens with these owners (rows, or -1), numbers and positions (g, q)."""
    width = owner.shape[1]
    more = -(past.keys.shape[1] + width) % LANES
    # What stands for nothing sees itself, as nothing at all gives no number.
    order = np.arange(width)
    within = (owner[:, :, None] == owner[:, None, :]) & (order[:, None] >= order)
    seen = past.seen[owner] & (owner >= 0)[..., None]
    nobody = np.zeros((*owner.shape, more), dtype=np.bool_)
    nothing = np.zeros((len(owner), more), dtype=np.int64)
    return Block(
        keys=_tensor(np.concatenate([past.keys, nothing, number], axis=1), device),
        allowed=_tensor(np.concatenate([seen, nobody, within], axis=2), device),
        query_positions=_tensor(at, device),
        key_positions=_tensor(np.concatenate([past.positions, nothing, at], axis=1), device),
    )


def _groups(sources: Sequence[int], lengths: Sequence[int]) -> Ints:
    """Return the number of each row's group: neighbours with one source, ``GROUP`` tokens."""
    groups = []
    number, held, source = -1, 0, -1
    for own, length in zip(sources, lengths, strict=True):
        if own != source or held + length > GROUP:
            number, held, source = number + 1, 0, own
        held += length
        groups.append(number)
    return np.array(groups)


def _blocks(counts: Ints) -> list[Ints]:
    """Return owners of (n,) tokens in the blocks that cost least, by their padding and number."""
    order = np.argsort(counts, kind="stable")
    rising = counts[order]
    ends = [*np.flatnonzero(np.diff(rising)) + 1, len(order)]
    # The least cost of the first owners up to each end, and where its last block begins.
    best = {0: (0, 0)}
    for end in ends:
        width = int(rising[end - 1])
        best[end] = min(
            (cost + (end - begin) * width + CALL, begin) for begin, (cost, _) in best.items()
        )
    blocks = []
    end = len(order)
    while end:
        begin = best[end][1]
        blocks.append(order[begin:end])
        end = begin
    return blocks[::-1]


def _tensor(values: npt.NDArray[Any], device: Any) -> Tensor:
    import torch

    return torch.from_numpy(np.ascontiguousarray(values)).to(device)
