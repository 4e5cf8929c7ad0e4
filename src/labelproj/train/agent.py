"""What an agent answers to the examples of whole dialogues, and the baseline that copies."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from labelproj.dialogue.changes import after_changes
from labelproj.dialogue.examples import DST, Example, state_in, with_state
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
        state = state_in(text) if text.startswith(f"{DST} ") else ""
        outputs.append(state or NULL)
    return outputs


def predict(examples: Sequence[Example], model: Model, *, own_state: bool) -> dict[str, str]:
    """Return the model's outputs by example id.

    With ``own_state`` the model's own state of the turn before stands in the input of ``dst``, as
    in use, and its state of the same turn in those of ``api`` and ``da``; without, gold's. A model
    writes a state whole or as changes, which are applied to the state in its input; where they
    cannot be read the output stays as it is and the state as it was. States are told turn by turn,
    in step over all dialogues; then all the rest together, so that batches are full.
    """
    outputs: dict[str, str] = {}
    states: dict[tuple[str, int], str] = {}

    def answer(batch: Sequence[Example], *, back: int) -> Iterator[tuple[Example, str, str]]:
        """Yield examples, what was read and what was written; states are ``back`` turns old."""
        inputs = []
        for example in batch:
            own = states.get((example.dialogue, example.turn - back)) if own_state else None
            inputs.append(example.input if own is None else with_state(example.input, own))
        if batch:
            yield from zip(batch, inputs, model(inputs), strict=True)

    tracking = sorted((e for e in examples if e.subtask == DST), key=lambda e: e.turn)
    for _, turn in groupby(tracking, key=lambda e: e.turn):
        for example, text, output in list(answer(list(turn), back=1)):
            before = state_in(text)
            try:
                now = outputs[example.id] = after_changes(before, output)
            except ValueError:
                outputs[example.id], now = output, before
            states[example.dialogue, example.turn] = now
    for example, _, output in answer([e for e in examples if e.subtask != DST], back=0):
        outputs[example.id] = output
    return {example.id: outputs[example.id] for example in examples}
