"""``labelproj augment``: more training examples made of projected or of labelled documents."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
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
from labelproj.config import AlignParams, AugmentParams
from labelproj.errors import UsageError
from labelproj.formats import format_of, write_documents
from labelproj.progress import log, track
from labelproj.records import Document
from labelproj.stages.labelled import LabelledDocuments, keys_in, refuse_overwriting
from labelproj.tasks import task_named
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

    ``source`` is that of :class:`labelproj.stages.labelled.LabelledDocuments`; text in a file has
    no source to switch to. Records whose id or text is in one of the files ``exclude``
    (development and test data) are left out, and so are their names. Only what was made is
    written. Returns counts: ``documents``, ``excluded``, ``made`` (by method), ``unchanged``
    (documents of which nothing was made). Goes through the documents up to three times; memory
    holds names, and hashes of what is excluded. Raises UsageError, MissingInputError, and what
    reading, writing and opening ``align`` raise.
    """
    what = task_named(task)
    check_methods(params, what)
    switches = "code-switch" in params.methods
    refuse_overwriting(out, source, *exclude)
    format_of(str(out))
    documents = LabelledDocuments(source, task=what, tgt=tgt, without=keys_in(exclude, lang=tgt))
    if switches and not documents.projected:
        raise UsageError(
            "code-switching needs both languages, and there is no kept.parquet",
            where=source,
            remedy="give a folder of `labelproj project`, or use --method names alone",
        )

    def pairs() -> Iterator[SourcePair]:
        return ((one.document, one.source) for one in documents)

    names: Names = {}
    if "names" in params.methods:
        own = Path(params.names) if params.names else None
        names = read_names(own) if own else harvested_names(one for one, _ in pairs())
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        finder = None
        if params.fragments and switches:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            aligner = open_aligner(align or AlignParams(), work=work, src_lang=src, tgt_lang=tgt)
            finder = SpanFinder(aligner)
            finder.fit(lambda: token_pairs(pairs()))
        maker = ExampleMaker(params, seed, names, finder)
        write_documents(_made(pairs(), maker, counts), out)
    made = {method: counts[method] for method in params.methods}
    if not sum(made.values()):
        log.warning("nothing was made: no span has another name or a counterpart")
    return {
        "documents": counts["documents"],
        "excluded": documents.excluded,
        "made": made,
        "unchanged": counts["unchanged"],
    }


def _made(
    pairs: Iterator[SourcePair], maker: ExampleMaker, counts: Counter[str]
) -> Iterator[Document]:
    with track("augmenting", None) as progress:
        for batch in in_batches(pairs):
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
