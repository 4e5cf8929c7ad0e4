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
        return self._function(_Layers([_Layer([weight], [bias])]))

    def joined(self, modules: Sequence[Any]) -> Function:
        """Return one function of linear layers: their outputs, one beside the other."""
        return self._function(_Layers([_layer(modules)]))

    def feed(self, first: Any, second: Any, activation: Function) -> Function:
        """Return the function of two linear layers with an activation between them."""
        import torch

        if isinstance(activation, torch.nn.ReLU):
            return self._function(_Layers([_layer([first], after="relu"), _layer([second])]))
        return self._function(_Layers([_layer([first]), _layer([second])], activation))

    def _function(self, layers: "_Layers") -> Function:
        asked = self._asked

        def product(x: Tensor) -> Tensor:
            return layers.rough(x).float() if getattr(asked, "now", False) else layers.exact(x)

        return product


class _Layer:
    """A linear layer of one or more weights and biases, and what comes ``after`` it."""

    def __init__(
        self, weights: Sequence[Tensor], biases: Sequence[Tensor | None], *, after: str = "none"
    ):
        self._weights, self._biases, self.after = weights, biases, after

    def parts(self) -> tuple[Tensor, Tensor | None]:
        """Return the weights and biases, one beside the other."""
        import torch

        if len(self._weights) == 1:
            return self._weights[0], self._biases[0]
        bias = None if self._biases[0] is None else torch.cat(list(self._biases))
        return torch.cat(list(self._weights)), bias


class _Layers:
    """Linear layers that follow each other, with ``between`` each two.

    Their kernels are made when they are first asked for: a model has layers that are only used
    joined to others.
    """

    def __init__(self, layers: Sequence[_Layer], between: Function | None = None):
        self._layers, self._between = layers, between

    @cached_property
    def exact(self) -> Function:
        """The layers in their own number type."""
        return self._products(lambda x: x)

    @cached_property
    def rough(self) -> Function:
        """The layers in bfloat16."""
        return self._products(lambda x: x.bfloat16())

    def _products(self, cast: Function) -> Function:
        """Return the fastest products there are, of ``cast`` weights."""
        parts = [(*layer.parts(), layer.after) for layer in self._layers]
        parts = [(cast(w), None if b is None else cast(b), after) for w, b, after in parts]
        packed = [_packed(*own) if own[0].device.type == "cpu" else None for own in parts]
        steps = [own or _plain(*part) for own, part in zip(packed, parts, strict=True)]
        if self._between is not None:
            steps.insert(1, self._between)
        dtype = parts[0][0].dtype
        if None in packed:
            return lambda x: _one_after_the_other(steps, x.to(dtype))
        return lambda x: _blocked(steps, x, dtype)


def _layer(modules: Sequence[Any], *, after: str = "none") -> _Layer:
    biases = [None if module.bias is None else module.bias.detach() for module in modules]
    return _Layer([module.weight.detach() for module in modules], biases, after=after)


def _one_after_the_other(steps: Sequence[Function], x: Tensor) -> Tensor:
    for step in steps:
        x = step(x)
    return x


def _blocked(steps: Sequence[Function], x: Tensor, dtype: Any) -> Tensor:
    """Return what ``steps`` make of the rows of ``x``, in blocks that are padded."""
    import torch

    rows = x.flatten(0, -2)
    count, wanted = len(rows), padded_rows(len(rows))
    if wanted > count:
        rows = torch.nn.functional.pad(rows, (0, 0, 0, wanted - count))
    found = [_one_after_the_other(steps, block.to(dtype)) for block in rows.split(BLOCK)]
    whole = found[0] if len(found) == 1 else torch.cat(found)
    return whole[:count].view(*x.shape[:-1], -1)


def _plain(weight: Tensor, bias: Tensor | None, after: str) -> Function:
    """Return a linear layer by PyTorch's own product."""
    import torch

    behind = torch.relu if after == "relu" else torch.nn.Identity()
    return lambda x: behind(torch.nn.functional.linear(x, weight, bias))


def _onednn() -> Any:
    import torch

    operations = torch.ops.mkldnn
    able = torch.backends.mkldnn.is_available() and hasattr(operations, "_linear_pointwise")
    return operations if able else None


def _packed(weight: Tensor, bias: Tensor | None, after: str) -> Function | None:
    """Return a linear layer by oneDNN, weights laid out as it likes; None where it cannot."""
    operations = _onednn()
    if operations is None:
        return None
    try:
        packed = operations._reorder_linear_weight(weight, None)
        probe = weight.new_zeros(1, weight.shape[1])
        operations._linear_pointwise(probe, packed, bias, after, [], "")
    except (RuntimeError, TypeError):
        return None
    return lambda x: operations._linear_pointwise(x, packed, bias, after, [], "")


def padded_rows(count: int) -> int:
    """Return the number of rows that ``count`` are padded to: eight to every power of two."""
    step = max(8, 1 << max(count - 1, 0).bit_length() >> 4)
    return -(-count // step) * step
