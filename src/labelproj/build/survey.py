"""A first look at the rows of a job: what must be known before the first file is written."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from labelproj import tables
from labelproj.build.splits import split_of

__all__ = ["Survey", "survey"]


@dataclass(slots=True)
class Survey:
    """The labels of the source (rejected rows too), and what the kept rows will become.

    ``rows`` is the number of dataset rows of each split.
    """

    labels: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    rows: Counter[str] = field(default_factory=Counter)
    signatures: set[str] = field(default_factory=set)


def survey(kept: Path, rejected: Path, *, validation_share: float, seed: int) -> Survey:
    """Read both tables (``tables.FILTERED``) once. Raises MissingInputError or StorageError.

    Labels are those of the whole job, so that tags keep their numbers when a filter changes.
    """
    found = Survey()
    last: tuple[str, str] | None = None
    columns = ("document_id", "segment_id", "tgt_text", "projections", "signature")
    for table in tables.iter_frames(kept, tables.FILTERED):
        for document, segment, text, projections, signature in table.select(columns).iter_rows():
            found.signatures.add(signature)
            for projection in projections or ():
                if projection["start"] is not None:
                    found.methods.add(projection["method"])
                    found.labels.add(projection["label"])
            if text and text.strip() and (document, segment) != last:
                last = (document, segment)
                split = split_of(document, validation_share=validation_share, seed=seed)
                found.rows[split] += 1
    for path in (kept, rejected):
        for table in tables.iter_frames(path, tables.FILTERED):
            for spans in table["src_spans"].to_list():
                found.labels.update(span["label"] for span in spans or ())
    return found
