"""TextEE's scores, by hand."""

from pathlib import Path

import pytest

from labelproj.errors import FormatError, MissingInputError
from labelproj.evaluate.events import attached_scores, event_scores, score_event_files
from labelproj.events import events_of
from labelproj.formats import write_documents
from labelproj.records import Document, Segment, Span


def event(name: str, kind: str, at: int, *arguments: tuple[str, int]) -> list[Span]:
    spans = [Span(name, at, at + 1, kind, name)]
    return spans + [
        Span(f"{name}|{role}|{i}", start, start + 1, role, name)
        for i, (role, start) in enumerate(arguments)
    ]


GOLD = event("g1", "Buy", 0, ("Buyer", 2), ("Thing", 4)) + event("g2", "Sell", 6, ("Seller", 2))
#: A wrong type with right place; a wrong role; an argument tied to another trigger of the type.
PRED = event("p1", "Buy", 0, ("Buyer", 2), ("Buyer", 4)) + event("p2", "Sell", 8, ("Seller", 2))


def test_scores_are_over_tuples_as_textee_has_them() -> None:
    scores = event_scores({"d": events_of(PRED)}, {"d": events_of(GOLD)})
    f1 = {name: one["f1"] for name, one in scores.items()}
    assert f1 == {
        "trigger_id": 50.0,
        "trigger_cls": 50.0,
        "argument_id": 100.0,
        "argument_cls": 66.67,
        "argument_attached_id": 66.67,
        "argument_attached_cls": 33.33,
    }
    assert scores["argument_id"]["gold"] == 3
    perfect = event_scores({"d": events_of(GOLD)}, {"d": events_of(GOLD)})
    assert {one["f1"] for one in perfect.values()} == {100.0}
    other = event_scores({"x": events_of(GOLD)}, {"d": events_of(GOLD)})
    assert {one["f1"] for one in other.values()} == {0.0}


def test_places_are_all_parts() -> None:
    whole, part = Span("e", 0, 2, "X", "e"), Span("e", 4, 5, "X", "e")
    scores = event_scores({"d": events_of([whole])}, {"d": events_of([part, whole])})
    assert scores["trigger_id"]["f1"] == 0.0


def test_scores_with_given_triggers() -> None:
    gold = {"d/E1": [Span("a", 0, 2, "Thing"), Span("b", 3, 4, "Place")]}
    found = {"d/E1": [Span("x", 0, 2, "Place")]}
    assert attached_scores(found, gold) == {
        "argument_attached_id": 66.67,
        "argument_attached_cls": 0.0,
    }


def write(path: Path, text: str, spans: list[Span], name: str = "d") -> Path:
    document = Document(name, "en", (Segment("text", "text", text, tuple(spans)),))
    write_documents([document], path)
    return path


def test_files_are_matched_by_id_and_text(tmp_path: Path) -> None:
    gold = write(tmp_path / "gold.jsonl", "a b c d e", GOLD)
    assert score_event_files(gold, gold)["argument_cls"]["f1"] == 100.0
    with pytest.raises(FormatError, match="no document in common"):
        score_event_files(write(tmp_path / "x.jsonl", "a b c d e", GOLD, name="x"), gold)
    with pytest.raises(FormatError, match="its text is not"):
        score_event_files(write(tmp_path / "t.jsonl", "a b c d f", GOLD), gold)
    with pytest.raises(FormatError, match="no event in it"):
        score_event_files(gold, write(tmp_path / "n.jsonl", "a b c d e", [Span("s", 0, 1, "X")]))
    with pytest.raises(MissingInputError):
        score_event_files(tmp_path / "none.jsonl", gold)
