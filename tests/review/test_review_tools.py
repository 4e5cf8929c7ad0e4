"""What goes out to an annotation tool and comes back is the same, whatever the text."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotators import ANSWERS
from labelproj.errors import FormatError, MissingInputError, UsageError
from labelproj.records import Projection, Reject, Span
from labelproj.review import TOOLS, tool_named
from labelproj.review.base import Answer, Item
from labelproj.review.corrections import correction_row
from labelproj.review.offsets import Utf16
from labelproj.review.prodigy import task_tokens

NASTY = (
    "a",
    "b ",
    " ",
    "é",
    "e\u0301",
    "\u200b",
    "\u200d",
    "\n",
    "\r\n",
    "\t",
    "😀",
    "👩‍👩‍👧",
    "🇳🇬",
)
RTL = ("سلام", " ", "\u202b", "\u202c", "שלום", "\u200f", "𐤀", "ا\u064b")
TEXTS = st.lists(
    st.sampled_from([*NASTY, *RTL, "<b>", "&amp;", '"', "%", "_", "|", "中"]), max_size=20
)
LABELS = st.sampled_from(["PER", "LOC", "Source", "Reject", "a b", "x_y%z", "é&<", "B-PER"])


@st.composite
def items(draw: st.DrawFn) -> Item:
    target = "x" + "".join(draw(TEXTS)) + "x"
    source = "y" + "".join(draw(TEXTS)) + "y"
    places = [n for n, character in enumerate(target) if not character.isspace()]
    projections, spans = [], []
    for number in range(draw(st.integers(0, 4))):
        one, two = sorted(draw(st.tuples(st.sampled_from(places), st.sampled_from(places))))
        label = draw(LABELS)
        null = draw(st.booleans())
        name = draw(st.sampled_from([f"s{number}", "same"]))
        projections.append(
            Projection(name, label, None, None, 0.0, "m", "none")
            if null
            else Projection(name, label, one, two + 1, 0.7, "m")
        )
        spans.append(Span(name, 0, 1, label))
    return Item("d/ü/0", "en", "ar", source, target, tuple(spans), tuple(projections))


def there_and_back(name: str, item: Item) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        out, back = Path(folder, "out"), Path(folder, "back")
        back.mkdir()
        tool = tool_named(name)
        labels = sorted({p.label for p in item.projections})
        tool.write([item], out, labels=labels)
        if name == "brat":  # what brat is given is what it saves
            found = list(tool.read(out))
        else:
            marks = [(p.start, p.end, p.label) for p in item.projections if p.start is not None]
            said = {item.id: ([(s, e or 0, label) for s, e, label in marks], None, False)}
            found = list(tool.read(ANSWERS[name](out, said, back)))
    (answer,) = found
    assert isinstance(answer, Answer), answer
    return answer


@pytest.mark.parametrize("name", TOOLS)
@settings(max_examples=30, deadline=None)
@given(item=items())
def test_nothing_is_lost(name: str, item: Item) -> None:
    answer = there_and_back(name, item)
    assert answer.unit_id == item.id
    assert answer.shown == answer.text == item.tgt_text
    marked = {(mark.start, mark.end, mark.label) for mark in answer.marks}
    assert marked == {(p.start, p.end, p.label) for p in item.projections if p.start is not None}
    row = correction_row(answer, item, tool=name, signature="s")
    assert not isinstance(row, Reject), row
    assert row["text"] == item.tgt_text
    ids, places = (
        {p.span_id for p in item.projections},
        {(p.start, p.label) for p in item.projections},
    )
    if len(ids) == len(places) == len(item.projections):
        assert row["status"] == "accept"


@settings(max_examples=50, deadline=None)
@given(text=TEXTS.map("".join))
def test_utf16_offsets_are_those_of_javascript(text: str) -> None:
    units = Utf16(text)
    for place in range(len(text) + 1):
        expected = len(text[:place].encode("utf-16-le")) // 2
        assert units.units(place) == expected
        assert units.points(expected) == place
    with pytest.raises(IndexError):
        units.points(units.units(len(text)) + 1)


@settings(max_examples=50, deadline=None)
@given(text=TEXTS.map("".join), data=st.data())
def test_the_tokens_of_prodigy_are_the_text(text: str, data: st.DataObject) -> None:
    places = [n for n, character in enumerate(text) if not character.isspace()]
    edges = data.draw(st.lists(st.sampled_from(places), max_size=4)) if places else []
    tokens = task_tokens(text, edges)
    assert "".join(str(one["text"]) + " " * bool(one["ws"]) for one in tokens) == text
    assert all(text[int(str(t["start"])) : int(str(t["end"]))] == t["text"] for t in tokens)
    starts = {one["start"] for one in tokens} | {len(text)}
    assert set(edges) <= starts


ITEM = Item("u", "en", "ha", "😀 Kano", "😀 Kano", (Span("a", 2, 6, "LOC"),), ())


def test_old_exports_of_label_studio_count_utf16(tmp_path: Path) -> None:
    value = {"start": 3, "end": 7, "text": "Kano", "labels": ["LOC"]}
    region = {"id": "x", "from_name": "label", "type": "labels", "value": value}
    task = {"data": {"unit_id": "u", "tgt_text": "😀 Kano"}, "annotations": [{"result": [region]}]}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task]))
    (answer,) = tool_named("label-studio").read(path)
    assert isinstance(answer, Answer)
    assert (answer.marks[0].start, answer.marks[0].end) == (2, 6)
    assert (answer.annotator, answer.at) == (None, None)
    value["text"] = "Lagos"
    path.write_text(json.dumps([task]))
    (reject,) = tool_named("label-studio").read(path)
    assert isinstance(reject, Reject)
    assert "'Lagos'" in reject.reason


def test_argilla_never_shows_its_server_an_offset_out_of_range(tmp_path: Path) -> None:
    place = Projection("a", "LOC", 2, 6, 0.9, "m")
    item = Item("u", "en", "ha", "😀 Kano", "😀 Kano", ITEM.src_spans, (place,))
    tool_named("argilla").write([item], tmp_path, labels=["LOC"])
    (record,) = json.loads((tmp_path / "records.json").read_text(encoding="utf-8"))
    (value,) = record["suggestions"]["spans"]["value"]
    assert value == {"start": 3, "end": 7, "label": "LOC"}
    assert value["end"] <= len(record["fields"]["target"])
    settings_ = json.loads((tmp_path / ".argilla" / "settings.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in settings_["questions"]] == ["spans", "translation", "verdict"]


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    empty, other = tmp_path / "empty.json", tmp_path / "other.json"
    empty.write_text("")
    other.write_text('{"text": "no answer"}\n')
    for name in TOOLS:
        with pytest.raises(FormatError):
            list(tool_named(name).read(other))
    for name in ("label-studio", "prodigy", "argilla"):
        with pytest.raises(MissingInputError):
            list(tool_named(name).read(empty))
    with pytest.raises(UsageError, match="label-studio, prodigy"):
        tool_named("doccano")
