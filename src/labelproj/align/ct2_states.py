"""Hidden states of one encoder layer, computed by CTranslate2: in float32 or int8.

BERT and XLM-R convert as CTranslate2 has it. Of M2M-100 and NLLB it converts translation models
only; here their encoder alone becomes a CTranslate2 encoder.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ctranslate2
import numpy as np

from labelproj.align.matching import Array
from labelproj.align.states import load_encoder, read_config
from labelproj.errors import ModelConversionError
from labelproj.progress import log
from labelproj.provenance import text_digest
from labelproj.translate.cache import cache_folder
from labelproj.translate.ct2 import open_ct2, pick_threads
from labelproj.translate.engine import pick_device

__all__ = ["CONVERTIBLE", "Ct2States", "converted_encoder", "folder_key"]

#: The ``model_type`` of models whose encoder can be converted.
CONVERTIBLE = ("bert", "xlm-roberta", "m2m_100")


class Ct2States:
    """Hidden state ``layer`` (1 to the number of layers) of an encoder, by CTranslate2.

    ``compute_type`` is one of CTranslate2's (``float32``, ``int8``, …). Raises DeviceError and
    what :func:`converted_encoder` raises.
    """

    def __init__(
        self, model: str, *, layer: int, device: str = "auto", compute_type: str = "float32"
    ):
        device = pick_device(device, compute_type)
        quantization = "int8" if compute_type.startswith("int8") else None
        folder = converted_encoder(model, layer=layer, quantization=quantization)
        self._device = device
        self.workers = pick_threads()[0] if device == "cpu" else 1
        self._encoder: Any = open_ct2(
            ctranslate2.Encoder,
            folder,
            device=device,
            compute_type=compute_type,
        )

    def forward(self, rows: Sequence[Sequence[int]]) -> Array:
        """Return the states of a batch (see :class:`labelproj.align.states.States`)."""
        states = self._encoder.forward_batch([list(row) for row in rows]).last_hidden_state
        if self._device == "cuda":
            states = states.to_device(ctranslate2.Device.cpu)
        if states.dtype != ctranslate2.DataType.float32:
            states = states.to(ctranslate2.DataType.float32)
        return np.array(states)


def folder_key(model: str) -> str:
    """Return what changes when the files of a model's folder do; of a Hub id, itself."""
    folder = Path(model)
    if not folder.is_dir():
        return model
    stats = ((path, path.stat()) for path in sorted(folder.iterdir()) if path.is_file())
    files = [f"{path.name} {stat.st_size} {stat.st_mtime_ns}" for path, stat in stats]
    return text_digest(str(folder.resolve()), *files)


def converted_encoder(model: str, *, layer: int, quantization: str | None) -> Path:
    """Return a CTranslate2 folder of the first ``layer`` layers of a model's encoder.

    It is made once and kept in the cache. Raises ModelConversionError for a model that is not
    in :data:`CONVERTIBLE`.
    """
    key = text_digest(folder_key(model), str(layer), str(quantization), ctranslate2.__version__)
    name = hashlib.blake2b(Path(model).name.encode(), digest_size=4).hexdigest()
    out = cache_folder() / "encoders" / f"{name}-{layer}-{key}"
    if (out / "model.bin").is_file():
        return out
    log.info("converting %d layers of %s for CTranslate2", layer, model)
    out.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=out.parent, prefix=".new-"))
    try:
        _convert(model, new, layer=layer, quantization=quantization)
        if not out.exists():  # else another process was faster
            new.replace(out)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return out


def _convert(model: str, out: Path, *, layer: int, quantization: str | None) -> None:
    import torch
    from ctranslate2.converters.transformers import _MODEL_LOADERS

    config, layers = read_config(model)
    if config.model_type not in CONVERTIBLE or layer < 1:
        raise ModelConversionError(
            f"layer {layer} of a {config.model_type} encoder cannot be converted to CTranslate2",
            where=model,
            remedy="use the backend 'torch'",
        )
    encoder = load_encoder(model, keep=layer)
    loader = _MODEL_LOADERS[type(config).__name__]
    with torch.no_grad():
        if config.model_type == "m2m_100":
            spec = _mt_encoder(loader, encoder, final_norm=layer == layers)
        else:
            # The loader reads this key, which transformers 5 no longer has.
            encoder.config.position_embedding_type = "absolute"
            wrapped = SimpleNamespace(config=encoder.config, roberta=encoder)
            is_bert = config.model_type == "bert"
            spec = loader.get_model_spec(encoder if is_bert else wrapped)
            spec.config.layer_norm_epsilon = encoder.config.layer_norm_eps
    # Inputs are token ids: the names of the tokens are never looked up.
    size = int(encoder.get_input_embeddings().weight.shape[0])
    spec.register_vocabulary([f"<{number}>" for number in range(size)])
    spec.config.unk_token = "<0>"
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(out))


def _mt_encoder(loader: Any, encoder: Any, *, final_norm: bool) -> Any:
    from ctranslate2.converters.transformers import _SUPPORTED_ACTIVATIONS
    from ctranslate2.specs import transformer_spec

    config = encoder.config
    part = transformer_spec.TransformerEncoderSpec(
        len(encoder.layers),
        config.encoder_attention_heads,
        pre_norm=True,
        no_final_norm=not final_norm,
        activation=_SUPPORTED_ACTIVATIONS[config.activation_function],
    )
    if not final_norm:
        # transformers' hidden states have the final norm in the last one only.
        del encoder.layer_norm
    loader.set_encoder(part, encoder)
    return transformer_spec.TransformerEncoderModelSpec(part)
