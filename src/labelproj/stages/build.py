"""The build stage: accepted units -> documents -> a Hugging Face dataset folder."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from labelproj import tables
from labelproj.build.card import CardFacts, SplitFacts, card_text
from labelproj.build.splits import SPLITS, split_of
from labelproj.build.survey import survey
from labelproj.build.writer import SplitWriter
from labelproj.config import BuildParams, ReviewParams
from labelproj.errors import LabelprojError, MissingInputError
from labelproj.progress import track
from labelproj.provenance import file_digest, now, signature, versions
from labelproj.review.apply import Applied, apply_corrections
from labelproj.review.corrections import effective, read_corrections
from labelproj.shards import read_json, write_manifest
from labelproj.tasks import Dataset, Usable, task_named
from labelproj.tasks.policy import Items, UsableDocuments

__all__ = ["run_build"]


def run_build(
    *,
    kept: Path,
    rejected: Path,
    documents: Path,
    mt: Path | None,
    attrition: Path,
    out: Path,
    params: BuildParams,
    task: str,
    src: str,
    tgt: str,
    metrics: Path | None = None,
    review: ReviewParams | None = None,
    work: Path | None = None,
) -> dict[str, object]:
    """Build the dataset of the accepted units and write it to the folder ``out``.

    ``kept`` and ``rejected`` are tables of ``tables.FILTERED``, ``documents`` one of
    ``tables.DOCUMENTS``, ``mt`` the folder with ``mt.json`` (None when translations were
    given), ``attrition`` the JSON of the filter stage, ``metrics`` scores for the card,
    ``review`` the corrections that come before what the machine made (paths as they are).
    Writes ``data/<task>-<tgt>/<split>-*.parquet``, ``labels.json``, ``README.md``, what the task
    has beside rows, where its policy may drop something ``dropped.parquet`` (``tables.DROPPED``),
    and last ``manifest.json``, which is returned. The units are read more than once; flat memory.
    Raises MissingInputError when nothing was kept, StorageError, DependencyError.
    """
    started = time.monotonic()
    what = task_named(task)
    config = f"{task}-{tgt}"
    work = work or out / ".work"
    applied: Applied | None = None
    if review is not None and review.corrections:
        kept, rejected, applied = _corrected(
            kept, rejected, documents, review=review, tgt=tgt, work=work
        )
    found = survey(kept, rejected)
    inputs = UsableDocuments(kept, rejected, documents, what, params, tgt)
    # How many rows each split has must be known before its first file is named.
    totals = _rows_by_split(inputs, what.dataset(found.labels, params=params))
    if not totals:
        dropped = " (or the task's policy dropped all)" if found.signatures else ""
        raise MissingInputError(
            f"no unit was kept{dropped}: there is nothing to build",
            where=str(kept),
            remedy="see attrition.json beside it, and loosen a threshold in section 'filter'",
        )
    shaping: dict[str, object] = {
        "labels": sorted(found.labels),
        "task": task,
        "src": src,
        "tgt": tgt,
        **params.model_dump(include={"validation_share", "seed", "events", "qa"}),
    }
    given = {"ontology": params.tod.ontology, "kb": params.tod.kb}
    shaping |= {name: file_digest(Path(file)) for name, file in given.items() if file}
    if params.tod.kb is not None:
        shaping["kb_key"] = params.tod.kb_key
    beside = inputs.informed.beside(params)
    dataset = what.dataset(found.labels, params=params)
    features = dataset.features()
    _clear(out, config)  # not before it is known that there can be another
    writers, counts, items = _write_rows(
        inputs,
        dataset,
        totals=totals,
        out=out,
        config=config,
        schema=features.arrow_schema,
        shaping=shaping,
    )
    whole = signature("build", shaping | {"upstream": "+".join(sorted(found.signatures))})
    facts = CardFacts(
        config=config,
        task=task,
        title=what.title,
        category=what.category,
        task_ids=what.ids,
        about=dataset.about(),
        src=src,
        tgt=tgt,
        splits=[SplitFacts(w.split, w.rows, w.bytes, w.counted) for w in writers],
        documents=counts,
        mt=read_json(mt / "mt.json") if mt else {},
        methods=sorted(found.methods),
        attrition=read_json(attrition),
        metrics=read_json(metrics) if metrics else {},
        signature=whole,
        items=items,
        reviewed=applied,
    )
    _write_text(out / "README.md", card_text(features, facts=facts, params=params))
    for name, lines in beside.files.items():
        _write_text(out / name, "".join(f"{line}\n" for line in lines))
    labels = json.dumps(dataset.labels(), indent=2, ensure_ascii=False)
    _write_text(out / "labels.json", labels + "\n")
    manifest: dict[str, object] = {
        "stage": "build",
        "signature": whole,
        "params": params.model_dump() | shaping,
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 3),
        "counts": counts
        | {f"rows_{writer.split}": writer.rows for writer in writers}
        | dict(beside.counts)
        | ({} if applied is None else {"reviewed": applied.used, "stale": applied.stale}),
        "items": items,
    }
    shutil.rmtree(work, ignore_errors=True)
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _split(usable: Usable, params: BuildParams) -> str:
    """Return the split that a document goes to."""
    name = usable.one.document.id
    return split_of(name, validation_share=params.validation_share, seed=params.seed)


def _rows_by_split(usable: UsableDocuments, dataset: Dataset) -> Counter[str]:
    """Return how many rows each split will have."""
    totals: Counter[str] = Counter()
    for one in usable:
        if rows := dataset.rows(one.one, signature=""):
            totals[_split(one, usable.params)] += len(rows)
    return totals


def _write_rows(
    inputs: UsableDocuments,
    dataset: Dataset,
    *,
    totals: Mapping[str, int],
    out: Path,
    config: str,
    schema: Any,
    shaping: Mapping[str, object],
) -> tuple[list[SplitWriter], dict[str, int], dict[str, dict[str, int]]]:
    """Write the rows of all documents; return the closed writers and the counts."""

    @cache
    def signed(upstream: str) -> str:
        return signature("build", {**shaping, "upstream": upstream})

    documents, size = inputs.documents, inputs.params.rows_per_file
    total = tables.count_rows(documents) if documents.is_file() else 0
    built = complete = 0
    with ExitStack() as stack:
        writers = {
            split: stack.enter_context(
                SplitWriter(out / "data" / config, split, schema, totals[split], size)
            )
            for split in SPLITS
            if totals[split]
        }
        table = tables.TableWriter(out / "dropped.parquet", tables.DROPPED)
        items = Items(stack.enter_context(table))
        progress = stack.enter_context(track("build", total))
        for usable in inputs:
            split = _split(usable, inputs.params)
            rows = dataset.rows(usable.one, signature=signed(usable.one.signature))
            for row in rows:
                writers[split].write(row, counted=dataset.counted(row))
            items.add(usable)
            built += bool(rows)
            complete += bool(rows) and usable.one.complete
            progress.advance(1)
    if not items.counts:  # a task of whole documents: there is nothing to say
        (out / "dropped.parquet").unlink()
    for writer in writers.values():
        if writer.rows != writer.total:
            raise LabelprojError(f"{writer.total} rows expected, {writer.rows} written")
    counts = {
        "in": total,
        "kept": built,
        "rejected": total - built,
        "failed": 0,
        "complete": complete,
        "spans": sum(sum(writer.counted.values()) for writer in writers.values()),
        **dataset.counts,
    }
    return list(writers.values()), counts, items.counts


def _corrected(
    kept: Path, rejected: Path, documents: Path, *, review: ReviewParams, tgt: str, work: Path
) -> tuple[Path, Path, Applied]:
    """Work the corrections into both tables; return the new ones and the counts."""
    rows = read_corrections([Path(path) for path in review.corrections], tgt=tgt)
    new_kept, new_rejected = work / "kept.parquet", work / "rejected.parquet"
    applied = apply_corrections(
        kept,
        rejected,
        documents,
        effective(rows, precedence=review.precedence),
        out_kept=new_kept,
        out_rejected=new_rejected,
    )
    return new_kept, new_rejected, applied


def _clear(out: Path, config: str) -> None:
    """Remove an earlier dataset: files of it would be loaded with the new ones."""
    (out / "manifest.json").unlink(missing_ok=True)
    for path in [*out.glob("*.jsonl"), *(out / "data" / config).glob("*.parquet")]:
        path.unlink()


def _write_text(path: Path, text: str) -> None:
    with tables.atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
