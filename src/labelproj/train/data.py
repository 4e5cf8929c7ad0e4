"""What each system is trained on: the built dataset, the labelled source, or gold data."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import polars as pl

from labelproj import tables
from labelproj.build.splits import split_of
from labelproj.errors import MissingInputError, StorageError
from labelproj.provenance import text_digest
from labelproj.questions import CONTEXT, QUESTION
from labelproj.records import Document, Reject, Segment, Span
from labelproj.tasks import Case, Task
from labelproj.train.base import WEIGHT
from labelproj.train.writer import lesson

__all__ = [
    "TIER",
    "dataset_documents",
    "documents_digest",
    "held_out",
    "pairs_of",
    "questions_of",
    "read_gold",
    "source_documents",
    "span_values",
    "taught",
    "texts_of",
]

#: The key of a dataset document's payload that says how sure its labels are (A, B, C or None).
TIER = "tier"
_VALIDATION_SHARE = 0.1
Parts = tuple[Segment, ...]


def dataset_documents(
    dataset: Path, split: str, *, config: str, lang: str, task: Task
) -> list[Document]:
    """Read a split (``train``, ``validation``) of a dataset folder that the build stage wrote.

    ``config`` is the folder under ``data/``. Each document has its weight and its tier (see
    :meth:`labelproj.tasks.base.Task.weight` and ``tier``) in its payload. A split without files is
    empty. Raises MissingInputError when there is no such folder and StorageError when a file is
    broken.
    """
    folder = dataset / "data" / config
    if not folder.is_dir():
        raise MissingInputError(
            "no such dataset folder", where=str(folder), remedy="run the build stage first"
        )
    documents: list[Document] = []
    for path in sorted(folder.glob(f"{split}-*.parquet")):
        try:
            table = pl.read_parquet(path, columns=list(task.columns))
        except (pl.exceptions.PolarsError, OSError) as error:
            raise StorageError(
                f"not a readable dataset file: {str(error).splitlines()[0]}",
                where=str(path),
                remedy="run the build stage again",
            ) from error
        for row in table.iter_rows(named=True):
            document = task.document(row, lang=lang)
            known = {WEIGHT: task.weight(row), TIER: task.tier(row)}
            documents.append(replace(document, payload={**document.payload, **known}))
    return documents


def taught(
    documents: Sequence[Document],
    task: Task,
    *,
    lessons: Callable[[Case], Iterable[Parts]],
    weigh: Callable[[Document], float | None] = lambda document: None,
) -> list[Document]:
    """Return what a model is taught of ``documents``, each as a document.

    ``lessons`` makes them of a case: :func:`texts_of` for a model that tags, :func:`questions_of`
    for one that reads, :func:`pairs_of` for one that writes. ``weigh`` says how much what comes of
    a document counts; None is as much as anything.
    """
    found = []
    for document in documents:
        weight = weigh(document)
        payload = {} if weight is None else {WEIGHT: weight}
        for case in task.cases(document):
            found += [Document(case.id, document.lang, part, payload) for part in lessons(case)]
    return found


def texts_of(case: Case) -> Iterator[Parts]:
    """Yield the texts of a case with the spans in them."""
    for number, prompt in enumerate(case.prompts):
        if prompt.taught:
            yield (Segment(str(number), "text", prompt.text, prompt.spans),)


def questions_of(case: Case) -> Iterator[Parts]:
    """Yield the context of a case with its question."""
    context = Segment(CONTEXT, CONTEXT, case.text, case.gold)
    yield context, Segment(case.id, QUESTION, case.question or "")


def pairs_of(case: Case) -> Iterator[Parts]:
    """Yield the text of a case with what is to be written for it."""
    yield lesson(case.text, case.target or "")


def source_documents(units: Path, documents: Path | None = None, *, lang: str) -> list[Document]:
    """Put the units of ``units`` (``tables.UNITS``) together to labelled source documents.

    The units of a segment stand in their order, one after the other. With ``documents``
    (``tables.DOCUMENTS``), the table beside ``units``, they have their payloads. Raises
    MissingInputError and StorageError.
    """
    payloads = _payloads(documents) if documents is not None else {}
    found: list[Document] = []
    rows = tables.read(units, tables.UNITS).iter_rows(named=True)
    for document_id, of_document in groupby(rows, key=lambda row: row["document_id"]):
        segments: list[Segment] = []
        for segment_id, group in groupby(of_document, key=lambda row: row["segment_id"]):
            of_segment = list(group)
            text, spans = "", list[Span]()
            for row in of_segment:
                text += row["lead"] or ""
                spans += [span.shifted(len(text)) for span in tables.spans_of(row["src_spans"])]
                text += row["src_text"]
            text += of_segment[-1]["trail"] or ""
            segments.append(Segment(segment_id, of_segment[0]["role"], text, tuple(spans)))
        found.append(Document(document_id, lang, tuple(segments), payloads.get(document_id, {})))
    return found


def _payloads(documents: Path) -> dict[str, dict[str, object]]:
    return {
        name: json.loads(payload)
        for table in tables.iter_frames(documents, tables.DOCUMENTS)
        for name, payload in table.select("id", "payload").iter_rows()
        if payload and payload != "{}"
    }


def read_gold(spec: str, *, lang: str) -> tuple[list[Document], list[Reject]]:
    """Read gold documents in any readable format, and what of them could not be read.

    Raises MissingInputError when no document could be read, and what the format raises.
    """
    from labelproj.formats import read_documents

    documents: list[Document] = []
    rejects: list[Reject] = []
    for record in read_documents(spec, lang=lang):
        if isinstance(record, Reject):
            rejects.append(record)
        else:
            documents.append(record)
    if not documents:
        reason = f": {rejects[0].reason}" if rejects else ""
        raise MissingInputError(f"no document could be read{reason}", where=spec)
    return documents, rejects


def held_out(documents: Sequence[Document], *, seed: int) -> tuple[list[Document], list[Document]]:
    """Split off a tenth for the choice of the best model: (train, dev), in the order given.

    A hash of the document id decides, as in the build stage. Of two documents or more, at least
    one is on each side; one document alone is on both.
    """
    if len(documents) == 1:
        return list(documents), list(documents)
    place = {
        document.id: split_of(document.id, validation_share=_VALIDATION_SHARE, seed=seed)
        for document in documents
    }
    sides = set(place.values())
    if len(sides) < 2 and documents:
        place[documents[-1].id] = "validation" if sides == {"train"} else "train"
    train = [document for document in documents if place[document.id] == "train"]
    dev = [document for document in documents if place[document.id] != "train"]
    return train, dev


def span_values(spans: Sequence[Span]) -> list[dict[str, object]]:
    """Return spans as JSON values: start, end and label."""
    return [{"start": s.start, "end": s.end, "label": s.label} for s in spans]


def documents_digest(documents: Sequence[Document]) -> str:
    """Return 16 hex digits that stand for the texts and spans of documents, in this order."""
    return text_digest(
        *(
            json.dumps([segment.text, span_values(segment.spans)], ensure_ascii=False)
            for document in documents
            for segment in document.segments
        )
    )
