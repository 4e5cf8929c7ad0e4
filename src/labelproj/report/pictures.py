"""The documents that are in the page as their task draws them: all, or of a large job some."""

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelproj.build.documents import reassemble
from labelproj.config import BuildParams
from labelproj.provenance import text_digest
from labelproj.report.rows import compressed, offer
from labelproj.tasks import Task

__all__ = ["Pictures", "pictures"]

#: The share of a large job's room that documents with something lost have.
LOST = 0.5


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a task draws: how many documents there are, with something lost, and in the page.

    ``packed`` is base64 of a gzipped JSON array, in the order of the documents.
    """

    view: str
    documents: int
    lost: int
    shown: int
    packed: str


def pictures(
    kept: Path,
    rejected: Path,
    documents: Path,
    *,
    task: Task,
    params: BuildParams,
    tgt: str,
    limit: int,
) -> Pictures | None:
    """Return what ``task`` draws of at most ``limit`` documents; None for one without a view.

    The tables are as for :func:`labelproj.build.documents.reassemble`. Of more documents, half
    are those that lost most, and half are drawn by a hash of their ids; memory holds no more
    than ``limit`` of them. Raises MissingInputError or StorageError.
    """
    if task.view is None:
        return None
    worst: list[tuple[tuple[int, str, int], str]] = []
    drawn: list[tuple[tuple[str, int], str]] = []
    total = lost = 0
    for number, missing, name, text in _drawings(kept, rejected, documents, task, params, tgt):
        total, lost = total + 1, lost + bool(missing)
        if missing:
            offer(worst, ((missing, text_digest(name), -number), text), limit)
        offer(drawn, ((text_digest(name), -number), text), limit)
    chosen = (
        {-key[-1]: text for key, text in drawn} if total <= limit else _some(worst, drawn, limit)
    )
    raw = f"[{','.join(chosen[number] for number in sorted(chosen))}]"
    return Pictures(task.view, total, lost, len(chosen), compressed(raw))


def _some(worst: list[Any], drawn: list[Any], limit: int) -> dict[int, str]:
    """Return documents by their numbers: those that lost most, and others as they were drawn."""
    first = heapq.nlargest(int(limit * LOST), worst)
    chosen = {-key[-1]: text for key, text in first}
    for key, text in sorted(drawn, reverse=True):
        if len(chosen) >= limit:
            break
        chosen.setdefault(-key[-1], text)
    return chosen


def _drawings(
    kept: Path, rejected: Path, documents: Path, task: Task, params: BuildParams, tgt: str
) -> Iterator[tuple[int, int, str, str]]:
    """Yield number, how much is lost, id and JSON of each document that has a target side."""
    task = task.informed(kept, params)
    for number, one in enumerate(reassemble(kept, documents, tgt=tgt, rejected=rejected)):
        if one.source is None:
            continue
        shown = task.shown(one.source, task.usable(one, params))
        name = one.document.id
        value = {"id": name, "complete": one.complete, **shown}
        yield number, int(str(shown["lost"])), name, json.dumps(value, ensure_ascii=False)
