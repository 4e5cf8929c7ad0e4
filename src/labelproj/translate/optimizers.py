"""The optimizers that models are trained with: AdamW, or Muon for the matrices inside."""

from typing import Any

from labelproj.devices import half_helps

__all__ = ["open_optimizers", "pick_optimizer"]

#: How many times as high the learning rate of Muon is as that of AdamW.
MUON_RATE = 10.0


def pick_optimizer(model: Any, wish: str) -> str:
    """Return ``adamw`` or ``muon`` for a wish of :data:`~labelproj.sections.OptimizerName`.

    Muon computes in bfloat16 on every device.
    """
    if wish != "auto":
        return wish
    return "muon" if half_helps(model) else "adamw"


def open_optimizers(
    model: Any, name: str, *, rate: float, betas: tuple[float, float] = (0.9, 0.999)
) -> list[Any]:
    """Return what updates the parameters of ``model`` that require gradients.

    That is AdamW; or Muon for the matrices of linear layers, but those of a head or an output
    layer, and AdamW for the rest. Muon (Jordan et al. 2024,
    https://kellerjordan.github.io/posts/muon/) makes the update of a matrix orthogonal.
    """
    import torch

    matrices: list[Any] = []
    if name == "muon":
        # Of some models (T5) the base is the whole, output layer and all.
        last = model.get_output_embeddings()
        linears = (one for one in model.base_model.modules() if isinstance(one, torch.nn.Linear))
        matrices = [one.weight for one in linears if one is not last and one.weight.requires_grad]
    inside = set(map(id, matrices))
    rest = [one for one in model.parameters() if one.requires_grad and id(one) not in inside]
    adamw = torch.optim.AdamW(rest, lr=rate, betas=betas, weight_decay=0.01, fused=True)
    if not matrices:
        return [adamw]
    return [torch.optim.Muon(matrices, lr=MUON_RATE * rate, weight_decay=0.01), adamw]
