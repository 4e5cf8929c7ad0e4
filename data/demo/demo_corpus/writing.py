"""Writes the files of the corpus: JSON Lines with spans, and the two-column bitext."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

from demo_corpus.templates import Side, Unit
from demo_corpus.units import difficulty_tags


def spans(side: Side, numbers: dict[tuple[str, int], int]) -> list[dict[str, Any]]:
    """The spans of one side by position; ``numbers`` gives the span id of each mention."""
    return [
        {"id": f"s{numbers[m.key]}", "start": m.start, "end": m.end, "label": m.label}
        for m in sorted(side.mentions)
    ]


def numbered(side: Side) -> dict[tuple[str, int], int]:
    """A running number for each mention, in text order; the parts of one mention share it."""
    return {key: n for n, key in enumerate(dict.fromkeys(m.key for m in sorted(side.mentions)))}


def write_documents(path: Path, units: list[Unit], lang: str) -> None:
    """One side of the units as labelled documents."""
    stem = path.name.removesuffix(".jsonl").replace(".", "-")
    rows = []
    for number, unit in enumerate(units, start=1):
        side: Side = unit.en if lang == "en" else unit.ha
        # In Hausa alone the two parts of a split name are two spans, each with its own id.
        labelled = spans(side, numbered(side))
        for n, span in enumerate(labelled):
            span["id"] = f"s{n}"
        rows.append({"id": f"{stem}-{number:04}", "text": side.text, "spans": labelled})
    _write_lines(path, [json.dumps(row, ensure_ascii=False) for row in rows])


def write_parallel(path: Path, units: list[Unit]) -> None:
    """Both sides of the units, with the target spans named by the source spans they come from."""
    rows = []
    for number, unit in enumerate(units, start=1):
        numbers = numbered(unit.en)
        rows.append(
            {
                "id": f"parallel-{number:04}",
                "src_lang": "en",
                "tgt_lang": "ha",
                "src_text": unit.en.text,
                "tgt_text": unit.ha.text,
                "src_spans": spans(unit.en, numbers),
                "tgt_spans": spans(unit.ha, numbers),
                "template": "+".join(unit.templates),
                "tags": difficulty_tags(unit),
            }
        )
    _write_lines(path, [json.dumps(row, ensure_ascii=False) for row in rows])


def write_bitext(path: Path, units: list[Unit]) -> None:
    """``English<TAB>Hausa``, one pair per line."""
    _write_lines(path, [f"{unit.en.text}\t{unit.ha.text}" for unit in units])


def _write_lines(path: Path, lines: list[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError(f"{path.name}: the text is not NFC")
    path.write_text(text, encoding="utf-8", newline="\n")
