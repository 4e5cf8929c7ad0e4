"""Parallel texts with gold spans on both sides, one JSON object a line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from labelproj.formats.base import demand_format
from labelproj.formats.json_lines import parsed_records
from labelproj.formats.json_values import Record, offsets_value, spans_value, text_value
from labelproj.records import Reject, Span

__all__ = ["GoldPair", "read_gold_pairs"]

Offsets = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class GoldPair:
    """A text and its translation, each with its true spans.

    ``src_tokens`` and ``tgt_tokens`` are the tokens' (start, end) where the source of the data
    is tokenised. ``alignments`` maps an aligner's name to its word alignment between these
    tokens (Pharaoh ``i-j``).
    """

    id: str
    src_lang: str
    tgt_lang: str
    src_text: str
    tgt_text: str
    src_spans: tuple[Span, ...]
    tgt_spans: tuple[Span, ...]
    src_tokens: Offsets | None = None
    tgt_tokens: Offsets | None = None
    alignments: Mapping[str, str] = field(default_factory=dict)


def read_gold_pairs(path: Path) -> Iterator[GoldPair | Reject]:
    """Yield the pairs of a file in their order, and a Reject for each bad line.

    A line is ``{"id", "src_lang", "tgt_lang", "src_text", "tgt_text", "src_spans", "tgt_spans"}``
    and may have ``src_tokens``, ``tgt_tokens`` and ``alignments``. Spans are code points,
    half-open. Raises MissingInputError, and FormatError when no line is such a pair.
    """
    records = parsed_records(path, name=lambda record, _: text_value(record, "id"), parse=_pair)
    return demand_format(
        (parsed for _, _, parsed in records),
        what="not a line of parallel gold data: ",
        remedy="each line has id, src_lang, tgt_lang, src_text, tgt_text, src_spans, tgt_spans",
    )


def _pair(name: str, record: Record) -> GoldPair:
    source, target = text_value(record, "src_text"), text_value(record, "tgt_text")
    for key in ("src_spans", "tgt_spans"):
        if key not in record:
            raise ValueError(f"no {key!r}")
    alignments = record.get("alignments") or {}
    if not isinstance(alignments, dict) or not all(isinstance(v, str) for v in alignments.values()):
        raise ValueError("'alignments' is not an object of strings")
    return GoldPair(
        id=name,
        src_lang=text_value(record, "src_lang"),
        tgt_lang=text_value(record, "tgt_lang"),
        src_text=source,
        tgt_text=target,
        src_spans=spans_value(record, "src_spans", source),
        tgt_spans=spans_value(record, "tgt_spans", target),
        src_tokens=offsets_value(record, "src_tokens", source),
        tgt_tokens=offsets_value(record, "tgt_tokens", target),
        alignments=alignments,
    )
