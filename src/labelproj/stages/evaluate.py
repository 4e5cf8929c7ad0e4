"""The evaluate stage: trained systems and gold test data -> scores, tables and predictions."""

import csv
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from labelproj import tables
from labelproj.config import EvaluateParams
from labelproj.errors import MissingInputError
from labelproj.evaluate.bootstrap import difference_interval, f1_of, span_counts
from labelproj.evaluate.ner import mapped_gold, mapped_predictions, percent, score_system
from labelproj.progress import log, track
from labelproj.provenance import now, signature, versions
from labelproj.records import Document, Span
from labelproj.shards import write_manifest
from labelproj.train import CARD, load_tagger
from labelproj.train.base import Tagger
from labelproj.train.data import documents_digest, read_gold, span_values

__all__ = ["run_evaluate"]

#: The order systems are shown in; the first that is there has its predictions written out.
_ORDER = ("projected", "zero-shot", "gold")
_PREDICT = 256
Spans = tuple[Span, ...]


def run_evaluate(
    *,
    models: Path,
    gold_test: Path | str,
    out: Path,
    params: EvaluateParams,
    tgt: str,
    projection_scores: Mapping[str, object] | None = None,
    work: Path | None = None,
    resume: bool = True,
) -> dict[str, object]:
    """Score every system under ``models`` on ``gold_test`` (any readable format).

    Writes ``metrics.json`` (``systems``: see :func:`labelproj.evaluate.ner.score_system`;
    ``differences``: F1 of ``projected`` minus each baseline with its paired bootstrap interval;
    ``unseen_labels``: gold labels a system was never taught; ``projection``:
    ``projection_scores`` where given), ``systems.csv`` (system, f1, low, high), ``labels.csv``
    (system, label, f1), ``predictions.jsonl`` (``projected`` or the first system: gold and
    predicted spans of each text), ``rejects.parquet`` when gold records could not be read, and
    last ``manifest.json``, which is returned. ``work`` and ``resume`` change nothing: the stage
    always runs whole. Raises MissingInputError, ModelNotFoundError and DependencyError.
    """
    started = time.monotonic()
    folders = _systems(models)
    documents, rejects = read_gold(str(gold_test), lang=tgt)
    ids, texts, gold = _flat(documents, params)
    predictions: dict[str, list[Spans]] = {}
    unseen: dict[str, list[str]] = {}
    made_by: dict[str, str] = {}
    labels = {span.label for spans in gold for span in spans}
    for name, folder in folders.items():
        tagger = load_tagger(folder)
        predictions[name] = _predicted(tagger, texts, params, name=name)
        known = mapped_predictions([Span("", 0, 0, x) for x in tagger.labels], params.label_map)
        unseen[name] = sorted(labels - {span.label for span in known})
        made_by[name] = json.loads((folder / CARD).read_text(encoding="utf-8"))["signature"]
        if unseen[name]:
            log.warning("%s never saw %s of the test data", name, ", ".join(unseen[name]))
    metrics: dict[str, object] = {
        "systems": {
            name: score_system(texts, gold, found, params=params)
            for name, found in predictions.items()
        },
        "differences": _differences(predictions, gold, params),
        "unseen_labels": unseen,
    }
    if projection_scores is not None:
        metrics["projection"] = dict(projection_scores)
    _write_metrics(metrics, out)
    _write_predictions(out / "predictions.jsonl", ids, texts, gold, next(iter(predictions.items())))
    (out / "rejects.parquet").unlink(missing_ok=True)
    if rejects:
        rows = [{name: getattr(reject, name) for name in tables.REJECTS} for reject in rejects]
        tables.write(tables.frame(rows, tables.REJECTS), out / "rejects.parquet", tables.REJECTS)
    shaping = params.model_dump()
    digests = {"gold": documents_digest(documents), "systems": made_by}
    manifest: dict[str, object] = {
        "stage": "evaluate",
        "signature": signature("evaluate", shaping | digests),
        "params": shaping,
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 3),
        "counts": {
            "in": len(documents) + len(rejects),
            "kept": len(documents),
            "rejected": len(rejects),
            "failed": 0,
        },
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _systems(models: Path) -> dict[str, Path]:
    """Return the folder of each trained system by its name, in the order they are shown."""
    found = {card.parent.name: card.parent for card in models.glob(f"*/{CARD}")}
    if not found:
        raise MissingInputError(
            "no trained system in it", where=str(models), remedy="run the train stage first"
        )
    known = [name for name in _ORDER if name in found]
    return {name: found[name] for name in [*known, *sorted(found.keys() - set(_ORDER))]}


