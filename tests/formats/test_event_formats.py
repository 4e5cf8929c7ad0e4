"""Formats of events: read, written back without loss, and bad events quarantined alone."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labelproj.errors import FormatError, UsageError
from labelproj.events import events_of
from labelproj.formats import format_of, read_documents, write_documents
from labelproj.records import Document, Reject, Segment, Span

ONEIE: dict[str, Any] = {
    "doc_id": "n1",
    "wnd_id": "n1-0",
    "text": "The mill in Ora-Town burned down.",
    "tokens": ["The", "mill", "in", "Ora", "-", "Town", "burned", "down", "."],
    "entity_mentions": [
        {"id": "T1", "text": "The mill", "entity_type": "FAC", "start": 0, "end": 2},
        {"id": "T2", "text": "Ora-Town", "entity_type": "GPE", "start": 3, "end": 6, "sent_idx": 0},
        {"id": "T3", "text": "Ora-Town", "entity_type": "LOC", "start": 3, "end": 6},
    ],
    "event_mentions": [
        {
            "id": "E1",
            "event_type": "Fire",
            "certain": True,
            "trigger": {"text": "burned down", "start": 6, "end": 8, "sent_idx": 0},
            "arguments": [
                {"entity_id": "T1", "role": "Thing", "text": "The mill"},
                {"entity_id": "T3", "role": "Place", "text": "Ora-Town", "score": 1},
                {"entity_id": "T1", "role": "Thing", "text": "The mill"},
            ],
        },
        {
            "id": "E2",
            "event_type": "Loss",
            "trigger": {"text": "burned", "start": 6, "end": 7},
            "arguments": [],
        },
    ],
    "relation_mentions": [
        {"id": "R1", "arguments": [{"entity_id": "T1", "text": "The mill"}, {"entity_id": "T2"}]}
    ],
    "sentences": [["whatever", 1]],
}
PHEE: dict[str, Any] = {
    "id": "p1",
    "context": "Bad sleep after black and green tea.",
    "is_mult_event": False,
    "annotations": [
        {
            "events": [
                {
                    "event_id": "E1",
                    "event_type": "Adverse_event",
                    "Trigger": {"text": [["after"]], "start": [[10]], "entity_id": ["T1"]},
                    "Effect": {"text": [["Bad sleep"]], "start": [[0]], "entity_id": ["T2"]},
                    "Treatment": {
                        "text": [["black and green tea"]],
                        "start": [[16]],
                        "entity_id": ["T3"],
                        "Drug": {
                            "text": [["tea", "black"], ["green tea"]],
                            "start": [[32, 16], [26]],
                            "entity_id": ["T4", "T5"],
                        },
                        "Combination": [
                            {
                                "event_id": "E2",
                                "event_type": "Combination",
                                "Trigger": {
                                    "text": [["and"]],
                                    "start": [[22]],
                                    "entity_id": ["T6"],
                                },
                                "Drug": {
                                    "text": [["green tea"]],
                                    "start": [[26]],
                                    "entity_id": ["T5"],
                                },
                            }
                        ],
                    },
                    "Severity": {
                        "text": [["Bad"]],
                        "start": [[0]],
                        "entity_id": ["T7"],
                        "value": "high",
                    },
                }
            ]
        }
    ],
}
RAMS: dict[str, Any] = {
    "doc_key": "r1",
    "split": "train",
    "sentences": [["It", "rained", "."], ["The", "mill", "did", "n't", "burn", "."]],
    "evt_triggers": [[7, 7, [["disaster.fire", 0.5]]]],
    # One place has two roles; the links may come in another order.
    "ent_spans": [
        [3, 4, [["evt01arg01thing", 1.0]]],
        [3, 4, [["evt01arg02place", 1.0]]],
        [0, 0, []],
    ],
    "gold_evt_links": [
        [[7, 7], [3, 4], "evt01arg02place"],
        [[7, 7], [3, 4], "evt01arg01thing"],
    ],
}
ANN = (
    "T1\tBuilding 0 8\tThe mill\nT2\tFire 16 22;23 27\tburned down\nT3\tLoss 32 36\tcost\n"
    "E1\tFire:T2 Thing:T1\nE2\tLoss:T3 Cause:E1\nE3\tFire:T2\nR1\tIn Arg1:T1 Arg2:E1\n"
    "A1\tSure R1\n#1\tAnnotatorNotes T1\tan old mill\n"
)
TEXT = "The mill in Ora burned down and cost lives.\n"


def documents_of(path: Path | str) -> list[Document]:
    found = list(read_documents(str(path), lang="en"))
    assert all(isinstance(one, Document) for one in found), found
    return [one for one in found if isinstance(one, Document)]


def surfaces(document: Document) -> set[tuple[str, str]]:
    return {(span.label, span.surface(segment.text)) for segment, span in document.spans()}


@pytest.mark.parametrize(
    ("name", "record"), [("oneie", ONEIE), ("phee", PHEE), ("rams", RAMS)], ids=lambda x: str(x)[:5]
)
def test_what_is_read_is_written_back(name: str, record: dict[str, Any], tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / f"out.{name}.jsonl"
    source.write_text(json.dumps(record) + "\n", encoding="utf-8")
    assert format_of(str(source)) == format_of(str(target)) == name
    documents = documents_of(source)
    write_documents(documents, target)
    assert json.loads(target.read_text(encoding="utf-8")) == record
    # Through the format of the house nothing is lost either.
    write_documents(documents, tmp_path / "between.jsonl")
    write_documents(documents_of(f"jsonl:{tmp_path / 'between.jsonl'}"), target)
    assert json.loads(target.read_text(encoding="utf-8")) == record


def test_oneie_without_text_is_joined_as_people_write(tmp_path: Path) -> None:
    record = {k: v for k, v in ONEIE.items() if k != "text"} | {
        "tokens": ["The", "mill", "of", "Ora", "'s", "son", "burned", "down", "."]
    }
    record |= {"entity_mentions": ONEIE["entity_mentions"][:1], "relation_mentions": []}
    event = ONEIE["event_mentions"][0]
    record["event_mentions"] = [event | {"arguments": event["arguments"][:1]}]
    (tmp_path / "a.jsonl").write_text(json.dumps(record), encoding="utf-8")
    (document,) = documents_of(tmp_path / "a.jsonl")
    assert document.segments[0].text == "The mill of Ora's son burned down."
    write_documents([document], tmp_path / "b.oneie.jsonl")
    assert json.loads((tmp_path / "b.oneie.jsonl").read_text()) == record


def test_phee_has_parts_inner_arguments_and_inner_events(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(PHEE), encoding="utf-8")
    (document,) = documents_of(tmp_path / "a.jsonl")
    outer, inner = events_of(span for _, span in document.spans())
    roles = [argument.role for argument in outer.arguments]
    assert roles == [
        "Effect",
        "Treatment",
        "Treatment_Drug",
        "Treatment_Drug",
        "Combination",
        "Severity",
    ]
    assert [len(argument.parts) for argument in outer.arguments] == [1, 1, 2, 1, 1, 1]
    assert (inner.type, inner.trigger[0].start) == ("Combination", 22)
    assert outer.arguments[4].parts[0].start == 22


def translated(document: Document, text: str, *, without: str = "") -> Document:
    """Return a document with another text, each place in it another word of four letters."""
    places: dict[tuple[int, int], int] = {}
    for _, span in document.spans():
        places.setdefault((span.start, span.end), 5 * len(places))
    assert 5 * len(places) <= len(text) + 1
    spans = tuple(
        replace(span, start=(at := places[span.start, span.end]), end=at + 4)
        for _, span in document.spans()
        if span.id != without
    )
    return Document(document.id, "ha", (Segment("text", "text", text, spans),), document.payload)


def test_a_translation_has_tokens_and_places_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(ONEIE), encoding="utf-8")
    (document,) = documents_of(tmp_path / "a.jsonl")
    target = translated(document, "aaaa bbbb cccc dddd eeee ffff", without="T2")
    write_documents([target], tmp_path / "b.oneie.jsonl")
    record = json.loads((tmp_path / "b.oneie.jsonl").read_text())
    assert record["tokens"] == ["aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff"]
    assert (record["doc_id"], record["lang"]) == ("n1", "ha")
    assert "sentences" not in record and record["relation_mentions"] == []
    assert [mention["id"] for mention in record["entity_mentions"]] == ["T1", "T3"]
    assert all("sent_idx" not in event["trigger"] for event in record["event_mentions"])
    (again,) = documents_of(tmp_path / "b.oneie.jsonl")
    assert again.segments == target.segments


def test_phee_of_a_translation_leaves_out_what_is_lost(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(PHEE), encoding="utf-8")
    (document,) = documents_of(tmp_path / "a.jsonl")
    text = "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll"
    write_documents([translated(document, text, without="E2")], tmp_path / "b.phee.jsonl")
    (event,) = json.loads((tmp_path / "b.phee.jsonl").read_text())["annotations"][0]["events"]
    assert event["Treatment"]["Combination"] == []
    assert event["Treatment"]["Drug"]["entity_id"] == ["T4", "T5"]
    (again,) = documents_of(tmp_path / "b.phee.jsonl")
    assert {s.surface(text) for _, s in again.spans()} <= set(text.split())


@pytest.mark.parametrize("ending", ["oneie.jsonl", "phee.jsonl", "rams.jsonl"])
def test_events_go_from_any_format_to_any_other(ending: str, tmp_path: Path) -> None:
    one_role = RAMS | {"gold_evt_links": RAMS["gold_evt_links"][1:]}
    (tmp_path / "a.jsonl").write_text(json.dumps(one_role), encoding="utf-8")
    (document,) = documents_of(tmp_path / "a.jsonl")
    write_documents([document], tmp_path / f"b.{ending}")
    (again,) = documents_of(tmp_path / f"b.{ending}")
    (one,), (two,) = (events_of(s for _, s in d.spans()) for d in (document, again))
    text = document.segments[0].text
    assert text == again.segments[0].text == "It rained. The mill didn't burn."
    assert (one.type, one.trigger[0].surface(text)) == (two.type, two.trigger[0].surface(text))
    for event in (one, two):
        assert [(a.role, a.parts[0].surface(text)) for a in event.arguments] == [
            ("evt01arg01thing", "The mill")
        ]


def change(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(record))
    return copied | changes


def bad_records() -> list[tuple[str, dict[str, Any], str]]:
    event = ONEIE["event_mentions"][0]
    trigger, arguments = event["trigger"], event["arguments"]
    inner = PHEE["annotations"][0]["events"][0]
    wrong = {"text": [["before"]], "start": [[10]], "entity_id": ["T1"]}

    def events(*changed: dict[str, Any]) -> dict[str, Any]:
        return change(ONEIE, event_mentions=list(changed))

    def phee(**changes: Any) -> dict[str, Any]:
        return change(PHEE, annotations=[{"events": [inner | changes]}])

    return [
        ("no trigger", events({k: v for k, v in event.items() if k != "trigger"}), "no trigger"),
        ("outside", events(event | {"trigger": trigger | {"end": 40}}), "outside its text"),
        ("other text", events(event | {"trigger": trigger | {"text": "rained"}}), "says 'rained'"),
        ("no entity", events(event | {"arguments": [arguments[0] | {"entity_id": "T8"}]}), "'T8'"),
        ("no number", events(event | {"trigger": {"start": "a"}}), "not numbers"),
        ("phee text", phee(Effect=wrong), "says 'before'"),
        ("phee trigger", phee(Trigger=None), "no trigger"),
        ("phee lists", phee(Effect={"text": [], "start": [[1]], "entity_id": []}), "not lists"),
    ]


@pytest.mark.parametrize(("name", "record", "reason"), bad_records(), ids=lambda x: str(x)[:12])
def test_a_bad_event_is_rejected_and_its_document_goes_on(
    name: str, record: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    found = list(read_documents(str(path), lang="en"))
    (reject,) = [one for one in found if isinstance(one, Reject)]
    assert reason in reject.reason and (reject.record_id or "").endswith("/E1")
    (document,) = [one for one in found if isinstance(one, Document)]
    assert not any(span.group == "E1" for _, span in document.spans())


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (change(ONEIE, tokens=["The", "rain"]), "do not make up 'text'"),
        (change(ONEIE, tokens=[1]), "not a list of strings"),
        (change(ONEIE, event_mentions=[1]), "not a list of objects"),
        (change(RAMS, evt_triggers=[]), "no event has a trigger"),
        (change(RAMS, evt_triggers=[[7, 99, []]]), "outside its text"),
        (change(RAMS, gold_evt_links=[[[0, 0], [3, 4], "x"]]), "is of no trigger"),
        (change(RAMS, sentences="It rained."), "not a list of lists"),
        (change(PHEE, context=None), "no 'context'"),
    ],
)
def test_a_bad_record_is_rejected(record: dict[str, Any], reason: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = {"doc_id": "x", "doc_key": "x", "id": "x"}
    path.write_text(json.dumps(record) + "\n" + json.dumps(record | good) + "\n", encoding="utf-8")
    found = list(read_documents(str(path), lang="en"))
    assert all(isinstance(one, Reject) and reason in one.reason for one in found) and found


def brat(folder: Path, text: str = TEXT, ann: str = ANN) -> str:
    folder.mkdir()
    (folder / "a.txt").write_text(text, encoding="utf-8")
    (folder / "a.ann").write_text(ann, encoding="utf-8")
    return f"brat_events:{folder}"


def test_brat_events_are_written_back(tmp_path: Path) -> None:
    (document,) = documents_of(brat(tmp_path / "in"))
    first, second, third = events_of(span for _, span in document.spans())
    assert (first.type, len(first.trigger), first.arguments[0].role) == ("Fire", 2, "Thing")
    assert (second.arguments[0].role, len(second.arguments[0].parts)) == ("Cause", 2)
    assert third.trigger == tuple(Span("E3", s.start, s.end, "Fire", "E3") for s in first.trigger)
    write_documents([document], tmp_path / "out", format="brat_events")
    assert (tmp_path / "out" / "a.txt").read_text() == TEXT
    assert sorted((tmp_path / "out" / "a.ann").read_text().splitlines()) == sorted(ANN.splitlines())
    # Read as plain brat, events are passed over, as before.
    (plain,) = documents_of(tmp_path / "in")
    assert all(span.group is None for _, span in plain.spans())


def test_brat_events_without_their_parts(tmp_path: Path) -> None:
    ann = ANN + "E4\tFire:T9\nE5\tFire:T2 Thing:T8\nE6 nothing\n"
    *rejects, document = read_documents(brat(tmp_path / "in", ann=ann), lang="en")
    assert [one.record_id for one in rejects if isinstance(one, Reject)] == ["a", "a/E4", "a/E5"]
    assert isinstance(document, Document)
    names = [event.id for event in events_of(span for _, span in document.spans())]
    assert names == ["E1", "E2", "E3"]
    with pytest.raises(UsageError, match="folder"):
        write_documents([document], tmp_path / "x.ann", format="brat_events")


def test_ids_that_brat_does_not_have_become_its_own(tmp_path: Path) -> None:
    spans = (
        Span("n-E1", 0, 3, "Fire", "n-E1"),
        Span("E1", 4, 8, "Loss", "E1"),
        Span("E1|Cause|n-E1", 0, 3, "Cause", "E1"),
    )
    document = Document("a", "en", (Segment("text", "text", "The mill.", spans),))
    write_documents([document], tmp_path / "out", format="brat_events")
    lines = (tmp_path / "out" / "a.ann").read_text().splitlines()
    assert lines[2:] == ["E2\tFire:T1", "E1\tLoss:T2 Cause:E2"]


def test_brat_lines_go_with_what_they_name(tmp_path: Path) -> None:
    (document,) = documents_of(brat(tmp_path / "in"))
    (segment,) = document.segments
    spans = tuple(span for span in segment.spans if span.group is None)
    less = Document("a", "en", (Segment("text", "text", segment.text, spans),), document.payload)
    write_documents([less], tmp_path / "out", format="brat_events")
    lines = (tmp_path / "out" / "a.ann").read_text().splitlines()
    assert lines[0] == "T1\tBuilding 0 8\tThe mill"
    assert not any(line.startswith(("E", "R")) for line in lines)
    assert "#1\tAnnotatorNotes T1\tan old mill" in lines


def test_a_file_of_none_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("not json\n", encoding="utf-8")
    for name in ("oneie", "phee", "rams"):
        with pytest.raises(FormatError, match="each line is one JSON object"):
            list(read_documents(f"{name}:{path}", lang="en"))
