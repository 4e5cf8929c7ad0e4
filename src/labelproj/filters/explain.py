"""Units in full: texts, spans, every signal with its threshold, and the verdict."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from labelproj import tables
from labelproj.errors import MissingInputError
from labelproj.filters import FILTERS
from labelproj.filters.base import Limited, SpanFilter
from labelproj.shards import read_json

__all__ = ["explain"]


def explain(folder: Path, name: str) -> list[dict[str, Any]]:
    """Return what is known of a unit, or of all units of a document, in their order.

    ``folder`` has ``kept`` and ``rejected.parquet``. ``signals`` has name, value, threshold,
    ``lowest`` (the threshold is the lowest that passes) and reason of every filter; ``spans`` the
    projections with signals of their own. Raises MissingInputError naming ids that are there.
    """
    rows = _find(folder, name)
    attrition = read_json(folder / "attrition.json")
    ids = [row["id"] for row in rows]
    spans = pl.read_parquet(folder / "spans.parquet", glob=False)
    own = spans.filter(pl.col("unit_id").is_in(ids)).partition_by("unit_id", as_dict=True)
    none = spans.clear()
    return [_explained(row, own.get((row["id"],), none), attrition) for row in rows]


def _explained(
    row: Mapping[str, Any], spans: pl.DataFrame, attrition: Mapping[str, Any]
) -> dict[str, Any]:
    thresholds: Mapping[str, Any] = attrition.get("thresholds", {})
    reasons = {reason.split(":", 1)[0]: reason for reason in row["reasons"]}
    return {
        "id": row["id"],
        "verdict": row["verdict"],
        "reasons": row["reasons"],
        "src_text": row["src_text"],
        "tgt_text": row["tgt_text"],
        "src_spans": row["src_spans"],
        "mt_status": row["mt_status"],
        "mt_flags": row["mt_flags"],
        "calibrated": attrition.get("calibrated"),
        "signals": [
            _signal(one["name"], one["value"], thresholds, reasons.get(one["name"]))
            for one in row["signals"]
        ],
        "spans": [
            {
                **{k: span[k] for k in ("span_id", "label", "start", "end", "surface", "score")},
                "method": span["method"],
                "verdict": span["verdict"],
                "null": span["reason"],
                "signals": [
                    _signal(
                        one["name"],
                        one["value"],
                        thresholds,
                        next((r for r in span["reasons"] if r.startswith(f"{one['name']}:")), None),
                    )
                    for one in span["signals"]
                ],
            }
            for span in spans.iter_rows(named=True)
        ],
        "signature": row["signature"],
    }


def _signal(
    name: str, value: float | None, thresholds: Mapping[str, Any], reason: str | None
) -> dict[str, Any]:
    kind = FILTERS.get(name)
    return {
        "name": name,
        "value": value,
        "threshold": thresholds.get(name),
        "lowest": kind is not None and issubclass(kind, Limited) and kind.lowest,
        "span": kind is not None and issubclass(kind, SpanFilter),
        "reason": reason,
    }


def _find(folder: Path, name: str) -> list[dict[str, Any]]:
    some: list[str] = []
    document: list[dict[str, Any]] = []
    for file in ("kept.parquet", "rejected.parquet"):
        for table in tables.iter_frames(folder / file, tables.FILTERED):
            found = table.filter((pl.col("id") == name) | (pl.col("document_id") == name))
            for row in found.iter_rows(named=True):
                if row["id"] == name:
                    return [row]
                document.append(row)
            some += table["id"].head(3 - len(some)).to_list() if len(some) < 3 else []
    if not document:
        raise MissingInputError(
            f"no unit or document {name!r}",
            where=str(folder),
            remedy=f"ids of units look like {', '.join(some)}",
        )
    segments = list(dict.fromkeys(row["segment_id"] for row in document))
    return sorted(document, key=lambda row: (segments.index(row["segment_id"]), row["position"]))
