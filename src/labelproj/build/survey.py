"""A first look at the units of a job: what must be known before the first row is made."""

from dataclasses import dataclass, field
from pathlib import Path

from labelproj import tables

__all__ = ["Survey", "survey"]


@dataclass(slots=True)
class Survey:
    """The labels of the source (rejected units' too), and what made the kept units."""

    labels: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    signatures: set[str] = field(default_factory=set)


def survey(kept: Path, rejected: Path) -> Survey:
    """Read both tables (``tables.FILTERED``) once. Raises MissingInputError or StorageError.

    Labels are those of the whole job, so that tags keep their numbers when a filter changes.
    """
    found = Survey()
    for table in tables.iter_frames(kept, tables.FILTERED):
        for projections, signature in table.select("projections", "signature").iter_rows():
            found.signatures.add(signature)
            for projection in projections or ():
                if projection["start"] is not None:
                    found.methods.add(projection["method"])
                    found.labels.add(projection["label"])
    for path in (kept, rejected):
        for table in tables.iter_frames(path, tables.FILTERED):
            for spans in table["src_spans"].to_list():
                found.labels.update(span["label"] for span in spans or ())
    return found
