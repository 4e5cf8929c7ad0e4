"""Where packed tokens stand in the padded shapes that attention needs.

Rows of one source text share most of their ancestors: they attend in groups, so that keys are
gathered once for a group and the products of attention are not too small to be fast.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelproj.project.constrained.base import Ints, Row

__all__ = ["Layout", "Slots"]

#: torch tensors; torch is imported only where a model is opened.
Tensor = Any
#: Tokens of a group, at most (one row may have more).
GROUP = 24
#: A group has a multiple of so many keys: what processors compute at a time. (12 queries take 1.5
#: times as long with 45 keys as with 48.)
LANES = 16


@dataclass(slots=True)
class Slots:
    """Packed tokens, and their places in a padded shape (n, width).

    ``slot`` (tokens,) is the place of each, ``token`` (n * width,) which token stands in a place,
    0 where none does.
    """

    slot: Tensor
    token: Tensor
    shape: tuple[int, int]

    @classmethod
    def of(cls, owner: Ints, *, device: Any) -> "Slots":
        """Place tokens in the rows of their owners (tokens,), which are numbered from 0."""
        return cls.at(*_slots(owner), device=device)

    @classmethod
    def at(cls, slot: Ints, shape: tuple[int, int], *, device: Any) -> "Slots":
        """Place tokens in given places."""
        token = np.zeros(shape[0] * shape[1], dtype=np.int64)
        token[slot] = np.arange(len(slot))
        return cls(_tensor(slot, device), _tensor(token, device), shape)

    def filled(self) -> Tensor:
        """Return (n, width), true where a token is."""
        found = self.slot.new_zeros(len(self.token), dtype=bool)
        found[self.slot] = True
        return found.view(self.shape)

    def padded(self, x: Tensor) -> Tensor:
        """Return (n, width, ...) for packed x (tokens, ...); where no token is, any one stands."""
        return x.index_select(0, self.token).view(*self.shape, *x.shape[1:])

    def flat(self, x: Tensor) -> Tensor:
        """Return packed (tokens, d) for (n, width, d)."""
        return x.reshape(-1, x.shape[-1]).index_select(0, self.slot)


@dataclass(slots=True)
class Layout:
    """Rows in groups (g), with queries (q) and keys (k) to each.

    ``keys`` (g, k) are the numbers of the tokens attended to, ``allowed`` (g, q, k) says which
    query sees which; ``query_positions`` (g, q) and ``key_positions`` (g, k) follow the text.
    ``sources`` are the source texts that occur; ``by_group`` and ``by_source`` place the tokens.
    """

    ids: Tensor
    positions: Tensor
    highest: int
    starts: Ints
    keys: Tensor
    allowed: Tensor
    query_positions: Tensor
    key_positions: Tensor
    sources: Tensor
    by_group: Slots
    by_source: Slots

    @classmethod
    def of(cls, rows: Sequence[Row], *, first: int, device: Any) -> "Layout":
        """Lay out rows whose tokens are numbered ``first`` and on."""
        lengths = np.array([len(row.ids) for row in rows])
        before = np.array([len(row.ancestors) for row in rows])
        numbers = np.array([row.source for row in rows])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        row_of = np.repeat(np.arange(len(rows)), lengths)
        positions = before[row_of] + np.arange(len(row_of)) - starts[row_of]
        groups = _groups(numbers.tolist(), lengths.tolist())
        sources, source_of = np.unique(numbers, return_inverse=True)
        slot, shape = _slots(groups[row_of])
        past = _Past.of(rows, groups, before, first=first, count=shape[0])
        past = past.widened(-(past.keys.shape[1] + shape[1]) % LANES)
        # Whose token stands where, and at what position; -1 where none does.
        owner = np.full(shape[0] * shape[1], -1)
        owner[slot] = row_of
        owner = owner.reshape(shape)
        at = np.zeros(shape[0] * shape[1], dtype=np.int64)
        at[slot] = positions
        at = at.reshape(shape)
        own = np.full(shape[0] * shape[1], first)
        own[slot] = first + np.arange(len(row_of))
        # What stands for nothing sees itself, as nothing at all gives no number.
        order = np.arange(shape[1])
        within = (owner[:, :, None] == owner[:, None, :]) & (order[:, None] >= order)
        allowed = np.concatenate([past.seen[owner] & (owner >= 0)[..., None], within], axis=2)

        def tensor(values: npt.NDArray[Any]) -> Tensor:
            return _tensor(values, device)

        return cls(
            ids=tensor(np.concatenate([row.ids for row in rows])),
            positions=tensor(positions),
            highest=int(positions.max()),
            starts=starts,
            keys=tensor(np.concatenate([past.keys, own.reshape(shape)], axis=1)),
            allowed=tensor(allowed),
            query_positions=tensor(at),
            key_positions=tensor(np.concatenate([past.positions, at], axis=1)),
            sources=tensor(sources),
            by_group=Slots.at(slot, shape, device=device),
            by_source=Slots.of(source_of[row_of], device=device),
        )


@dataclass(slots=True)
class _Past:
    """The ancestors of each group, each once: ``keys`` and ``positions`` (g, k).

    ``seen`` (rows, k) says which of its group's a row has.
    """

    keys: Ints
    positions: Ints
    seen: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, rows: Sequence[Row], groups: Ints, before: Ints, *, first: int, count: int
    ) -> "_Past":
        ancestors = np.concatenate([row.ancestors for row in rows])
        row_of = np.repeat(np.arange(len(rows)), before)
        begins = np.cumsum(before) - before
        at = np.arange(len(ancestors)) - begins[row_of]
        unique, where, place_of = np.unique(
            groups[row_of] * (first + 1) + ancestors, return_index=True, return_inverse=True
        )
        group_of = groups[row_of][where]
        held = np.bincount(group_of, minlength=count)
        rank = np.arange(len(unique)) - (np.cumsum(held) - held)[group_of]
        width = int(held.max(initial=0))
        keys = np.zeros((count, width), dtype=np.int64)
        positions = np.zeros((count, width), dtype=np.int64)
        keys[group_of, rank] = ancestors[where]
        positions[group_of, rank] = at[where]
        seen = np.zeros((len(rows), width), dtype=np.bool_)
        seen[row_of, rank[place_of]] = True
        return cls(keys, positions, seen)

    def widened(self, by: int) -> "_Past":
        """Return the same with so many keys more, which no row has."""
        sides = ((0, 0), (0, by))
        return _Past(
            np.pad(self.keys, sides), np.pad(self.positions, sides), np.pad(self.seen, sides)
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


def _tensor(values: npt.NDArray[Any], device: Any) -> Tensor:
    import torch

    return torch.from_numpy(np.ascontiguousarray(values)).to(device)


def _slots(owner: Ints) -> tuple[Ints, tuple[int, int]]:
    """Return a place for every token in the padded shape (owners, most tokens of one)."""
    counts = np.bincount(owner)
    order = np.argsort(owner, kind="stable")
    ranks = np.empty(len(owner), dtype=np.int64)
    ranks[order] = np.arange(len(owner)) - (np.cumsum(counts) - counts)[owner[order]]
    width = int(counts.max())
    return owner * width + ranks, (len(counts), width)
