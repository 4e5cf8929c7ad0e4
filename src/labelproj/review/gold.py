"""Corrections as gold data: pairs of texts with spans on both sides."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from labelproj.formats.lines import open_output
from labelproj.review.base import REJECT

__all__ = ["write_gold"]

Row = Mapping[str, Any]


def write_gold(rows: Iterable[Row], path: Path) -> int:
    """Write the accepted and edited units in the line format of parallel gold data.

    Beside what :func:`labelproj.formats.parallel.read_gold_pairs` reads, a line says what the
    machine's translation was (``mt_text``), the ``status`` and the ``annotator``. Returns the
    number of lines. Raises StorageError.
    """
    count = 0
    with open_output(path) as stream:
        for row in rows:
            if row["status"] == REJECT:
                continue
            record = {
                "id": row["unit_id"],
                "src_lang": row["src_lang"],
                "tgt_lang": row["tgt_lang"],
                "src_text": row["src_text"],
                "tgt_text": row["text"],
                "src_spans": [_plain(span) for span in row["src_spans"] or ()],
                "tgt_spans": [_plain(span) for span in row["spans"] or ()],
                "mt_text": row["tgt_text"],
                "status": row["status"],
                "annotator": row["annotator"],
            }
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count


def _plain(span: Row) -> dict[str, object]:
    return {name: value for name, value in span.items() if value is not None}
