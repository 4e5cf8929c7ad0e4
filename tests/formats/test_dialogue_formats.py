"""Formats of dialogues: read, written back without loss, and bad ones quarantined."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from invented_dialogues import MTOD, RECORDS, write_record
from labelproj.dialogue import dialogue_of
from labelproj.dialogue.localise import localise
from labelproj.dialogue.ontology import Ontology
from labelproj.dialogue.values import Lexicon, ValueMap
from labelproj.errors import FormatError, MissingInputError, UsageError
from labelproj.formats import format_of, read_documents, write_documents
from labelproj.records import Document, Reject, Span


def documents(path: Path, name: str) -> list[Document]:
    found = list(read_documents(str(path), lang="en", format=name))
    assert all(isinstance(one, Document) for one in found), found
    return [one for one in found if isinstance(one, Document)]


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_written_back_as_it_was(name: str, tmp_path: Path) -> None:
    source = write_record(name, tmp_path / "in.json")
    found = documents(source, name)
    target = tmp_path / "out.json.gz"
    assert write_documents(found, target, format=name) == 1
    again = documents(target, name)
    assert again == found
    write_documents(again, tmp_path / "plain.json", format=name)
    assert json.loads((tmp_path / "plain.json").read_text()) == json.loads(source.read_text())


@pytest.mark.parametrize("name", RECORDS)
def test_a_format_is_known_by_its_ending_or_by_its_first_keys(name: str, tmp_path: Path) -> None:
    assert format_of(f"train.{name}.json.gz") == name
    assert format_of(str(write_record(name, tmp_path / "in.json"))) == name


@pytest.mark.parametrize("name", RECORDS)
def test_payload_and_spans_survive_json_lines(name: str, tmp_path: Path) -> None:
    found = documents(write_record(name, tmp_path / "in.json"), name)
    write_documents(found, tmp_path / "out.jsonl")
    assert list(read_documents(str(tmp_path / "out.jsonl"), lang="en")) == found


@pytest.mark.parametrize("name", RECORDS)
def test_spans_have_the_slot_as_label_and_the_value_as_group(name: str, tmp_path: Path) -> None:
    (found,) = documents(write_record(name, tmp_path / "in.json"), name)
    spans = [(one, span) for one in found.segments for span in one.spans]
    assert spans
    assert {segment.role for segment in found.segments} == {"user", "agent"}
    for segment, span in spans:
        assert span.surface(segment.text).casefold() == (span.group or "").casefold()


def values(mapping: dict[str, str]) -> ValueMap:
    return ValueMap(
        own=Lexicon(),
        literal=frozenset(mapping),
        corpus=Lexicon(),
        ontology=Ontology({"*": {old: (new,) for old, new in mapping.items()}}),
        translated={},
    )


@pytest.mark.parametrize("name", RECORDS)
def test_localised_values_are_written_everywhere(name: str, tmp_path: Path) -> None:
    (found,) = documents(write_record(name, tmp_path / "in.json"), name)
    mapping = {"rice": "shinkafa", "north": "arewa", "dala inn": "Otal Dala", "kano": "Birnin Kano"}
    mapping |= {"kano city": "Birnin Kano", "pool": "tafki", "garden": "lambu"}
    write_documents([localise(found, values(mapping))], tmp_path / "out.json", format=name)
    text = (tmp_path / "out.json").read_text(encoding="utf-8")
    (again,) = documents(tmp_path / "out.json", name)
    for turn in dialogue_of(again).turns:
        said = [one.values for one in (*turn.state, *turn.update)]
        said += [one.values for one in (*turn.user_acts, *turn.agent_acts)]
        assert not {value.casefold() for part in said for value in part} & set(mapping)
    assert any(new in text for new in mapping.values())


def test_places_follow_a_text_that_has_changed(tmp_path: Path) -> None:
    for name in ("sgd", "risawoz"):
        (found,) = documents(write_record(name, tmp_path / "in.json"), name)
        first = found.segments[0]
        slot = "city"
        changed = replace(first, text="A Kano akwai?", spans=(Span("a", 2, 6, slot, "Kano"),))
        moved = replace(found, segments=(changed, *found.segments[1:]))
        write_documents([moved], tmp_path / "out.json", format=name)
        (again,) = documents(tmp_path / "out.json", name)
        assert again.segments[0].text == "A Kano akwai?"
        assert [(s.start, s.end, s.label) for s in again.segments[0].spans] == [(2, 6, slot)]


def test_an_agent_whose_state_is_empty_is_no_missing_turn(tmp_path: Path) -> None:
    record = copy.deepcopy(RECORDS["multiwoz"][1])
    record["log"][1]["metadata"] = {}
    path = tmp_path / "in.json"
    path.write_text(json.dumps({"MUL1.json": record}), encoding="utf-8")
    (found,) = documents(path, "multiwoz")
    assert dialogue_of(found).turns[0].state == ()


def test_values_of_multiwoz_22_follow_too(tmp_path: Path) -> None:
    state = {"slot_values": {"hotel-city": ["kano"], "taxi-to": ["kano"]}}
    places = [
        {"slot": "hotel-city", "start": 5, "exclusive_end": 9, "value": "Kano"},
        {"slot": "taxi-to", "copy_from": "hotel-city", "value": ["kano"]},
    ]
    frame = {"service": "hotel", "actions": [], "slots": places, "state": state}
    turn = {"speaker": "USER", "turn_id": "0", "utterance": "From Kano.", "frames": [frame]}
    record = {"dialogue_id": "PMUL1.json", "services": ["hotel"], "turns": [turn]}
    path = tmp_path / "in.json"
    path.write_text(json.dumps([record]), encoding="utf-8")
    (found,) = documents(path, format_of(str(path)))
    write_documents([found], tmp_path / "out.json", format="sgd")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == [record]
    moved = localise(found, values({"kano": "Birnin Kano"}))
    text = replace(moved.segments[0], text="Daga Birni.", spans=(Span("a", 5, 10, "city", "x"),))
    write_documents([replace(moved, segments=(text,))], tmp_path / "out.json", format="sgd")
    (again,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    copied, placed = again["turns"][0]["frames"][0]["slots"]
    assert copied == {"slot": "taxi-to", "copy_from": "hotel-city", "value": ["Birnin Kano"]}
    assert placed == {"slot": "hotel-city", "start": 5, "exclusive_end": 10, "value": "Birni"}


def test_calls_and_rows_are_read(tmp_path: Path) -> None:
    (bitod,) = documents(write_record("bitod", tmp_path / "b.json"), "bitod")
    (turn,) = dialogue_of(bitod).turns
    (call,) = turn.calls
    assert [(c.slot, c.relation, c.values) for c in call.constraints] == [
        ("stars", "at_least", ("4",)),
        ("with", "one_of", ("pool", "garden")),
    ]
    assert dict(turn.rows[0].cells)["stars"] == 5
    (sgd,) = documents(write_record("sgd", tmp_path / "s.json"), "sgd")
    assert dialogue_of(sgd).turns[0].calls[0].name == "Find"


def broken(name: str) -> list[tuple[dict[str, Any], str]]:
    """Return records of which something is missing, and what is said."""
    record = copy.deepcopy(RECORDS[name][1])
    if name == "woz2":
        record["dialogue_idx"] = 8
        gap = copy.deepcopy(record)
        del gap["dialogue"][1]
        value = copy.deepcopy(record)
        value["dialogue"][0]["belief_state"][0]["slots"][0][1] = {"a": 1}
        return [(gap, "turn 1 is missing"), (value, "a value is dict"), ({"x": 1}, "no 'dialogue'")]
    if name == "multiwoz":
        del record["log"][0]
        return [(record, "turn 0 is missing")]
    if name == "sgd":
        record["dialogue_id"] = "2"
        place = copy.deepcopy(record)
        place["turns"][0]["frames"][0]["slots"][0]["exclusive_end"] = 99
        record["turns"].append(copy.deepcopy(record["turns"][1]))
        return [(record, "speaks twice"), (place, "outside its text")]
    if name == "bitod":
        del record["Events"][0]
        return [(record, "no user before event 0")]
    record["dialogue_id"] = "2"
    record["dialogue"][0]["turn_id"] = 1
    return [(record, "turn 0 is missing")]


@pytest.mark.parametrize("name", RECORDS)
def test_a_bad_dialogue_is_rejected_and_the_rest_goes_through(name: str, tmp_path: Path) -> None:
    for record, reason in broken(name):
        path = write_record(name, tmp_path / "in.json", record)
        good, bad = read_documents(str(path), lang="en", format=name)
        assert isinstance(good, Document)
        assert isinstance(bad, Reject)
        assert reason in bad.reason


def test_a_second_use_of_an_id_is_rejected(tmp_path: Path) -> None:
    path = write_record("woz2", tmp_path / "in.json", RECORDS["woz2"][1])
    _, bad = read_documents(str(path), lang="en", format="woz2")
    assert isinstance(bad, Reject)
    assert "duplicate id" in bad.reason


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("", MissingInputError, "nothing in it"),
        ('"a"', FormatError, "neither a JSON array"),
        ('[{"a": 1}, {"b"', FormatError, "not JSON"),
        ('[{"a": 1} {"b": 1}]', FormatError, "expected ','"),
        ("[] []", FormatError, "more after the end"),
        ('[{"a": 1}]', FormatError, "not a dialogue of this format"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole(
    text: str, kind: type[Exception], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "in.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(kind, match=said):
        list(read_documents(str(path), lang="en", format="woz2"))


def test_a_document_from_elsewhere_cannot_be_written(tmp_path: Path) -> None:
    found = documents(write_record("sgd", tmp_path / "in.json"), "sgd")
    with pytest.raises(UsageError, match="was not read from woz2"):
        write_documents(found, tmp_path / "out.json", format="woz2")
    short = replace(found[0], payload={**found[0].payload, "dialogue": {"turns": []}})
    with pytest.raises(UsageError, match="cannot be written as sgd"):
        write_documents([short], tmp_path / "out.json", format="sgd")


def test_tagged_utterances(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text(MTOD, encoding="utf-8")
    assert format_of(str(path)) == "mtod"
    alarm, rain = documents(path, "mtod")
    assert rain.segments[0].text == "rain in Kano?"
    (turn,) = dialogue_of(alarm).turns
    assert turn.user_acts[0].act == "alarm__set"
    assert [(c.slot, c.values) for c in turn.state] == [("datetime", ("at 7:30",))]
    write_documents([alarm, rain], tmp_path / "out.txt", format="mtod")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == MTOD
    moved = replace(
        rain.segments[0], text="Ruwa a Kano?", spans=(Span("a", 7, 11, "place", "Kano"),)
    )
    write_documents([replace(rain, segments=(moved,))], tmp_path / "out.txt", format="mtod")
    assert (tmp_path / "out.txt").read_text(
        encoding="utf-8"
    ) == "Ruwa:O a:O Kano:B-place ?:O <=> weather__find\n"
    path.write_text(MTOD + "no tags here\n", encoding="utf-8")
    assert isinstance(list(read_documents(str(path), lang="en", format="mtod"))[-1], Reject)
    path.write_text("no tags here\n", encoding="utf-8")
    with pytest.raises(FormatError, match="token:tag"):
        list(read_documents(str(path), lang="en", format="mtod"))
