"""Writes the files of the corpus: JSON Lines with spans, and the two-column bitext."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from demo_corpus.templates import Asked, Side, Unit
from demo_corpus.units import difficulty_tags

Row = dict[str, Any]


def entity_spans(side: Side, numbers: dict[tuple[str, int], int]) -> list[Row]:
    """The names of one side by position; ``numbers`` gives the span id of each mention."""
    return [
        {"id": f"s{numbers[m.key]}", "start": m.start, "end": m.end, "label": m.label}
        for m in side.named()
    ]


def numbered(side: Side) -> dict[tuple[str, int], int]:
    """A running number for each name, in text order; the parts of one mention share it."""
    return {key: n for n, key in enumerate(dict.fromkeys(m.key for m in side.named()))}


def event_spans(unit: Unit, lang: str) -> list[Row]:
    """Triggers and arguments of one side, an event after the other.

    An event has the number of its template and its own in it. The parts of an argument share
    their id.
    """
    side = unit.side(lang)
    found = []
    for part, template in enumerate(unit.templates):
        for number, event in enumerate(template.events, start=1):
            group = f"E{part + 1}.{number}"
            said = [(group, event.type, side.of(part, f"*{number}"))]
            said += [
                (f"{group}|{role}|{slot}", role, side.of(part, slot))
                for slot, role in event.roles.items()
            ]
            found += [
                {"id": name, "start": m.start, "end": m.end, "label": label, "group": group}
                for name, label, places in said
                for m in places
            ]
    return found


def answer_spans(unit: Unit, lang: str, names: list[str]) -> list[Row]:
    """The answers of one side to the questions called ``names``."""
    return [
        {"id": f"{name}.a", "start": m.start, "end": m.end, "label": "answer", "group": name}
        for name, asked in zip(names, unit.asked, strict=True)
        if asked.answer is not None
        for m in unit.side(lang).of(*asked.answer)
    ]


def entity_document(unit: Unit, lang: str, name: str) -> Row:
    """One side of a unit with its names."""
    side = unit.side(lang)
    # In Hausa alone the two parts of a split name are two spans, each with its own id.
    labelled = entity_spans(side, numbered(side))
    for n, span in enumerate(labelled):
        span["id"] = f"s{n}"
    return {"id": name, "text": side.text, "spans": labelled}


def event_document(unit: Unit, lang: str, name: str) -> Row:
    """One side of a unit with its events."""
    return {"id": name, "text": unit.side(lang).text, "spans": event_spans(unit, lang)}


def question_document(unit: Unit, lang: str, name: str) -> Row:
    """One side of a unit as a context with questions."""
    names = [f"{name}.q{n}" for n, _ in enumerate(unit.asked, start=1)]
    context = {
        "id": "context",
        "role": "context",
        "text": unit.side(lang).text,
        "spans": answer_spans(unit, lang, names),
    }
    questions = [
        {"id": one, "role": "question", "text": asked.text[lang], "spans": []}
        for one, asked in zip(names, unit.asked, strict=True)
    ]
    return {"id": name, "segments": [context, *questions]}


def write_documents(
    path: Path, units: list[Unit], lang: str, document: Callable[[Unit, str, str], Row]
) -> None:
    """One side of the units as labelled documents."""
    stem = path.name.removesuffix(".jsonl").replace(".", "-")
    write_rows(path, (document(unit, lang, f"{stem}-{n:04}") for n, unit in enumerate(units, 1)))


def write_parallel(path: Path, units: list[Unit], spans: Callable[[Unit, str], list[Row]]) -> None:
    """Both sides of the units, with the target spans named by the source spans they come from."""
    write_rows(
        path,
        (
            {
                "id": f"parallel-{number:04}",
                "src_lang": "en",
                "tgt_lang": "ha",
                "src_text": unit.en.text,
                "tgt_text": unit.ha.text,
                "src_spans": spans(unit, "en"),
                "tgt_spans": spans(unit, "ha"),
                "template": "+".join(template.id for template in unit.templates),
                "tags": difficulty_tags(unit),
            }
            for number, unit in enumerate(units, start=1)
        ),
    )


def parallel_entities(unit: Unit, lang: str) -> list[Row]:
    """The names of one side, called as in English."""
    return entity_spans(unit.side(lang), numbered(unit.en))


def parallel_answers(unit: Unit, lang: str) -> list[Row]:
    """The answers of one side."""
    return answer_spans(unit, lang, [f"q{n}" for n, _ in enumerate(unit.asked, start=1)])


def question_pairs(units: Iterable[Unit]) -> Iterable[Asked]:
    """The questions of the units, each text of both languages once."""
    seen: set[str] = set()
    for asked in (one for unit in units for one in unit.asked):
        if not seen & set(asked.text.values()):
            seen |= set(asked.text.values())
            yield asked


def write_bitext(path: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """``English<TAB>Hausa``, one pair per line."""
    write_lines(path, [f"{english}\t{hausa}" for english, hausa in pairs])


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """One JSON object a line."""
    write_lines(path, [json.dumps(row, ensure_ascii=False) for row in rows])


def write_lines(path: Path, lines: list[str]) -> None:
    """The lines, if all is NFC; else ``ValueError``."""
    text = "".join(f"{line}\n" for line in lines)
    if not unicodedata.is_normalized("NFC", text):
        raise ValueError(f"{path.name}: the text is not NFC")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
