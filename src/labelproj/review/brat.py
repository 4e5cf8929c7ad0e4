"""brat: a folder with a text and a standoff file for each unit.

Offsets are code points. The text is the translation, an empty line, and the source, whose spans
are shown with the label ``Source``. brat cannot say who annotated or when, and a text cannot be
edited in it: for those, another tool. https://brat.nlplab.org/standoff.html
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

import regex

from labelproj.errors import FormatError
from labelproj.formats.lines import open_output
from labelproj.records import Reject
from labelproj.review.base import ACCEPT, REJECT, Answer, Item, Mark, Tool, marks_of
from labelproj.review.tie import predicted_spans

__all__ = ["BratReview"]

#: What stands between translation and source, and the labels that are not the corpus's.
GAP = "\n\n"
SOURCE, REJECTED = "Source", "Reject"
_LINE = regex.compile(
    r"T(?P<number>\d+)\t(?P<label>\S+) (?P<places>\d+ \d+(?:;\d+ \d+)*)\t.*", regex.DOTALL
)
_NOTE = regex.compile(r"#\d+\tAnnotatorNotes T(?P<number>\d+)\t(?P<id>.*)")


class BratReview(Tool):
    """``<number>.txt``, ``.ann`` and ``.json`` (what unit it is), and ``annotation.conf``."""

    __slots__ = ()

    name: ClassVar[str] = "brat"

    def write(self, items: Sequence[Item], out: Path, *, labels: Sequence[str]) -> None:
        """Write three files a unit; see :meth:`Tool.write`."""
        names = "\n".join([*(_type(label) for label in labels), SOURCE, REJECTED])
        sections = f"[entities]\n{names}\n\n[relations]\n\n[events]\n\n[attributes]\n"
        with open_output(out / "annotation.conf") as stream:
            stream.write(sections)
        width = len(str(len(items)))
        for number, item in enumerate(items, start=1):
            base = f"{number:0{width}d}"
            lines = list(_annotations(item))
            files = {
                f"{base}.txt": f"{item.tgt_text}{GAP}{item.src_text}\n",
                f"{base}.ann": "".join(lines),
                f"{base}.json": json.dumps(
                    {"unit_id": item.id, "translation": len(item.tgt_text)}, ensure_ascii=False
                )
                + "\n",
            }
            for name, content in files.items():
                with open_output(out / name) as stream:
                    stream.write(content)

    def read(self, source: Path) -> Iterator[Answer | Reject]:
        """Yield an answer for each annotated text of a folder; see :meth:`Tool.read`."""
        files = sorted(source.glob("*.json")) if source.is_dir() else []
        if not files:
            raise FormatError(
                "not a folder that labelproj exported for brat",
                where=str(source),
                remedy="give the folder with the .txt, .ann and .json files",
            )
        for file in files:
            unit = None
            try:
                note = json.loads(file.read_text(encoding="utf-8"))
                unit = str(note["unit_id"])
                yield _answer(unit, file, int(note["translation"]))
            except (OSError, KeyError, TypeError, ValueError) as error:
                yield Reject(str(file), None, unit, f"cannot be used: {error}")


def _type(label: str) -> str:
    """Return a label as brat's type names have to be, and none of ours; see :func:`_label`."""
    odd = r"^." if label in {SOURCE, REJECTED} else r"[^A-Za-z0-9-]"
    return str(regex.sub(odd, lambda m: "".join(f"_{byte:02X}" for byte in m[0].encode()), label))


def _label(name: str) -> str:
    return unquote(name.replace("_", "%"))


def _annotations(item: Item) -> Iterator[str]:
    text = f"{item.tgt_text}{GAP}{item.src_text}"
    number = 0
    for mark, _ in marks_of(predicted_spans(item)):
        number += 1
        yield _line(number, _type(mark.label), mark.start, mark.end, text)
        yield f"#{number}\tAnnotatorNotes T{number}\t{json.dumps(mark.id)}\n"
    shift = len(item.tgt_text) + len(GAP)
    for span in item.src_spans:
        number += 1
        yield _line(number, SOURCE, span.start + shift, span.end + shift, text)
        yield f"#{number}\tAnnotatorNotes T{number}\t{json.dumps(span.label)}\n"


def _line(number: int, name: str, start: int, end: int, text: str) -> str:
    # brat knows no place that crosses a line break: such a span has a part in each line.
    parts = [
        (start + match.start(), start + match.end())
        for match in regex.finditer(r"[^\r\n]+", text[start:end])
    ]
    places = ";".join(f"{a} {b}" for a, b in parts)
    surface = " ".join(text[a:b] for a, b in parts)
    return f"T{number}\t{name} {places}\t{surface}\n"


def _answer(unit: str, file: Path, length: int) -> Answer:
    with file.with_suffix(".txt").open(encoding="utf-8", newline="") as stream:
        shown = stream.read()[:length]
    notes: dict[str, str] = {}
    found: list[tuple[str, str, int, int]] = []
    with file.with_suffix(".ann").open(encoding="utf-8", newline="") as stream:
        lines = stream.read().split("\n")
    for line in lines:
        if note := _NOTE.fullmatch(line):
            notes[note["number"]] = note["id"]
        elif match := _LINE.fullmatch(line):
            edges = [int(edge) for edge in regex.findall(r"\d+", match["places"])]
            if edges[0] < length:
                found.append((match["number"], match["label"], edges[0], max(edges)))
    marks = []
    for number, name, start, end in found:
        if name == REJECTED or end > length:
            continue
        marks.append(Mark(_id(notes.get(number)), start, end, _label(name)))
    return Answer(
        unit_id=unit,
        shown=shown,
        text=shown,
        marks=tuple(marks),
        verdict=REJECT if any(name == REJECTED for _, name, _, _ in found) else ACCEPT,
        annotator=None,
        at=None,
        source=str(file),
    )


def _id(note: str | None) -> str | None:
    try:
        value = json.loads(note) if note else None
    except ValueError:
        return None  # a note of the annotator's own
    return value if isinstance(value, str) else None
