"""The evaluate stage: trained systems and gold test data -> scores, tables and predictions."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labelproj import tables
from labelproj.config import EvaluateParams
from labelproj.errors import ModelError, UsageError
from labelproj.evaluate.bootstrap import span_counts
from labelproj.evaluate.comparison import differences
from labelproj.evaluate.methods import Comparison
from labelproj.evaluate.ner import mapped_gold, mapped_predictions, score_runs
from labelproj.evaluate.runs import by_system, mean_scores, seed_scores
from labelproj.progress import log, track
from labelproj.records import Document, Span
from labelproj.stages.scores import trained_systems, write_evaluation, write_metrics
from labelproj.stages.translate_test import BackTagger, TranslateTest
from labelproj.tasks import Case, Task, task_named
from labelproj.train import CARD, ENSEMBLE, load_model
from labelproj.train.base import Reader, Tagger, Writer
from labelproj.train.data import read_gold, span_values
from labelproj.train.systems import THERE_AND_BACK, system_of

__all__ = ["predicted", "run_evaluate"]

_PREDICT = 256
Spans = tuple[Span, ...]
Answering = Tagger | Reader | BackTagger


def run_evaluate(
    *,
    models: Path,
    gold_test: Path | str,
    out: Path,
    params: EvaluateParams,
    tgt: str,
    task: str = "ner",
    comparison: Comparison | None = None,
    back: TranslateTest | None = None,
    work: Path | None = None,
    resume: bool = True,
) -> dict[str, object]:
    """Score every system under ``models`` on ``gold_test`` (any readable format).

    What a system is asked, and scores beside exact span F1, are for ``task`` to say. A system
    trained with several seeds is scored once, over all of them. ``back`` is how the systems
    ``translate-test`` and ``ensemble`` read a text; gold texts that bring their translation are
    not translated again.
    Writes ``metrics.json`` (``systems``: see :func:`labelproj.evaluate.ner.score_runs`;
    ``differences``: see :func:`labelproj.evaluate.comparison.differences`;
    ``unseen_labels``: gold labels a system was never taught; ``projection``: the scores of the
    project's own method in ``comparison``; ``methods``: those of all, where there are several),
    ``systems.csv`` (system, f1, low, high), ``labels.csv`` (system, label, f1), ``methods.csv``
    (method, f1, overlap_f1), ``methods.json`` (``patterns`` and ``examples`` of ``comparison``),
    ``predictions.jsonl`` (``projected`` or the first system: gold and predicted spans of each
    text), ``rejects.parquet`` when gold records could not be read, and last ``manifest.json``,
    which is returned and has the methods' ``times``. ``work`` and ``resume`` change nothing: the
    stage always runs whole. Raises MissingInputError, ModelNotFoundError, DependencyError, and
    UsageError without ``back`` where a system needs it.
    """
    started = time.monotonic()
    folders = trained_systems(models)
    what = task_named(task)
    documents, rejects = read_gold(str(gold_test), lang=tgt)
    cases = _cases(documents, what, params)
    texts, gold = [case.text for case in cases], [case.gold for case in cases]
    if back is not None:
        back.give(_translations(documents))
    predictions: dict[str, list[Spans]] = {}
    unseen: dict[str, list[str]] = {}
    made_by: dict[str, str] = {}
    seeds: dict[str, str] = {}
    labels = {span.label for spans in gold for span in spans}
    for name, folder in folders.items():
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        model: Answering = (
            _by_translation(folder, card, back)
            if system_of(name) in THERE_AND_BACK
            else _labelling(folder)
        )
        predictions[name] = predicted(model, cases, what, params, name=name)
        known = mapped_predictions([Span("", 0, 0, x) for x in model.labels], params.label_map)
        unseen[name] = sorted(labels - {span.label for span in known})
        made_by[name], seeds[name] = card["signature"], str(card.get("seed", name))
        if unseen[name]:
            log.warning("%s never saw %s of the test data", name, ", ".join(unseen[name]))
    systems = by_system(predictions)
    found = {name: list(runs.values()) for name, runs in systems.items()}
    metrics: dict[str, object] = {
        "systems": {
            name: score_runs(texts, gold, runs, params=params)
            | mean_scores([what.scores(cases, run, lang=tgt) for run in runs])
            | seed_scores(systems[name], gold, seeds=seeds)
            for name, runs in found.items()
        },
        "differences": differences(found, gold, params=params),
        "unseen_labels": {name: unseen[next(iter(runs))] for name, runs in systems.items()},
    }
    write_metrics(metrics, comparison, out)
    _write_predictions(out / "predictions.jsonl", cases, next(iter(predictions.items())))
    return write_evaluation(
        out,
        params=params,
        documents=documents,
        rejects=rejects,
        made_by=made_by,
        comparison=comparison,
        beside={} if back is None else {"translate_test": back.params()},
        started=started,
    )


def _cases(documents: Sequence[Document], task: Task, params: EvaluateParams) -> list[Case]:
    """Return what is asked, with mapped gold spans."""
    cases = [case for document in documents for case in task.cases(document)]
    return [replace(case, gold=mapped_gold(case.gold, params.label_map)) for case in cases]


def _translations(documents: Sequence[Document]) -> dict[str, str]:
    """Return the translations that gold texts bring along."""
    return {
        segment.text: segment.translation
        for document in documents
        for segment in document.segments
        if segment.translation is not None
    }


def _labelling(folder: Path) -> Tagger | Reader:
    model = load_model(folder)
    if isinstance(model, Writer):
        raise ModelError("it labels nothing", where=str(folder), remedy="run the train stage again")
    return model


def _by_translation(
    folder: Path, card: Mapping[str, Any], back: TranslateTest | None
) -> BackTagger:
    """Return what answers for a system that goes through a translation."""
    if back is None:
        raise UsageError(
            "the system translates what it reads, and there is no MT model for that",
            where=str(folder),
            remedy="set mt.back, or leave it out of train.systems",
        )
    if card["backend"] != ENSEMBLE:
        return BackTagger(back, folder, tuple(card["labels"]))
    trained, reader = (folder.parent / member for member in card["members"])
    return BackTagger(back, reader, tuple(card["labels"]), trained=trained)


def predicted(
    model: Answering, cases: Sequence[Case], task: Task, params: EvaluateParams, *, name: str
) -> list[Spans]:
    """Return a system's answer to each case, in the places of the case's text."""
    what = f"predict with {name}"
    found = _read(model, cases, what) if isinstance(model, Reader) else _tag(model, cases, what)
    return [
        mapped_predictions(task.answer(case, spans), params.label_map)
        for case, spans in zip(cases, found, strict=True)
    ]


def _read(model: Reader, cases: Sequence[Case], name: str) -> list[list[Span]]:
    questions = [(case.question or "", case.text) for case in cases]
    found: list[list[Span]] = []
    with track(name, len(questions)) as progress:
        for first in range(0, len(questions), _PREDICT):
            part = questions[first : first + _PREDICT]
            found += map(list, model.read(part))
            progress.advance(len(part))
    return found


def _tag(model: Tagger | BackTagger, cases: Sequence[Case], name: str) -> list[list[Span]]:
    prompts = [(index, prompt) for index, case in enumerate(cases) for prompt in case.prompts]
    found: list[list[Span]] = [[] for _ in cases]
    # An aligner learns from all texts together.
    size = max(1, len(prompts)) if isinstance(model, BackTagger) else _PREDICT
    with track(name, len(prompts)) as progress:
        for first in range(0, len(prompts), size):
            part = prompts[first : first + size]
            predicted = model.predict([prompt.text for _, prompt in part])
            for (index, prompt), spans in zip(part, predicted, strict=True):
                restored = (prompt.restored(span) for span in spans)
                found[index] += [span for span in restored if span is not None]
            progress.advance(len(part))
    return found


def _write_predictions(
    path: Path, cases: Sequence[Case], system: tuple[str, Sequence[Spans]]
) -> None:
    """Write a line for each text; ``errors`` counts its wrong and its missed spans."""
    name, predicted = system
    counts = span_counts(predicted, [case.gold for case in cases])
    with tables.atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for index, case in enumerate(cases):
            row = {
                "id": case.id,
                "system": name,
                "text": case.text,
                "gold": span_values(case.gold),
                "predicted": span_values(predicted[index]),
                "errors": int(counts[index, 1:].sum()),
            }
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
