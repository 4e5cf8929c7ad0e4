"""Decoding trees of tokens: every token attends to its own ancestors, wherever they are packed.

A forest holds the keys and values of all tokens decoded so far for a batch of source texts. It
grows by rows: a row is a run of tokens that follows one path of earlier tokens (its ancestors).
Many rows share ancestors, so nothing is computed twice and no cache is copied per hypothesis.
Tokens are packed without padding for everything but attention itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labelproj.project.constrained.base import Grown, Row
from labelproj.project.constrained.encode import Encoded, attention
from labelproj.project.constrained.layout import Layout
from labelproj.project.constrained.wiring import Tensor, Wiring

__all__ = ["Forest"]


class _Store:
    """Keys and values (n, heads, width of a head) of tokens, by their numbers."""

    def __init__(self, empty: Tensor):
        self.keys = self.values = empty

    def put(self, first: int, keys: Tensor, values: Tensor) -> None:
        """Keep those of the tokens numbered ``first`` and on, the highest so far."""
        end = first + len(keys)
        if end > len(self.keys):
            room = max(end, 2 * len(self.keys))
            old = self.keys, self.values
            self.keys, self.values = (keys.new_empty((room, *keys.shape[1:])) for _ in old)
            self.keys[:first], self.values[:first] = (part[:first] for part in old)
        self.keys[first:end], self.values[first:end] = keys, values


@dataclass(slots=True)
class _Memory:
    """Keys and values of the source texts, (sources, heads, length, width of a head)."""

    keys: Tensor
    values: Tensor


class Forest:
    """The trees of a batch of encoded source texts."""

    def __init__(self, wiring: Wiring, encoded: Encoded):
        import torch

        self._torch = torch
        self._wiring = wiring
        self._mask = encoded.slots.filled()
        self._size = 0
        states, slots = encoded.states, encoded.slots
        self._memory = [
            _Memory(
                slots.padded(self._heads(block.cross.key(states))).transpose(1, 2),
                slots.padded(self._heads(block.cross.value(states))).transpose(1, 2),
            )
            for block in wiring.blocks
        ]
        empty = self._heads(states.new_zeros((0, wiring.width)))
        self._own = [_Store(empty) for _ in wiring.blocks]

    def grow(self, rows: Sequence[Row]) -> Grown:
        """Decode ``rows`` and keep their keys and values; the states are of shape (n, d)."""
        with self._torch.inference_mode():
            return self._grow(rows)

    def forget(self, first: int) -> None:
        """Drop the tokens numbered ``first`` and on; the next ones take their room."""
        self._size = first

    def _grow(self, rows: Sequence[Row]) -> Grown:
        torch, wiring, first = self._torch, self._wiring, self._size
        layout = Layout.of(rows, first=first, device=self._mask.device)
        hidden = wiring.embed(layout.ids, layout.positions, layout.highest)
        seen = allowed = layout.allowed[:, None]
        if wiring.bias is not None:
            bias = wiring.bias(layout.query_positions, layout.key_positions)
            seen = bias.masked_fill(~allowed, torch.finfo(bias.dtype).min)
        everywhere = len(layout.sources) == len(self._mask)

        def of_sources(x: Tensor) -> Tensor:
            return x if everywhere else x[layout.sources]

        cross_seen = of_sources(self._mask)[:, None, None]
        groups, sources = layout.by_group, layout.by_source
        for block, own, memory in zip(wiring.blocks, self._own, self._memory, strict=True):

            def attend(x: Tensor, block: Any = block, own: _Store = own) -> Tensor:
                part = block.attention
                own.put(first, self._heads(part.key(x)), self._heads(part.value(x)))
                query = groups.padded(self._heads(part.query(x)))
                keys, values = (t[layout.keys].transpose(1, 2) for t in (own.keys, own.values))
                return part.out(groups.flat(attention(query, keys, values, seen, part.scale)))

            def cross(x: Tensor, block: Any = block, memory: _Memory = memory) -> Tensor:
                part = block.cross
                query = sources.padded(self._heads(part.query(x)))
                keys, values = of_sources(memory.keys), of_sources(memory.values)
                mixed = attention(query, keys, values, cross_seen, part.scale)
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
        self._size += len(layout.ids)
        return Grown(wiring.final(hidden), layout.starts, first)

    def _heads(self, x: Tensor) -> Tensor:
        return x.view(len(x), self._wiring.heads, self._wiring.width // self._wiring.heads)
