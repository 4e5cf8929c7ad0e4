"""Documents as their task draws them: all of a small job, the telling ones of a large one."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

from builders import Pair, write_tables
from labelproj.config import BuildParams, FilterParams
from labelproj.records import Document
from labelproj.report.pictures import Pictures, pictures
from labelproj.stages.filter import run_filter
from labelproj.tasks import TASKS, Usable
from labelproj.tasks.ner import Ner


class Drawn(Ner):
    """Every third document has lost as much as its number says."""

    view = "events"

    def shown(self, source: Document, usable: Usable) -> dict[str, object]:
        number = int(source.id[1:])
        return {"lost": 0 if number % 3 else number, "text": source.segments[0].text}


def made(folder: Path, count: int, *, limit: int, task: Ner | None = None) -> Pictures | None:
    documents = [
        [Pair(f"[PER:1 Amina] came {n}.", f"[PER:1 Amina] ta zo {n}.")] for n in range(count)
    ]
    units, table = write_tables(folder, documents)
    run_filter(units=units, out=folder / "filtered", params=FilterParams(duplicate=False))
    return pictures(
        folder / "filtered/kept.parquet",
        folder / "filtered/rejected.parquet",
        table,
        task=task or Drawn(),
        params=BuildParams(),
        tgt="ha",
        limit=limit,
    )


def unpacked(found: Pictures | None) -> list[dict[str, Any]]:
    assert found is not None
    values: list[dict[str, Any]] = json.loads(gzip.decompress(base64.b64decode(found.packed)))
    return values


def test_a_small_job_is_drawn_whole_and_in_order(tmp_path: Path) -> None:
    found = made(tmp_path, 12, limit=12)
    assert found is not None
    assert (found.view, found.documents, found.lost, found.shown) == ("events", 12, 3, 12)
    assert [one["id"] for one in unpacked(found)] == [f"d{n}" for n in range(12)]
    assert unpacked(found)[4]["text"] == "Amina came 4."


def test_of_a_large_job_half_is_what_lost_most(tmp_path: Path) -> None:
    found = made(tmp_path, 60, limit=10)
    assert found is not None and (found.documents, found.lost, found.shown) == (60, 19, 10)
    ids = [int(one["id"][1:]) for one in unpacked(found)]
    assert ids == sorted(ids)
    assert {57, 54, 51, 48, 45} <= set(ids)
    assert made(tmp_path, 60, limit=10) == found


def test_a_task_of_single_units_draws_nothing(tmp_path: Path) -> None:
    assert made(tmp_path, 2, limit=10, task=Ner()) is None
    assert {name: task.view for name, task in TASKS.items()} == {
        "ner": None,
        "eae": "events",
        "qa": "answers",
        "tod": "dialogue",
    }
