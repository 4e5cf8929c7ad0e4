"""Stage prepare: units that add up to their documents, ids that are unique, a full quarantine."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj import tables
from labelproj.config import PrepareParams
from labelproj.errors import MissingInputError, RecordError
from labelproj.records import Document, Segment, Span
from labelproj.stages.prepare import mapped_labels, run_prepare, units_of


def write_jsonl(path: Path, records: Sequence[Mapping[str, object]]) -> str:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return str(path)


TEXT = "Amina Bello came. She met Musa in Kano.\nNobody else was there. 😀"
GOOD = {
    "id": "a",
    "text": TEXT,
    "spans": [
        {"start": 0, "end": 11, "label": "per"},
        {"start": 26, "end": 30, "label": "per"},
        {"start": 34, "end": 38, "label": "geo"},
    ],
}


def test_units_add_up_and_bad_records_are_kept_apart(tmp_path: Path) -> None:
    bad: list[Mapping[str, object]] = [
        {"id": "range", "text": "short", "spans": [{"start": 0, "end": 99, "label": "per"}]},
        {"id": "blank", "text": "  \u200b ", "spans": []},
        {"id": "no text"},
    ]
    one = write_jsonl(tmp_path / "one.jsonl", [GOOD, *bad])
    two = write_jsonl(tmp_path / "two.jsonl", [GOOD, {"id": "b", "text": "No span here."}])
    params = PrepareParams(label_map={"per": "PER", "*": None})
    out = tmp_path / "out"
    manifest = run_prepare(inputs=[one, two], out=out, params=params, lang="en")
    counts = manifest["counts"]
    assert isinstance(counts, dict)
    assert counts["in"] == 6 == counts["kept"] + counts["rejected"]
    documents = tables.read(out / "documents.parquet", tables.DOCUMENTS)
    assert len(set(documents["id"])) == len(documents) == counts["kept"]
    assert {"a", "a#2", "b"} <= set(documents["id"])
    rejected = tables.read(out / "quarantine.parquet", tables.REJECTS)
    assert all(rejected["reason"].str.len_chars() > 0)
    assert rejected["line"].drop_nulls().to_list() == [2, 4]
    units = tables.read(out / "units.parquet", tables.UNITS)
    assert len(set(units["id"])) == len(units)
    own = units.filter(units["document_id"] == "a#2")
    text = "".join(
        lead + src + trail for lead, src, trail in own.select("lead", "src_text", "trail").rows()
    )
    assert text == TEXT
    spans = [
        (span.label, span.surface(row["src_text"]))
        for row in own.iter_rows(named=True)
        for span in tables.spans_of(row["src_spans"])
    ]
    assert spans == [("PER", "Amina Bello"), ("PER", "Musa")]


def test_preparing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [GOOD])
    for name in ("one", "two"):
        run_prepare(inputs=[source], out=tmp_path / name, params=PrepareParams(), lang="en")
    for name in ("units", "documents", "quarantine"):
        one, two = (tmp_path / folder / f"{name}.parquet" for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_limit_and_strict(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [GOOD, {"id": "b"}, {**GOOD, "id": "c"}])
    manifest = run_prepare(
        inputs=[source], out=tmp_path / "out", params=PrepareParams(limit=1), lang="en"
    )
    counts = manifest["counts"]
    assert isinstance(counts, dict)
    assert (counts["kept"], counts["rejected"]) == (1, 0)
    with pytest.raises(RecordError, match=r"in\.jsonl:2"):
        run_prepare(
            inputs=[source], out=tmp_path / "out", params=PrepareParams(strict=True), lang="en"
        )


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    source = write_jsonl(tmp_path / "in.jsonl", [{"id": "a", "text": " "}])
    with pytest.raises(MissingInputError, match="no usable record"):
        run_prepare(inputs=[source], out=tmp_path / "out", params=PrepareParams(), lang="en")
    with pytest.raises(MissingInputError, match="no input"):
        run_prepare(inputs=[], out=tmp_path / "out", params=PrepareParams(), lang="en")


@pytest.mark.parametrize(
    ("params", "spans", "message"),
    [
        ({"label_map": {"LOCC": "GPE", "*": None}}, True, "all labels were dropped"),
        ({"label_map": {"LOCC": "GPE"}}, True, "no record has the label LOCC (the data have LOC)"),
        ({"label_map": {"LOC": "GPE"}, "labels": ["GPE", "PERS"]}, True, "the label PERS (the"),
        ({}, False, "no record has a label: nothing to project"),
        ({"label_map": {"LOC": "GPE"}, "labels": ["GPE"]}, True, ""),
        ({"label_map": {"PER": "NAME"}, "limit": 1}, True, ""),
    ],
)
def test_labels_that_no_record_has_are_said(
    params: dict[str, object],
    spans: bool,
    message: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = {"id": "n1", "text": "Ora burned.", "spans": [{"start": 0, "end": 3, "label": "LOC"}]}
    file = write_jsonl(tmp_path / "a.jsonl", [record if spans else record | {"spans": []}])
    own = PrepareParams.model_validate(params)
    run_prepare(inputs=[file], out=tmp_path / "out", params=own, lang="en")
    assert message in caplog.text
    assert bool(message) == bool(caplog.records)


def test_a_translated_segment_is_one_unit() -> None:
    segment = Segment("text", "text", "One. Two.", (), "Ɗaya. Biyu.")
    ((_, unit),) = units_of(Document("d", "en", (segment,)), lang="en", splitter="rules")
    assert unit.text == "One. Two."


def test_label_maps() -> None:
    spans = [Span("s0", 0, 1, "a"), Span("s1", 1, 2, "b"), Span("s2", 2, 3, "c")]
    assert [s.label for s in mapped_labels(spans, {"a": "X", "b": None}, None)] == ["X", "c"]
    assert [s.label for s in mapped_labels(spans, {"a": "X", "*": None}, None)] == ["X"]
    assert [s.label for s in mapped_labels(spans, {}, ["b"])] == ["b"]


pieces = st.sampled_from(
    ["Amina ", "came. ", "Why? ", "\n", "\r\n", "Dr. X ", "e.g. ", "ƙasa", "! ", "\t"]
)


@settings(deadline=None)
@given(st.lists(pieces, max_size=14).map("".join), st.data())
def test_segments_are_put_together_again(text: str, data: st.DataObject) -> None:
    spans = []
    for number in range(data.draw(st.integers(0, 3))):
        places = [i for i, c in enumerate(text) if not c.isspace()]
        if places:
            first, last = sorted(
                (data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places)))
            )
            spans.append(Span(f"s{number}", first, last + 1, "X"))
    segment = Segment("text", "text", text, tuple(spans))
    units = [u for _, u in units_of(Document("d", "en", (segment,)), lang="en", splitter="rules")]
    if units:
        assert "".join(u.lead + u.text + u.trail for u in units) == text
    else:
        assert not text.strip()
    found = [(s.id, s.surface(u.text)) for u in units for s in u.spans]
    assert sorted(found) == sorted((s.id, s.surface(text)) for s in spans)
