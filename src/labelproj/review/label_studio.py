"""Label Studio: JSON tasks with predictions, and its JSON export.

Offsets are code points: its editor counts the elements of ``[...text]``
(HumanSignal/label-studio-frontend pull request 308). Exports of versions before that count
UTF-16 code units; such a place is known by the text that comes with it.
https://labelstud.io/guide/export#Raw-JSON-format-of-completed-tasks
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from xml.sax.saxutils import quoteattr

from labelproj.formats.lines import open_output
from labelproj.languages import direction
from labelproj.records import Reject
from labelproj.review.base import ACCEPT, REJECT, Answer, Item, Mark, Tool, json_objects, marks_of
from labelproj.review.offsets import Utf16
from labelproj.review.tie import predicted_spans

__all__ = ["LabelStudio"]

_CONFIG = """<View>
  <Style>
    .pair {{ display: grid; grid-template-columns: 1fr 1fr; gap: 1.5em; margin: 1em 0; }}
    .source {{ direction: {src_dir}; }}
    .target {{ direction: {tgt_dir}; }}
  </Style>
  <Labels name="label" toName="target">
{labels}
  </Labels>
  <View className="pair">
    <View className="source"><Text name="source" value="$src_text"/></View>
    <View className="target"><Text name="target" value="$tgt_text"/></View>
  </View>
  <Header value="The translation, if it needs mending" size="5"/>
  <TextArea name="translation" toName="target" value="$tgt_text" maxSubmissions="1" rows="3"
            editable="true"/>
  <Header value="Is it fit to be used?" size="5"/>
  <Choices name="verdict" toName="target" choice="single" showInline="true">
    <Choice value="accept"/>
    <Choice value="reject"/>
  </Choices>
  <View style="display: none">
    <Labels name="source_label" toName="source">
{labels}
    </Labels>
  </View>
</View>
"""


class LabelStudio(Tool):
    """``tasks.json`` and ``config.xml``, the labelling interface; reads the export ``JSON``."""

    __slots__ = ()

    name: ClassVar[str] = "label-studio"

    def write(self, items: Sequence[Item], out: Path, *, labels: Sequence[str]) -> None:
        """Write the tasks and the labelling interface; see :meth:`Tool.write`."""
        tags = "\n".join(f"    <Label value={quoteattr(label)}/>" for label in labels)
        config = _CONFIG.format(
            labels=tags,
            src_dir=direction(items[0].src_lang) if items else "ltr",
            tgt_dir=direction(items[0].tgt_lang) if items else "ltr",
        )
        with open_output(out / "config.xml") as stream:
            stream.write(config)
        with open_output(out / "tasks.json") as stream:
            json.dump([_task(item) for item in items], stream, ensure_ascii=False, indent=1)
            stream.write("\n")

    def read(self, source: Path) -> Iterator[Answer | Reject]:
        """Yield an answer for each submitted annotation; see :meth:`Tool.read`."""
        remedy = "export it as JSON (not JSON-MIN)"
        tasks = json_objects(source, having="data", remedy=remedy)
        for number, task in enumerate(tasks, start=1):
            for annotation in task.get("annotations") or ():
                if annotation.get("was_cancelled"):
                    continue
                unit = str(task["data"].get("unit_id", ""))
                try:
                    yield _answer(unit, task["data"], annotation, str(source), number)
                except (KeyError, TypeError, ValueError, IndexError) as error:
                    reason = f"task {number}: {_said(error)}"
                    raw = json.dumps(annotation, ensure_ascii=False)[:1000]
                    yield Reject(str(source), None, unit or None, reason, raw)


def _said(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)


def _task(item: Item) -> dict[str, object]:
    shown = [mark for mark, _ in marks_of(predicted_spans(item))]
    # Its editor makes CSS classes of the ids: a span's own id may not do for that.
    result = [
        {
            "id": f"source{number}",
            "from_name": "source_label",
            "to_name": "source",
            "type": "labels",
            "readonly": True,
            "value": _value(mark, item.src_text),
        }
        for number, (mark, _) in enumerate(marks_of(item.src_spans))
    ]
    result += [
        {
            "id": f"target{number}",
            "from_name": "label",
            "to_name": "target",
            "type": "labels",
            "value": _value(mark, item.tgt_text),
        }
        for number, mark in enumerate(shown)
    ]
    methods = sorted({p.method for p in item.projections}) or ["none"]
    return {
        "data": {
            "unit_id": item.id,
            "src_text": item.src_text,
            "tgt_text": item.tgt_text,
            "span_ids": [mark.id for mark in shown],
            "verdict": item.verdict,
            "reasons": "; ".join(item.reasons),
        },
        "predictions": [
            {"model_version": ", ".join(methods), "score": item.score or 0.0, "result": result}
        ],
    }


def _value(mark: Mark, text: str) -> dict[str, object]:
    return {
        "start": mark.start,
        "end": mark.end,
        "text": text[mark.start : mark.end],
        "labels": [mark.label],
    }


def _answer(
    unit: str, data: Mapping[str, Any], annotation: Mapping[str, Any], source: str, number: int
) -> Answer:
    if not unit:
        raise ValueError("its data have no unit_id: not a task that labelproj exported")
    shown = str(data["tgt_text"])
    text, verdict = shown, ACCEPT
    marks = []
    for one in annotation["result"]:
        value = one.get("value") or {}
        if one.get("from_name") == "label" and one.get("type") == "labels":
            start, end = _place(value, shown)
            label = value["labels"][0]
            marks.append(Mark(_span_id(one["id"], data), start, end, str(label)))
        elif one.get("from_name") == "translation" and value.get("text"):
            written = value["text"]
            text = str(written if isinstance(written, str) else written[-1])
        elif one.get("from_name") == "verdict":
            verdict = REJECT if REJECT in value.get("choices", ()) else ACCEPT
    return Answer(
        unit_id=unit,
        shown=shown,
        text=text,
        marks=tuple(marks),
        verdict=verdict,
        annotator=_who(annotation.get("completed_by")),
        at=annotation.get("updated_at") or annotation.get("created_at"),
        source=source,
        line=None,
    )


def _span_id(region: object, data: Mapping[str, Any]) -> str | None:
    number = str(region).removeprefix("target")
    known = data.get("span_ids") or ()
    return str(known[int(number)]) if number.isdecimal() and int(number) < len(known) else None


def _place(value: Mapping[str, Any], text: str) -> tuple[int, int]:
    """Return the place of a region in code points; ValueError when its text is not there."""
    start, end = int(value["start"]), int(value["end"])
    said = value.get("text")
    if not 0 <= start < end:
        raise ValueError(f"region [{start}, {end}) is empty")
    if end <= len(text) and (said is None or _same(text[start:end], said)):
        return start, end
    units = Utf16(text)
    try:
        old = units.points(start), units.points(end)
    except IndexError:
        old = (0, 0)
    if said is not None and old[0] < old[1] and _same(text[slice(*old)], said):
        return old
    raise ValueError(f"region [{start}, {end}) is not {said!r} in the translation")


def _same(there: str, said: str) -> bool:
    # Its editor writes line breaks of a region's text as backslash n.
    return there == said or "".join(there.split()) == "".join(said.replace("\\n", "\n").split())


def _who(completed_by: object) -> str | None:
    if isinstance(completed_by, dict):
        found = completed_by.get("email") or completed_by.get("username") or completed_by.get("id")
        return None if found is None else str(found)
    return None if completed_by is None else f"user {completed_by}"
