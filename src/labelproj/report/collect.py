"""One pass over the filtered units: counts, distributions and the units to show."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from labelproj import tables
from labelproj.report.examples import Examples, Row, signals_of
from labelproj.report.histogram import Histogram

__all__ = ["Collected", "collect"]

_ROWS = 4096


def _histograms() -> dict[str, Histogram]:
    return {
        "mt": Histogram(
            "Translation score", "mean log-probability per token; right is better", -3.0, 0.0
        ),
        "projection": Histogram("Projection score", "one value a span; right is better", 0.0, 1.0),
        "length": Histogram(
            "Length against the job's median", "1 is as expected; left is better", 1.0, 4.0
        ),
    }


@dataclass(slots=True)
class Collected:
    """What the page shows of the units. ``by_label`` has (source spans, projected) a label."""

    units: int = 0
    kept: int = 0
    spans: int = 0
    projected: int = 0
    status: Counter[str] = field(default_factory=Counter)
    null_reasons: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    labels_projected: Counter[str] = field(default_factory=Counter)
    histograms: dict[str, Histogram] = field(default_factory=_histograms)

    def add(self, row: Row) -> None:
        """Count one row of ``tables.FILTERED``."""
        accepted = row["verdict"] == "accept"
        self.units += 1
        self.kept += accepted
        self.status[row["mt_status"]] += 1
        found = set()
        for projection in row["projections"] or ():
            if projection["start"] is None:
                self.null_reasons[projection["reason"] or "unknown"] += 1
            else:
                found.add(projection["span_id"])
                self.histograms["projection"].add(projection["score"], accepted=accepted)
        labels = {span["id"]: span["label"] for span in row["src_spans"] or ()}
        self.spans += len(labels)
        self.projected += len(found & set(labels))
        self.labels.update(labels.values())
        self.labels_projected.update(labels[name] for name in found if name in labels)
        self.histograms["mt"].add(row["mt_score"], accepted=accepted)
        self.histograms["length"].add(signals_of(row).get("length_ratio"), accepted=accepted)


def collect(kept: Path, rejected: Path, *, examples: Examples) -> Collected:
    """Read both tables of ``tables.FILTERED``. Raises MissingInputError or StorageError."""
    found = Collected()
    for path in (kept, rejected):
        for table in tables.iter_frames(path, tables.FILTERED, rows=_ROWS):
            for row in table.iter_rows(named=True):
                found.add(row)
                examples.offer(row)
    return found
