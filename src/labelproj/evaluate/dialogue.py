"""All scores of an agent on the four subtasks, from files of examples and of outputs."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from labelproj.dialogue.examples import DST, SUBTASKS, Example
from labelproj.dialogue.kb import KnowledgeBase
from labelproj.dialogue.linear import parse_acts, parse_calls, parse_state
from labelproj.dialogue.schema import Constraint
from labelproj.errors import FormatError, InputError
from labelproj.evaluate.agent import act_accuracy, api_accuracy, slot_error_rate
from labelproj.evaluate.bootstrap import Ints
from labelproj.evaluate.dialogue_state import (
    joint_goal_accuracy,
    normalised_state,
    settled,
    slot_scores,
)
from labelproj.evaluate.replies import bleu
from labelproj.evaluate.success import SuccessCase, success_rates
from labelproj.formats.json_values import json_records
from labelproj.formats.lines import open_output
from labelproj.records import Reject

__all__ = [
    "read_examples",
    "read_outputs",
    "score_outputs",
    "slot_counts",
    "state_counts",
    "write_outputs",
]

T = TypeVar("T")
State = tuple[Constraint, ...]


def read_examples(path: Path) -> Iterator[Example]:
    """Yield the examples of a file, one JSON object a line.

    Raises MissingInputError, and FormatError with the line for what is no example.
    """
    for number, _, record in json_records(path):
        try:
            if isinstance(record, Reject):
                raise ValueError(record.reason)
            yield Example.from_json(record)
        except ValueError as error:
            raise FormatError(
                f"no example of a dialogue: {error}",
                where=f"{path}:{number}",
                remedy="make examples with: labelproj dialogue examples",
            ) from None


def read_outputs(path: Path) -> dict[str, str]:
    """Return a system's outputs by the id of their example: lines ``{"id", "output"}``.

    Raises MissingInputError and FormatError.
    """
    outputs: dict[str, str] = {}
    for number, _, record in json_records(path):
        name, output = (None, None) if isinstance(record, Reject) else _pair(record)
        if name is None or output is None:
            raise FormatError(
                "no output of a system",
                where=f"{path}:{number}",
                remedy='each line is {"id": "…", "output": "…"}: labelproj dialogue predict',
            )
        outputs[name] = output
    return outputs


def _pair(record: Mapping[str, object]) -> tuple[str | None, str | None]:
    name, output = record.get("id"), record.get("output")
    return (
        name if isinstance(name, str) else None,
        output if isinstance(output, str) else None,
    )


def write_outputs(path: Path, outputs: Mapping[str, str]) -> None:
    """Write outputs as :func:`read_outputs` reads them."""
    with open_output(path) as stream:
        for name, output in outputs.items():
            stream.write(json.dumps({"id": name, "output": output}, ensure_ascii=False) + "\n")


def score_outputs(
    outputs: Mapping[str, str],
    gold: Sequence[Example],
    *,
    lang: str,
    kb: KnowledgeBase | None = None,
) -> dict[str, object]:
    """Return the scores (0-100) of each subtask that both sides have, and success rates.

    An example without an output, and an output that cannot be parsed, is wrong (``missing``,
    ``unreadable``). Success needs replies, and uses gold acts and calls. Raises InputError where
    no output belongs to a gold example.
    """
    by_task: dict[str, list[Example]] = {name: [] for name in SUBTASKS}
    for example in gold:
        by_task[example.subtask].append(example)
    scored = {
        name: examples
        for name, examples in by_task.items()
        if any(example.id in outputs for example in examples)
    }
    if not scored:
        raise InputError(
            "no output belongs to an example of the gold file",
            remedy="predict on the gold examples: labelproj dialogue predict",
        )
    result: dict[str, object] = {}
    for name, examples in scored.items():
        found = [outputs.get(example.id) for example in examples]
        scores: dict[str, object] = {"examples": len(examples), "missing": found.count(None)}
        if name == "rg":
            replies = [output or "" for output in found]
            acts = [parse_acts(_acts_of(example)) for example in examples]
            scores |= bleu(replies, [example.target for example in examples], lang=lang)
            scores |= _percent(slot_error_rate(replies, acts))
        else:
            scores |= _parsed_scores(name, found, examples)
        result[name] = scores
    if "rg" in scored and by_task["da"]:
        result["success"] = _percent(success_rates(_cases(by_task, outputs), kb=kb))
    return result


def state_counts(outputs: Mapping[str, str], gold: Sequence[Example]) -> Ints:
    """Count right, wrong and missed slots of the states: an array (turns, 3).

    A slot is right as in :func:`labelproj.evaluate.dialogue_state.slot_scores`; an output that
    cannot be read has none.
    """
    turns = [(len(a & b), len(a - b), len(b - a)) for a, b in _both_states(outputs, gold)]
    return np.array(turns, dtype=np.int64).reshape(-1, 3)


def slot_counts(outputs: Mapping[str, str], gold: Sequence[Example]) -> dict[str, Ints]:
    """Count as :func:`state_counts` for each slot of gold's states, named ``domain: slot``."""
    both = list(_both_states(outputs, gold))
    names = sorted({_slot(one) for _, truth in both for one in truth})
    counts = {name: np.zeros((len(both), 3), dtype=np.int64) for name in names}
    for turn, (found, truth) in enumerate(both):
        for kind, part in enumerate((found & truth, found - truth, truth - found)):
            for one in part:
                if (own := counts.get(_slot(one))) is not None:
                    own[turn, kind] += 1
    return counts


