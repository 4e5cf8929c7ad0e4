"""What an agent answers to the examples of whole dialogues, and the baseline that copies."""

from collections.abc import Callable, Sequence
from itertools import groupby

from labelproj.dialogue.examples import SUBTASKS, Example, with_state
from labelproj.dialogue.linear import NULL

__all__ = ["COPY", "copy_state", "predict"]

#: The name of the baseline.
COPY = "copy"
Model = Callable[[Sequence[str]], list[str]]


def copy_state(texts: Sequence[str]) -> list[str]:
    """Answer with the state in the input: what a state tracker that hears nothing would say.

    Other subtasks, whose input has no state or asks for something else, get ``null``.
    """
    outputs = []
    for text in texts:
        task, _, rest = text.partition(" ")
        state = rest.partition("<state> ")[2].partition(" <acts> ")[0]
        outputs.append(state if task == SUBTASKS[0] and state else NULL)
    return outputs


def predict(examples: Sequence[Example], model: Model, *, own_state: bool) -> dict[str, str]:
    """Return the model's outputs by example id.

    With ``own_state`` the model's own state of the turn before stands in the input of ``dst``, as
    in use, and its state of the same turn in those of ``api`` and ``da``; without, gold's. Turns
    go in step over all dialogues, so that batches are full.
    """
    outputs: dict[str, str] = {}
    states: dict[tuple[str, int], str] = {}
    ranked = sorted(examples, key=lambda e: (e.turn, SUBTASKS.index(e.subtask)))
    for (turn, subtask), group in groupby(ranked, key=lambda e: (e.turn, e.subtask)):
        batch = list(group)
        inputs = []
        for example in batch:
            when = turn - 1 if subtask == "dst" else turn
            own = states.get((example.dialogue, when)) if own_state else None
            inputs.append(example.input if own is None else with_state(example.input, own))
        for example, output in zip(batch, model(inputs), strict=True):
            outputs[example.id] = output
            if subtask == "dst":
                states[example.dialogue, turn] = output
    return {example.id: outputs[example.id] for example in examples}
