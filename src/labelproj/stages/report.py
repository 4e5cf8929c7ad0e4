"""The report stage: everything that was written so far -> one HTML page."""

import time
from pathlib import Path
from typing import Any

from labelproj import tables
from labelproj.config import ReportParams
from labelproj.errors import MissingInputError
from labelproj.provenance import now, signature, versions
from labelproj.report.collect import collect
from labelproj.report.examples import Examples
from labelproj.report.page import PageFacts, page_html
from labelproj.shards import read_json, write_manifest

__all__ = ["run_report"]


def run_report(
    *,
    prepared: Path,
    translated: Path,
    projected: Path,
    filtered: Path,
    dataset: Path,
    evaluation: Path | None,
    out: Path,
    params: ReportParams,
    task: str,
    src: str,
    tgt: str,
) -> dict[str, object]:
    """Write ``index.html``, a self-contained page, and last ``manifest.json``, to ``out``.

    The inputs are the folders of the stages: of each its ``manifest.json`` where it is there,
    of ``filtered`` also ``kept.parquet``, ``rejected.parquet`` and ``attrition.json``, of
    ``evaluation`` ``metrics.json``. The page holds nothing that changes from run to run (times).
    Raises MissingInputError or StorageError.
    """
    started = time.monotonic()
    (out / "manifest.json").unlink(missing_ok=True)
    folders = {
        "prepare": prepared,
        "translate": translated,
        "project": projected,
        "filter": filtered,
        "build": dataset,
    }
    if evaluation is not None:
        folders["evaluate"] = evaluation
    manifests = {stage: _optional(folder / "manifest.json") for stage, folder in folders.items()}
    examples = Examples(params.examples)
    collected = collect(filtered / "kept.parquet", filtered / "rejected.parquet", examples=examples)
    attrition = _optional(filtered / "attrition.json")
    if not attrition:
        raise MissingInputError(
            "no such file",
            where=str(filtered / "attrition.json"),
            remedy="run the filter stage first",
        )
    page = page_html(
        PageFacts(
            title=params.title,
            task=task,
            src=src,
            tgt=tgt,
            collected=collected,
            picked=examples.picked(),
            attrition=attrition,
            metrics=_optional(evaluation / "metrics.json") if evaluation else {},
            manifests={stage: found for stage, found in manifests.items() if found},
        )
    )
    with tables.atomic_path(out / "index.html") as temporary:
        temporary.write_text(page, encoding="utf-8", errors="replace")
    upstream = {stage: found.get("signature") for stage, found in manifests.items()}
    manifest: dict[str, object] = {
        "stage": "report",
        "signature": signature("report", params.model_dump() | {"upstream": upstream}),
        "params": params.model_dump(),
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 3),
        "counts": {
            "in": collected.units,
            "kept": collected.kept,
            "rejected": collected.units - collected.kept,
            "failed": 0,
        },
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _optional(path: Path) -> dict[str, Any]:
    """Read a JSON object; empty where there is no such file."""
    return read_json(path) if path.is_file() else {}