def _flat(
    documents: Sequence[Document], params: EvaluateParams
) -> tuple[list[str], list[str], list[Spans]]:
    """Return ids, texts and mapped gold spans of all segments that have text."""
    ids: list[str] = []
    texts: list[str] = []
    gold: list[Spans] = []
    for document in documents:
        for segment in document.segments:
            if segment.text.strip():
                several = len(document.segments) > 1
                ids.append(f"{document.id}/{segment.id}" if several else document.id)
                texts.append(segment.text)
                gold.append(mapped_gold(segment.spans, params.label_map))
    return ids, texts, gold


def _predicted(
    tagger: Tagger, texts: Sequence[str], params: EvaluateParams, *, name: str
) -> list[Spans]:
    found: list[Spans] = []
    with track(f"predict with {name}", len(texts)) as progress:
        for first in range(0, len(texts), _PREDICT):
            part = texts[first : first + _PREDICT]
            found += [mapped_predictions(s, params.label_map) for s in tagger.predict(part)]
            progress.advance(len(part))
    return found


def _differences(
    predictions: Mapping[str, Sequence[Spans]], gold: Sequence[Spans], params: EvaluateParams
) -> dict[str, dict[str, float]]:
    counts = {name: span_counts(found, gold) for name, found in predictions.items()}
    differences: dict[str, dict[str, float]] = {}
    for name, other in counts.items():
        if "projected" not in counts or name == "projected":
            continue
        ours = counts["projected"]
        low, high = difference_interval(
            ours,
            other,
            resamples=params.bootstrap,
            confidence=params.confidence,
            seed=params.seed,
        )
        difference = float(f1_of(ours.sum(axis=0)) - f1_of(other.sum(axis=0)))
        differences[f"projected - {name}"] = {
            "f1": percent(difference),
            "f1_low": percent(low),
            "f1_high": percent(high),
        }
    return differences


def _write_metrics(metrics: Mapping[str, object], out: Path) -> None:
    with tables.atomic_path(out / "metrics.json") as temporary:
        text = json.dumps(metrics, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")
    systems: dict[str, dict[str, object]] = metrics["systems"]  # type: ignore[assignment]
    _write_csv(
        out / "systems.csv",
        ("system", "f1", "low", "high"),
        ((name, one["f1"], one["f1_low"], one["f1_high"]) for name, one in systems.items()),
    )
    _write_csv(
        out / "labels.csv",
        ("system", "label", "f1"),
        (
            (name, label, scores["f1"])
            for name, one in systems.items()
            for label, scores in one["per_label"].items()  # type: ignore[attr-defined]
        ),
    )


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (
        tables.atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _write_predictions(
    path: Path,
    ids: Sequence[str],
    texts: Sequence[str],
    gold: Sequence[Spans],
    system: tuple[str, Sequence[Spans]],
) -> None:
    """Write a line for each text; ``errors`` counts its wrong and its missed spans."""
    name, predicted = system
    counts = span_counts(predicted, gold)
    with tables.atomic_path(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        for index, text in enumerate(texts):
            row = {
                "id": ids[index],
                "system": name,
                "text": text,
                "gold": span_values(gold[index]),
                "predicted": span_values(predicted[index]),
                "errors": int(counts[index, 1:].sum()),
            }
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
