"""The source side of every row of a dataset: what was translated, and how sure the model was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from labelproj import tables
from labelproj.errors import StorageError
from labelproj.release.sources import Source

__all__ = [
    "ORIGIN",
    "PROVENANCE",
    "Origin",
    "document_of",
    "release_features",
    "rows_with_origin",
    "text_of",
]

#: Columns that the release adds to those of the task.
ORIGIN = ("source_id", "source_lang", "source_text", "source_spans", "mt_model", "mt_score")
#: Columns that a slim config leaves out.
PROVENANCE = frozenset({"complete", "signature", "status", *ORIGIN})
_ROWS = 1000
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Origin:
    """The source text of a row, its spans (as ``tables.SPAN``), and the mean MT score."""

    text: str
    spans: tuple[Mapping[str, object], ...]
    mt_score: float | None


def release_features(features: Any, *, slim: bool) -> Any:
    """Return the features of a release from those of a built dataset: with origin, or slim."""
    from datasets import Features, List, Value

    if slim:
        return Features({name: one for name, one in features.items() if name not in PROVENANCE})
    span = {"start": Value("int64"), "end": Value("int64"), "label": Value("string")}
    origin = {
        "source_id": Value("string"),
        "source_lang": Value("string"),
        "source_text": Value("string"),
        "source_spans": List({**span, "id": Value("string")}),
        "mt_model": Value("string"),
        "mt_score": Value("float64"),
    }
    return Features({**features, **origin})


def rows_with_origin(source: Source, splits: Sequence[str]) -> Iterator[tuple[str, Row]]:
    """Yield every row of a built dataset with its split and the columns of ``ORIGIN``.

    Rows come in the order of the documents. The source text is that of the units that were
    accepted, joined by what stood between them; spans are offsets into it. Memory holds one
    document and one piece of each split. Raises StorageError where the dataset and its units do
    not belong together.
    """
    model = _model_name(source)
    waiting = {split: _rows(source, split) for split in splits}
    first = {split: next(rows, None) for split, rows in waiting.items()}
    for document_id, segments in _documents(source.kept):
        for split, rows in waiting.items():
            while (row := first[split]) is not None and document_of(row) == document_id:
                origin = _origin_of(row, document_id, segments)
                row |= {
                    "source_id": document_id,
                    "source_lang": source.src,
                    "source_text": origin.text,
                    "source_spans": [dict(span) for span in origin.spans],
                    "mt_model": model,
                    "mt_score": origin.mt_score,
                }
                yield split, row
                first[split] = next(rows, None)
    for row in first.values():
        if row is not None:
            raise StorageError(
                f"row {row['id']!r} was built from other units",
                where=str(source.folder),
                remedy=f"run the build stage again: the units are {source.kept}",
            )


def document_of(row: Mapping[str, Any]) -> str:
    """Return the id of the source document of a row, of any task."""
    return str(row.get("source_id") or row.get("document_id") or row["id"])


def text_of(row: Mapping[str, Any]) -> str:
    """Return the text of a row that must not be in two splits: its text, or its context."""
    return str(row.get("text") or row.get("context") or "")


def _model_name(source: Source) -> str:
    if not source.mt:
        return "given"
    revision = source.mt.get("revision")
    name = str(source.mt.get("source") or source.mt.get("model") or "unnamed")
    return f"{name}@{revision}" if revision else name


def _rows(source: Source, split: str) -> Iterator[Row]:
    for path in source.files(split):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_ROWS):
                yield from batch.to_pylist()


def _documents(kept: Path) -> Iterator[tuple[str, dict[str, Origin]]]:
    columns = ("document_id", "segment_id", "lead", "src_text", "src_spans", "mt_score")

    def units() -> Iterator[Row]:
        for table in tables.iter_frames(kept, tables.FILTERED, rows=4096):
            yield from table.select(columns).iter_rows(named=True)

    for document_id, of_document in groupby(units(), key=lambda unit: unit["document_id"]):
        segments: dict[str, list[Row]] = {}
        for unit in of_document:
            segments.setdefault(unit["segment_id"], []).append(unit)
        yield document_id, {name: _joined(of_one) for name, of_one in segments.items()}


def _joined(units: Sequence[Row]) -> Origin:
    text = ""
    spans: list[Mapping[str, object]] = []
    scores = [unit["mt_score"] for unit in units if unit["mt_score"] is not None]
    for number, unit in enumerate(units):
        text += (unit["lead"] or "") if number else ""
        spans += _shifted(unit["src_spans"] or (), by=len(text))
        text += unit["src_text"]
    return Origin(text, tuple(spans), sum(scores) / len(scores) if scores else None)


def _shifted(spans: Sequence[Mapping[str, Any]], *, by: int) -> Iterator[Mapping[str, object]]:
    for span in spans:
        yield {
            "start": span["start"] + by,
            "end": span["end"] + by,
            "label": span["label"],
            "id": span["id"],
        }


def _origin_of(row: Row, document_id: str, segments: Mapping[str, Origin]) -> Origin:
    """Return the origin of a row: that of one segment, or of all where the row has all."""
    if row["id"] != document_id:
        segment = str(row["id"]).removeprefix(f"{document_id}/")
        if segment in segments:
            return segments[segment]
    text = ""
    spans: list[Mapping[str, object]] = []
    scores: list[float] = []
    for origin in segments.values():
        text += "\n" if text else ""
        spans += _shifted(origin.spans, by=len(text))
        text += origin.text
        scores += [origin.mt_score] if origin.mt_score is not None else []
    return Origin(text, tuple(spans), sum(scores) / len(scores) if scores else None)
