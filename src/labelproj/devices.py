"""Which device PyTorch works on."""

from labelproj.errors import DependencyError, DeviceError

__all__ = ["torch_device"]


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
