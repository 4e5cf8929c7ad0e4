"""Low-rank adapters: training few weights of a large model, and putting them into it at the end.

LoRA (Hu et al. 2022, https://arxiv.org/abs/2106.09685) by peft. A merged model is an ordinary
one, which loads where peft is not installed.
"""

import copy
import warnings
from typing import Any

from labelproj.errors import DependencyError

__all__ = ["RATE", "merged_weights", "with_adapters", "without_adapters"]

#: The learning rate of adapters where none is given.
RATE = 1e-3
#: What peft trains whole by itself, where a model has it: it must not get adapters too.
_HEADS = {"TOKEN_CLS": ["classifier", "score"], "QUESTION_ANS": ["qa_outputs"]}


def with_adapters(
    model: Any, *, task: str, r: int = 16, alpha: int = 32, dropout: float = 0.05
) -> Any:
    """Return ``model`` with adapters of rank ``r`` at all its linear layers; the rest is frozen.

    ``task`` is a name of ``peft.TaskType``; the head that it has is trained whole. What
    adapters say counts ``alpha / r``. Raises DependencyError without peft.
    """
    try:
        from peft import LoraConfig, TaskType, get_peft_model
    except ImportError as error:
        raise DependencyError(
            "LoRA needs peft", remedy="pip install 'labelproj[lora]', or train all weights"
        ) from error
    config = LoraConfig(
        task_type=TaskType[task],
        r=r,
        lora_alpha=alpha,
        lora_dropout=dropout,
        target_modules="all-linear",
        exclude_modules=_HEADS.get(task),
    )
    with warnings.catch_warnings():
        # peft asks for an attribute that transformers has renamed.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated")
        return get_peft_model(model, config)


def without_adapters(model: Any) -> Any:
    """Return the model with its adapters put into its weights; one without is returned as it is."""
    return model.merge_and_unload() if hasattr(model, "merge_and_unload") else model


def merged_weights(model: Any) -> dict[str, Any]:
    """Return a copy of the weights on the processor, by name, as they are without adapters.

    Adapters must be put in before checkpoints are averaged: the mean of products is not the
    product of means.
    """
    if hasattr(model, "merge_and_unload"):
        model = without_adapters(copy.deepcopy(model))
    return {name: array.detach().cpu().clone() for name, array in model.state_dict().items()}
