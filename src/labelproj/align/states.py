"""Hidden states of one encoder layer, computed by PyTorch.

Only the layers up to the one that is used are loaded, and no more than these are run.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from labelproj.align.matching import Array
from labelproj.devices import torch_device
from labelproj.errors import DependencyError, ModelNotFoundError, UsageError
from labelproj.translate.hub import loading_options
from labelproj.translate.model import quiet

__all__ = ["States", "TorchStates", "check_layer", "load_encoder", "read_config"]

#: What configs call the number of encoder layers, and that of decoder layers.
_ENCODER_LAYERS = ("encoder_layers", "num_hidden_layers", "num_layers", "n_layers")
_DECODER_LAYERS = ("decoder_layers", "num_decoder_layers")
_DTYPES = ("float32", "bfloat16", "float16")


class States(Protocol):
    """A way to compute the hidden states of one layer."""

    #: Batches that may be computed at once, each by a thread of its own.
    workers: int

    def forward(self, rows: Sequence[Sequence[int]]) -> Array:
        """Return states of shape (len(rows), longest row, dimensions) for rows of token ids.

        They are float32, on the device where they were computed: NumPy's on a processor. What
        stands behind the end of a shorter row means nothing.
        """


def read_config(model: str) -> tuple[Any, int]:
    """Return the config of a Hub id or folder and the number of its encoder layers.

    Raises DependencyError without PyTorch and ModelNotFoundError.
    """
    try:
        import torch  # noqa: F401
        from transformers import AutoConfig
    except ImportError as error:
        raise DependencyError(
            "the embedding aligner needs PyTorch", remedy="pip install 'labelproj[models]'"
        ) from error
    try:
        config: Any = AutoConfig.from_pretrained(model, **loading_options(model))
    except (OSError, ValueError) as error:
        raise not_found(model, error) from error
    names = [name for name in _ENCODER_LAYERS if isinstance(getattr(config, name, None), int)]
    if not names:
        raise UsageError(f"{model} does not say how many layers it has", where="config.json")
    return config, int(getattr(config, names[0]))


def not_found(model: str, error: Exception) -> ModelNotFoundError:
    """Return the error for a model that cannot be loaded."""
    kind = "folder" if Path(model).exists() else "folder or Hub model"
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ModelNotFoundError(
        f"no encoder in the {kind} {model!r}: {reason}",
        remedy="give a Hub id or the folder of a Hugging Face model",
    )


def check_layer(model: str, layer: int, layers: int) -> None:
    """Raise UsageError where ``model``, which has so many layers, has none of this number."""
    if not 0 <= layer <= layers:
        raise UsageError(
            f"{model} has hidden states 0 to {layers}, not {layer}", remedy="--aligner-layer"
        )


def load_encoder(model: str, *, keep: int) -> Any:
    """Return the encoder of a Hub id or folder with its first ``keep`` layers, to evaluate.

    Raises what :func:`read_config` raises.
    """
    from transformers import AutoModel
    from transformers.utils import logging

    config, layers = read_config(model)
    for name in _ENCODER_LAYERS:
        if keep < layers and isinstance(getattr(config, name, None), int):
            setattr(config, name, keep)
    if config.is_encoder_decoder:
        for name in _DECODER_LAYERS:
            if isinstance(getattr(config, name, None), int):
                setattr(config, name, 1)
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # it lists the weights of the layers that are left out
    try:
        with quiet():
            loaded: Any = AutoModel.from_pretrained(model, config=config, **loading_options(model))
    except (OSError, ValueError) as error:
        raise not_found(model, error) from error
    finally:
        logging.set_verbosity(verbosity)
    encoder = loaded.get_encoder() if config.is_encoder_decoder else loaded
    return encoder.eval()


class _ReachedError(Exception):
    """The layer after the one that is used was reached; ``states`` are its input."""

    def __init__(self, states: Any):
        super().__init__()
        self.states = states


class TorchStates:
    """Hidden state ``layer`` (0: the embeddings) of an encoder, by PyTorch.

    ``compute_type`` is ``float32``, ``bfloat16`` or ``float16``. State ``layer`` is what the next
    layer takes in, so the model is stopped there; the last state has what the model does after
    its last layer (a final norm) in it, as in transformers' ``hidden_states``.
    """

    workers = 1

    def __init__(
        self,
        model: str,
        *,
        layer: int,
        layers: int,
        pad: int = 0,
        device: str = "auto",
        compute_type: str = "float32",
    ):
        import torch

        device = torch_device(device)
        if compute_type not in _DTYPES:
            raise UsageError(
                f"PyTorch has no compute type {compute_type!r} here",
                remedy=f"one of {', '.join(_DTYPES)}, or the backend 'ct2'",
            )
        kept = min(layer + 1, layers)
        encoder = load_encoder(model, keep=kept)
        self._model: Any = encoder.to(device=device, dtype=getattr(torch, compute_type))
        self._layer = layer
        self._pad = pad
        self._device = device
        self._stops = layer < layers and self._stop_before(layer, kept)

    def _stop_before(self, layer: int, kept: int) -> bool:
        from torch.nn import ModuleList

        def stop(_: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
            raise _ReachedError(args[0] if args else options["hidden_states"])

        for module in self._model.modules():
            if isinstance(module, ModuleList) and len(module) == kept:
                module[layer].register_forward_pre_hook(stop, with_kwargs=True)
                return True
        return False

    def forward(self, rows: Sequence[Sequence[int]]) -> Array:
        """Return the states of a batch (see :class:`States`)."""
        import torch

        longest = max(map(len, rows))
        ids = np.full((len(rows), longest), self._pad, dtype=np.int64)
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for number, row in enumerate(rows):
            ids[number, : len(row)] = row
            mask[number, : len(row)] = 1
        inputs = {
            "input_ids": torch.from_numpy(ids).to(self._device),
            "attention_mask": torch.from_numpy(mask).to(self._device),
        }
        with torch.inference_mode():
            try:
                output = self._model(**inputs, output_hidden_states=not self._stops)
                states = output.hidden_states[self._layer]
            except _ReachedError as reached:
                states = reached.states
        states = states.float()
        return states.numpy() if states.device.type == "cpu" else states
