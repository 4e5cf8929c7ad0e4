"""What the report is told of a document: both sides, and what became of their parts."""

from typing import Any

from labelproj.build import LostSpan, Reassembled, SegmentUnits
from labelproj.config import BuildParams
from labelproj.dialogue.schema import Act, Call, Constraint, Dialogue, Turn, with_dialogue
from labelproj.records import Document, Projection, Segment, Span
from labelproj.tasks import TASKS


def shown(task: str, source: Document, target: tuple[Segment, ...], **more: Any) -> dict[str, Any]:
    projections = tuple(
        tuple(
            Projection(s.id, s.label, s.start, s.end, 0.95, "m", None, s.group) for s in one.spans
        )
        for one in target
    )
    document = Document(source.id, "ha", target, source.payload)
    one = Reassembled(document, projections, True, "u:1", source=source, **more)
    return TASKS[task].shown(source, TASKS[task].usable(one, BuildParams()))


def test_events_of_both_sides_and_what_is_gone() -> None:
    spans = (
        Span("E1", 5, 11, "Fire", "E1"),
        Span("E1|Thing|T1", 0, 4, "Thing", "E1"),
        Span("E1|Place|T2", 15, 18, "Place", "E1"),
    )
    source = Document("d", "en", (Segment("text", "text", "Mill burned in Ora.", spans),))
    target = Segment(
        "text",
        "text",
        "Niƙa ta kone a Ora.",
        (Span("E1", 8, 12, "Fire", "E1"), Span("E1|Thing|T1", 0, 4, "Thing", "E1")),
    )
    lost = (LostSpan("E1|Place|T2", "Place", "E1", "Ora", "no link"),)
    found = shown("eae", source, (target,), lost=lost)
    (event,) = found["events"]
    assert event["type"] == "Fire" and event["lost"] is None
    assert event["sides"][0] == [
        [[5, 11]],
        [["Thing", [[0, 4]], "E1|Thing|T1"], ["Place", [[15, 18]], "E1|Place|T2"]],
    ]
    assert event["sides"][1] == [[[8, 12]], [["Thing", [[0, 4]], "E1|Thing|T1"]]]
    assert found["gone"] == [["Place", "Ora", "no link"]]
    assert found["lost"] == 1

    without = shown(
        "eae", source, (Segment("text", "text", "Niƙa."),),
        lost=[LostSpan(s.id, s.label, "E1", "", "no link") for s in spans],
    )  # fmt: skip
    assert without["events"][0]["lost"] == "no trigger: no link"
    assert without["events"][0]["sides"][1] == [[], []]


def test_answers_of_both_sides_with_their_tiers() -> None:
    spans = (Span("a1", 0, 4, "answer", "q1"), Span("a2", 13, 17, "answer", "q2"))
    source = Document(
        "d",
        "en",
        (
            Segment("context", "context", "Musa came to Kano.", spans),
            Segment("q1", "question", "Who?"),
            Segment("q2", "question", "Where?"),
            Segment("q3", "question", "Why?"),
        ),
        {"title": "T"},
    )
    target = (
        Segment("context", "context", "Musa ya zo.", (Span("a1", 0, 4, "answer", "q1"),)),
        Segment("q1", "question", "Wa?"),
        Segment("q2", "question", "Ina?"),
        Segment("q3", "question", "Me ya sa?"),
    )
    units = [SegmentUnits(one.id, one.role, 1, 1) for one in target]
    lost = (LostSpan("a2", "answer", "q2", "Kano", "no link"),)
    found = shown("qa", source, target, lost=lost, segments=units)
    assert found["texts"] == ["Musa came to Kano.", "Musa ya zo."]
    first, second, third = found["questions"]
    assert first == {
        "texts": ["Who?", "Wa?"],
        "answers": [[[0, 4]], [[0, 4]]],
        "tier": "A",
        "score": 0.95,
        "surface": None,
        "lost": None,
    }
    assert second["lost"] == "its answer has no place: no link"
    assert (second["surface"], second["answers"][0]) == ("Kano", [[13, 17]])
    assert (third["lost"], third["answers"], third["tier"]) == (None, [[], []], None)
    assert found["lost"] == 1


def test_turns_with_their_changes_and_their_examples() -> None:
    fish = Constraint("food", "dish", values=("fish",))
    north = Constraint("food", "area", values=("north",))
    turns = (
        Turn("0.user", "0.agent", state=(fish,), calls=(Call("find", (fish,)),),
             agent_acts=(Act("offer", "food", "dish", values=("fish",)),)),
        Turn("1.user", None, state=(north,)),
    )  # fmt: skip
    said = (
        Segment("0.user", "user", "I want fish.", (Span("s1", 7, 11, "dish", "fish"),)),
        Segment("0.agent", "agent", "We have fish.", (Span("s2", 8, 12, "dish", "fish"),)),
        Segment("1.user", "user", "No, in the north."),
    )
    source = Document("d", "en", said, with_dialogue({}, Dialogue(turns)))
    target = (
        Segment("0.user", "user", "Ina son kifi.", (Span("s1", 8, 12, "dish", "fish"),)),
        Segment("0.agent", "agent", "Akwai shi."),
        Segment("1.user", "user", "A'a, a arewa."),
    )
    units = [SegmentUnits(one.id, one.role, 1, 1) for one in target]
    found = shown("tod", source, target, segments=units)
    first, second = found["turns"]
    assert first["user"][1] == ["Ina son kifi.", [[8, 12, "dish"]]]
    assert first["changes"] == [["+", "food dish", "equal_to", ["fish"], ["kifi"]]]
    assert first["calls"] == [["find", [("food dish", "equal_to", ["fish"], ["kifi"])]]]
    assert first["agent_acts"] == [("offer", "food dish", "equal_to", ["fish"], ["kifi"])]
    assert [name for name, reasons in first["examples"].items() if not reasons] == [
        "dst",
        "api",
        "da",
    ]
    assert "slot error: dish = kifi" in first["examples"]["rg"]
    assert [one[0] for one in second["changes"]] == ["+", "-"]
    assert second["examples"]["dst"] == ["unmapped value: area = north"]
    assert found["unmapped"] == ["north"]
    assert found["lost"] == 3

    gone = shown(
        "tod", source, target[1:], segments=[SegmentUnits("0.user", "user", 0, 1), *units[1:]]
    )
    assert gone["turns"][0]["user"][1] is None
    assert gone["turns"][0]["examples"]["dst"] == ["no sentence of its words was accepted"]
