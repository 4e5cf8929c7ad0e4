"""Which device PyTorch works on, and in which numbers it had best train there."""

from typing import Any

from labelproj.errors import DependencyError, DeviceError

__all__ = ["half_helps", "torch_device"]


def torch_device(device: str = "auto") -> str:
    """Return ``cpu`` or ``cuda`` for a wish of ``auto``, ``cpu`` or ``cuda``.

    Raises DependencyError without torch and DeviceError where there is no GPU.
    """
    try:
        import torch
    except ImportError as error:
        raise DependencyError(
            "this needs torch", remedy="pip install 'labelproj[models]'"
        ) from error
    found = bool(torch.cuda.is_available())
    if device == "cuda" and not found:
        raise DeviceError("no CUDA device that PyTorch can use", remedy="use --device cpu")
    return "cuda" if found and device != "cpu" else "cpu"


def half_helps(model: Any) -> bool:
    """Say whether bfloat16 makes a step faster where ``model`` is.

    On a processor with its instructions it halves the time of a step; without them, and in layers
    of a few dozen dimensions, it adds to it.
    """
    import torch

    if next(model.parameters()).device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    config = model.config
    # Of encoders, none so small as those that are made from nothing.
    wide = (getattr(config, "d_model", 0) or 0) >= 128 or getattr(config, "hidden_size", 0) >= 256
    return bool(wide) and bool(torch.cpu._is_avx512_bf16_supported())
