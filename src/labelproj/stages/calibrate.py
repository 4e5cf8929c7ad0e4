"""``labelproj calibrate``: thresholds for a language pair, chosen on data and written to params."""

import csv
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from labelproj import tables
from labelproj.config import AlignParams, FilterParams, Thresholds
from labelproj.errors import FormatError, InputError, MissingInputError, UsageError
from labelproj.evaluate.corruptions import corrupted_job
from labelproj.evaluate.projection import read_gold
from labelproj.evaluate.thresholds import Sample, curve, for_kept, for_precision, for_share, rates
from labelproj.filters import FILTERS, Job, verdicts
from labelproj.filters.base import Limited, SpanFilter
from labelproj.filters.combine import GOOD, UNIT_FACTS, Combiner, Logistic
from labelproj.filters.places import PLACE_FACTS
from labelproj.progress import log
from labelproj.provenance import file_digest, now
from labelproj.report.calibration import calibration_page
from labelproj.review.judged import judged_units
from labelproj.stages.measure import measure_job

__all__ = ["DEFAULT_SIGNALS", "Calibration", "calibrate_gold", "calibrate_job", "calibrate_samples"]

DEFAULT_SIGNALS = ("quality", "span_quality")
#: Fewer good rows than this make no 5 % quantile.
FEWEST = 20
SEED = 13


@dataclass(slots=True)
class Calibration:
    """Thresholds, how they do on the sample they were chosen on, and where they come from.

    ``scores`` has the rates of each signal alone at its threshold, ``together`` those of all
    signals of units and of spans; ``caught`` the share caught of each kind of corruption.
    """

    thresholds: dict[str, float] = field(default_factory=dict)
    provenance: str = ""
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    together: dict[str, dict[str, float]] = field(default_factory=dict)
    caught: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    combiner: Combiner | None = None

    def as_dict(self) -> dict[str, object]:
        """Return it as JSON values, without the curves."""
        return {
            "thresholds": self.thresholds,
            "calibrated": self.provenance,
            "scores": self.scores,
            "together": self.together,
            "caught": self.caught,
            "combiner": self.combiner.as_dict() if self.combiner else None,
        }

    def write(self, out: Path) -> None:
        """Write ``calibration.json``, ``curves.csv``, ``index.html`` and any ``combiner.json``."""
        files = {
            "calibration.json": _json(self.as_dict()),
            "index.html": calibration_page(self.as_dict(), self.curves),
        }
        if self.combiner:
            files["combiner.json"] = _json(self.combiner.as_dict())
        for name, text in files.items():
            with tables.atomic_path(out / name) as temporary:
                temporary.write_text(text, encoding="utf-8")
        with (
            tables.atomic_path(out / "curves.csv") as temporary,
            temporary.open("w", encoding="utf-8", newline="") as stream,
        ):
            columns = ("signal", "threshold", "precision", "recall", "yield", "caught")
            writer = csv.DictWriter(stream, columns, lineterminator="\n")
            writer.writeheader()
            for signal, points in self.curves.items():
                writer.writerows({"signal": signal, **point} for point in points)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


@dataclass(slots=True)
class _Rows:
    """Signals of units or of spans, row by row, and what each row is."""

    kinds: list[str] = field(default_factory=list)
    values: dict[str, list[float | None]] = field(default_factory=dict)

    def add(self, kind: str, signals: Iterable[Mapping[str, object]], names: Sequence[str]) -> None:
        found = {str(one["name"]): one["value"] for one in signals}
        self.kinds.append(kind)
        for name in names:
            value = found.get(name)
            self.values.setdefault(name, []).append(value if isinstance(value, float) else None)

    def good(self) -> list[bool]:
        return [kind == GOOD for kind in self.kinds]


