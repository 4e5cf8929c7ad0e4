"""What the system ``projected+augmented`` is trained on beside the projected examples."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from labelproj.align import open_aligner
from labelproj.augment.maker import ExampleMaker, SourcePair, check_methods, in_batches, token_pairs
from labelproj.augment.names import Names, harvested_names, read_names
from labelproj.config import AlignParams, AugmentParams
from labelproj.errors import MissingInputError
from labelproj.formats.base import joined_text
from labelproj.progress import log
from labelproj.records import Document, Segment
from labelproj.tasks import Task
from labelproj.translate.bitext_spans import SpanFinder

__all__ = ["augmented"]


def augmented(
    train: Sequence[Document],
    sources: Sequence[Document],
    *,
    params: AugmentParams,
    seed: int,
    task: Task,
    src: str,
    tgt: str,
    align: AlignParams | None,
    work: Path | None,
) -> list[Document]:
    """Return the documents made of ``train``, rows of a dataset as documents of one segment.

    ``sources`` are the labelled source documents that they are translations of: a row has the
    id of its document, or ``<document>/<segment>``. Raises UsageError for a task that cannot be
    augmented so, MissingInputError where no source is found or nothing could be made, and what
    reading names and opening ``align`` raise.
    """
    check_methods(params, task)
    by_id = _by_row(sources)
    pairs: list[SourcePair] = [(one, _alone(one, by_id)) for one in train]
    if "code-switch" in params.methods and not any(other for _, other in pairs):
        raise MissingInputError(
            f"the dataset of {task.name} does not say which source text a row is of",
            remedy="use `labelproj augment` on the folder of `labelproj project` instead",
        )
    names: Names = {}
    if "names" in params.methods:
        names = read_names(Path(params.names)) if params.names else harvested_names(train)
    with ExitStack() as stack:
        finder = None
        if params.fragments and "code-switch" in params.methods:
            folder = work or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            aligner = align or AlignParams()
            finder = SpanFinder(open_aligner(aligner, work=folder, src_lang=src, tgt_lang=tgt))
            finder.fit(lambda: token_pairs(pairs))
        maker = ExampleMaker(params, seed, names, finder)
        made = [one for batch in in_batches(pairs) for one in maker.made(batch)]
    if not made:
        raise MissingInputError(
            "nothing could be made of the training data: no span has another name or counterpart",
            remedy="leave the system projected+augmented out, or give train.augment.names",
        )
    log.info("projected+augmented: %d examples made of %d", len(made), len(train))
    return made


def _by_row(sources: Sequence[Document]) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for one in sources:
        for segment in one.segments:
            found[f"{one.id}/{segment.id}"] = Document(one.id, one.lang, (segment,))
        found[one.id] = one
    return found


def _alone(document: Document, sources: dict[str, Document]) -> Document | None:
    """Return the source of a row as one segment, of the same id as the row's."""
    source = sources.get(document.id)
    if source is None:
        return None
    text, spans = joined_text(source)
    (segment,) = document.segments[:1]
    return Document(source.id, source.lang, (Segment(segment.id, "text", text, tuple(spans)),))