def _both_states(
    outputs: Mapping[str, str], gold: Sequence[Example]
) -> Iterator[tuple[set[Constraint], set[Constraint]]]:
    """Yield what an output and gold say of the state of each turn, normalised."""
    turns = [example for example in gold if example.subtask == DST]
    read, _ = _read([outputs.get(example.id) for example in turns], parse_state)
    for found, turn in zip(_settled(read, turns, normalise=True), turns, strict=True):
        truth = normalised_state(parse_state(turn.target))
        yield set(normalised_state(found or ())), set(truth)


def _slot(one: Constraint) -> str:
    return f"{one.domain}: {one.slot}" if one.domain else one.slot


def _settled(
    states: Sequence[State | None], gold: Sequence[Example], *, normalise: bool
) -> list[State | None]:
    """Return states with values as gold's targets write them, where they are among its ways."""
    return [
        state if state is None else settled(state, one.ways, normalise=normalise)
        for state, one in zip(states, gold, strict=True)
    ]


def _parsed_scores(
    name: str, found: Sequence[str | None], gold: Sequence[Example]
) -> dict[str, object]:
    targets = [example.target for example in gold]
    if name == "dst":
        read, wrong = _read(found, parse_state)
        truth = [parse_state(target) for target in targets]
        exact, states = (_settled(read, gold, normalise=one) for one in (False, True))
        slots = slot_scores(states, truth)
        scores: dict[str, object] = {
            "jga": _hundred(joint_goal_accuracy(exact, truth, normalise=False)),
            "jga_normalised": _hundred(joint_goal_accuracy(states, truth, normalise=True)),
            **{f"slot_{key}": _hundred(value) for key, value in slots.items()},
        }
    elif name == "api":
        calls, wrong = _read(found, parse_calls)
        scores = _percent(api_accuracy(calls, [parse_calls(target) for target in targets]))
    else:
        acts, wrong = _read(found, parse_acts)
        truth_acts = [parse_acts(target) for target in targets]
        scores = {"accuracy": _hundred(act_accuracy(acts, truth_acts))}
    return scores | {"unreadable": wrong}


def _read(found: Sequence[str | None], parse: Callable[[str], T]) -> tuple[list[T | None], int]:
    read: list[T | None] = []
    wrong = 0
    for output in found:
        try:
            read.append(None if output is None else parse(output))
        except ValueError:
            read.append(None)
            wrong += 1
    return read, wrong


def _cases(
    by_task: Mapping[str, Sequence[Example]], outputs: Mapping[str, str]
) -> list[SuccessCase]:
    cases: dict[str, SuccessCase] = {}
    for example in by_task["da"]:
        case = cases.setdefault(example.dialogue, SuccessCase())
        case.acts += parse_acts(example.target)
    for example in by_task["api"]:
        if example.dialogue in cases:
            cases[example.dialogue].calls += parse_calls(example.target)
    for example in by_task["rg"]:
        if example.dialogue in cases:
            cases[example.dialogue].replies.append(outputs.get(example.id, ""))
    return list(cases.values())


def _acts_of(example: Example) -> str:
    """Return the acts in the input of a reply."""
    return example.input.partition("<acts> ")[2].partition(" <user> ")[0]


def _percent(scores: Mapping[str, float]) -> dict[str, object]:
    """Return shares as percentages; counts as they are."""
    counts = {"turns_with_call", "values", "tasks", "dialogues"}
    return {k: int(v) if k in counts else _hundred(v) for k, v in scores.items()}


def _hundred(share: float) -> float:
    return round(100 * share, 2)
