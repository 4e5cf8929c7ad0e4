"""Matrix products of a model's linear layers: exact ones, and rough ones where that will do.

On processors that are not Intel's, MKL's float32 product runs at a third of the speed of
oneDNN's, which PyTorch has on board: on a CPU exact products go through oneDNN. Rough ones take
weights and inputs in bfloat16 and give float32 again, at about twice the speed on processors (and
GPUs) that have instructions for it; all between the products stays in float32.

oneDNN compiles a kernel for every number of rows that it has not seen, which takes as long as a
small product does, and keeps a thousand of half a megabyte each. So rows are cut into blocks and
padded to a few numbers.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Linears", "has_fast_bfloat16"]

#: torch tensors and modules; torch is imported only where a model is opened.
Tensor = Any
Function = Callable[[Tensor], Tensor]
#: Rows of a block, at most.
BLOCK = 2048


def has_fast_bfloat16(device: str) -> bool:
    """Say whether products in bfloat16 are faster than those in float32 on ``device``."""
    import torch

    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return _onednn() is not None and any(getattr(torch.cpu, name, bool)() for name in able)


class Linears:
    """The linear layers of a model in float32, from now on computed by the kernels above.

    With ``rough`` they compute in bfloat16 while asked to, thread by thread.
    """

    def __init__(self, model: Any, *, rough: bool):
        import torch

        self.rough = rough
        self._asked = threading.local()
        for module in model.modules():
            if isinstance(module, torch.nn.Linear):
                module.forward = self.linear(module.weight.detach(), module.bias)

    @contextmanager
    def roughly(self) -> Iterator[None]:
        """Compute roughly inside this block, on this thread."""
        before = getattr(self._asked, "now", False)
        self._asked.now = self.rough
        try:
            yield
        finally:
            self._asked.now = before

    def linear(self, weight: Tensor, bias: Tensor | None) -> Function:
        """Return the function of a linear layer of ``weight`` (out, in) and ``bias`` (out)."""
        exact, rough = _exact(weight, bias), _rough(weight, bias) if self.rough else None
        asked = self._asked

        def forward(x: Tensor) -> Tensor:
            return rough(x) if rough is not None and getattr(asked, "now", False) else exact(x)

        return forward


def _onednn() -> Any:
    import torch

    operations = torch.ops.mkldnn
    able = torch.backends.mkldnn.is_available() and hasattr(operations, "_linear_pointwise")
    return operations if able else None


def _exact(weight: Tensor, bias: Tensor | None) -> Function:
    import torch

    if weight.device.type == "cpu" and (packed := _packed(weight, bias)) is not None:
        return packed
    return lambda x: torch.nn.functional.linear(x, weight, bias)


def _rough(weight: Tensor, bias: Tensor | None) -> Function:
    import torch

    half = weight.bfloat16()
    offset = None if bias is None else bias.detach().bfloat16()
    packed = _packed(half, offset) if weight.device.type == "cpu" else None
    if packed is not None:
        return lambda x: packed(x).float()
    return lambda x: torch.nn.functional.linear(x.bfloat16(), half, offset).float()


def _packed(weight: Tensor, bias: Tensor | None) -> Function | None:
    """Return a linear layer by oneDNN, weights laid out as it likes; None where it cannot.

    It takes any number type and computes in that of ``weight``.
    """
    import torch

    operations = _onednn()
    if operations is None:
        return None
    try:
        packed = operations._reorder_linear_weight(weight, None)
        probe = weight.new_zeros(1, weight.shape[1])
        operations._linear_pointwise(probe, packed, bias, "none", [], "")
    except (RuntimeError, TypeError):
        return None

    def product(rows: Tensor) -> Tensor:
        padded = weight.new_empty((padded_rows(len(rows)), rows.shape[-1]))
        padded[: len(rows)] = rows
        padded[len(rows) :] = 0
        return operations._linear_pointwise(padded, packed, bias, "none", [], "")[: len(rows)]

    def forward(x: Tensor) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        if len(rows) <= BLOCK:
            found = product(rows)
        else:
            found = torch.cat([product(block) for block in rows.split(BLOCK)])
        return found.view(*x.shape[:-1], -1)

    return forward


def padded_rows(count: int) -> int:
    """Return the number of rows that ``count`` are padded to: eight to every power of two."""
    step = max(8, 1 << max(count - 1, 0).bit_length() >> 4)
    return -(-count // step) * step
