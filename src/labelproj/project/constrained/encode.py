"""Source texts encoded, packed without padding for everything but attention itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelproj.project.constrained.base import Ints
from labelproj.project.constrained.kernels import padded_rows
from labelproj.project.constrained.layout import LANES, Places, Slots
from labelproj.project.constrained.wiring import Attention, Tensor, Wiring

__all__ = ["Encoded", "added", "attention", "encode"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """States (tokens, d) of the tokens of source texts, and their places in (sources, length)."""

    states: Tensor
    places: Places


def encode(wiring: Wiring, sources: Sequence[Ints], *, device: str) -> Encoded:
    """Return the encoder's states for ``sources`` (token ids each)."""
    import torch

    lengths = np.array([len(ids) for ids in sources])
    owner = np.repeat(np.arange(len(sources)), lengths)
    room = padded_rows(len(owner)) - len(owner)
    slots = Slots(Places.of(owner), device=device, room=room)
    keys = Slots(Places.of(owner, lanes=LANES), device=device, room=room)
    positions = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    ids, where = (
        torch.from_numpy(np.pad(x, (0, room))).to(device)
        for x in (np.concatenate(sources), positions)
    )
    encoder = wiring.encoder
    hidden = encoder.embed(ids, where, int(lengths.max()) - 1)
    bias = None
    if encoder.bias is not None:
        longest = max(width for _, width in keys.shapes)
        every = torch.arange(longest, device=device)[None]
        bias = encoder.bias(every, every)
    seen = []
    for (_, width), filled in zip(slots.shapes, keys.filled(), strict=True):
        own = None if bias is None else bias[:, :, :width, : filled.shape[1]]
        seen.append(added(filled[:, None, None], own, like=hidden))
    for block in encoder.blocks:

        def attend(x: Tensor, own: Attention = block.attention) -> Tensor:
            joint = own.joint(x).view(len(x), 3, wiring.heads, -1)
            mixed = [
                attention(query, memory, mask, own.scale)
                for query, memory, mask in zip(
                    slots.padded(joint[:, 0]), keys.padded(joint[:, 1:]), seen, strict=True
                )
            ]
            return own.out(slots.flat(mixed))

        for norm, part in ((block.attention_norm, attend), (block.feed_norm, block.feed)):
            before = block.pre_norm
            hidden = hidden + part(norm(hidden)) if before else norm(hidden + part(hidden))
    return Encoded(encoder.final(hidden), Places.of(owner, whole=True, lanes=LANES))


def added(allowed: Tensor, bias: Tensor | None, *, like: Tensor) -> Tensor:
    """Return what is added to scores: ``bias``, or nothing, where it is ``allowed`` to look.

    Without a bias, the number type is that of ``like``.
    """
    base = like.new_zeros(()) if bias is None else bias
    return base.masked_fill(~allowed, float("-inf"))


def attention(query: Tensor, memory: Tensor, seen: Tensor, scale: float) -> Tensor:
    """Return (n, q, width) for queries (n, q, heads, d), keys and values (n, k, 2, heads, d).

    ``seen``, of a shape that spreads to (n, heads, q, k), is added to scores.
    """
    import torch

    keys, values = (memory[:, :, part].transpose(1, 2) for part in (0, 1))
    mixed = torch.nn.functional.scaled_dot_product_attention(
        query.transpose(1, 2), keys, values, attn_mask=seen, scale=scale
    )
    return mixed.transpose(1, 2).reshape(*query.shape[:2], -1)
