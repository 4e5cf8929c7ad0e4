"""The report: everything the other stages wrote -> one HTML page."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelproj import tables
from labelproj.config import BuildParams, Config, ReportParams, load_config
from labelproj.errors import MissingInputError
from labelproj.layout import Layout
from labelproj.provenance import now, signature, versions
from labelproj.report.facts import RunFacts, run_payload
from labelproj.report.page import Run, page_html
from labelproj.review.corrections import read_corrections
from labelproj.review.items import open_job
from labelproj.review.stats import review_stats
from labelproj.shards import read_json, write_manifest

__all__ = ["report_folder", "run_report"]


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
    corrections: Sequence[Path] = (),
    build: BuildParams | None = None,
) -> dict[str, object]:
    """Write ``index.html``, a self-contained page, and last ``manifest.json``, to ``out``.

    The inputs are the folders of the stages: of each its ``manifest.json`` where it is there,
    of ``filtered`` also ``kept.parquet``, ``rejected.parquet`` and ``attrition.json``, of
    ``evaluation`` ``metrics.json`` and ``methods.json``, and of ``prepared`` ``documents.parquet``
    for tasks whose documents are drawn, by the policy of ``build``; ``corrections`` are tables of
    what people said. Nothing in the page changes from run to run but the times of projection
    methods that were compared. Raises MissingInputError or StorageError.
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
    facts = _facts(
        filtered,
        task=task,
        src=src,
        tgt=tgt,
        folders=folders,
        evaluation=evaluation,
        corrections=corrections,
        documents=prepared / "documents.parquet",
        build=build,
    )
    run = run_payload(facts, limit=params.examples)
    figures = run[0]
    _write(out / "index.html", params.title, [run])
    upstream = {stage: found.get("signature") for stage, found in facts.manifests.items()}
    manifest: dict[str, object] = {
        "stage": "report",
        "signature": signature("report", params.model_dump() | {"upstream": upstream}),
        "params": params.model_dump(),
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 3),
        "counts": {
            "in": figures["units"],
            "kept": figures["kept"],
            "rejected": figures["units"] - figures["kept"],
            "failed": 0,
        },
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def report_folder(
    folder: Path,
    *,
    out: Path | None = None,
    title: str | None = None,
    limit: int | None = None,
    src: str | None = None,
    tgt: str | None = None,
) -> dict[str, object]:
    """Write one page of a project folder (all its tasks and languages) or of a job's folder.

    ``out`` is by default ``<outputs>/report/index.html`` of the project or ``report.html`` in
    the job's folder. ``limit`` is how many rows of each have their texts in the page. Returns
    the page's path and counts. Raises MissingInputError when there is nothing filtered yet.
    """
    if (folder / "params.yaml").is_file():
        config = load_config(folder / "params.yaml")
        layout = Layout.of(folder, config.outputs)
        found = list(_project_facts(config, layout, folder))
        target = out or layout.outputs / "report" / "index.html"
        title, limit = title or config.report.title, limit or config.report.examples
    else:
        found = [_job_facts(folder, src=src, tgt=tgt)]
        target = out or folder / "report.html"
        title, limit = title or folder.absolute().name, limit or ReportParams().examples
    if not found:
        raise MissingInputError(
            "nothing has been filtered yet", where=str(folder), remedy="run `dvc repro` first"
        )
    runs = [run_payload(facts, limit=limit) for facts in found]
    _write(target, title, runs)
    return {
        "page": str(target),
        "runs": len(runs),
        "units": sum(figures["units"] for figures, *_ in runs),
        "in_page": sum(figures["in_page"] for figures, *_ in runs),
        "bytes": target.stat().st_size,
    }


def _project_facts(config: Config, layout: Layout, root: Path) -> Sequence[RunFacts]:
    corrections = [root / path for path in config.review.corrections]
    found = []
    for task in config.tasks:
        for target in config.languages.targets:
            filtered = layout.filtered(task, target)
            if not (filtered / "attrition.json").is_file():
                continue
            folders = {
                "prepare": layout.prepared(task),
                "translate": layout.translated(task, target),
                "project": layout.projected(task, target),
                "filter": filtered,
                "build": layout.dataset(task, target),
                "evaluate": layout.evaluation(task, target),
            }
            found.append(
                _facts(
                    filtered,
                    task=task,
                    src=config.languages.source,
                    tgt=target,
                    folders=folders,
                    evaluation=folders["evaluate"],
                    corrections=corrections,
                    documents=layout.prepared(task) / "documents.parquet",
                    build=config.build.seen_from(lambda spec: str(root / spec), tgt=target),
                )
            )
    return found


def _job_facts(folder: Path, *, src: str | None, tgt: str | None) -> RunFacts:
    job = open_job(folder, src=src, tgt=tgt)
    manifest = _optional(folder / "manifest.json")
    said = manifest.get("params")
    own = folder / "corrections.parquet"
    return _facts(
        folder,
        task=str(said.get("task", "labels")) if isinstance(said, Mapping) else "labels",
        src=job.src,
        tgt=job.tgt,
        folders={},
        evaluation=None,
        corrections=[own] if own.is_file() else [],
        manifests=manifest.get("stages") or {"filter": manifest},
        documents=folder / "documents.parquet",
    )


def _facts(
    filtered: Path,
    *,
    task: str,
    src: str,
    tgt: str,
    folders: Mapping[str, Path],
    evaluation: Path | None,
    corrections: Sequence[Path],
    manifests: Mapping[str, Mapping[str, Any]] | None = None,
    documents: Path | None = None,
    build: BuildParams | None = None,
) -> RunFacts:
    if manifests is None:
        read = {stage: _optional(folder / "manifest.json") for stage, folder in folders.items()}
        manifests = {stage: found for stage, found in read.items() if found}
    if not (filtered / "attrition.json").is_file():
        raise MissingInputError(
            "no such file",
            where=str(filtered / "attrition.json"),
            remedy="run the filter stage first",
        )
    reviewed = read_corrections(corrections, tgt=tgt)
    return RunFacts(
        task=task,
        src=src,
        tgt=tgt,
        kept=filtered / "kept.parquet",
        rejected=filtered / "rejected.parquet",
        attrition=read_json(filtered / "attrition.json"),
        metrics=_optional(evaluation / "metrics.json") if evaluation else {},
        methods=_optional(evaluation / "methods.json") if evaluation else {},
        manifests=manifests,
        review=review_stats(reviewed) if reviewed else {},
        documents=documents,
        build=build or BuildParams(),
    )


def _write(path: Path, title: str, runs: Sequence[Run]) -> None:
    with tables.atomic_path(path) as temporary:
        temporary.write_text(page_html(title, runs), encoding="utf-8", errors="replace")


def _optional(path: Path) -> dict[str, Any]:
    """Read a JSON object; empty where there is no such file."""
    return read_json(path) if path.is_file() else {}
