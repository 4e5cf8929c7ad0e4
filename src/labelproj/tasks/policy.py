"""A task's policy over all documents of a job: what is usable, and the record of what is not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from labelproj import tables
from labelproj.build.documents import reassemble
from labelproj.config import BuildParams
from labelproj.tasks.base import Task, Usable

__all__ = ["Items", "UsableDocuments"]


@dataclass(frozen=True)
class UsableDocuments:
    """The documents of a job as far as they are usable; can be gone through more than once.

    ``kept`` and ``rejected`` are tables of ``tables.FILTERED`` (``rejected`` None: what is in it
    is not told of), ``documents`` one of ``tables.DOCUMENTS``. Raises as
    :func:`labelproj.build.documents.reassemble` does.
    """

    kept: Path
    rejected: Path | None
    documents: Path
    task: Task
    params: BuildParams
    tgt: str

    @cached_property
    def informed(self) -> Task:
        """The task with what all accepted units say, which are gone through once for it."""
        return self.task.informed(self.kept, self.params)

    def __iter__(self) -> Iterator[Usable]:
        task = self.informed
        for one in reassemble(self.kept, self.documents, tgt=self.tgt, rejected=self.rejected):
            yield task.usable(one, self.params)


@dataclass(slots=True)
class Items:
    """Counts what there was and what was dropped, by kind, and writes the latter down.

    ``counts`` has ``in``, ``kept`` and ``dropped`` for each kind; it stays empty for a task of
    whole documents.
    """

    table: tables.TableWriter
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    def add(self, usable: Usable) -> None:
        """Count a document."""
        for kind, number in usable.items.items():
            known = self.counts.setdefault(kind, {"in": 0, "kept": 0, "dropped": 0})
            known["in"] += number
            known["kept"] += number
        for item in usable.dropped:
            self.counts[item.kind]["kept"] -= 1
            self.counts[item.kind]["dropped"] += 1
            values = (item.kind, item.record_id, item.reason, item.raw)
            self.table.add(dict(zip(tables.DROPPED, values, strict=True)))
