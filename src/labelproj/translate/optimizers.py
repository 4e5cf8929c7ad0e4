"""The optimizers that models are trained with: AdamW, or Muon for the matrices inside."""

from typing import Any

__all__ = ["half_helps", "open_optimizers", "pick_optimizer"]

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
