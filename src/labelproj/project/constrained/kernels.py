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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

__all__ = ["Linears"]

#: torch tensors and modules; torch is imported only where a model is opened.
Tensor = Any
Function = Callable[[Tensor], Tensor]
#: Rows of a block, at most.
BLOCK = 2048


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
                module.forward = self.joined([module])

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
        return self._function(_Layer([weight], [bias]))

    def joined(self, modules: Sequence[Any]) -> Function:
        """Return one function of linear layers: their outputs, one beside the other."""
        return self._function(_layer(modules))

    def feed(self, first: Any, second: Any, activation: Function) -> Function:
        """Return the function of two linear layers with an activation between them."""
        import torch

        fused = isinstance(activation, torch.nn.ReLU)
        one, two = _layer([first], after="relu" if fused else "none"), _layer([second])
        between = torch.nn.Identity() if fused else activation
        return self._choice(
            lambda x: two.exact(between(one.exact(x))), lambda x: two.rough(between(one.rough(x)))
        )

    def _function(self, layer: "_Layer") -> Function:
        return self._choice(lambda x: layer.exact(x), lambda x: layer.rough(x))

    def _choice(self, exact: Function, rough: Function) -> Function:
        asked = self._asked
        return lambda x: rough(x).float() if getattr(asked, "now", False) else exact(x)


class _Layer:
    """A linear layer of one or more weights and biases, and what comes ``after`` it.

    Its kernels are made when they are first asked for: a model has layers that are only used
    joined to others. ``rough`` gives bfloat16 and takes any number type.
    """

    def __init__(
        self, weights: Sequence[Tensor], biases: Sequence[Tensor | None], *, after: str = "none"
    ):
        self._weights, self._biases, self._after = weights, biases, after

    @cached_property
    def exact(self) -> Function:
        """The layer in its own number type."""
        return _product(*self._parts(), self._after)

    @cached_property
    def rough(self) -> Function:
        """The layer in bfloat16."""
        weight, bias = self._parts()
        return _product(weight.bfloat16(), None if bias is None else bias.bfloat16(), self._after)

    def _parts(self) -> tuple[Tensor, Tensor | None]:
        import torch

        if len(self._weights) == 1:
            return self._weights[0], self._biases[0]
        bias = None if self._biases[0] is None else torch.cat(list(self._biases))
        return torch.cat(list(self._weights)), bias


def _layer(modules: Sequence[Any], *, after: str = "none") -> _Layer:
    biases = [None if module.bias is None else module.bias.detach() for module in modules]
    return _Layer([module.weight.detach() for module in modules], biases, after=after)


def _onednn() -> Any:
    import torch

    operations = torch.ops.mkldnn
    able = torch.backends.mkldnn.is_available() and hasattr(operations, "_linear_pointwise")
    return operations if able else None


def _product(weight: Tensor, bias: Tensor | None, after: str) -> Function:
    """Return the fastest product there is. It computes in the number type of ``weight``."""
    import torch

    packed = _packed(weight, bias, after) if weight.device.type == "cpu" else None
    if packed is not None:
        return packed
    dtype = weight.dtype
    behind = torch.relu if after == "relu" else torch.nn.Identity()
    return lambda x: behind(torch.nn.functional.linear(x.to(dtype), weight, bias))


def _packed(weight: Tensor, bias: Tensor | None, after: str) -> Function | None:
    """Return a linear layer by oneDNN, weights laid out as it likes; None where it cannot."""
    import torch

    operations = _onednn()
    if operations is None:
        return None
    try:
        packed = operations._reorder_linear_weight(weight, None)
        probe = weight.new_zeros(1, weight.shape[1])
        operations._linear_pointwise(probe, packed, bias, after, [], "")
    except (RuntimeError, TypeError):
        return None
    dtype = weight.dtype

    def product(rows: Tensor) -> Tensor:
        count = len(rows)
        padded = rows.new_empty((padded_rows(count), rows.shape[-1]), dtype=dtype)
        padded[:count] = rows
        padded[count:] = 0
        return operations._linear_pointwise(padded, packed, bias, after, [], "")[:count]

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
