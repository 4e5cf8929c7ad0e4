"""Small tables for tests, from sentences with marked spans.

A span is written ``[PER:1 Amina Bello]``: label, the number that ties source and target, text.
A source span whose number is not in the target has a null projection.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from labelproj import tables
from labelproj.records import Span

__all__ = ["Pair", "make_documents", "make_units", "marked", "sample", "write_tables"]

_MARK = re.compile(r"\[([A-Z]+):(\d+) ([^\]]*)\]")


@dataclass(frozen=True)
class Pair:
    """One unit: marked source and target sentence, and what may vary."""

    source: str
    target: str
    lead: str = " "
    score: float = 0.9
    mt_score: float | None = -0.4
    status: str = "translated"
    flags: tuple[str, ...] = field(default=())


def marked(text: str) -> tuple[str, tuple[Span, ...]]:
    """Return the text without its marks, and the spans that were marked."""
    plain = ""
    spans = []
    last = 0
    for match in _MARK.finditer(text):
        plain += text[last : match.start()]
        label, number, surface = match.groups()
        spans.append(Span(f"s{number}", len(plain), len(plain) + len(surface), label))
        plain += surface
        last = match.end()
    return plain + text[last:], tuple(spans)


def make_units(
    documents: Sequence[Sequence[Pair]], *, signature: str = "project:0123456789abcdef"
) -> pl.DataFrame:
    """Return a table of ``tables.PROJECTED``: document ``d<i>`` with one segment ``text``."""
    rows = []
    for number, pairs in enumerate(documents):
        end = 0
        for position, pair in enumerate(pairs):
            source, spans = marked(pair.source)
            target, found = marked(pair.target)
            lead = pair.lead if position else ""
            start = end + len(lead)
            end = start + len(source)
            rows.append(
                {
                    "id": f"d{number}:text:{position}",
                    "document_id": f"d{number}",
                    "segment_id": "text",
                    "role": "text",
                    "position": position,
                    "start": start,
                    "end": end,
                    "lead": lead,
                    "trail": "",
                    "src_text": source,
                    "src_spans": [tables.span_row(span) for span in spans],
                    "given": None,
                    "signature": signature,
                    "tgt_text": target,
                    "marked": None,
                    "mt_score": pair.mt_score,
                    "mt_status": pair.status,
                    "mt_flags": list(pair.flags),
                    "projections": _projections(spans, found, pair.score),
                }
            )
    return tables.frame(rows, tables.PROJECTED)


def _projections(
    spans: Sequence[Span], found: Sequence[Span], score: float
) -> list[dict[str, object]]:
    places = {span.id: span for span in found}
    rows: list[dict[str, object]] = []
    for span in spans:
        place = places.get(span.id)
        rows.append(
            {
                "span_id": span.id,
                "label": span.label,
                "group": None,
                "start": place.start if place else None,
                "end": place.end if place else None,
                "score": score if place else 0.0,
                "method": "alignment:test",
                "reason": None if place else "no-alignment",
            }
        )
    return rows


def make_documents(documents: Sequence[Sequence[Pair]]) -> pl.DataFrame:
    """Return the table of ``tables.DOCUMENTS`` that goes with :func:`make_units`."""
    rows = [
        {
            "id": f"d{number}",
            "lang": "en",
            "segments": [{"id": "text", "role": "text", "n_units": len(pairs)}],
            "payload": "{}",
            "source": "invented",
            "signature": "prepare:0123456789abcdef",
        }
        for number, pairs in enumerate(documents)
    ]
    return tables.frame(rows, tables.DOCUMENTS)


def write_tables(folder: Path, documents: Sequence[Sequence[Pair]]) -> tuple[Path, Path]:
    """Write both tables; return the paths of the units and of the documents."""
    units, table = folder / "units.parquet", folder / "documents.parquet"
    tables.write(make_units(documents), units, tables.PROJECTED)
    tables.write(make_documents(documents), table, tables.DOCUMENTS)
    return units, table


def sample(copies: int = 1) -> list[list[Pair]]:
    """Return invented documents: good ones, one for every filter, and one without spans.

    Each copy has other names, so that no two rows are the same.
    """
    documents: list[list[Pair]] = []
    for number in range(copies):
        name = f"Amina Bello {number}" if number else "Amina Bello"
        documents += [
            [
                Pair(
                    f"[PER:1 {name}] arrived in [LOC:2 Kano] on [DATE:3 Monday].",
                    f"[PER:1 {name}] ta isa [LOC:2 Kano] ranar [DATE:3 Litinin].",
                ),
                Pair(
                    f"The governor of [LOC:4 Egypt] thanked farmer {number}.",
                    f"Gwamnan [LOC:4 Masar] ya gode wa manomi {number}.",
                    score=0.55,
                ),
            ],
            [Pair(f"It rained all night {number}.", f"An yi ruwa dare duka {number}.")],
            [
                Pair(
                    f"[ORG:1 Bank of Lagos] opened {number} branches & closed <b>two</b> 🎉.",
                    f"An buɗe rassa {number} & an rufe <b>biyu</b> 🎉.",
                )
            ],
            [
                Pair(
                    f"the market was quiet after the flood {number}",
                    f"the market was quiet after the flood {number}",
                )
            ],
            [
                Pair(
                    f"The players of [ORG:1 Rima United] train every day {number}.",
                    "ƴan wasa " * 20 + f"na [ORG:1 Rima United] {number}.",
                    mt_score=-2.1,
                )
            ],
            [Pair(f"Wheat is dear {number}.", "", status="failed", mt_score=None)],
            [
                Pair(
                    f"The clinic in [LOC:1 Zariya] needs nurses {number}.",
                    f"Asibitin [LOC:1 Zariya] na bukatar {number}",
                    flags=("at-limit",),
                )
            ],
        ]
    return documents
