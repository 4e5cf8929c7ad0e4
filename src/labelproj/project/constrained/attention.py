"""Attention over padded blocks of heads, and how a layer adds what its parts find."""

from collections.abc import Callable
from typing import Any

__all__ = ["added", "attention", "with_part"]

#: torch tensors; torch is imported only where a model is opened.
Tensor = Any
Function = Callable[[Tensor], Tensor]


def added(allowed: Tensor, bias: Tensor | None, *, like: Tensor) -> Tensor:
    """Return what is added to scores: ``bias``, or nothing, where it is ``allowed`` to look.

    The number type is that of ``like``.
    """
    base = like.new_zeros(()) if bias is None else bias
    return base.to(like.dtype).masked_fill(~allowed, float("-inf"))


def attention(query: Tensor, keys: Tensor, values: Tensor, seen: Tensor, scale: float) -> Tensor:
    """Return (n, heads, q, d) for queries of that shape, keys and values (n, heads, k, d).

    ``seen``, of a shape that spreads to (n, heads, q, k), is added to scores.
    """
    import torch

    return torch.nn.functional.scaled_dot_product_attention(
        query, keys, values, attn_mask=seen, scale=scale
    )


def with_part(hidden: Tensor, norm: Function, part: Function, *, before: bool) -> Tensor:
    """Return the states with what a ``part`` of a layer adds, its norm ``before`` it or after."""
    return hidden + part(norm(hidden)) if before else norm(hidden + part(hidden))
