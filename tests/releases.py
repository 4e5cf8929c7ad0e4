"""Project folders with built datasets, for the tests of releases: no model, no translation."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from builders import Pair, write_tables
from labelproj.config import BuildParams, FilterParams
from labelproj.layout import Layout
from labelproj.stages.build import run_build
from labelproj.stages.filter import run_filter

__all__ = ["LICENCES", "STORIES", "make_project", "rewrite", "stories"]

LICENCES = {"licence": "Apache-2.0", "source_licence": "CC0-1.0"}
NAMES = ("Amina", "Bello", "Musa", "Zainab", "Kande", "Sani", "Ladi", "Garba", "Hauwa", "Tanko")
PLACES = ("Kano", "Zariya", "Lagos", "Sokoto", "Abuja", "Jos", "Gombe", "Yola", "Bauchi", "Kebbi")
STORIES = (
    ("{a} opened a shop for cloth in {b}.", "{a} ya bude kantin zane a {b}."),
    ("The rain that fell on {b} drowned the fields of {a}.", "Ruwan {b} ya nutsar da gonar {a}."),
    ("A letter from {b} reached {a} after nine days.", "Wasika daga {b} ta isa ga {a}."),
    ("Because of the strike {a} walked home to {b}.", "Saboda yajin aiki {a} ya koma {b} da kafa."),
    ("Thirty pupils of {b} learn to read with {a}.", "Dalibai talatin na {b} na koyo wurin {a}."),
)


def stories(number: int) -> list[list[Pair]]:
    """Return invented documents of one sentence, no two of them alike."""
    found = []
    for i in range(number):
        source, target = STORIES[i % len(STORIES)]
        a = NAMES[i % 10] + " " + NAMES[(i // 10 + i) % 10] + "u" * (i // 50)
        b = PLACES[(i * 7 + i // 10) % 10] + "i" * (i // 50)
        marks = {"a": f"[PER:1 {a}]", "b": f"[LOC:2 {b}]"}
        found.append([Pair(source.format(**marks), target.format(**marks), score=0.8)])
    return found


def make_project(
    root: Path,
    documents: Sequence[Sequence[Pair]],
    *,
    targets: Mapping[str, Sequence[Sequence[Pair]]] | None = None,
    mt: Mapping[str, Any] | None = None,
    **build: Any,
) -> Path:
    """Write ``outputs/`` up to the built datasets, and params.yaml; return the latter.

    ``targets`` has more languages than Hausa, each with its documents. ``mt`` is the note on the
    model of all of them.
    """
    languages = {"ha": documents, **(targets or {})}
    params = {"name": "invented", "source_name": "Invented news", **LICENCES, **build}
    layout = Layout.of(root, "outputs")
    note = mt or {"model": "invented/en-x", "revision": "abc123", "licence": "mit", "digest": "d1"}
    for lang, of_language in languages.items():
        filtered, prepared = layout.filtered("ner", lang), layout.prepared("ner")
        filtered.mkdir(parents=True, exist_ok=True)
        prepared.mkdir(parents=True, exist_ok=True)
        units, table = write_tables(filtered, of_language)
        shutil.move(table, prepared / "documents.parquet")
        run_filter(units=units, out=filtered, params=FilterParams(duplicate=False))
        layout.mt(lang).mkdir(parents=True, exist_ok=True)
        (layout.mt(lang) / "mt.json").write_text(json.dumps(note))
        run_build(
            kept=filtered / "kept.parquet",
            rejected=filtered / "rejected.parquet",
            documents=prepared / "documents.parquet",
            mt=layout.mt(lang),
            attrition=filtered / "attrition.json",
            out=layout.dataset("ner", lang),
            params=BuildParams(**params),
            task="ner",
            src="en",
            tgt=lang,
        )
    path = root / "params.yaml"
    config = {"languages": {"source": "en", "targets": list(languages)}, "build": params}
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def rewrite(path: Path, change: Any) -> None:
    """Change the rows of a parquet file: ``change`` gets them as a list and changes it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    assert pl.read_parquet(path).height == len(rows)
