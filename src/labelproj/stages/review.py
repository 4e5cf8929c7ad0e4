"""Review: units of a job -> an annotation tool -> corrections -> gold data and documents."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labelproj import tables
from labelproj.build.documents import target_documents
from labelproj.errors import MissingInputError, UsageError
from labelproj.formats import write_documents
from labelproj.progress import log
from labelproj.provenance import file_digest, signature
from labelproj.records import Reject
from labelproj.review import tool_named
from labelproj.review.apply import apply_corrections
from labelproj.review.base import Answer, Item
from labelproj.review.corrections import correction_row, effective, merged, read_corrections
from labelproj.review.gold import write_gold
from labelproj.review.items import Job, item_of, open_job, pick
from labelproj.review.stats import review_stats
from labelproj.shards import read_manifest

__all__ = [
    "CORRECTIONS",
    "corrections_of",
    "run_apply",
    "run_export",
    "run_gold",
    "run_import",
    "run_stats",
]

#: The name of the table of corrections in the folder of a job.
CORRECTIONS = "corrections.parquet"
Counts = dict[str, object]
_STATUS = ("accept", "edit", "reject")


def run_export(
    *,
    job: Path,
    tool: str,
    out: Path,
    strategy: str = "worst",
    limit: int = 200,
    verdict: str | None = None,
    seed: int = 13,
    skip: Sequence[Path] = (),
    src: str | None = None,
    tgt: str | None = None,
) -> Counts:
    """Write units of ``job`` for an annotation tool into the folder ``out``; return counts.

    See :func:`labelproj.review.items.pick` for what is taken; ``skip`` are tables of corrections
    whose units are left out. ``out/review.json`` says what was exported from where. Raises
    UsageError when ``out`` has files already, MissingInputError when there is nothing to review.
    """
    chosen = tool_named(tool)
    opened = open_job(job, src=src, tgt=tgt)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            "is there already and not an empty folder",
            where=str(out),
            remedy="give another folder: people's work may be in this one",
        )
    done = frozenset(row["unit_id"] for row in read_corrections(skip, tgt=opened.tgt))
    items, labels = pick(
        opened, strategy=strategy, limit=limit, verdict=verdict, seed=seed, leave_out=done
    )
    if not items:
        raise MissingInputError(
            "no unit to review in it", where=str(job), remedy="take another --from or --skip"
        )
    chosen.write(items, out, labels=labels)
    note = {
        "tool": tool,
        "strategy": strategy,
        "seed": seed,
        "src_lang": opened.src,
        "tgt_lang": opened.tgt,
        "labels": labels,
        "units": [item.id for item in items],
    }
    if tool != "brat":  # it takes every .json of its folder for one of its own
        _write_json(out / "review.json", note)
    spans = sum(len(item.projections) for item in items)
    return {"units": len(items), "spans": spans, "labels": len(labels), "skipped": len(done)}


def run_import(
    *,
    files: Sequence[Path],
    job: Path,
    tool: str,
    out: Path | None = None,
    annotator: str | None = None,
    src: str | None = None,
    tgt: str | None = None,
) -> Counts:
    """Merge what people answered into the table of corrections; return counts.

    ``annotator`` names the person where the files do not. ``out`` is the table; without it that
    of a folder of ``labelproj project``. What cannot be used goes to ``<out>.rejects.parquet``
    with the reason. The same files merged again change nothing. Raises UsageError,
    MissingInputError where nothing was answered, and what reading the files raises.
    """
    chosen = tool_named(tool)
    opened = open_job(job, src=src, tgt=tgt)
    out = out or corrections_of(job)
    for file in files:
        if not file.exists():
            raise MissingInputError(
                "no such file or folder", where=str(file), remedy="check the path"
            )
    answers: list[Answer] = []
    rejects: list[Reject] = []
    signatures: dict[int, str] = {}
    for file in files:
        sign = signature("review", {"tool": tool, "file": file_digest(file)})
        for one in chosen.read(file):
            if isinstance(one, Reject):
                rejects.append(one)
                continue
            signatures[len(answers)] = sign
            answers.append(replace(one, annotator=one.annotator or annotator))
    if not answers and not rejects:
        raise MissingInputError(
            "nobody has answered anything in it",
            where=str(files[0]),
            remedy="give what the tool exported, not what it was given",
        )
    items = _items(opened, {answer.unit_id for answer in answers})
    new: list[Mapping[str, Any]] = []
    for number, answer in enumerate(answers):
        item = items.get(answer.unit_id)
        row = (
            Reject(answer.source, answer.line, answer.unit_id, "no such unit in the job")
            if item is None
            else correction_row(answer, item, tool=tool, signature=signatures[number])
        )
        if isinstance(row, Reject):
            rejects.append(row)
        else:
            new.append(row)
    before = read_corrections([out]) if out.is_file() else []
    rows = merged(before, new)
    tables.write(tables.frame(rows, tables.CORRECTIONS), out, tables.CORRECTIONS)
    _write_rejects(rejects, out)
    status = {name: sum(row["status"] == name for row in new) for name in _STATUS}
    return {
        "answers": len(new) + len(rejects),
        "used": len(new),
        **status,
        "unusable": len(rejects),
        "corrections": len(rows),
    }


def _items(job: Job, wanted: set[str]) -> dict[str, Item]:
    return {
        row["id"]: item_of(row, src=job.src, tgt=job.tgt)
        for row in job.rows()
        if row["id"] in wanted
    }


def _write_rejects(rejects: Sequence[Reject], out: Path) -> None:
    path = out.with_suffix(".rejects.parquet")
    path.unlink(missing_ok=True)
    if rejects:
        rows = [{name: getattr(one, name) for name in tables.REJECTS} for one in rejects]
        tables.write(tables.frame(rows, tables.REJECTS), path, tables.REJECTS)
        first = rejects[0]
        where = f"{first.source}:{first.line}" if first.line else first.source
        log.warning(
            "%d answers cannot be used, see %s; the first: %s: unit %s: %s",
            *(len(rejects), path, where, first.record_id, first.reason),
        )


def corrections_of(job: Path) -> Path:
    """Return where the corrections of a folder of ``labelproj project`` lie.

    Raises UsageError for the folder of a stage: DVC may empty that at any time.
    """
    if (read_manifest(job / "manifest.json") or {}).get("stage") != "job":
        raise UsageError(
            "where are the corrections?",
            where=str(job),
            remedy="name the table, for instance corrections/ner-ha.parquet, and list it in "
            "review.corrections of params.yaml",
        )
    return job / CORRECTIONS


def run_stats(*, corrections: Sequence[Path], tgt: str | None = None) -> dict[str, Any]:
    """Return the statistics of tables of corrections: see :func:`review_stats`."""
    return review_stats(read_corrections(corrections, tgt=tgt))


def run_gold(
    *,
    corrections: Sequence[Path],
    out: Path,
    precedence: Sequence[str] = (),
    tgt: str | None = None,
) -> Counts:
    """Write corrections as parallel gold data to ``out``; return counts.

    One language a file. Raises MissingInputError when there is nothing to write.
    """
    rows = read_corrections(corrections, tgt=tgt)
    languages = sorted({row["tgt_lang"] for row in rows})
    if len(languages) > 1:
        raise UsageError(
            f"there are several target languages: {', '.join(languages)}", remedy="give --tgt"
        )
    chosen = effective(rows, precedence=precedence)
    lines = write_gold((chosen[name] for name in sorted(chosen)), out)
    if not lines:
        raise MissingInputError("no accepted or edited unit", where=str(corrections[0]))
    return {"units": len(chosen), "written": lines, "rejected": len(chosen) - lines}


def run_apply(
    *,
    job: Path,
    out: Path,
    corrections: Sequence[Path] = (),
    precedence: Sequence[str] = (),
    format: str | None = None,
    src: str | None = None,
    tgt: str | None = None,
) -> Counts:
    """Write the documents of a folder of ``labelproj project`` with its corrections worked in.

    ``format`` is taken from the ending of ``out`` where it is not given. Returns counts. Raises
    UsageError and MissingInputError.
    """
    opened = open_job(job, src=src, tgt=tgt)
    documents = job / "documents.parquet"
    chosen = effective(
        read_corrections(corrections or [corrections_of(job)], tgt=opened.tgt),
        precedence=precedence,
    )
    with tempfile.TemporaryDirectory(prefix="labelproj-review-") as name:
        work = Path(name)
        kept, rejected = opened.tables
        applied = apply_corrections(
            kept,
            rejected,
            documents,
            chosen,
            out_kept=work / "kept.parquet",
            out_rejected=work / "rejected.parquet",
        )
        written = write_documents(
            target_documents(work / "kept.parquet", documents, tgt=opened.tgt), out, format=format
        )
    return {
        "corrections": len(chosen),
        "accept": applied.accept,
        "edit": applied.edit,
        "reject": applied.reject,
        "stale": applied.stale,
        "documents": written,
    }


def _write_json(path: Path, content: object) -> None:
    with tables.atomic_path(path) as temporary:
        temporary.write_text(
            json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
