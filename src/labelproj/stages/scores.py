"""What every evaluation has to do, whatever is examined: find the systems, write what came out."""

import csv
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labelproj import tables
from labelproj.config import EvaluateParams
from labelproj.errors import MissingInputError
from labelproj.evaluate.methods import Comparison
from labelproj.provenance import now, signature, versions
from labelproj.records import Document, Reject
from labelproj.shards import write_manifest
from labelproj.train import CARD
from labelproj.train.data import documents_digest
from labelproj.train.systems import NAMES, system_of

__all__ = ["trained_systems", "write_evaluation", "write_metrics", "write_rejects"]


def trained_systems(models: Path) -> dict[str, Path]:
    """Return the folder of each trained system by its name, in the order they are shown."""
    found = {card.parent.name: card.parent for card in models.glob(f"*/{CARD}")}
    if not found:
        raise MissingInputError(
            "no trained system in it", where=str(models), remedy="run the train stage first"
        )
    ranks = {name: rank for rank, name in enumerate(NAMES)}
    ordered = sorted(found, key=lambda name: (ranks.get(system_of(name), len(ranks)), name))
    return {name: found[name] for name in ordered}


def write_metrics(metrics: Mapping[str, object], comparison: Comparison | None, out: Path) -> None:
    """Write the scores of systems and projection methods, and tables of them for plots."""
    projection: dict[str, object] = {}
    if comparison is not None and comparison.own is not None:
        projection["projection"] = dict(comparison.scores[comparison.own])
    if comparison is not None and len(comparison.scores) > 1:
        projection["methods"] = dict(comparison.scores)
    _write_json(out / "metrics.json", {**metrics, **projection})
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
    _write_methods(comparison, out)


def _write_methods(comparison: Comparison | None, out: Path) -> None:
    """Write what was found about the projection methods, if only that there was nothing."""
    scores: Mapping[str, Mapping[str, Any]] = comparison.scores if comparison else {}
    parts = ("patterns", "examples")
    _write_json(
        out / "methods.json",
        {part: list(getattr(comparison, part)) if comparison else [] for part in parts},
    )
    _write_csv(
        out / "methods.csv",
        ("method", "f1", "overlap_f1"),
        ((name, one["exact"]["f1"], one["overlap"]["f1"]) for name, one in scores.items()),
    )


def write_rejects(rejects: Sequence[Reject], out: Path) -> None:
    """Write the gold records that could not be read, if there are any."""
    (out / "rejects.parquet").unlink(missing_ok=True)
    if rejects:
        rows = [{name: getattr(reject, name) for name in tables.REJECTS} for reject in rejects]
        tables.write(tables.frame(rows, tables.REJECTS), out / "rejects.parquet", tables.REJECTS)


def write_evaluation(
    out: Path,
    *,
    params: EvaluateParams,
    documents: Sequence[Document],
    rejects: Sequence[Reject],
    made_by: Mapping[str, str],
    comparison: Comparison | None,
    started: float,
    beside: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Write the manifest of an evaluation, last, and return it.

    ``made_by`` are the signatures of the systems, ``started`` is ``time.monotonic()`` then, and
    ``beside`` shapes the scores beside ``params``.
    """
    write_rejects(rejects, out)
    shaping = params.model_dump() | dict(beside or {})
    digests = {"gold": documents_digest(documents), "systems": dict(made_by)}
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
        "times": dict(comparison.times) if comparison is not None else {},
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _write_json(path: Path, value: object) -> None:
    with tables.atomic_path(path) as temporary:
        text = json.dumps(value, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (
        tables.atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
