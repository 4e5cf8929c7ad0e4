"""The updates of an encoder: AdamW, linear warm-up and decay, clipped gradients."""

from typing import Any

from labelproj.train.encoder import require_torch

__all__ = ["Updates"]

#: The share of the steps in which the learning rate rises.
_WARMUP = 0.1


class Updates:
    """Updates of what is not frozen in ``model``, for ``steps`` steps up to the rate ``rate``."""

    def __init__(self, model: Any, *, rate: float, steps: int):
        self._torch = require_torch()
        self._weights = [one for one in model.parameters() if one.requires_grad]
        self._optimizer = self._torch.optim.AdamW(
            self._weights, lr=rate, weight_decay=0.01, fused=True
        )
        self._rate, self._steps = rate, steps
        self._warmup = max(1, round(_WARMUP * steps))

    def apply(self, loss: Any, step: int) -> None:
        """Make the update of ``step`` (from 0)."""
        left = (self._steps - step) / (self._steps - self._warmup + 1)
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate * min((step + 1) / self._warmup, left)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._torch.nn.utils.clip_grad_norm_(self._weights, 1.0)
        self._optimizer.step()
