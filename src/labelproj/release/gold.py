"""Test data that people labelled, as rows of a release."""

from collections.abc import Iterator, Sequence
from typing import Any

from labelproj.build.documents import Reassembled
from labelproj.build.features import ner_rows
from labelproj.errors import InputError, UsageError
from labelproj.progress import log
from labelproj.provenance import signature
from labelproj.records import Document, Projection
from labelproj.release.sources import Source
from labelproj.train.data import documents_digest, read_gold

__all__ = ["gold_rows", "read_test"]

METHOD = "gold"


def read_test(spec: str, source: Source, *, labels: Sequence[str]) -> list[Document]:
    """Read gold test data in any readable format.

    Raises UsageError for a task that has no gold rows, InputError where a label is not among
    ``labels`` (those of the dataset), and what the format raises.
    """
    if source.task != "ner":
        raise UsageError(
            f"test data of the task {source.task!r} cannot be added", remedy="leave --test out"
        )
    documents, rejects = read_gold(spec, lang=source.tgt)
    if rejects:
        log.warning("%s: %d records could not be read and are left out", spec, len(rejects))
    strange = sorted({span.label for one in documents for _, span in one.spans()} - set(labels))
    if strange:
        raise InputError(
            f"labels that the dataset does not have: {', '.join(strange)}",
            where=spec,
            remedy=f"the dataset has {', '.join(labels)}; rename with `labelproj convert "
            "--label-map`",
        )
    return documents


def gold_rows(
    documents: Sequence[Document], *, lang: str, names: dict[str, int]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of gold documents; score and source side are null, the method is ``gold``."""
    made_by = signature("gold", {"documents": documents_digest(documents)})
    for document in documents:
        projections = tuple(
            tuple(
                Projection(span.id, span.label, span.start, span.end, 1.0, METHOD)
                for span in segment.spans
            )
            for segment in document.segments
        )
        one = Reassembled(document, projections, complete=True, signature=made_by)
        for row in ner_rows(one, names=names, signature=made_by)[0]:
            for span in row["spans"]:  # type: ignore[attr-defined]
                span["score"] = None
            yield row | {
                # Ids of the gold data may be those of the source corpus by chance.
                "source_id": f"gold/{document.id}",
                "source_lang": None,
                "source_text": None,
                "source_spans": [],
                "mt_model": None,
                "mt_score": None,
            }
