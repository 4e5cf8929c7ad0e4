"""The units of a job to be reviewed, those first that tell most."""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from labelproj import tables
from labelproj.config import load_config
from labelproj.errors import MissingInputError, UsageError
from labelproj.provenance import text_digest
from labelproj.review.base import Item
from labelproj.shards import read_json, read_manifest

__all__ = ["STRATEGIES", "Job", "item_of", "open_job", "pick"]

Row = Mapping[str, Any]
Key = tuple[float, ...]
_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Job:
    """A folder with kept and rejected units, and the languages of its texts (ISO 639)."""

    folder: Path
    src: str
    tgt: str
    threshold: float | None = None

    @property
    def tables(self) -> tuple[Path, Path]:
        """The tables of ``tables.FILTERED``: of the kept and of the rejected units."""
        return self.folder / "kept.parquet", self.folder / "rejected.parquet"

    def rows(self) -> Iterator[Row]:
        """Yield all units, kept ones first. Raises MissingInputError or StorageError."""
        for path in self.tables:
            for table in tables.iter_frames(path, tables.FILTERED, rows=_ROWS):
                yield from table.iter_rows(named=True)


def open_job(folder: Path, *, src: str | None = None, tgt: str | None = None) -> Job:
    """Return the job in ``folder``: what ``labelproj project`` or the filter stage wrote.

    Its languages are what the job's manifest says, else what params.yaml and the folder's name
    say; ``src`` and ``tgt`` have precedence. Raises MissingInputError when it is no such folder
    and UsageError when a language is not known.
    """
    if not (folder / "kept.parquet").is_file():
        raise MissingInputError(
            "no kept.parquet in it",
            where=str(folder),
            remedy="give the folder that labelproj project or the filter stage wrote",
        )
    params = (read_manifest(folder / "manifest.json") or {}).get("params")
    said = params if isinstance(params, dict) else {}
    source, target = src or said.get("src"), tgt or said.get("tgt")
    config = folder.absolute().parent.parent.parent / "params.yaml"
    if source is None and config.is_file():
        source = load_config(config).languages.source
    if target is None and "-" in folder.name and config.is_file():
        target = folder.absolute().name.partition("-")[2]
    if not isinstance(source, str) or not isinstance(target, str):
        raise UsageError(
            "which languages are these?", where=str(folder), remedy="give --src and --tgt"
        )
    attrition = folder / "attrition.json"
    thresholds = read_json(attrition).get("thresholds", {}) if attrition.is_file() else {}
    threshold = thresholds.get("projection_score")
    return Job(folder, source, target, threshold if isinstance(threshold, float) else None)


def item_of(row: Row, *, src: str, tgt: str) -> Item:
    """Return a row of ``tables.FILTERED`` as what a person is shown."""
    projections = tuple(tables.projection_of(value) for value in row["projections"] or ())
    return Item(
        id=row["id"],
        src_lang=src,
        tgt_lang=tgt,
        src_text=row["src_text"],
        tgt_text=row["tgt_text"] or "",
        src_spans=tables.spans_of(row["src_spans"]),
        projections=projections,
        verdict=row["verdict"],
        reasons=tuple(row["reasons"] or ()),
        score=min((p.score for p in projections), default=None),
    )


def _worst(row: Row, job: Job, seed: int) -> Key:
    scores = [place["score"] for place in row["projections"] or ()]
    missing = sum(place["start"] is None for place in row["projections"] or ())
    doubt = 1.0 - min(scores, default=1.0)
    return float(missing), doubt, -(row["mt_score"] or 0.0), _chance(row, job, seed)[0]


def _uncertain(row: Row, job: Job, seed: int) -> Key:
    scores = [place["score"] for place in row["projections"] or ()]
    middle = 0.5 if job.threshold is None else job.threshold
    nearest = min((abs(score - middle) for score in scores), default=1.0)
    return -nearest, _chance(row, job, seed)[0]


def _rejected(row: Row, job: Job, seed: int) -> Key:
    # Rejected for one reason only: the filter may be wrong.
    reasons = len(row["reasons"] or ())
    return -float(reasons) if reasons else -1e9, _chance(row, job, seed)[0]


def _chance(row: Row, job: Job, seed: int) -> Key:
    return (int(text_digest(str(seed), row["id"]), 16) / 2**64,)


#: What comes first: the larger, the earlier.
STRATEGIES: dict[str, Callable[[Row, Job, int], Key]] = {
    "worst": _worst,
    "uncertain": _uncertain,
    "rejected": _rejected,
    "random": _chance,
}


def pick(
    job: Job,
    *,
    strategy: str,
    limit: int,
    verdict: str | None = None,
    seed: int = 13,
    leave_out: frozenset[str] = frozenset(),
) -> tuple[list[Item], list[str]]:
    """Return at most ``limit`` units in the order of ``strategy``, and all labels of the job.

    ``worst`` begins with missing and low-scored spans, ``uncertain`` with scores next to the
    filter's threshold (0.5 where there is none), ``rejected`` with units that one filter alone
    rejects, ``random`` is a draw of ``seed``. ``verdict`` (``accept``, ``reject``) takes kept or
    rejected units only; ``leave_out`` has ids not to take. Units without a translation have
    nothing to review. Memory holds ``limit`` units. Raises UsageError for another strategy.
    """
    if strategy not in STRATEGIES:
        raise UsageError(f"no strategy {strategy!r}", remedy=f"one of {', '.join(STRATEGIES)}")
    key = STRATEGIES[strategy]
    labels: set[str] = set()

    def keyed() -> Iterator[tuple[Key, str, Row]]:
        for row in job.rows():
            labels.update(span["label"] for span in row["src_spans"] or ())
            wanted = verdict is None or row["verdict"] == verdict
            if wanted and (row["tgt_text"] or "").strip() and row["id"] not in leave_out:
                yield key(row, job, seed), row["id"], row

    best = heapq.nsmallest(limit, keyed(), key=lambda one: (_negated(one[0]), one[1]))
    items = [item_of(row, src=job.src, tgt=job.tgt) for _, _, row in best]
    labels.update(chain.from_iterable((p.label for p in one.projections) for one in items))
    return items, sorted(labels)


def _negated(key: Key) -> Key:
    return tuple(-value for value in key)
