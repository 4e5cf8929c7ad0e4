"""Argilla 2: a dataset folder for ``Dataset.from_disk`` and what ``to_disk`` or ``to_json`` write.

Offsets are UTF-16 code units, as its editor counts (argilla-io/argilla issue 5729), but its server
checks them against the number of code points. So each character of two code units brings one
space to the end of the text: then no right offset is out of the server's range.
https://docs.argilla.io/latest/reference/argilla/datasets/datasets/
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from labelproj.formats.lines import open_output
from labelproj.records import Reject
from labelproj.review.base import ACCEPT, REJECT, Answer, Item, Mark, Tool, json_objects
from labelproj.review.offsets import Utf16
from labelproj.review.tie import predicted_spans

__all__ = ["Argilla"]

_GUIDE = (
    "Mark the labels in the translation. Mend the translation if it is wrong; "
    "reject what cannot be mended."
)


class Argilla(Tool):
    """``.argilla/`` and ``records.json``: a span, a text and a label question a record."""

    __slots__ = ()

    name: ClassVar[str] = "argilla"

    def write(self, items: Sequence[Item], out: Path, *, labels: Sequence[str]) -> None:
        """Write the dataset, its settings and records; see :meth:`Tool.write`."""
        settings = _settings(labels)
        files: dict[str, object] = {
            ".argilla/dataset.json": {
                "name": "labelproj-review",
                "guidelines": _GUIDE,
                "allow_extra_metadata": True,
                "distribution": settings["distribution"],
            },
            ".argilla/settings.json": settings,
            "records.json": [_record(item) for item in items],
        }
        for name, content in files.items():
            with open_output(out / name) as stream:
                json.dump(content, stream, ensure_ascii=False, indent=1)
                stream.write("\n")

    def read(self, source: Path) -> Iterator[Answer | Reject]:
        """Yield an answer for each person and record; see :meth:`Tool.read`."""
        path = source / "records.json" if source.is_dir() else source
        remedy = "export it with dataset.to_disk or records.to_json"
        records = json_objects(path, having="fields", remedy=remedy)
        for record in records:
            for person, answers in _by_person(record).items():
                unit = str(record.get("id") or "")
                try:
                    yield _answer(unit, record["fields"], answers, person, str(path))
                except (KeyError, TypeError, ValueError, IndexError) as error:
                    raw = json.dumps(answers, ensure_ascii=False)[:1000]
                    yield Reject(str(path), None, unit or None, str(error), raw)


def _settings(labels: Sequence[str]) -> dict[str, Any]:
    def text(name: str, title: str) -> dict[str, object]:
        settings = {"type": "text", "use_markdown": False}
        return {"name": name, "title": title, "required": name == "target", "settings": settings}

    def options(values: Sequence[str]) -> list[dict[str, str]]:
        return [{"text": value, "value": value} for value in values]

    return {
        "guidelines": _GUIDE,
        "fields": [text("target", "translation"), text("source", "source")],
        "questions": [
            {
                "name": "spans",
                "title": "labels in the translation",
                "required": False,
                "settings": {
                    "type": "span",
                    "field": "target",
                    "allow_overlapping": True,
                    "options": options(labels or ["none"]),
                    "visible_options": max(3, len(labels)),
                },
            },
            text("translation", "the translation, if it needs mending"),
            {
                "name": "verdict",
                "title": "is it fit to be used?",
                "required": True,
                "settings": {"type": "label_selection", "options": options([ACCEPT, REJECT])},
            },
        ],
        "metadata": [],
        "vectors": [],
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
    }


def _record(item: Item) -> dict[str, object]:
    agent = ", ".join(sorted({p.method for p in item.projections})) or None
    units = Utf16(item.tgt_text)
    value = [
        {"start": units.units(span.start), "end": units.units(span.end), "label": span.label}
        for span in predicted_spans(item)
    ]
    suggestions: dict[str, object] = {
        "translation": {"value": item.tgt_text, "score": None, "agent": None}
    }
    if value:
        suggestions["spans"] = {"value": value, "score": None, "agent": agent}
    return {
        "id": item.id,
        "fields": {"target": item.tgt_text + _room(item.tgt_text), "source": item.src_text},
        "metadata": {"reasons": "; ".join(item.reasons), "verdict": item.verdict},
        "suggestions": suggestions,
        "responses": {},
        "vectors": {},
    }


def _room(text: str) -> str:
    return " " * sum(ord(character) > 0xFFFF for character in text)


def _by_person(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the answers of each person by question; discarded and draft ones are no answers."""
    found: dict[str, dict[str, Any]] = {}
    for question, responses in (record.get("responses") or {}).items():
        for response in responses or ():
            if response.get("status") in {"draft", "discarded"}:
                continue
            found.setdefault(str(response.get("user_id")), {})[question] = response.get("value")
    return found


def _answer(
    unit: str, fields: Mapping[str, Any], answers: Mapping[str, Any], person: str, source: str
) -> Answer:
    if not unit or not isinstance(fields.get("target"), str):
        raise ValueError("no id or no field 'target': not a record that labelproj exported")
    target = str(fields["target"])
    shown = target.removesuffix(_room(target))
    units = Utf16(shown)
    marks = []
    for value in answers.get("spans") or ():
        start, end = units.points(int(value["start"])), units.points(int(value["end"]))
        if start >= end:
            raise ValueError(f"span [{start}, {end}) is empty")
        marks.append(Mark(None, start, end, str(value["label"])))
    written = answers.get("translation")
    return Answer(
        unit_id=unit,
        shown=shown,
        text=written if isinstance(written, str) and written.strip() else shown,
        marks=tuple(marks),
        verdict=REJECT if answers.get("verdict") == REJECT else ACCEPT,
        annotator=None if person == "None" else person,
        at=None,
        source=source,
    )
