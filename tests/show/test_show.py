"""Pairs from every kind of file, and how they look in a terminal."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from builders import Pair as Made
from builders import make_units, sample, write_tables
from labelproj import tables
from labelproj.config import FilterParams
from labelproj.errors import FormatError, InputError, MissingInputError
from labelproj.show import Pair, Side, read_pairs
from labelproj.show.terminal import rendered
from labelproj.stages.filter import run_filter

DEMO = Path(__file__).parents[2] / "data" / "demo"


def lines(pairs: list[Pair], *, width: int = 60, colour: bool = False) -> list[str]:
    console = Console(width=width, color_system="standard" if colour else None, record=True)
    with console.capture() as capture:
        for part in rendered(pairs, width=width, colour=colour):
            console.print(part)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_every_kind_of_file(tmp_path: Path) -> None:
    units, documents = write_tables(tmp_path, sample(2))
    run_filter(units=units, out=tmp_path / "job", params=FilterParams())
    job = read_pairs(tmp_path / "job", limit=100)
    assert len(job) == 16
    assert [pair.id for pair in read_pairs(units, limit=3)] == [pair.id for pair in job[:3]]
    assert dict(job[-1].notes)["verdict"] == "reject"
    pair = job[0]
    assert pair.target is not None
    surfaces = [span.surface(pair.target.text) for span in pair.target.spans]
    assert surfaces == ["Amina Bello", "Kano", "Litinin"]
    (only,) = read_pairs(tmp_path / "job", ids=[job[-1].id])
    assert only == job[-1]
    with_label = read_pairs(tmp_path / "job", label="ORG", limit=100)
    assert with_label and all("ORG" in one.labels() for one in with_label)
    (gold,) = read_pairs(DEMO / "ner" / "parallel.en-ha.jsonl", limit=1)
    assert gold.target is not None and gold.target.spans
    (plain,) = read_pairs(DEMO / "ner" / "test.ha.jsonl", limit=1)
    assert plain.target is None
    assert json.loads(json.dumps(plain.as_dict()))["source"]["text"] == plain.source.text
    with pytest.raises(FormatError):
        read_pairs(documents)


def test_what_was_left_out(tmp_path: Path) -> None:
    bad = {"source": "a.jsonl", "line": 2, "record_id": "n2", "reason": "no 'text'", "raw": "{}"}
    lost = {"kind": "event", "id": "d/E1", "reason": "no link", "raw": "burned"}
    for name, row, schema in (("bad", bad, tables.REJECTS), ("lost", lost, tables.DROPPED)):
        tables.write(tables.frame([row], schema), tmp_path / f"{name}.parquet", schema)
    assert lines(read_pairs(tmp_path / "bad.parquet"))[:3] == [
        "a.jsonl:2 n2",
        "  {}",
        "  reason: no 'text'",
    ]
    assert read_pairs(tmp_path / "lost.parquet")[0].id == "event d/E1"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'x'"):
        read_pairs(DEMO / "ner" / "test.ha.jsonl", ids=["x"])
    with pytest.raises(MissingInputError, match="'NOPE'"):
        read_pairs(DEMO / "ner" / "test.ha.jsonl", label="NOPE")
    for name in ("no.jsonl", "no.parquet"):
        with pytest.raises(MissingInputError):
            read_pairs(tmp_path / name)
    (tmp_path / "broken.parquet").write_text("x")
    with pytest.raises(FormatError, match="parquet"):
        read_pairs(tmp_path / "broken.parquet")


def test_brackets_without_colours(tmp_path: Path) -> None:
    made = Made("[PER:1 Amina] met [LOC:2 Kano].", "[PER:1 Amina] ta hadu.", score=0.5)
    tables.write(make_units([[made]]), tmp_path / "units.parquet", tables.PROJECTED)
    (pair,) = read_pairs(tmp_path / "units.parquet")
    assert lines([pair])[1:4] == [
        "  [Amina PER] met [Kano LOC].",
        "  [Amina PER 0.50] ta hadu.",
        "  no place: Kano (LOC): no-alignment",
    ]
    wide = lines([pair], width=120)[1]
    assert wide.startswith("  [Amina PER] met [Kano LOC].") and wide.endswith("ta hadu.")


def test_texts_cannot_steer_the_terminal() -> None:
    from labelproj.records import Span

    text = "a\x1b[31mb\x07\u202ec\u2069 😀\nd"
    pair = Pair("x", Side(text, (Span("s", 0, len(text), "A"), Span("t", 5, 7, "B"))))
    shown = "\n".join(lines([pair], colour=False))
    assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown
    assert "[a␛[31mb" not in shown  # the inner span has its own bracket
    assert "😀" in shown and "d A]" in shown
    assert any("\x1b[" in line for line in lines([pair], colour=True))
