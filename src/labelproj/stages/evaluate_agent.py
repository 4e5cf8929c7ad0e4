"""The evaluate stage of agents: each tracks states, calls, decides and replies, turn by turn."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from labelproj import tables
from labelproj.config import EvaluateParams
from labelproj.dialogue.examples import DST, Example, examples_of
from labelproj.dialogue.schema import KEY, dialogue_of
from labelproj.errors import MissingInputError, ModelError
from labelproj.evaluate.bootstrap import Ints, mean_f1
from labelproj.evaluate.comparison import count_differences
from labelproj.evaluate.dialogue import score_outputs, slot_counts, state_counts
from labelproj.evaluate.methods import Comparison
from labelproj.evaluate.ner import count_scores, percent
from labelproj.evaluate.runs import by_system, mean_scores
from labelproj.stages.scores import trained_systems, write_evaluation, write_metrics
from labelproj.train import CARD, load_model
from labelproj.train.agent import COPY, copy_state, predict
from labelproj.train.base import Writer
from labelproj.train.data import read_gold

__all__ = ["run_evaluate_agent"]

Outputs = Mapping[str, str]


def run_evaluate_agent(
    *,
    models: Path,
    gold_test: Path | str,
    out: Path,
    params: EvaluateParams,
    tgt: str,
    task: str,
    comparison: Comparison | None = None,
) -> dict[str, object]:
    """Score every agent under ``models`` on the dialogues of ``gold_test``, with its own states.

    Writes what :func:`labelproj.stages.evaluate.run_evaluate` writes, where a slot of a turn's
    state, with its domain and value, is what a span is there: ``f1``, ``precision`` and ``recall``
    of a system count these, ``per_label`` has them for each slot. Beside them are the scores of
    :func:`labelproj.evaluate.dialogue.score_outputs` by subtask. The baseline ``copy`` repeats the
    state before. ``predictions.jsonl`` has a line for each example: input, gold and prediction.
    Raises MissingInputError, ModelNotFoundError, ModelError and DependencyError.
    """
    started = time.monotonic()
    folders = trained_systems(models)
    documents, rejects = read_gold(str(gold_test), lang=tgt)
    if without := next((one.id for one in documents if KEY not in one.payload), None):
        raise MissingInputError(f"no dialogue in record {without!r}", where=str(gold_test))
    gold = [example for one in documents for example in examples_of(one, dialogue_of(one))]
    outputs: dict[str, Outputs] = {}
    made_by: dict[str, str] = {}
    seeds: dict[str, str] = {}
    for name, folder in folders.items():
        model = load_model(folder)
        if not isinstance(model, Writer):
            raise ModelError(
                "it is no agent", where=str(folder), remedy=f"run the train stage of {task} again"
            )
        outputs[name] = predict(gold, model.write, own_state=True)
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        made_by[name], seeds[name] = card["signature"], str(card.get("seed", name))
    outputs[COPY] = predict(
        [example for example in gold if example.subtask == DST], copy_state, own_state=True
    )
    systems = by_system(outputs)
    counts = {
        name: np.stack([state_counts(run, gold) for run in runs.values()])
        for name, runs in systems.items()
    }
    metrics: dict[str, object] = {
        "systems": {
            name: count_scores(counts[name], params=params)
            | {"per_label": _by_slot(list(runs.values()), gold, params)}
            | mean_scores([score_outputs(run, gold, lang=tgt) for run in runs.values()])
            | _by_seed(runs, counts[name], seeds)
            for name, runs in systems.items()
        },
        "differences": count_differences(counts, params=params),
        "unseen_labels": {name: [] for name in systems},
    }
    write_metrics(metrics, comparison, out)
    _write_predictions(out / "predictions.jsonl", gold, next(iter(outputs.items())))
    return write_evaluation(
        out,
        params=params,
        documents=documents,
        rejects=rejects,
        made_by=made_by,
        comparison=comparison,
        started=started,
    )


def _by_slot(
    runs: Sequence[Outputs], gold: Sequence[Example], params: EvaluateParams
) -> dict[str, object]:
    """Return the scores of each slot of gold's states."""
    counts = [slot_counts(run, gold) for run in runs]
    return {
        slot: count_scores(np.stack([own[slot] for own in counts]), params=params)
        for slot in counts[0]
    }


def _by_seed(
    runs: Mapping[str, Outputs], counts: Ints, seeds: Mapping[str, str]
) -> dict[str, object]:
    if len(runs) == 1:
        return {}
    scores = zip(runs, counts, strict=True)
    return {"seeds": {seeds[name]: percent(mean_f1(own)) for name, own in scores}}


def _write_predictions(path: Path, gold: Sequence[Example], system: tuple[str, Outputs]) -> None:
    name, outputs = system
    with tables.atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for example in gold:
            row = {
                "id": example.id,
                "system": name,
                "text": example.input,
                "gold": example.target,
                "predicted": outputs.get(example.id, ""),
                "errors": int(outputs.get(example.id) != example.target),
            }
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
