"""Which device PyTorch works on, and in which numbers it had best train there."""

from typing import Any

from labelproj.errors import DependencyError, DeviceError

__all__ = ["half_helps", "has_fast_bfloat16", "torch_device"]


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


def has_fast_bfloat16(device: str) -> bool:
    """Say whether products in bfloat16 are faster than those in float32 on ``cpu`` or ``cuda``."""
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    known = any(getattr(torch.cpu, name, bool)() for name in able)
    return known and torch.backends.mkldnn.is_available()


def half_helps(model: Any) -> bool:
    """Say whether bfloat16 makes a step faster where ``model`` is.

    On a processor with its instructions it halves the time of a step; in layers of a few dozen
    dimensions it adds to it.
    """
    device = next(model.parameters()).device.type
    config = model.config
    # Of encoders, none so small as those that are made from nothing.
    wide = (getattr(config, "d_model", 0) or 0) >= 128 or getattr(config, "hidden_size", 0) >= 256
    return has_fast_bfloat16(device) and (device == "cuda" or wide)
