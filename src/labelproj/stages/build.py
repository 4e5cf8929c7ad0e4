"""The build stage: accepted units -> documents -> a Hugging Face dataset folder."""

import json
import shutil
import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from labelproj import tables
from labelproj.build.card import CardFacts, SplitFacts, card_text
from labelproj.build.documents import reassemble
from labelproj.build.features import ner_features, ner_rows, tag_names
from labelproj.build.splits import SPLITS, split_of
from labelproj.build.survey import Survey, survey
from labelproj.build.writer import SplitWriter
from labelproj.config import BuildParams, ReviewParams
from labelproj.errors import LabelprojError, MissingInputError
from labelproj.progress import track
from labelproj.provenance import now, signature, versions
from labelproj.review.apply import Applied, apply_corrections
from labelproj.review.corrections import effective, read_corrections
from labelproj.shards import read_json, write_manifest

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
    Writes ``data/<task>-<tgt>/<split>-*.parquet``, ``labels.json``, ``README.md`` and last
    ``manifest.json``, which is returned. Two passes, flat memory.
    Raises MissingInputError when nothing was kept, StorageError, DependencyError.
    """
    started = time.monotonic()
    config = f"{task}-{tgt}"
    work = work or out / ".work"
    applied: Applied | None = None
    if review is not None and review.corrections:
        kept, rejected, applied = _corrected(
            kept, rejected, documents, review=review, tgt=tgt, work=work
        )
    found = survey(kept, rejected, validation_share=params.validation_share, seed=params.seed)
    if not found.rows:
        raise MissingInputError(
            "no unit was kept: there is nothing to build",
            where=str(kept),
            remedy="see attrition.json beside it, and loosen a threshold in section 'filter'",
        )
    names = tag_names(found.labels)
    features = ner_features(names)
    shaping: dict[str, object] = {
        "labels": sorted(found.labels),
        "task": task,
        "src": src,
        "tgt": tgt,
        **params.model_dump(include={"validation_share", "seed"}),
    }
    _clear(out, config)
    writers, counts = _write_rows(
        found,
        kept=kept,
        documents=documents,
        folder=out / "data" / config,
        params=params,
        features=features,
        tgt=tgt,
        shaping=shaping,
    )
    whole = signature("build", shaping | {"upstream": "+".join(sorted(found.signatures))})
    facts = CardFacts(
        config=config,
        task=task,
        src=src,
        tgt=tgt,
        splits=[SplitFacts(w.split, w.rows, w.bytes, w.spans) for w in writers],
        documents=counts,
        mt=read_json(mt / "mt.json") if mt else {},
        methods=sorted(found.methods),
        attrition=read_json(attrition),
        metrics=read_json(metrics) if metrics else {},
        signature=whole,
        left_over=counts["spans_not_in_tags"],
        reviewed=applied,
    )
    _write_text(out / "README.md", card_text(features, facts=facts, params=params))
    labels = {"labels": sorted(found.labels), "ner_tags": names}
    _write_text(out / "labels.json", json.dumps(labels, indent=2, ensure_ascii=False) + "\n")
    manifest: dict[str, object] = {
        "stage": "build",
        "signature": whole,
        "params": params.model_dump() | shaping,
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 3),
        "counts": counts
        | {f"rows_{writer.split}": writer.rows for writer in writers}
        | ({} if applied is None else {"reviewed": applied.used, "stale": applied.stale}),
    }
    shutil.rmtree(work, ignore_errors=True)
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _write_rows(
    found: Survey,
    *,
    kept: Path,
    documents: Path,
    folder: Path,
    params: BuildParams,
    features: Any,
    tgt: str,
    shaping: Mapping[str, object],
) -> tuple[list[SplitWriter], dict[str, int]]:
    """Write the rows of all documents; return the closed writers and the counts."""

    @cache
    def signed(upstream: str) -> str:
        return signature("build", {**shaping, "upstream": upstream})

    numbers = {name: number for number, name in enumerate(tag_names(found.labels))}
    total = tables.count_rows(documents) if documents.is_file() else 0
    built = complete = left_over = 0
    with ExitStack() as stack:
        writers = {
            split: stack.enter_context(
                SplitWriter(
                    folder, split, features.arrow_schema, found.rows[split], params.rows_per_file
                )
            )
            for split in SPLITS
            if found.rows[split]
        }
        progress = stack.enter_context(track("build", total))
        for one in reassemble(kept, documents, tgt=tgt):
            rows, without = ner_rows(one, names=numbers, signature=signed(one.signature))
            split = split_of(
                one.document.id, validation_share=params.validation_share, seed=params.seed
            )
            for row in rows:
                writers[split].write(row)
            built += bool(rows)
            complete += bool(rows) and one.complete
            left_over += without
            progress.advance(1)
    for writer in writers.values():
        if writer.rows != writer.total:
            raise LabelprojError(f"{writer.total} rows expected, {writer.rows} written")
    counts = {
        "in": total,
        "kept": built,
        "rejected": total - built,
        "failed": 0,
        "complete": complete,
        "spans": sum(sum(writer.spans.values()) for writer in writers.values()),
        "spans_not_in_tags": left_over,
    }
    return list(writers.values()), counts


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
    for path in sorted((out / "data" / config).glob("*.parquet")):
        path.unlink()


def _write_text(path: Path, text: str) -> None:
    with tables.atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
