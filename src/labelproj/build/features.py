"""The columns of a token-classification dataset, as Hugging Face ``datasets`` knows them."""

from collections.abc import Iterable
from typing import Any

from labelproj.build.documents import Reassembled
from labelproj.errors import DependencyError
from labelproj.tags import iob2_from_spans
from labelproj.text import words

__all__ = ["ner_features", "ner_rows", "tag_names"]


def tag_names(labels: Iterable[str]) -> list[str]:
    """Return the names of the tag classes: ``O``, then ``B-`` and ``I-`` of each label, sorted."""
    return ["O"] + [f"{prefix}-{label}" for label in sorted(set(labels)) for prefix in "BI"]


def ner_features(names: list[str]) -> Any:
    """Return the ``datasets.Features``. Raises DependencyError without ``datasets``."""
    try:
        from datasets import ClassLabel, Features, List, Value
    except ImportError as error:
        raise DependencyError(
            "building a dataset needs the datasets package",
            remedy="pip install 'labelproj[data]'",
        ) from error
    span = {
        "start": Value("int64"),
        "end": Value("int64"),
        "label": Value("string"),
        "id": Value("string"),
        "score": Value("float64"),
        "method": Value("string"),
    }
    return Features(
        {
            "id": Value("string"),
            "text": Value("string"),
            "tokens": List(Value("string")),
            "ner_tags": List(ClassLabel(names=names)),
            "spans": List(span),
            "source_id": Value("string"),
            "complete": Value("bool"),
            "status": Value("string"),
            "signature": Value("string"),
        }
    )


def ner_rows(
    one: Reassembled, *, names: dict[str, int], signature: str
) -> tuple[list[dict[str, object]], int]:
    """Return a document as rows of :func:`ner_features`, and how many spans its tags leave out.

    One row a segment; its id is the document's, or ``<document>/<segment>`` where there are
    more. ``names`` gives the number of each tag. Where spans overlap, the tags have the longer
    one; ``spans`` has all.
    """
    rows: list[dict[str, object]] = []
    left_over = 0
    document = one.document
    several = len(document.segments) > 1
    for segment, projections in zip(document.segments, one.projections, strict=True):
        if not segment.text.strip():
            continue
        tokens = words(segment.text)
        tags, without = iob2_from_spans(segment.spans, tokens)
        left_over += len(without)
        rows.append(
            {
                "id": f"{document.id}/{segment.id}" if several else document.id,
                "text": segment.text,
                "tokens": [segment.text[start:end] for start, end in tokens],
                "ner_tags": [names[tag] for tag in tags],
                "spans": [
                    {
                        "start": p.start,
                        "end": p.end,
                        "label": p.label,
                        "id": p.span_id,
                        "score": p.score,
                        "method": p.method,
                    }
                    for p in projections
                ],
                "source_id": document.id,
                "complete": one.complete,
                "status": one.status,
                "signature": signature,
            }
        )
    return rows, left_over
