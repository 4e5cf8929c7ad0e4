"""What people said of units and spans, as verdicts: good or bad."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labelproj import tables
from labelproj.progress import log
from labelproj.review.base import REJECT
from labelproj.review.corrections import Row, read_corrections
from labelproj.review.stats import span_outcomes

__all__ = ["Verdicts", "judged_units"]

GOOD, BAD = "good", "bad"
#: What an outcome says of the place that was shown; the others say nothing of it.
_SAID = {"accepted": GOOD, "moved": BAD, "relabelled": BAD, "removed": BAD}


@dataclass(slots=True)
class Verdicts:
    """``good`` or ``bad``, of units by id, and of spans by the ids of unit and span."""

    units: dict[str, str] = field(default_factory=dict)
    spans: dict[tuple[str, str], str] = field(default_factory=dict)


def judged_units(corrections: Path, *, filtered: Path) -> Verdicts:
    """Return what people said of the units and spans that the filter stage has now.

    A unit is bad when it was rejected or its translation was changed. A span is bad when it was
    moved, relabelled or removed; in a unit that was rejected nothing is said of it. Of several
    answers the latest counts. What was said of another translation or place does not count, and
    how many these are is logged. Raises as :func:`read_corrections` does.
    """
    rows = read_corrections([corrections])
    known = {str(row["unit_id"]) for row in rows}
    now: dict[str, tuple[str, Mapping[str, object]]] = {}
    for name in ("kept.parquet", "rejected.parquet"):
        for table in tables.iter_frames(filtered / name, tables.FILTERED):
            for unit, text, places in table.select("id", "tgt_text", "projections").iter_rows():
                if unit in known:
                    now[unit] = text, {p["span_id"]: (p["start"], p["end"]) for p in places or ()}
    return _verdicts(sorted(rows, key=lambda row: str(row["at"] or "")), now, corrections)


def _verdicts(
    rows: Iterable[Row], now: Mapping[str, tuple[str, Mapping[str, object]]], corrections: Path
) -> Verdicts:
    found = Verdicts()
    other = 0
    for row in rows:
        unit = str(row["unit_id"])
        text, places = now.get(unit, (None, {}))
        if text != row["tgt_text"]:
            other += 1
            continue
        bad = row["status"] == REJECT or row["text"] != row["tgt_text"]
        found.units[unit] = BAD if bad else GOOD
        for place, outcome in span_outcomes(row):
            said = _SAID.get(outcome)
            if places.get(place["span_id"]) != (place["start"], place["end"]):
                other += said is not None
            elif said is None:
                found.spans.pop((unit, place["span_id"]), None)
            else:
                found.spans[unit, place["span_id"]] = said
    if other:
        log.warning("%s: %d answers are of other translations or places", corrections, other)
    return found
