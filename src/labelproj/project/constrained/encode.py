"""Source texts encoded, packed without padding for everything but attention itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelproj.project.constrained.base import Ints
from labelproj.project.constrained.layout import Slots
from labelproj.project.constrained.wiring import Attention, Tensor, Wiring

__all__ = ["Encoded", "attention", "encode"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """States (tokens, d) of the tokens of source texts, and their places in (sources, length)."""

    states: Tensor
    slots: Slots


def encode(wiring: Wiring, sources: Sequence[Ints], *, device: str) -> Encoded:
    """Return the encoder's states for ``sources`` (token ids each)."""
    import torch

    lengths = np.array([len(ids) for ids in sources])
    owner = np.repeat(np.arange(len(sources)), lengths)
    slots = Slots.of(owner, device=device)
    positions = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ids, where = (torch.from_numpy(x).to(device) for x in (np.concatenate(sources), positions))
    encoder = wiring.encoder
    hidden = encoder.embed(ids, where, int(lengths.max()) - 1)
    seen = slots.filled()[:, None, None]
    if encoder.bias is not None:
        every = torch.arange(slots.shape[1], device=device)[None]
        bias = encoder.bias(every, every)
        seen = bias.masked_fill(~seen, torch.finfo(bias.dtype).min)
    for block in encoder.blocks:
        own = block.attention

        def attend(x: Tensor, own: Attention = own) -> Tensor:
            query, keys, values = (
                slots.padded(part(x).view(len(x), wiring.heads, -1))
                for part in (own.query, own.key, own.value)
            )
            mixed = attention(query, keys.transpose(1, 2), values.transpose(1, 2), seen, own.scale)
            return own.out(slots.flat(mixed))

        for norm, part in ((block.attention_norm, attend), (block.feed_norm, block.feed)):
            before = block.pre_norm
            hidden = hidden + part(norm(hidden)) if before else norm(hidden + part(hidden))
    return Encoded(encoder.final(hidden), slots)


def attention(query: Tensor, keys: Tensor, values: Tensor, seen: Tensor, scale: float) -> Tensor:
    """Return (n, q, width) for queries (n, q, heads, d) and keys and values (n, heads, k, d)."""
    import torch

    mixed = torch.nn.functional.scaled_dot_product_attention(
        query.transpose(1, 2), keys, values, attn_mask=seen, scale=scale
    )
    return mixed.transpose(1, 2).reshape(*query.shape[:2], -1)
