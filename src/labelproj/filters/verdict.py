"""From signals to verdicts, and the count of what each filter rejects.

Measuring and judging are apart: what was measured is kept, so that another threshold asks for
another verdict only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import polars as pl

from labelproj import tables
from labelproj.filters.base import Filter, Job, Signal, SpanFilter
from labelproj.filters.combine import unit_facts
from labelproj.filters.places import PLACE_FACTS, of_table

__all__ = ["Attrition", "Judged", "judge", "measure", "measured_schema", "verdicts"]

_FACTS: tables.Schema = {
    "facts": pl.List(pl.Float64),
    "place_facts": pl.List(pl.List(pl.Float64)),
}


def measured_schema(filters: Sequence[Filter]) -> tables.Schema:
    """Return the schema of what :func:`measure` gives for these filters."""
    schema: tables.Schema = dict(tables.PROJECTED)
    for one in filters:
        if not one.late:
            schema[f"signal.{one.name}"] = pl.Float64
            if isinstance(one, SpanFilter):
                schema[f"spans.{one.name}"] = pl.List(pl.Float64)
    return schema | _FACTS


def measure(table: pl.DataFrame, filters: Sequence[Filter], *, job: Job) -> pl.DataFrame:
    """Add to a table of ``tables.PROJECTED`` the signals of all filters that are not late.

    ``signal.<name>`` is the signal of each row, ``spans.<name>`` those of its projections, and
    ``facts`` and ``place_facts`` are what a combiner takes in. The thresholds do not matter.
    """
    columns: dict[str, pl.Series] = {}
    for one in filters:
        if one.late:
            continue
        if isinstance(one, SpanFilter):
            values = one.span_signals(table)
            spans = [list(own) for own in values]
            columns[f"spans.{one.name}"] = pl.Series(spans, dtype=pl.List(pl.Float64))
            signals = one.worst(values)
        else:
            signals = list(one.signals(table))
        columns[f"signal.{one.name}"] = pl.Series(signals, dtype=pl.Float64)
    facts, places = _facts(table, columns, job)
    columns["facts"] = pl.Series(facts, dtype=_FACTS["facts"])
    columns["place_facts"] = pl.Series(places, dtype=_FACTS["place_facts"])
    return table.with_columns(values.alias(name) for name, values in columns.items())


def _facts(
    table: pl.DataFrame, columns: Mapping[str, pl.Series], job: Job
) -> tuple[list[Any], list[Any]]:
    evidence = job.resources.evidence
    if evidence is None:
        none = [[None] * len(own or ()) for own in table["projections"].to_list()]
        return [None] * len(table), none
    known = [name for name in ("language", "likeness", "numbers") if f"signal.{name}" in columns]
    signals = [columns[f"signal.{name}"].to_list() for name in known]
    facts = [
        unit_facts(
            unit.facts() | {name: own[row] for name, own in zip(known, signals, strict=True)},
            src=source,
            tgt=target or "",
            median=job.median_ratio,
        )
        for row, (unit, source, target) in enumerate(
            zip(evidence.of(table), table["src_text"], table["tgt_text"], strict=True)
        )
    ]
    places = [
        [None if one is None else [one[name] for name in PLACE_FACTS] for one in own]
        for own in of_table(table, evidence)
    ]
    return facts, places


class Judged(NamedTuple):
    """Rows with their verdicts: ``units`` of ``tables.FILTERED``, ``spans`` of ``tables.SPANS``."""

    units: pl.DataFrame
    spans: pl.DataFrame


def verdicts(
    table: pl.DataFrame, filters: Sequence[Filter], *, rejected_span: str = "unit"
) -> Judged:
    """Judge a table that :func:`measure` gave: every unit and every span, with all reasons.

    A unit is accepted when there is no reason against it. With ``rejected_span`` ``unit`` a
    reason against a span is one against its unit; with ``span`` the span alone goes: its
    projection becomes null with the reason ``filtered: <filters>``.
    """
    signals: dict[str, Sequence[Signal]] = {}
    by_span: dict[str, list[list[Signal]]] = {}
    for one in filters:
        if isinstance(one, SpanFilter):
            own = one.span_signals(table) if one.late else table[f"spans.{one.name}"].to_list()
            by_span[one.name] = [list(values or ()) for values in own]
            signals[one.name] = one.worst(by_span[one.name])
        else:
            signals[one.name] = (
                one.signals(table) if one.late else table[f"signal.{one.name}"].to_list()
            )
    own_only = rejected_span == "span"
    reasons: list[list[str]] = [[] for _ in range(len(table))]
    for one in filters:
        if not (own_only and isinstance(one, SpanFilter)):
            for row, value in enumerate(signals[one.name]):
                if reason := one.reason(value):
                    reasons[row].append(reason)
    span_filters = [one for one in filters if isinstance(one, SpanFilter)]
    spans = _spans(table, span_filters, by_span)
    units = table.select(list(tables.PROJECTED)).with_columns(
        _listed(signals).alias("signals"),
        pl.Series(
            "verdict", ["reject" if found else "accept" for found in reasons], dtype=pl.String
        ),
        pl.Series("reasons", reasons, dtype=pl.List(pl.String)),
    )
    if own_only:
        units = units.with_columns(_without(units["projections"], spans))
    return Judged(units, spans)


def _listed(signals: Mapping[str, Sequence[Signal]]) -> pl.Series:
    """Return for each row the list of its named signals."""
    if not signals:
        return pl.Series(dtype=tables.FILTERED["signals"])
    columns = [pl.Series(name, values, dtype=pl.Float64) for name, values in signals.items()]
    listed = pl.DataFrame(columns).select(
        pl.concat_list(
            pl.struct(pl.lit(name).alias("name"), pl.col(name).alias("value")) for name in signals
        ).alias("signals")
    )
    return listed["signals"]


def _spans(
    table: pl.DataFrame, filters: Sequence[SpanFilter], by_span: Mapping[str, list[list[Signal]]]
) -> pl.DataFrame:
    rows: list[dict[str, object]] = []
    for row, (unit, text, projections) in enumerate(
        table.select("id", "tgt_text", "projections").iter_rows()
    ):
        for number, projection in enumerate(projections or ()):
            values = {one.name: by_span[one.name][row][number] for one in filters}
            found = (one.reason(values[one.name]) for one in filters)
            reasons = [reason for reason in found if reason]
            placed = projection["start"] is not None
            rows.append(
                {name: projection[name] for name in tables.SPANS if name in projection}
                | {
                    "unit_id": unit,
                    "number": number,
                    "surface": text[projection["start"] : projection["end"]] if placed else None,
                    "signals": [{"name": name, "value": value} for name, value in values.items()],
                    "verdict": ("reject" if reasons else "accept") if placed else "null",
                    "reasons": reasons,
                }
            )
    return tables.frame(rows, tables.SPANS)


def _without(projections: pl.Series, spans: pl.DataFrame) -> pl.Series:
    """Return the projections with those of rejected spans made null."""
    verdict = iter(spans.select("verdict", "reasons").iter_rows())
    kept = []
    for own in projections.to_list():
        rows = []
        for projection in own or ():
            said, reasons = next(verdict)
            if said == "reject":
                names = ", ".join(reason.split(":", 1)[0] for reason in reasons)
                projection |= {"start": None, "end": None, "reason": f"filtered: {names}"}
            rows.append(projection)
        kept.append(rows)
    return pl.Series("projections", kept, dtype=tables.PROJECTED["projections"])


def judge(
    table: pl.DataFrame, filters: Sequence[Filter], *, job: Job, rejected_span: str = "unit"
) -> pl.DataFrame:
    """Measure and judge in one go: return a table of ``tables.FILTERED`` with the same rows."""
    return verdicts(measure(table, filters, job=job), filters, rejected_span=rejected_span).units


@dataclass(slots=True)
class Attrition:
    """How many rows there were, and what was rejected by which filter and for which reason.

    ``only`` counts the rows that no other filter rejects: what would be gained without it.
    ``spans`` counts projected spans, and those that a filter of spans rejects.
    ``null_projections`` counts, by reason, the spans that have no place.
    """

    names: Sequence[str]
    rows: int = 0
    kept: int = 0
    by_filter: dict[str, dict[str, int]] = field(default_factory=dict)
    by_reason: dict[str, int] = field(default_factory=dict)
    null_projections: dict[str, int] = field(default_factory=dict)
    spans: dict[str, int] = field(default_factory=lambda: {"placed": 0, "rejected": 0})

    def __post_init__(self) -> None:
        self.by_filter = {name: {"rejected": 0, "only": 0} for name in self.names}

    def add(self, judged: Judged) -> None:
        """Count the rows of a judged table."""
        self.rows += len(judged.units)
        said = judged.spans["verdict"]
        self.spans["placed"] += int((said != "null").sum())
        self.spans["rejected"] += int((said == "reject").sum())
        for reasons, projections in judged.units.select("reasons", "projections").iter_rows():
            self.kept += not reasons
            for reason in reasons:
                self.by_reason[reason] = self.by_reason.get(reason, 0) + 1
            against = {reason.split(":", 1)[0] for reason in reasons}
            for name in against:
                self.by_filter[name]["rejected"] += 1
                self.by_filter[name]["only"] += len(against) == 1
            for projection in projections or ():
                if projection["start"] is None:
                    reason = projection["reason"] or "unknown"
                    self.null_projections[reason] = self.null_projections.get(reason, 0) + 1

    def as_dict(self) -> dict[str, object]:
        """Return the counts as JSON values, the same for the same rows."""
        return {
            "in": self.rows,
            "kept": self.kept,
            "rejected": self.rows - self.kept,
            "spans": self.spans,
            "by_filter": self.by_filter,
            "by_reason": dict(sorted(self.by_reason.items())),
            "null_projections": dict(sorted(self.null_projections.items())),
        }
