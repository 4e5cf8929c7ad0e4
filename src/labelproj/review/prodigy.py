"""Prodigy: JSON Lines tasks with tokens and spans, and what ``prodigy db-out`` writes.

Offsets are code points, as spaCy's; ``token_end`` is the last token of a span, not the one after
it. https://prodi.gy/docs/api-interfaces#ner_manual
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

from labelproj.errors import FormatError
from labelproj.formats.json_values import Record, json_records, spans_value, text_value
from labelproj.formats.lines import open_output
from labelproj.records import Reject
from labelproj.review.base import ACCEPT, REJECT, Answer, Item, Mark, Tool, marks_of
from labelproj.review.tie import predicted_spans
from labelproj.text import words

__all__ = ["Prodigy", "task_tokens"]


class Prodigy(Tool):
    """``tasks.jsonl`` for the interface ``spans_manual`` and ``labels.txt`` for ``--label``."""

    __slots__ = ()

    name: ClassVar[str] = "prodigy"

    def write(self, items: Sequence[Item], out: Path, *, labels: Sequence[str]) -> None:
        """Write one task a line, and the labels; see :meth:`Tool.write`."""
        with open_output(out / "labels.txt") as stream:
            stream.write("".join(f"{label}\n" for label in labels))
        with open_output(out / "tasks.jsonl") as stream:
            for item in items:
                stream.write(json.dumps(_task(item), ensure_ascii=False) + "\n")

    def read(self, source: Path) -> Iterator[Answer | Reject]:
        """Yield an answer for each task accepted or rejected; see :meth:`Tool.read`."""
        answered = 0
        for number, raw, record in json_records(source):
            if isinstance(record, Reject):
                yield record
                continue
            answered += "answer" in record
            if record.get("answer") not in {ACCEPT, REJECT}:
                continue
            unit = None
            try:
                unit = text_value(record, "unit_id")
                yield _answer(unit, record, str(source), number)
            except ValueError as error:
                yield Reject(str(source), number, unit, str(error), raw[:1000])
        if not answered:
            raise FormatError(
                "no line has an answer", where=str(source), remedy="export it with prodigy db-out"
            )


def task_tokens(text: str, edges: Sequence[int]) -> list[dict[str, object]]:
    """Return the tokens of ``text``, as spaCy has them, with a cut at each of ``edges``.

    One space after a token is its ``ws``; other white space is a token of its own, so that the
    tokens with their spaces are the text.
    """
    cuts = sorted({0, len(text), *edges, *(edge for word in words(text) for edge in word)})
    tokens: list[dict[str, object]] = []
    at = 0
    for start, end in pairwise(cuts):
        start = max(start, at)
        if start >= end:
            continue
        space = text[end : end + 1] == " "
        at = end + space
        tokens.append(
            {"text": text[start:end], "start": start, "end": end, "id": len(tokens), "ws": space}
        )
    return tokens


def _task(item: Item) -> Record:
    marks = [mark for mark, _ in marks_of(predicted_spans(item))]
    tokens = task_tokens(item.tgt_text, [edge for m in marks for edge in (m.start, m.end)])
    starts = {token["start"]: token["id"] for token in tokens}
    ends = {token["end"]: token["id"] for token in tokens}
    return {
        "text": item.tgt_text,
        "unit_id": item.id,
        "tokens": tokens,
        "spans": [
            {
                "start": mark.start,
                "end": mark.end,
                "token_start": starts[mark.start],
                "token_end": ends[mark.end],
                "label": mark.label,
                "span_id": mark.id,
            }
            for mark in marks
        ],
        "translation": item.tgt_text,
        "meta": {
            "source": item.src_text,
            "labels": ", ".join(f"{s.surface(item.src_text)} ({s.label})" for s in item.src_spans),
            "reasons": "; ".join(item.reasons),
        },
    }


def _answer(unit: str, record: Record, source: str, number: int) -> Answer:
    shown = text_value(record, "text")
    spans = spans_value(record, "spans", shown)
    values = record.get("spans") or []
    assert isinstance(values, list)
    marks = tuple(
        Mark(_id(value), span.start, span.end, span.label)
        for value, span in zip(values, spans, strict=True)
    )
    written = record.get("translation")
    who = record.get("_annotator_id") or record.get("_session_id")
    when = record.get("_timestamp")
    return Answer(
        unit_id=unit,
        shown=shown,
        text=written if isinstance(written, str) and written.strip() else shown,
        marks=marks,
        verdict=str(record["answer"]),
        annotator=None if who is None else str(who),
        at=_time(when) if isinstance(when, int | float) else None,
        source=source,
        line=number,
    )


def _id(value: Record) -> str | None:
    name = value.get("span_id")
    return name if isinstance(name, str) else None


def _time(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError(f"_timestamp {seconds} is not a time") from error
