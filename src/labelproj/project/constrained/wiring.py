"""How the supported architectures are wired, over the modules of transformers.

The search decodes a tree, not a sequence: positions and attention must follow the text, not the
packing, which no decoder's own ``forward`` allows. So the layers' modules are called here, one
description for the BART kind (M2M-100, NLLB, mBART, Marian) and one for T5 (MADLAD).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labelproj.errors import ModelError
from labelproj.project.constrained.kernels import Linears

__all__ = [
    "Attention",
    "Block",
    "CrossAttention",
    "EncoderBlock",
    "EncoderWiring",
    "Wiring",
    "wire",
]

#: torch tensors and modules; torch is imported only where a model is opened.
Tensor = Any
Function = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Attention:
    """The projections of an attention layer, and by what its scores are scaled.

    ``joint`` gives the queries, keys and values of tokens, one beside the other (n, 3 d).
    """

    joint: Function
    out: Function
    scale: float


@dataclass(frozen=True, slots=True)
class CrossAttention:
    """Those of attention to other tokens: ``memory`` gives their keys and values (n, 2 d)."""

    query: Function
    memory: Function
    out: Function
    scale: float


@dataclass(frozen=True, slots=True)
class Block:
    """One decoder layer. With ``pre_norm`` a norm stands before its part, else after the sum."""

    attention: Attention
    attention_norm: Function
    cross: CrossAttention
    cross_norm: Function
    feed: Function
    feed_norm: Function
    pre_norm: bool


@dataclass(frozen=True, slots=True)
class EncoderBlock:
    """One encoder layer; ``pre_norm`` as in :class:`Block`."""

    attention: Attention
    attention_norm: Function
    feed: Function
    feed_norm: Function
    pre_norm: bool


@dataclass(frozen=True, slots=True)
class EncoderWiring:
    """An encoder; ``embed``, ``bias`` and ``final`` as in :class:`Wiring`."""

    embed: Callable[[Tensor, Tensor, int], Tensor]
    blocks: tuple[EncoderBlock, ...]
    final: Function
    bias: Callable[[Tensor, Tensor], Tensor] | None


@dataclass(frozen=True, slots=True)
class Wiring:
    """A decoder, and the encoder before it.

    ``embed(ids, positions, highest)`` gives (n, d) for two (n,) tensors and the highest of the
    positions, ``bias(queries, keys)``, where there is one, what is added to attention scores:
    (rows, heads, q, k) for positions of shape (rows, q) and (rows, k). ``final`` comes before the
    output projection ``project``, whose weights are ``output`` (vocabulary, d), with
    ``output_bias`` (vocabulary,) or none. ``positions`` is how many positions the model has, None
    when any number.
    """

    encoder: EncoderWiring
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


def wire(model: Any, linears: Linears, *, where: str) -> Wiring:
    """Return the wiring of a transformers encoder-decoder model, its products by ``linears``.

    Raises ModelError for an architecture that is not known here.
    """
    kind = str(model.config.model_type)
    if kind in ("m2m_100", "mbart", "marian"):
        return _bart(model, linears, kind)
    if kind in ("t5", "mt5"):
        return _t5(model, linears)
    raise ModelError(
        f"constrained decoding does not know the architecture {kind!r}",
        where=where,
        remedy="use an NLLB, M2M-100, mBART, MADLAD-400 or Marian (OPUS-MT) model",
    )


def _bart(model: Any, linears: Linears, kind: str) -> Wiring:
    import torch

    config, decoder, encoder = model.config, model.model.decoder, model.model.encoder
    pre_norm = kind != "marian"
    blocks = tuple(
        Block(
            _bart_attention(layer.self_attn, linears),
            layer.self_attn_layer_norm,
            _bart_cross(layer.encoder_attn, linears),
            layer.encoder_attn_layer_norm,
            linears.feed(layer.fc1, layer.fc2, layer.activation_fn),
            layer.final_layer_norm,
            pre_norm,
        )
        for layer in decoder.layers
    )
    encoder_blocks = tuple(
        EncoderBlock(
            _bart_attention(layer.self_attn, linears),
            layer.self_attn_layer_norm,
            linears.feed(layer.fc1, layer.fc2, layer.activation_fn),
            layer.final_layer_norm,
            pre_norm,
        )
        for layer in encoder.layers
    )
    nothing = torch.nn.Identity()
    extra = getattr(model, "final_logits_bias", None)
    bias = None if extra is None or not bool(torch.any(extra != 0)) else extra[0]

    def project(x: Tensor) -> Tensor:
        return model.lm_head(x) if bias is None else model.lm_head(x) + bias

    return Wiring(
        EncoderWiring(
            _bart_embed(model, encoder, kind),
            encoder_blocks,
            getattr(encoder, "layer_norm", None) or nothing,
            None,
        ),
        _bart_embed(model, decoder, kind),
        blocks,
        getattr(decoder, "layer_norm", None) or nothing,
        project,
        model.lm_head.weight,
        bias,
        None,
        heads=int(config.decoder_attention_heads),
        width=int(config.d_model),
        vocabulary=int(model.lm_head.weight.shape[0]),
        positions=None if kind == "m2m_100" else int(config.max_position_embeddings),
    )


def _bart_embed(model: Any, part: Any, kind: str) -> Callable[[Tensor, Tensor, int], Tensor]:
    """Return the embeddings of the encoder or decoder ``part``."""
    width = int(model.config.d_model)
    # M2M-100's and mBART's embeddings scale by themselves.
    scale = math.sqrt(width) if kind == "marian" and model.config.scale_embedding else 1.0
    places = part.embed_positions
    normed = getattr(part, "layernorm_embedding", None)

    def embed(ids: Tensor, positions: Tensor, highest: int) -> Tensor:
        if kind == "m2m_100":
            needed = highest + part.padding_idx + 2
            if needed > places.weights.shape[0]:
                places.make_weights(needed + places.offset, width, places.padding_idx)
            where = places.weights.index_select(0, positions + (part.padding_idx + 1))
        else:
            where = places.weight.index_select(0, positions + getattr(places, "offset", 0))
        hidden = part.embed_tokens(ids)
        hidden = (hidden if scale == 1 else hidden * scale) + where.to(model.dtype)
        return hidden if normed is None else normed(hidden)

    return embed


def _bart_attention(module: Any, linears: Linears) -> Attention:
    joint = linears.joined([module.q_proj, module.k_proj, module.v_proj])
    return Attention(joint, module.out_proj, float(module.head_dim) ** -0.5)


def _bart_cross(module: Any, linears: Linears) -> CrossAttention:
    memory = linears.joined([module.k_proj, module.v_proj])
    return CrossAttention(module.q_proj, memory, module.out_proj, float(module.head_dim) ** -0.5)


def _t5(model: Any, linears: Linears) -> Wiring:
    config, decoder, encoder = model.config, model.decoder, model.encoder
    encoder_blocks = tuple(
        EncoderBlock(
            _t5_attention(block.layer[0].SelfAttention, linears),
            block.layer[0].layer_norm,
            block.layer[1].DenseReluDense,
            block.layer[1].layer_norm,
            pre_norm=True,
        )
        for block in encoder.block
    )
    blocks = []
    for block in decoder.block:
        own, cross, feed = block.layer
        blocks.append(
            Block(
                _t5_attention(own.SelfAttention, linears),
                own.layer_norm,
                _t5_cross(cross.EncDecAttention, linears),
                cross.layer_norm,
                feed.DenseReluDense,
                feed.layer_norm,
                pre_norm=True,
            )
        )
    scaled = getattr(config, "scale_decoder_outputs", config.tie_word_embeddings)
    scale = float(config.d_model) ** -0.5 if scaled else 1.0

    def final(x: Tensor) -> Tensor:
        return decoder.final_layer_norm(x) * scale

    return Wiring(
        EncoderWiring(
            lambda ids, positions, highest: encoder.embed_tokens(ids),
            encoder_blocks,
            encoder.final_layer_norm,
            _t5_bias(encoder, bidirectional=True),
        ),
        lambda ids, positions, highest: decoder.embed_tokens(ids),
        tuple(blocks),
        final,
        model.lm_head,
        model.lm_head.weight,
        None,
        _t5_bias(decoder, bidirectional=False),
        heads=int(config.num_heads),
        width=int(config.num_heads * config.d_kv),
        vocabulary=int(model.lm_head.weight.shape[0]),
        positions=None,
    )


def _t5_bias(part: Any, *, bidirectional: bool) -> Callable[[Tensor, Tensor], Tensor]:
    first = part.block[0].layer[0].SelfAttention

    def bias(queries: Tensor, keys: Tensor) -> Tensor:
        buckets = first._relative_position_bucket(
            keys[:, None, :] - queries[:, :, None],
            bidirectional=bidirectional,
            num_buckets=first.relative_attention_num_buckets,
            max_distance=first.relative_attention_max_distance,
        )
        return first.relative_attention_bias(buckets).permute(0, 3, 1, 2)

    return bias


def _t5_attention(module: Any, linears: Linears) -> Attention:
    return Attention(linears.joined([module.q, module.k, module.v]), module.o, 1.0)


def _t5_cross(module: Any, linears: Linears) -> CrossAttention:
    return CrossAttention(module.q, linears.joined([module.k, module.v]), module.o, 1.0)
