"""Stand-ins for people: they fill in what each annotation tool exports, in the tool's own way."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from labelproj.review.brat import _type
from labelproj.review.offsets import Utf16

__all__ = ["ANSWERS", "Said"]

#: What a person says of a unit: (start, end, label) in code points, and the mended text.
Said = tuple[Sequence[tuple[int, int, str]], str | None, bool]


def label_studio(folder: Path, said: Mapping[str, Said], out: Path) -> Path:
    """Answer as its editor does: code points, the region's text, ids kept where nothing moved."""
    tasks = json.loads((folder / "tasks.json").read_text(encoding="utf-8"))
    for number, task in enumerate(tasks):
        if task["data"]["unit_id"] not in said:
            continue
        marks, text, refused = said[task["data"]["unit_id"]]
        shown = task["data"]["tgt_text"]
        kept = {
            (one["value"]["start"], one["value"]["end"], one["value"]["labels"][0]): one["id"]
            for one in task["predictions"][0]["result"]
            if one["from_name"] == "label"
        }
        result: list[dict[str, Any]] = [
            one for one in task["predictions"][0]["result"] if one["from_name"] == "source_label"
        ]
        for index, (start, end, label) in enumerate(marks):
            value = {"start": start, "end": end, "labels": [label]}
            value["text"] = shown[start:end].replace("\n", "\\n")
            region = kept.get((start, end, label), f"new{index}")
            result.append({"id": region, "from_name": "label", "type": "labels", "value": value})
        written = {"text": [shown if text is None else text]}
        result.append({"from_name": "translation", "type": "textarea", "value": written})
        if refused:
            result.append({"from_name": "verdict", "value": {"choices": ["reject"]}})
        task["id"] = number
        task["annotations"] = [
            {"completed_by": 1, "result": result, "updated_at": "2026-01-02T03:04:05.678901Z"},
            {"completed_by": 2, "result": [], "was_cancelled": True},
        ]
    (out / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    return out / "export.json"


def prodigy(folder: Path, said: Mapping[str, Said], out: Path) -> Path:
    """Answer as ``prodigy db-out`` writes it."""
    lines = []
    for line in (folder / "tasks.jsonl").read_text(encoding="utf-8").split("\n")[:-1]:
        task = json.loads(line)
        if task["unit_id"] in said:
            marks, text, refused = said[task["unit_id"]]
            task["spans"] = [{"start": s, "end": e, "label": label} for s, e, label in marks]
            task["answer"] = "reject" if refused else "accept"
            task["translation"] = task["translation"] if text is None else text
            task |= {"_annotator_id": "set-amina", "_timestamp": 1767323045}
        else:
            task["answer"] = "ignore"
        lines.append(json.dumps(task) + "\n")
    (out / "answers.jsonl").write_text("".join(lines), encoding="utf-8")
    return out / "answers.jsonl"


def argilla(folder: Path, said: Mapping[str, Said], out: Path) -> Path:
    """Answer as its ``to_json`` writes it: UTF-16 code units, a user's UUID."""
    records = json.loads((folder / "records.json").read_text(encoding="utf-8"))
    for record in records:
        if record["id"] not in said:
            continue
        marks, text, refused = said[record["id"]]
        units = Utf16(record["fields"]["target"])
        user = {"user_id": "11111111-2222-3333-4444-555555555555"}
        values = [
            {"start": units.units(s), "end": units.units(e), "label": label}
            for s, e, label in marks
        ]
        record["responses"] = {
            "spans": [{"value": values, **user}],
            "verdict": [{"value": "reject" if refused else "accept", **user}],
        }
        if text is not None:
            record["responses"]["translation"] = [{"value": text, **user}]
    (out / "records.json").write_text(json.dumps(records), encoding="utf-8")
    return out / "records.json"


def brat(folder: Path, said: Mapping[str, Said], out: Path) -> Path:
    """Answer by writing the ``.ann`` files anew; a text cannot be edited."""
    shutil.copytree(folder, out / "brat", dirs_exist_ok=True)
    for note in (out / "brat").glob("*.json"):
        unit = json.loads(note.read_text(encoding="utf-8"))["unit_id"]
        if unit not in said:
            for file in (out / "brat").glob(f"{note.stem}.*"):
                file.unlink()
            continue
        marks, _, refused = said[unit]
        with note.with_suffix(".txt").open(encoding="utf-8", newline="") as stream:
            text = stream.read()
        lines = []
        for number, (start, end, label) in enumerate(marks, start=1):
            surface = " ".join(text[start:end].split())
            lines.append(f"T{number}\t{_type(label)} {start} {end}\t{surface}\n")
        if refused:
            lines.append(f"T{len(lines) + 1}\tReject 0 1\tx\n")
        note.with_suffix(".ann").write_text("".join(lines), encoding="utf-8")
    return out / "brat"


ANSWERS: dict[str, Callable[[Path, Mapping[str, Said], Path], Path]] = {
    "label-studio": label_studio,
    "prodigy": prodigy,
    "argilla": argilla,
    "brat": brat,
}
