"""From signals to verdicts, and the count of what each filter rejects."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from labelproj import tables
from labelproj.filters.base import Filter

__all__ = ["Attrition", "judge"]


def judge(table: pl.DataFrame, filters: Sequence[Filter]) -> pl.DataFrame:
    """Add ``signals``, ``verdict`` and ``reasons`` to a table of ``tables.PROJECTED``.

    Every row gets the signal of every filter and all reasons against it; it is accepted when
    there is none. Returns a table of ``tables.FILTERED`` with the same rows.
    """
    columns = [(one, list(one.signals(table))) for one in filters]
    signals: list[list[dict[str, object]]] = [[] for _ in range(len(table))]
    reasons: list[list[str]] = [[] for _ in range(len(table))]
    for one, values in columns:
        for index, value in enumerate(values):
            signals[index].append({"name": one.name, "value": value})
            if reason := one.reason(value):
                reasons[index].append(reason)
    verdicts = ["reject" if found else "accept" for found in reasons]
    return table.with_columns(
        pl.Series("signals", signals, dtype=tables.FILTERED["signals"]),
        pl.Series("verdict", verdicts, dtype=pl.String),
        pl.Series("reasons", reasons, dtype=pl.List(pl.String)),
    )


@dataclass(slots=True)
class Attrition:
    """How many rows there were, and what was rejected by which filter and for which reason.

    ``only`` counts the rows that no other filter rejects: what would be gained without it.
    ``null_projections`` counts, by reason, the spans that found no place.
    """

    names: Sequence[str]
    rows: int = 0
    kept: int = 0
    by_filter: dict[str, dict[str, int]] = field(default_factory=dict)
    by_reason: dict[str, int] = field(default_factory=dict)
    null_projections: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_filter = {name: {"rejected": 0, "only": 0} for name in self.names}

    def add(self, judged: pl.DataFrame) -> None:
        """Count the rows of a table of ``tables.FILTERED``."""
        self.rows += len(judged)
        for reasons, projections in judged.select("reasons", "projections").iter_rows():
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
            "by_filter": self.by_filter,
            "by_reason": dict(sorted(self.by_reason.items())),
            "null_projections": dict(sorted(self.null_projections.items())),
        }
