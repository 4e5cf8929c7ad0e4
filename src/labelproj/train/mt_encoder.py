"""The encoder of a translation model as an encoder like any other.

What a translation model has learnt of both of its languages serves other tasks too: McCann et al.
2017 (https://arxiv.org/abs/1708.00107); across languages Siddhant et al. 2020
(https://arxiv.org/abs/1909.00437). Encoders of the M2M-100 architecture (NLLB, and what the stage
``mt`` trains) normalise before each layer and nowhere else, as Megatron-BERT does (Shoeybi et al.
2019, https://arxiv.org/abs/1909.08053): its layers take the weights over as they are and give the
same hidden states, and every library opens the result.
"""

from pathlib import Path
from typing import Any

from labelproj.errors import ModelError
from labelproj.train.encoder import opening, require_torch
from labelproj.translate.hub import loading_options
from labelproj.translate.model import quiet, write_hf

__all__ = ["is_translation_model", "write_encoder"]

_ARCHITECTURE = "m2m_100"
#: Positions of the new encoder at most; those of the old one are computed, without end.
_POSITIONS = 1024
#: What of a layer goes where: in M2M-100, in Megatron-BERT.
_PARTS = (
    ("self_attn_layer_norm", "attention.ln"),
    ("self_attn.q_proj", "attention.self.query"),
    ("self_attn.k_proj", "attention.self.key"),
    ("self_attn.v_proj", "attention.self.value"),
    ("self_attn.out_proj", "attention.output.dense"),
    ("final_layer_norm", "ln"),
    ("fc1", "intermediate.dense"),
    ("fc2", "output.dense"),
)


def is_translation_model(name: str) -> bool:
    """Say whether ``name`` (Hub id or folder) is a model whose encoder can be taken.

    Raises ModelNotFoundError where there is no model at all.
    """
    import transformers

    with opening(name):
        config = transformers.AutoConfig.from_pretrained(name, **loading_options(name))
    return bool(config.model_type == _ARCHITECTURE)


def write_encoder(name: str, *, out: Path) -> dict[str, object]:
    """Write the encoder of the translation model ``name`` and its tokenizer to ``out``.

    A text is opened by ``<s>``, which the translation model never saw and which stands for no
    language, and closed by ``</s>``, as is each of two texts. Returns ``parameters`` and
    ``layers``. Raises ModelNotFoundError, ModelError (no fast tokenizer) and StorageError.
    """
    import transformers

    with opening(name):
        options: dict[str, Any] = loading_options(name)
        model = transformers.M2M100ForConditionalGeneration.from_pretrained(name, **options)
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, **options)
    if not tokenizer.is_fast:
        raise ModelError(
            "its tokenizer has no offsets (there is no fast tokenizer for it)",
            where=name,
            remedy="use a model with a tokenizer.json",
        )
    encoder = _encoder(model)
    write_hf(encoder, _tokenizer(tokenizer), out)
    parameters = sum(one.numel() for one in encoder.parameters())
    return {"parameters": parameters, "layers": encoder.config.num_hidden_layers}


def _encoder(translator: Any) -> Any:
    import transformers

    torch = require_torch()
    old, config = translator.model.encoder, translator.config
    new = transformers.MegatronBertModel(
        transformers.MegatronBertConfig(
            vocab_size=config.vocab_size,
            hidden_size=config.d_model,
            num_hidden_layers=config.encoder_layers,
            num_attention_heads=config.encoder_attention_heads,
            intermediate_size=config.encoder_ffn_dim,
            hidden_act=config.activation_function,
            hidden_dropout_prob=config.dropout,
            attention_probs_dropout_prob=config.attention_dropout,
            max_position_embeddings=min(config.max_position_embeddings, _POSITIONS),
            type_vocab_size=2,
            layer_norm_eps=old.layer_norm.eps,
            pad_token_id=config.pad_token_id,
            bos_token_id=config.bos_token_id,
            eos_token_id=config.eos_token_id,
        ),
        add_pooling_layer=False,
    )
    tables = new.embeddings
    with torch.no_grad():
        scale = config.d_model**0.5 if config.scale_embedding else 1.0
        tables.word_embeddings.weight.copy_(old.embed_tokens.weight * scale)
        first = config.pad_token_id + 1  # positions are counted from there
        positions = tables.position_embeddings.weight
        positions.copy_(old.embed_positions.weights[first : first + len(positions)])
        tables.token_type_embeddings.weight.zero_()
        for theirs, own in zip(old.layers, new.encoder.layer, strict=True):
            for there, here in _PARTS:
                own.get_submodule(here).load_state_dict(theirs.get_submodule(there).state_dict())
        new.encoder.ln.load_state_dict(old.layer_norm.state_dict())
    return new


def _tokenizer(tokenizer: Any) -> Any:
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    opening_, closing = str(tokenizer.bos_token), str(tokenizer.eos_token)
    inner = tokenizer.backend_tokenizer
    inner.post_processor = TemplateProcessing(
        single=[opening_, "$A", closing],
        pair=[opening_, "$A:0", f"{closing}:0", "$B:1", f"{closing}:1"],
        special_tokens=[(t, tokenizer.convert_tokens_to_ids(t)) for t in (opening_, closing)],
    )
    with quiet():
        return PreTrainedTokenizerFast(
            tokenizer_object=inner,
            bos_token=opening_,
            eos_token=closing,
            cls_token=opening_,
            sep_token=closing,
            unk_token=str(tokenizer.unk_token),
            pad_token=str(tokenizer.pad_token),
            mask_token=str(tokenizer.mask_token or "<mask>"),
        )
