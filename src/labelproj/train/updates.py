"""The updates of an encoder: linear warm-up and decay, clipped gradients."""

from typing import Any

from labelproj.train.encoder import require_torch
from labelproj.translate.optimizers import open_optimizers, pick_optimizer

__all__ = ["Updates"]

#: The share of the steps in which the learning rate rises.
_WARMUP = 0.1


class Updates:
    """Updates of what is not frozen in ``model``, for ``steps`` steps up to the rate ``rate``.

    ``optimizer`` is one of :data:`~labelproj.sections.OptimizerName`.
    """

    def __init__(self, model: Any, *, rate: float, steps: int, optimizer: str = "adamw"):
        self._torch = require_torch()
        self._weights = [one for one in model.parameters() if one.requires_grad]
        self._optimizers = open_optimizers(model, pick_optimizer(model, optimizer), rate=rate)
        self._rates = [one.defaults["lr"] for one in self._optimizers]
        self._steps, self._warmup = steps, max(1, round(_WARMUP * steps))

    def apply(self, loss: Any, step: int) -> None:
        """Make the update of ``step`` (from 0)."""
        left = (self._steps - step) / (self._steps - self._warmup + 1)
        share = min((step + 1) / self._warmup, left)
        for one, rate in zip(self._optimizers, self._rates, strict=True):
            for group in one.param_groups:
                group["lr"] = rate * share
            one.zero_grad(set_to_none=True)
        loss.backward()
        self._torch.nn.utils.clip_grad_norm_(self._weights, 1.0)
        for one in self._optimizers:
            one.step()
