"""``labelproj augment``: more training examples made of projected or of labelled documents."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelproj.align import open_aligner
from labelproj.augment.maker import (
    AUGMENTED,
    ExampleMaker,
    SourcePair,
    check_methods,
    in_batches,
    token_pairs,
)
from labelproj.augment.names import Names, harvested_names, read_names
from labelproj.config import AlignParams, AugmentParams, BuildParams, PrepareParams
from labelproj.errors import MissingInputError, UsageError
from labelproj.formats import check_inputs, format_of, split_spec, write_documents
from labelproj.formats.base import joined_text
from labelproj.progress import log, track
from labelproj.provenance import text_digest
from labelproj.records import Document, Reject
from labelproj.stages.prepare import ReadDocuments
from labelproj.tasks import Task, task_named
from labelproj.tasks.policy import UsableDocuments
from labelproj.translate.bitext_spans import SpanFinder

__all__ = ["run_augment"]


def run_augment(
    *,
    source: str,
    out: Path,
    params: AugmentParams,
    src: str,
    tgt: str,
    seed: int = 13,
    task: str = "ner",
    exclude: Sequence[str] = (),
    align: AlignParams | None = None,
) -> dict[str, object]:
    """Write the records made of ``source`` to ``out``, whose name tells the format.

    ``source`` is a folder with ``kept.parquet`` and ``documents.parquet`` (as ``labelproj
    project`` writes it), or labelled text in ``tgt`` in any readable format, which has no source
    to switch to. Records whose id or text is in one of the files ``exclude`` (development and
    test data) are left out, and so are their names. Only what was made is written. Returns
    counts: ``documents``, ``excluded``, ``made`` (by method), ``unchanged`` (documents of
    which nothing was made). Goes through the documents up to three times; memory holds names,
    and ids and texts of ``exclude`` as digests. Raises UsageError, MissingInputError, and what
    reading, writing and opening ``align`` raise.
    """
    what = task_named(task)
    check_methods(params, what)
    switches = "code-switch" in params.methods
    folder = Path(source)
    projected = (folder / "kept.parquet").is_file()
    if not folder.is_dir():
        check_inputs([source])
    if switches and not projected:
        raise UsageError(
            "code-switching needs both languages, and there is no kept.parquet",
            where=source,
            remedy="give a folder of `labelproj project`, or use --method names alone",
        )
    if out.resolve() in {Path(split_spec(one)[1]).resolve() for one in (source, *exclude)}:
        raise UsageError("it would be written over", where=str(out), remedy="choose another --out")
    format_of(str(out))
    check_inputs(exclude)
    documents = _Documents(
        source, what, src=src, tgt=tgt, projected=projected, without=_keys_of(exclude, lang=tgt)
    )
    names: Names = {}
    if "names" in params.methods:
        names = (
            read_names(Path(params.names))
            if params.names
            else harvested_names(document for document, _ in documents)
        )
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as work:
        finder = None
        if params.fragments and switches:
            aligner = open_aligner(
                align or AlignParams(), work=Path(work), src_lang=src, tgt_lang=tgt
            )
            finder = SpanFinder(aligner)
            finder.fit(lambda: token_pairs(documents))
        maker = ExampleMaker(params, seed, names, finder)
        write_documents(_made(documents, maker, counts), out)
    made = {method: counts[method] for method in params.methods}
    if not sum(made.values()):
        log.warning("nothing was made: no span has another name or a counterpart")
    return {
        "documents": counts["documents"],
        "excluded": documents.excluded,
        "made": made,
        "unchanged": counts["unchanged"],
    }


def _made(documents: "_Documents", maker: ExampleMaker, counts: Counter[str]) -> Iterator[Document]:
    with track("augmenting", None) as progress:
        for batch in in_batches(documents):
            counts["documents"] += len(batch)
            changed = set()
            for new in maker.made(batch):
                said = new.payload[AUGMENTED]
                assert isinstance(said, dict)
                counts[said["method"]] += 1
                changed.add(said["from"])
                yield new
            counts["unchanged"] += sum(one.id not in changed for one, _ in batch)
            progress.advance(len(batch))


@dataclass(slots=True)
class _Documents:
    """Pairs of documents that can be gone through more than once; counts what is left out."""

    source: str
    task: Task
    src: str
    tgt: str
    projected: bool
    without: frozenset[str]
    excluded: int = 0

    def __iter__(self) -> Iterator[SourcePair]:
        self.excluded = 0
        for document, other in self._kept() if self.projected else self._read():
            if not self.without.isdisjoint(_keys(document)):
                self.excluded += 1
            else:
                yield document, other

    def _kept(self) -> Iterator[SourcePair]:
        folder = Path(self.source)
        usable = UsableDocuments(
            kept=folder / "kept.parquet",
            rejected=None,
            documents=folder / "documents.parquet",
            task=self.task,
            params=BuildParams(),
            tgt=self.tgt,
        )
        for item in usable:
            yield item.one.document, item.one.source

    def _read(self) -> Iterator[SourcePair]:
        params = PrepareParams()
        for _, item in ReadDocuments(
            [self.source], params=params, lang=self.tgt, task=self.task.name
        ):
            if isinstance(item, Reject):
                log.warning("%s:%s: %s", item.source, item.line or item.record_id, item.reason)
            else:
                yield item, None


def _keys_of(specs: Sequence[str], *, lang: str) -> frozenset[str]:
    """Return the ids and texts of the documents of ``specs``, as digests."""
    found: set[str] = set()
    for spec in specs:
        before = len(found)
        for _, item in ReadDocuments([spec], params=PrepareParams(), lang=lang):
            if not isinstance(item, Reject):
                found.update(_keys(item))
        if len(found) == before:
            raise MissingInputError("no record could be read", where=spec, remedy="check --exclude")
    return frozenset(found)


def _keys(document: Document) -> tuple[str, str]:
    return text_digest("id", document.id), text_digest("text", joined_text(document)[0])
