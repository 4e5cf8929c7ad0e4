"""What an agent answers to the examples of whole dialogues, and the baseline that copies."""

from collections.abc import Callable, Sequence
from itertools import groupby

from labelproj.dialogue.changes import after_changes
from labelproj.dialogue.examples import SUBTASKS, Example, state_in, with_state
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
        state = state_in(text) if text.startswith(f"{SUBTASKS[0]} ") else ""
        outputs.append(state or NULL)
    return outputs


def predict(examples: Sequence[Example], model: Model, *, own_state: bool) -> dict[str, str]:
    """Return the model's outputs by example id.

    With ``own_state`` the model's own state of the turn before stands in the input of ``dst``, as
    in use, and its state of the same turn in those of ``api`` and ``da``; without, gold's. A model
    writes a state whole or as changes, which are applied to the state in its input; where they
    cannot be read the output stays as it is and the state as it was. Turns go in step over all
    dialogues, so that batches are full.
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
        for example, text, output in zip(batch, inputs, model(inputs), strict=True):
            outputs[example.id] = output
            if subtask == "dst":
                before = state_in(text)
                try:
                    outputs[example.id] = after_changes(before, output)
                    states[example.dialogue, turn] = outputs[example.id]
                except ValueError:
                    states[example.dialogue, turn] = before
    return {example.id: outputs[example.id] for example in examples}
