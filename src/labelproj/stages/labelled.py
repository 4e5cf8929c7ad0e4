"""Labelled documents from a job's folder, with their source and scores, or from any file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelproj.config import BuildParams, PrepareParams
from labelproj.errors import MissingInputError, UsageError
from labelproj.formats import check_inputs, split_spec
from labelproj.formats.base import joined_text
from labelproj.layout import Layout
from labelproj.progress import log
from labelproj.provenance import text_digest
from labelproj.records import Document, Reject
from labelproj.stages.prepare import ReadDocuments
from labelproj.tasks import Task
from labelproj.tasks.policy import UsableDocuments

__all__ = ["Labelled", "LabelledDocuments", "keys_in", "refuse_overwriting"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled document in the target language, and what a job knows of it.

    ``source`` is the labelled source document, ``scores`` has the lowest projection score of
    each span by its id; None and empty where the document is from a file.
    """

    document: Document
    source: Document | None = None
    scores: Mapping[str, float] = field(default_factory=dict)


class LabelledDocuments:
    """The usable documents of ``task`` in ``source``; can be gone through more than once.

    ``source`` is a folder with ``kept.parquet`` (``projected`` then), as ``labelproj project`` or
    the filter stage of a project folder writes it, or text in ``tgt`` in any readable format.
    Documents with a key (see :func:`keys_in`) in ``without`` are left out, and counted in
    ``excluded``. Raises MissingInputError and UsageError at once, and what reading raises.
    """

    def __init__(self, source: str, *, task: Task, tgt: str, without: frozenset[str] = frozenset()):
        self.projected = (Path(source) / "kept.parquet").is_file()
        if not self.projected:
            check_inputs([source])
        self.excluded = 0
        self._source = source
        self._task = task
        self._tgt = tgt
        self._without = without

    def __iter__(self) -> Iterator[Labelled]:
        self.excluded = 0
        for one in self._kept() if self.projected else self._read():
            if not self._without.isdisjoint(_keys(one.document)):
                self.excluded += 1
            else:
                yield one

    def _kept(self) -> Iterator[Labelled]:
        folder = Path(self._source)
        usable = UsableDocuments(
            kept=folder / "kept.parquet",
            rejected=None,
            documents=self._documents(folder),
            task=self._task,
            params=BuildParams(),
            tgt=self._tgt,
        )
        for item in usable:
            scores: dict[str, float] = {}
            for projection in (p for segment in item.one.projections for p in segment):
                known = scores.get(projection.span_id, 1.0)
                scores[projection.span_id] = min(known, projection.score)
            yield Labelled(item.one.document, item.one.source, scores)

    def _documents(self, folder: Path) -> Path:
        """Return the table of source documents: beside the units, or where a project has it."""
        beside = folder / "documents.parquet"
        outputs = folder.resolve().parent.parent
        prepared = Layout(outputs, outputs).prepared(self._task.name) / beside.name
        return beside if beside.is_file() or not prepared.is_file() else prepared

    def _read(self) -> Iterator[Labelled]:
        read = ReadDocuments(
            [self._source], params=PrepareParams(), lang=self._tgt, task=self._task.name
        )
        for _, item in read:
            if isinstance(item, Reject):
                log.warning("%s:%s: %s", item.source, item.line or item.record_id, item.reason)
            else:
                yield Labelled(item)


def refuse_overwriting(out: Path, *inputs: str) -> None:
    """Raise UsageError where ``out`` is one of the ``inputs``."""
    if out.resolve() in {Path(split_spec(one)[1]).resolve() for one in inputs}:
        raise UsageError("it would be written over", where=str(out), remedy="choose another --out")


def keys_in(specs: Sequence[str], *, lang: str) -> frozenset[str]:
    """Return what the documents of the files ``specs`` are known by: their ids and texts, hashed.

    Raises MissingInputError where a file is not there or none of its records can be read.
    """
    check_inputs(specs)
    found: set[str] = set()
    for spec in specs:
        before = len(found)
        for _, item in ReadDocuments([spec], params=PrepareParams(), lang=lang):
            if not isinstance(item, Reject):
                found.update(_keys(item))
        if len(found) == before:
            raise MissingInputError("no record could be read", where=spec, remedy="check the file")
    return frozenset(found)


def _keys(document: Document) -> tuple[str, str]:
    return text_digest("id", document.id), text_digest("text", joined_text(document)[0])
