"""Decoding trees of tokens: every token attends to its own ancestors, wherever they are packed.

A forest holds the keys and values of all tokens decoded so far for a batch of source texts. It
grows by rows: a row is a run of tokens that follows one path of earlier tokens (its ancestors).
Many rows share ancestors, so nothing is computed twice and no cache is copied per hypothesis.
Tokens are packed without padding for everything but attention itself.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

from labelproj.project.constrained.base import Grown, Row
from labelproj.project.constrained.encode import Encoded, added, attention
from labelproj.project.constrained.kernels import padded_rows
from labelproj.project.constrained.layout import Block, Layout, Slots
from labelproj.project.constrained.wiring import Tensor, Wiring

__all__ = ["Forest", "Rooms"]

#: How many times the tokens of the first pass there is room for: on a CPU as many as a search
#: decodes in all (what is not touched takes no memory there), as room that grows is copied.
EXPECTED = {"cpu": 5, "cuda": 1}
#: Numbers of a layer, at most, whose room is kept for the next forest: to touch new memory takes
#: longer than to fill what is there.
KEPT = 1 << 23


class _Store:
    """Keys and values (n, 2, heads, width of a head) of tokens, by their numbers."""

    def __init__(self) -> None:
        self._held: Tensor = None

    @property
    def is_small(self) -> bool:
        """Whether it is worth keeping."""
        return self._held is None or self._held.numel() <= KEPT

    def put(self, first: int, memory: Tensor) -> None:
        """Keep those of the tokens numbered ``first`` and on, the highest so far."""
        end = first + len(memory)
        if self._held is None or end > len(self._held):
            size = max(2 * first, end) if first else EXPECTED[memory.device.type] * end
            room = memory.new_empty((size, *memory.shape[1:]))
            if first:
                room[:first] = self._held[:first]
            self._held = room
        self._held[first:end] = memory

    def of(self, tokens: Tensor) -> Tensor:
        """Return those of ``tokens`` (g, k): (g, k, 2, heads, width of a head)."""
        return self._held.index_select(0, tokens.flatten()).view(
            *tokens.shape, *self._held.shape[1:]
        )


class Rooms:
    """Stores for the layers of forests, given back when these are closed; any thread may ask."""

    def __init__(self, layers: int):
        self._layers = layers
        self._free: deque[list[_Store]] = deque()

    def take(self) -> list[_Store]:
        """Return a store for each layer."""
        try:
            return self._free.pop()
        except IndexError:
            return [_Store() for _ in range(self._layers)]

    def give_back(self, stores: list[_Store]) -> None:
        """Keep stores for the next who asks, unless they are large."""
        if all(store.is_small for store in stores):
            self._free.append(stores)


class Forest:
    """The trees of a batch of encoded source texts."""

    def __init__(self, wiring: Wiring, encoded: Encoded, rooms: Rooms):
        import torch

        self._torch = torch
        self._wiring = wiring
        states = encoded.states
        slots = Slots(encoded.places, device=states.device)
        (filled,) = slots.filled()
        self._seen = added(filled[:, None, None], None, like=states)
        self._size = 0
        # Keys and values of the source texts: (sources, length, 2, heads, width of a head).
        self._memory = [
            memory
            for block in wiring.blocks
            for memory in slots.padded(self._heads(block.cross.memory(states), 2))
        ]
        self._rooms = rooms
        self._own = rooms.take()

    def grow(self, rows: Sequence[Row]) -> Grown:
        """Decode ``rows`` and keep their keys and values; the states are of shape (n, d)."""
        with self._torch.inference_mode():
            return self._grow(rows)

    def forget(self, first: int) -> None:
        """Drop the tokens numbered ``first`` and on; the next ones take their room."""
        self._size = first

    def close(self) -> None:
        """Give back the room that the tokens take; nothing can grow any more."""
        self._rooms.give_back(self._own)
        self._own = []

    def _grow(self, rows: Sequence[Row]) -> Grown:
        wiring, first = self._wiring, self._size
        count = sum(len(row.ids) for row in rows)
        room = padded_rows(count) - count
        layout = Layout.of(rows, first=first, device=self._seen.device, room=room)
        hidden = wiring.embed(layout.ids, layout.positions, layout.highest)
        seen = [self._allowed(block, like=hidden) for block in layout.blocks]
        cross_seen = [self._seen.index_select(0, n) for n in layout.sources]
        groups, sources = layout.by_group, layout.by_source
        for block, own, memory in zip(wiring.blocks, self._own, self._memory, strict=True):

            def attend(x: Tensor, block: Any = block, own: _Store = own) -> Tensor:
                part = block.attention
                joint = self._heads(part.joint(x), 3)
                own.put(first, joint[:, 1:])
                mixed = [
                    attention(query, own.of(at.keys), mask, part.scale)
                    for query, at, mask in zip(
                        groups.padded(joint[:, 0]), layout.blocks, seen, strict=True
                    )
                ]
                return part.out(groups.flat(mixed))

            def cross(x: Tensor, block: Any = block, memory: Tensor = memory) -> Tensor:
                part = block.cross
                mixed = [
                    attention(query, memory.index_select(0, numbers), mask, part.scale)
                    for query, numbers, mask in zip(
                        sources.padded(self._heads(part.query(x), 1)[:, 0]),
                        layout.sources,
                        cross_seen,
                        strict=True,
                    )
                ]
                return part.out(sources.flat(mixed))

            for norm, part in (
                (block.attention_norm, attend),
                (block.cross_norm, cross),
                (block.feed_norm, block.feed),
            ):
                if block.pre_norm:
                    hidden = hidden + part(norm(hidden))
                else:
                    hidden = norm(hidden + part(hidden))
        self._size += count
        return Grown(wiring.final(hidden), layout.starts, first)

    def _allowed(self, block: Block, *, like: Tensor) -> Tensor:
        """Return what is added to the scores of a block's keys (g, 1 or heads, q, k)."""
        bias = None
        if self._wiring.bias is not None:
            bias = self._wiring.bias(block.query_positions, block.key_positions)
        return added(block.allowed[:, None], bias, like=like)

    def _heads(self, x: Tensor, parts: int) -> Tensor:
        """Return (n, parts, heads, width of a head) for (n, parts * width)."""
        return x.view(len(x), parts, self._wiring.heads, self._wiring.width // self._wiring.heads)
