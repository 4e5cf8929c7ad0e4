"""Going through the units of translated dialogues, one dialogue at a time."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from labelproj import tables
from labelproj.build.documents import reassemble
from labelproj.dialogue.keep import is_kept
from labelproj.dialogue.ontology import Ontology, fold
from labelproj.dialogue.values import Lexicon
from labelproj.records import Document

__all__ = ["DialogueUnits", "join_verdicts", "read_dialogues", "survey", "untranslated"]

_ROWS = 4096


@dataclass(slots=True)
class DialogueUnits:
    """What the units of one dialogue say about its values.

    ``own`` are the surfaces its values were projected to (in units that were accepted),
    ``literal`` the values (folded) that stand in its source words, ``rejected`` the reasons
    against each segment's translation.
    """

    id: str
    own: Lexicon = field(default_factory=Lexicon)
    literal: set[str] = field(default_factory=set)
    rejected: dict[str, list[str]] = field(default_factory=dict)


def join_verdicts(projected: Path, filtered: Path, out: Path) -> None:
    """Write the rows of ``projected`` (PROJECTED) with the verdicts of ``filtered`` to ``out``.

    ``filtered`` is the folder that the filter stage wrote; the order is that of ``projected``.
    """
    reasons: dict[str, list[str]] = {}
    for table in tables.iter_frames(filtered / "rejected.parquet", tables.FILTERED):
        reasons.update(table.select("id", "reasons").iter_rows())

    def judged() -> Iterator[pl.DataFrame]:
        for table in tables.iter_frames(projected, tables.PROJECTED, rows=_ROWS):
            found = [reasons.get(name, []) for name in table["id"]]
            yield table.with_columns(
                pl.Series("signals", [[] for _ in found], dtype=pl.List(tables.SIGNAL)),
                pl.Series("verdict", ["reject" if one else "accept" for one in found]),
                pl.Series("reasons", found, dtype=pl.List(pl.String)),
            ).select(list(tables.FILTERED))

    tables.write_frames(judged(), out, tables.FILTERED)


def survey(units: Path) -> tuple[Lexicon, Counter[tuple[str, str]]]:
    """Return the corpus's lexicon and how often each (slot, value) stands in its source words."""
    lexicon = Lexicon()
    literal: Counter[tuple[str, str]] = Counter()
    for row in _rows(units):
        for span in row["src_spans"] or ():
            if span["group"] is not None:
                literal[span["label"], span["group"]] += 1
        _add_surfaces(row, lexicon)
    return lexicon, literal


def untranslated(
    literal: Mapping[tuple[str, str], int], lexicon: Lexicon, ontology: Ontology
) -> list[str]:
    """Return the values that only a model could translate, in order."""
    return sorted(
        {
            value
            for slot, value in literal
            if not is_kept(value)
            and not ontology.lookup(slot, value)
            and not ontology.values(slot)
            and not lexicon.surfaces(slot, value)
        }
    )


def read_dialogues(
    units: Path, documents: Path, *, tgt: str
) -> Iterator[tuple[Document, DialogueUnits]]:
    """Yield each dialogue with the words of the target language, and what its units say.

    ``units`` is a table as :func:`join_verdicts` writes it: rejected units are in it, too, so
    that no turn is missing.
    """
    groups = groupby(_rows(units), key=lambda row: row["document_id"])
    for one in reassemble(units, documents, tgt=tgt):
        name, rows = next(groups)
        found = DialogueUnits(str(name))
        for row in rows:
            _add_surfaces(row, found.own)
            found.literal.update(
                fold(span["group"]) for span in row["src_spans"] or () if span["group"] is not None
            )
            if row["reasons"]:
                found.rejected.setdefault(row["segment_id"], []).extend(row["reasons"])
        yield one.document, found


def _add_surfaces(row: Mapping[str, Any], lexicon: Lexicon) -> None:
    """Count the projected surfaces of a unit, unless its translation was rejected."""
    if row["reasons"]:
        return
    text = str(row["tgt_text"] or "")
    for place in row["projections"] or ():
        if place["start"] is not None and place["group"] is not None:
            surface = text[place["start"] : place["end"]]
            lexicon.add(place["label"], place["group"], surface, place["score"])


def _rows(units: Path) -> Iterator[dict[str, Any]]:
    for table in tables.iter_frames(units, tables.FILTERED, rows=_ROWS):
        yield from table.iter_rows(named=True)
