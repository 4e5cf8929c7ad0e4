"""How the decoders of the supported architectures are wired, over the modules of transformers.

The search decodes a tree, not a sequence: positions and attention must follow the text, not the
packing, which no decoder's own ``forward`` allows. So the layers' modules are called here, one
description for the BART kind (M2M-100, NLLB, mBART, Marian) and one for T5 (MADLAD).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labelproj.errors import ModelError

__all__ = ["Attention", "Block", "Wiring", "wire"]

#: torch tensors and modules; torch is imported only where a model is opened.
Tensor = Any
Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Attention:
    """The projections of an attention layer, and by what its scores are scaled."""

    query: Function
    key: Function
    value: Function
    out: Function
    scale: float


@dataclass(frozen=True, slots=True)
class Block:
    """One decoder layer. With ``pre_norm`` a norm stands before its part, else after the sum."""

    attention: Attention
    attention_norm: Function
    cross: Attention
    cross_norm: Function
    feed: Function
    feed_norm: Function
    pre_norm: bool


@dataclass(frozen=True, slots=True)
class Wiring:
    """A decoder.

    ``embed(ids, positions, highest)`` gives (n, d) for two (n,) tensors and the highest of the
    positions, ``bias(queries, keys)``, where there is one, what is added to attention scores:
    (rows, heads, q, k) for positions of shape (rows, q) and (rows, k). ``final`` comes before the
    output projection ``project``, whose weights are ``output`` (vocabulary, d), with
    ``output_bias`` (vocabulary,) or none. ``positions`` is how many positions the model has, None
    when any number.
    """

    embed: Callable[[Tensor, Tensor, int], Tensor]
    blocks: tuple[Block, ...]
    final: Function
    project: Function
    output: Tensor
    output_bias: Tensor | None
    bias: Callable[[Tensor, Tensor], Tensor] | None
    heads: int
    width: int
    vocabulary: int
    positions: int | None


def wire(model: Any, *, where: str) -> Wiring:
    """Return the wiring of a transformers encoder-decoder model.

    Raises ModelError for an architecture that is not known here.
    """
    kind = str(model.config.model_type)
    if kind in ("m2m_100", "mbart", "marian"):
        return _bart(model, kind)
    if kind in ("t5", "mt5", "umt5"):
        return _t5(model)
    raise ModelError(
        f"constrained decoding does not know the architecture {kind!r}",
        where=where,
        remedy="use an NLLB, M2M-100, mBART, MADLAD-400 or Marian (OPUS-MT) model",
    )


def _bart(model: Any, kind: str) -> Wiring:
    import torch

    config, decoder = model.config, model.model.decoder
    width = int(config.d_model)
    # M2M-100's and mBART's embeddings scale by themselves.
    scale = math.sqrt(width) if kind == "marian" and config.scale_embedding else 1.0
    places = decoder.embed_positions
    normed = getattr(decoder, "layernorm_embedding", None)

    def embed(ids: Tensor, positions: Tensor, highest: int) -> Tensor:
        if kind == "m2m_100":
            needed = highest + decoder.padding_idx + 2
            if needed > places.weights.shape[0]:
                places.make_weights(needed + places.offset, width, places.padding_idx)
            where = places.weights[positions + decoder.padding_idx + 1]
        else:
            where = places.weight[positions + getattr(places, "offset", 0)]
        hidden = decoder.embed_tokens(ids) * scale + where.to(model.dtype)
        return hidden if normed is None else normed(hidden)

    blocks = []
    for layer in decoder.layers:

        def feed(x: Tensor, layer: Any = layer) -> Tensor:
            return layer.fc2(layer.activation_fn(layer.fc1(x)))

        blocks.append(
            Block(
                _bart_attention(layer.self_attn),
                layer.self_attn_layer_norm,
                _bart_attention(layer.encoder_attn),
                layer.encoder_attn_layer_norm,
                feed,
                layer.final_layer_norm,
                pre_norm=kind != "marian",
            )
        )
    extra = getattr(model, "final_logits_bias", None)
    bias = None if extra is None or not bool(torch.any(extra != 0)) else extra[0]

    def project(x: Tensor) -> Tensor:
        return model.lm_head(x) if bias is None else model.lm_head(x) + bias

    return Wiring(
        embed,
        tuple(blocks),
        getattr(decoder, "layer_norm", None) or torch.nn.Identity(),
        project,
        model.lm_head.weight,
        bias,
        None,
        heads=int(config.decoder_attention_heads),
        width=width,
        vocabulary=int(model.lm_head.weight.shape[0]),
        positions=None if kind == "m2m_100" else int(config.max_position_embeddings),
    )


def _bart_attention(module: Any) -> Attention:
    scale = float(module.head_dim) ** -0.5
    return Attention(module.q_proj, module.k_proj, module.v_proj, module.out_proj, scale)


def _t5(model: Any) -> Wiring:
    config, decoder = model.config, model.decoder
    blocks = []
    for block in decoder.block:
        own, cross, feed = block.layer
        blocks.append(
            Block(
                _t5_attention(own.SelfAttention),
                own.layer_norm,
                _t5_attention(cross.EncDecAttention),
                cross.layer_norm,
                feed.DenseReluDense,
                feed.layer_norm,
                pre_norm=True,
            )
        )
    first = decoder.block[0].layer[0].SelfAttention

    def bias(queries: Tensor, keys: Tensor) -> Tensor:
        buckets = first._relative_position_bucket(
            keys[:, None, :] - queries[:, :, None],
            bidirectional=False,
            num_buckets=first.relative_attention_num_buckets,
            max_distance=first.relative_attention_max_distance,
        )
        return first.relative_attention_bias(buckets).permute(0, 3, 1, 2)

    scaled = getattr(config, "scale_decoder_outputs", config.tie_word_embeddings)
    scale = float(config.d_model) ** -0.5 if scaled else 1.0

    def final(x: Tensor) -> Tensor:
        return decoder.final_layer_norm(x) * scale

    return Wiring(
        lambda ids, positions, highest: decoder.embed_tokens(ids),
        tuple(blocks),
        final,
        model.lm_head,
        model.lm_head.weight,
        None,
        bias,
        heads=int(config.num_heads),
        width=int(config.num_heads * config.d_kv),
        vocabulary=int(model.lm_head.weight.shape[0]),
        positions=None,
    )


def _t5_attention(module: Any) -> Attention:
    return Attention(module.q, module.k, module.v, module.o, 1.0)
