"""Decoding trees of tokens: every token attends to its own ancestors, wherever they are packed.

A forest holds the keys and values of all tokens decoded so far for a batch of source texts. It
grows by rows: a row is a run of tokens that follows one path of earlier tokens (its ancestors).
Many rows share ancestors, so nothing is computed twice and no cache is copied per hypothesis.
Tokens are packed without padding for everything but attention itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelproj.project.constrained.base import Grown, Ints, Row
from labelproj.project.constrained.wiring import Attention, Tensor, Wiring

__all__ = ["Forest"]


@dataclass(slots=True)
class _Store:
    keys: Tensor
    values: Tensor


class Forest:
    """The trees of a batch of encoded source texts.

    ``states`` is (sources, length, d), ``mask`` (sources, length), true where a token is.
    """

    def __init__(self, wiring: Wiring, states: Tensor, mask: Tensor):
        import torch

        self._torch = torch
        self._wiring = wiring
        self._mask = mask.bool()
        self._size = 0
        self._head = wiring.width // wiring.heads
        shape = (*states.shape[:2], wiring.heads, self._head)
        self._memory = [
            _Store(
                block.cross.key(states).view(shape).transpose(1, 2),
                block.cross.value(states).view(shape).transpose(1, 2),
            )
            for block in wiring.blocks
        ]
        empty = states.new_zeros((0, wiring.heads, self._head))
        self._own = [_Store(empty, empty) for _ in wiring.blocks]

    def grow(self, rows: Sequence[Row]) -> Grown:
        """Decode ``rows`` and keep their keys and values; the states are of shape (n, d)."""
        with self._torch.inference_mode():
            return self._grow(rows)

    def _grow(self, rows: Sequence[Row]) -> Grown:
        torch, wiring = self._torch, self._wiring
        layout = _Layout.of(rows, first=self._size, device=self._mask.device)
        hidden = wiring.embed(layout.ids, layout.positions)
        allowed = layout.allowed[:, None]
        seen = allowed
        if wiring.bias is not None:
            bias = wiring.bias(layout.query_positions, layout.key_positions)
            seen = bias.masked_fill(~allowed, torch.finfo(bias.dtype).min)
        cross_allowed = self._mask[layout.sources][:, None, None]
        for block, own, memory in zip(wiring.blocks, self._own, self._memory, strict=True):

            def attend(x: Tensor, block: Any = block, own: _Store = own) -> Tensor:
                part = block.attention
                own.keys = torch.cat([own.keys, self._heads(part.key(x))])
                own.values = torch.cat([own.values, self._heads(part.value(x))])
                query = layout.padded(self._heads(part.query(x)))
                keys, values = (t[layout.keys].transpose(1, 2) for t in (own.keys, own.values))
                mixed = self._attention(part, query, keys, values, seen)
                return part.out(layout.flat(mixed))

            def cross(x: Tensor, block: Any = block, memory: _Store = memory) -> Tensor:
                part = block.cross
                query = layout.padded_by_source(self._heads(part.query(x)))
                keys, values = memory.keys[layout.sources], memory.values[layout.sources]
                mixed = self._attention(part, query, keys, values, cross_allowed)
                return part.out(layout.flat_by_source(mixed))

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
        return Grown(wiring.final(hidden), layout.starts, self._size - len(layout.ids))

    def _heads(self, x: Tensor) -> Tensor:
        return x.view(-1, self._wiring.heads, self._head)

    def _attention(
        self, part: Attention, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor
    ) -> Tensor:
        """Return (rows, q, width) for a query of shape (rows, q, heads, width of a head)."""
        mixed = self._torch.nn.functional.scaled_dot_product_attention(
            query.transpose(1, 2), keys, values, attn_mask=mask, scale=part.scale
        )
        return mixed.transpose(1, 2).reshape(*query.shape[:2], -1)


@dataclass(slots=True)
class _Layout:
    """Where the packed tokens of some rows stand in the padded shapes that attention needs."""

    ids: Tensor
    positions: Tensor
    starts: Ints
    keys: Tensor
    allowed: Tensor
    query_positions: Tensor
    key_positions: Tensor
    sources: Tensor
    slot: Tensor
    shape: tuple[int, int]
    source_slot: Tensor
    source_shape: tuple[int, int]

    @classmethod
    def of(cls, rows: Sequence[Row], *, first: int, device: Any) -> "_Layout":
        import torch

        lengths = np.array([len(row.ids) for row in rows])
        before = np.array([len(row.ancestors) for row in rows])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        row_of = np.repeat(np.arange(len(rows)), lengths)
        within = np.arange(len(row_of)) - starts[row_of]
        width, past = int(lengths.max()), int(before.max())
        keys = np.zeros((len(rows), past + width), dtype=np.int64)
        real = np.arange(past)[None] < before[:, None]
        if past:
            keys[:, :past][real] = np.concatenate([row.ancestors for row in rows])
        steps = np.arange(width)
        own = np.minimum(steps[None], lengths[:, None] - 1)
        keys[:, past:] = first + starts[:, None] + own
        allowed = np.zeros((len(rows), width, past + width), dtype=bool)
        allowed[:, :, :past] = real[:, None]
        # What lies behind the end of a row sees something, as nothing at all gives no number.
        allowed[:, :, past:] = steps[None, :, None] >= steps[None, None, :]
        key_positions = np.concatenate(
            [np.broadcast_to(np.arange(past), (len(rows), past)), before[:, None] + steps], axis=1
        )
        numbers = np.array([row.source for row in rows])
        sources, source_of = np.unique(numbers, return_inverse=True)
        source_of = source_of[row_of]
        order = np.argsort(source_of, kind="stable")
        counts = np.bincount(source_of, minlength=len(sources))
        ranks = np.empty(len(row_of), dtype=np.int64)
        begin = np.concatenate([[0], np.cumsum(counts)[:-1]])
        ranks[order] = np.arange(len(row_of)) - begin[source_of[order]]
        widest = int(counts.max())

        def tensor(values: npt.NDArray[Any]) -> Tensor:
            return torch.from_numpy(np.ascontiguousarray(values)).to(device)

        return cls(
            ids=tensor(np.concatenate([row.ids for row in rows])),
            positions=tensor(before[row_of] + within),
            starts=starts,
            keys=tensor(keys),
            allowed=tensor(allowed),
            query_positions=tensor(before[:, None] + steps),
            key_positions=tensor(key_positions),
            sources=tensor(sources),
            slot=tensor(row_of * width + within),
            shape=(len(rows), width),
            source_slot=tensor(source_of * widest + ranks),
            source_shape=(len(sources), widest),
        )

    def padded(self, x: Tensor) -> Tensor:
        return _scatter(x, self.slot, self.shape)

    def flat(self, x: Tensor) -> Tensor:
        return x.reshape(-1, x.shape[-1])[self.slot]

    def padded_by_source(self, x: Tensor) -> Tensor:
        return _scatter(x, self.source_slot, self.source_shape)

    def flat_by_source(self, x: Tensor) -> Tensor:
        return x.reshape(-1, x.shape[-1])[self.source_slot]


def _scatter(x: Tensor, slot: Tensor, shape: tuple[int, int]) -> Tensor:
    padded = x.new_zeros((shape[0] * shape[1], *x.shape[1:]))
    padded[slot] = x
    return padded.view(*shape, *x.shape[1:])