def _split(signals: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the signals of units and those of spans. Raises UsageError for an unknown one."""
    able = [name for name in FILTERS if name in Thresholds.model_fields and name != "duplicate"]
    for name in signals:
        if name not in able:
            raise UsageError(
                f"no signal {name!r} that can be calibrated", remedy=f"one of {', '.join(able)}"
            )
    spans = [name for name in signals if issubclass(FILTERS[name], SpanFilter)]
    return [name for name in signals if name not in spans], spans


def _lowest(name: str) -> bool:
    kind = FILTERS[name]
    return issubclass(kind, Limited) and kind.lowest


def _fit(
    rows: _Rows,
    names: Sequence[str],
    *,
    what: str,
    keep: float,
    precision: float | None,
    into: Calibration,
) -> None:
    """Choose the thresholds of these signals, which are all of units or all of spans."""
    good = rows.good()
    samples = {name: Sample(rows.values.get(name, []), good, _lowest(name)) for name in names}
    if sum(good) < FEWEST:
        log.warning("%d good %s are too few: no threshold for %s", sum(good), what, names)
        return
    if precision is None:
        chosen: dict[str, float] = for_kept(samples, keep=keep)
    else:
        found = {name: for_precision(one, precision=precision) for name, one in samples.items()}
        chosen = {name: cut for name, cut in found.items() if cut is not None}
    for name in names:
        if name not in chosen:
            log.warning("%s: no threshold reaches the target, it is left out", name)
    passed = {}
    for name, cut in chosen.items():
        values, is_good = samples[name].arrays()
        passed[name] = values >= (cut if samples[name].lowest else -cut)
        into.scores[name] = rates(passed[name], is_good)
        into.curves[name] = curve(samples[name])
    if passed:
        every = np.logical_and.reduce(list(passed.values()))
        into.together[what] = rates(every, np.array(good))
        for kind in dict.fromkeys(rows.kinds):
            if kind != GOOD:
                mine = np.array([one == kind for one in rows.kinds])
                into.caught[kind] = round(float((~every[mine]).mean()), 4)
    into.thresholds |= chosen


def calibrate_gold(
    gold: Path,
    *,
    params: FilterParams,
    align: AlignParams,
    src: str,
    tgt: str,
    signals: Sequence[str] = DEFAULT_SIGNALS,
    keep: float = 0.95,
    precision: float | None = None,
    combiner: bool = False,
) -> Calibration:
    """Calibrate on gold pairs and corrupted copies of them (see ``evaluate.corruptions``).

    ``keep`` is the share of the good to keep; with ``precision`` each signal is cut where that
    share of what passes is good, half of the pairs being corrupted. ``combiner`` learns one
    from the first half of the pairs' copies and chooses thresholds on the second.
    """
    for_units, for_spans = _split(signals)
    pairs = read_gold(gold)
    units, spans = _Rows(), _Rows()
    result = Calibration()
    with tempfile.TemporaryDirectory(prefix="labelproj-calibrate-") as name:
        for fold in (0, 1):
            folder = Path(name) / str(fold)
            table = folder / "units.parquet"
            done = corrupted_job(
                pairs, fold=fold, seed=SEED, out=table, align=align, work=folder / "project"
            )
            measured = measure_job(
                units=table,
                params=params,
                src=src,
                tgt=tgt,
                work=folder / "filter",
                align=align,
                align_work=folder / "project",
            )
            job = measured.job
            if combiner and fold == 0:
                result.combiner = _learnt(
                    (row for frame in measured.frames() for row in frame.iter_rows(named=True)),
                    done.units,
                    done.spans,
                    where=f"{gold.name} {file_digest(gold)[:12]}",
                )
                continue
            if result.combiner:
                job = Job(job.median_ratio, job.same_language, job.resources, result.combiner)
            filters = [kind.of(params, job) for kind in FILTERS.values()]
            for frame in measured.frames():
                judged = verdicts(frame, filters)
                for row in judged.units.select("id", "signals").iter_rows(named=True):
                    kind = done.units[row["id"]]
                    right = GOOD if kind == "shifted" else kind
                    units.add(right, row["signals"], for_units)
                columns = ("unit_id", "number", "signals", "start")
                for row in judged.spans.select(columns).iter_rows(named=True):
                    mark = done.spans[row["unit_id"]][row["number"]]
                    if mark is not None and row["start"] is not None:
                        spans.add(mark, row["signals"], for_spans)
    target = f"precision {precision:g}" if precision else f"{keep:.0%} of the good kept"
    for what, rows, names in (("units", units, for_units), ("spans", spans, for_spans)):
        if names:
            _fit(rows, names, what=what, keep=keep, precision=precision, into=result)
    result.provenance = (
        f"on gold pairs and corrupted copies: {gold.name} {file_digest(gold)[:12]}, "
        f"{now()[:10]}, {target}"
    )
    return result


def _learnt(
    rows: Iterable[Mapping[str, object]],
    units: Mapping[str, str],
    spans: Mapping[str, Sequence[str | None]],
    *,
    where: str,
) -> Combiner:
    facts: list[list[float | None]] = []
    places: list[list[float | None]] = []
    kinds: list[str] = []
    marks: list[str] = []
    for row in rows:
        unit, own, own_places = str(row["id"]), row["facts"], row["place_facts"]
        if isinstance(own, list):
            facts.append(own)
            kinds.append(GOOD if units[unit] == "shifted" else units[unit])
        for mark, place in zip(spans[unit], own_places or (), strict=True):  # type: ignore[call-overload]
            if mark is not None and place is not None:
                places.append(place)
                marks.append(mark)
    if len(set(kinds)) < 2 or len(set(marks)) < 2:
        raise InputError(
            "too few pairs or spans to learn a combiner from",
            where=where,
            remedy="leave --combiner out, or give more gold pairs",
        )
    return Combiner(
        Logistic.fit(UNIT_FACTS, facts, kinds), Logistic.fit(PLACE_FACTS, places, marks), where
    )


def _filtered(folder: Path) -> Iterable[tuple[str, Sequence[Mapping[str, object]]]]:
    for name in ("kept.parquet", "rejected.parquet"):
        for table in tables.iter_frames(folder / name, tables.FILTERED):
            yield from table.select("id", "signals").iter_rows()


def calibrate_samples(
    samples: Path,
    *,
    filtered: Path,
    signals: Sequence[str] = DEFAULT_SIGNALS,
    keep: float = 0.95,
    precision: float | None = None,
) -> Calibration:
    """Calibrate on units and spans that people called good or bad.

    ``samples`` is a table of corrections (see :func:`labelproj.review.judged.judged_units`), or
    JSON Lines or CSV with ``id`` (the unit's), ``verdict`` (``good`` or ``bad``) and, for the
    verdict on a span, ``span_id``. ``filtered`` is the folder of the filter stage,
    where their signals are. Raises FormatError, and MissingInputError when no id is known.
    """
    for_units, for_spans = _split(signals)
    if samples.suffix == ".parquet":
        said = judged_units(samples, filtered=filtered)
        by_unit, by_span = said.units, said.spans
    else:
        by_unit, by_span = _read_samples(samples)
    units, spans = _Rows(), _Rows()
    for unit, own in _filtered(filtered):
        if unit in by_unit:
            units.add(by_unit[unit], own, for_units)
    for table in tables.iter_frames(filtered / "spans.parquet", tables.SPANS):
        for unit, span, own in table.select("unit_id", "span_id", "signals").iter_rows():
            if (unit, span) in by_span:
                spans.add(by_span[unit, span], own, for_spans)
    if not units.kinds and not spans.kinds:
        raise MissingInputError(
            "none of its ids is in the filtered units",
            where=str(samples),
            remedy=f"ids are those of {filtered / 'kept.parquet'}",
        )
    result = Calibration()
    for what, rows, names in (("units", units, for_units), ("spans", spans, for_spans)):
        if names and rows.kinds:
            _fit(rows, names, what=what, keep=keep, precision=precision, into=result)
    target = f"precision {precision:g}" if precision else f"{keep:.0%} of the good kept"
    result.provenance = (
        f"on {len(units.kinds)} units and {len(spans.kinds)} spans that people judged: "
        f"{samples.name} {file_digest(samples)[:12]}, {now()[:10]}, {target}"
    )
    return result


def _read_samples(path: Path) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    if not path.is_file():
        raise MissingInputError("no such file", where=str(path))
    with path.open(encoding="utf-8", newline="") as stream:
        try:
            if path.suffix == ".csv":
                rows = list(csv.DictReader(stream))
            else:
                rows = [json.loads(line) for line in stream if line.strip()]
        except ValueError as error:
            raise FormatError(f"not JSON Lines: {error}", where=str(path)) from error
    units: dict[str, str] = {}
    spans: dict[tuple[str, str], str] = {}
    for number, row in enumerate(rows, start=1):
        said = row.get("verdict") if isinstance(row, dict) and row.get("id") else None
        if said not in ("good", "bad"):
            raise FormatError(
                "each row has an id and a verdict, good or bad", where=f"{path}, row {number}"
            )
        if row.get("span_id"):
            spans[str(row["id"]), str(row["span_id"])] = str(row["verdict"])
        else:
            units[str(row["id"])] = str(row["verdict"])
    return units, spans


def calibrate_job(
    filtered: Path, *, signals: Sequence[str] = DEFAULT_SIGNALS, keep: float = 0.95
) -> Calibration:
    """Choose thresholds without gold: the worst 1 - ``keep`` of the job itself goes.

    A percentile of the job's own values says nothing of how good they are; the provenance, and
    so the dataset card, says so.
    """
    for_units, for_spans = _split(signals)
    values: dict[str, list[float | None]] = {name: [] for name in signals}
    for _, own in _filtered(filtered):
        found = {one["name"]: one["value"] for one in own}
        for name in for_units:
            values[name].append(found.get(name))  # type: ignore[arg-type]
    for table in tables.iter_frames(filtered / "spans.parquet", tables.SPANS):
        for own in table["signals"].to_list():
            found = {one["name"]: one["value"] for one in own}
            for name in for_spans:
                values[name].append(found.get(name))  # type: ignore[arg-type]
    result = Calibration()
    for name in signals:
        cut = for_share(values[name], lowest=_lowest(name), keep=keep)
        if cut is None:
            log.warning("%s: the job has no values of it, it is left out", name)
        else:
            result.thresholds[name] = cut
    result.provenance = (
        f"without gold: percentiles of the job itself, {now()[:10]}, {keep:.0%} of all kept by "
        "each signal"
    )
    return result
