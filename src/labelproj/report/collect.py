"""One look at all units: counts, flows and distributions. Memory does not grow with the job."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from labelproj import tables
from labelproj.report.histogram import Histogram, range_of

__all__ = ["Collected", "collect", "first_filter", "labels_of"]

_ROWS = 8192
#: How many values are looked at to choose the range of a histogram.
_SAMPLE = 20_000
MT, PROJECTION = "mt_score", "span score"
_NOTES = {
    MT: "mean log-probability per target token; right is better",
    PROJECTION: "projection score, one value a span; right is better",
    "projection_score": "the lowest of each sentence; right is better",
    "length_ratio": "times longer or shorter than the job's median; left is better",
}


@dataclass(slots=True)
class Collected:
    """What the page shows of all units.

    ``flow`` counts units by (status of the translation, ``kept`` or the first filter against
    it); ``spans`` counts spans by (label, ``placed`` or why not, ``kept`` or ``rejected``);
    ``methods`` counts placed spans and sums their scores by (method, label).
    """

    units: int = 0
    kept: int = 0
    flow: Counter[tuple[str, str]] = field(default_factory=Counter)
    spans: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    methods: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    histograms: dict[str, Histogram] = field(default_factory=dict)
    signals: tuple[str, ...] = ()


def first_filter(reasons: pl.Expr) -> pl.Expr:
    """Return the name of the filter that is named first in a row's reasons, null without any."""
    return reasons.list.first().str.splitn(":", 2).struct.field("field_0")


def collect(kept: Path, rejected: Path, *, thresholds: Mapping[str, object]) -> Collected:
    """Read both tables of ``tables.FILTERED``, twice. Raises MissingInputError or StorageError.

    ``thresholds`` are the filters' (numbers are drawn into the distributions).
    """
    found = Collected()
    found.histograms = _histograms(kept, rejected, thresholds)
    names: dict[str, None] = {}
    for table in _frames(kept, rejected):
        _add(found, table, names)
    found.signals = tuple(names)
    found.histograms = {name: one for name, one in found.histograms.items() if one.total}
    return found


def _frames(kept: Path, rejected: Path) -> Iterator[pl.DataFrame]:
    for path in (kept, rejected):
        yield from tables.iter_frames(path, tables.FILTERED, rows=_ROWS)


def _signals(table: pl.DataFrame) -> pl.DataFrame:
    long = table.select(pl.col("verdict") == "accept", "signals").explode("signals")
    return long.unnest("signals").drop_nulls("name")


def _places(table: pl.DataFrame) -> pl.DataFrame:
    long = table.select((pl.col("verdict") == "accept").alias("accepted"), "projections")
    return long.explode("projections").unnest("projections").drop_nulls("span_id")


def _histograms(
    kept: Path, rejected: Path, thresholds: Mapping[str, object]
) -> dict[str, Histogram]:
    total = sum(tables.count_rows(path) for path in (kept, rejected) if path.is_file())
    step = max(1, total // _SAMPLE)
    values: dict[str, list[float]] = defaultdict(list)
    for table in _frames(kept, rejected):
        for name, part in _by_name(_signals(table[::step])):
            values[name] += part["value"].drop_nulls().to_list()
    found = {
        MT: Histogram(MT, -3.0, 0.0, _NOTES[MT]),
        PROJECTION: Histogram(PROJECTION, 0.0, 1.0, _NOTES[PROJECTION]),
    }
    found[PROJECTION].threshold = _number(thresholds.get("projection_score"))
    for name, own in values.items():
        threshold = _number(thresholds.get(name))
        if set(own) <= {0.0, 1.0}:
            continue  # yes or no: the filter's count says it all
        low, high = range_of(own, threshold=threshold)
        mostly_zero = low == 0.0 and 2 * own.count(0.0) > len(own)
        found[name] = Histogram(
            name, low, high, _NOTES.get(name, ""), threshold, no_zeros=mostly_zero
        )
    return found


def _number(value: object) -> float | None:
    """Return a threshold as a number, also where it comes with notes on its calibration."""
    if isinstance(value, Mapping):
        value = value.get("threshold", value.get("value"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _by_name(long: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for key, part in long.partition_by("name", as_dict=True, maintain_order=True).items():
        yield str(key[0]), part


def _add(found: Collected, table: pl.DataFrame, names: dict[str, None]) -> None:
    accepted = table["verdict"] == "accept"
    found.units += len(table)
    found.kept += int(accepted.sum())
    ends = table.select(
        "mt_status", pl.coalesce(first_filter(pl.col("reasons")), pl.lit("kept")).alias("end")
    )
    for status, end, number in ends.group_by("mt_status", "end").len().iter_rows():
        found.flow[status or "unknown", end] += number
    found.histograms[MT].add(table["mt_score"], accepted)
    for name, part in _by_name(_signals(table)):
        names[name] = None
        if name in found.histograms:
            found.histograms[name].add(part["value"], part["verdict"])
    places = _places(table)
    placed = places.filter(pl.col("start").is_not_null())
    found.histograms[PROJECTION].add(placed["score"], placed["accepted"])
    _count_spans(found, table, places)
    sums = placed.group_by("method", "label").agg(pl.len(), pl.col("score").sum())
    for method, label, number, score in sums.iter_rows():
        one = found.methods.setdefault((method or "unknown", label), [0.0, 0.0])
        one[0] += number
        one[1] += score


def _count_spans(found: Collected, table: pl.DataFrame, places: pl.DataFrame) -> None:
    """Count every projection, and the source spans that have none."""
    placed = places.select(
        "label",
        pl.when(pl.col("start").is_not_null())
        .then(pl.lit("placed"))
        .otherwise(pl.coalesce("reason", pl.lit("unknown")))
        .alias("what"),
        "accepted",
    )
    for label, what, kept, number in placed.group_by("label", "what", "accepted").len().iter_rows():
        found.spans[label, what, "kept" if kept else "rejected"] += number
    bare = table.filter(pl.col("projections").list.len() == 0)
    long = bare.select((pl.col("verdict") == "accept").alias("accepted"), "src_spans")
    left = long.explode("src_spans").unnest("src_spans").drop_nulls("label")
    for label, kept, number in left.group_by("label", "accepted").len().iter_rows():
        found.spans[label, "not projected", "kept" if kept else "rejected"] += number


def labels_of(found: Collected) -> list[dict[str, Any]]:
    """Return spans, placed spans and spans in the kept units of each label, most first."""
    total: Counter[str] = Counter()
    placed: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for (label, what, end), number in found.spans.items():
        total[label] += number
        placed[label] += number * (what == "placed")
        kept[label] += number * (what == "placed" and end == "kept")
    ordered = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    return [
        {"label": label, "spans": number, "placed": placed[label], "kept": kept[label]}
        for label, number in ordered
    ]
