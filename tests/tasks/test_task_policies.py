"""What is usable of a projected document, and what its dataset rows are."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

import pytest

from labelproj.build import LostSpan, Reassembled, SegmentUnits
from labelproj.config import BuildParams, FilterParams, TaskName
from labelproj.errors import UsageError
from labelproj.records import Document, Projection, Segment, Span
from labelproj.tasks import TASKS, task_named

EAE, QA = TASKS["eae"], TASKS["qa"]


def test_the_registry_and_the_parameter_name_the_same_tasks() -> None:
    assert tuple(TASKS) == get_args(TaskName)
    assert all(task.name == name for name, task in TASKS.items())
    with pytest.raises(UsageError, match="no task 'poetry'"):
        task_named("poetry")


def projected(
    segments: Sequence[Segment],
    *,
    scores: dict[str, float] | None = None,
    lost: Sequence[LostSpan] = (),
    units: Sequence[SegmentUnits] = (),
    source: Document | None = None,
) -> Reassembled:
    document = Document("d", "ha", tuple(segments), {"title": "T"})
    projections = tuple(
        tuple(
            Projection(
                s.id, s.label, s.start, s.end, (scores or {}).get(s.id, 1.0), "m", None, s.group
            )
            for s in segment.spans
        )
        for segment in segments
    )
    return Reassembled(
        document,
        projections,
        True,
        "u:1",
        source=source,
        lost=tuple(lost),
        segments=tuple(units),
    )


# Events

EVENTS = (
    Span("E1", 0, 2, "Fire", "E1"),
    Span("E1|Thing|T1", 3, 5, "Thing", "E1"),
    Span("E1|Place|T2", 6, 8, "Place", "E1"),
    Span("E2|Place|T2", 6, 8, "Place", "E2"),
    Span("T9", 9, 10, "PER"),
)
LOST = (
    LostSpan("E2", "Loss", "E2", "cost", "no link"),
    LostSpan("E1|Time|T3", "Time", "E1", "today", "unit rejected: copied"),
    LostSpan("T8", "PER", None, "Musa", "no link"),
)


def events(**policy: Any) -> tuple[Any, list[tuple[str, str, str]]]:
    segment = Segment("text", "text", "ab cd ef g", EVENTS)
    params = BuildParams.model_validate({"events": policy})
    one = projected([segment], scores={"E1|Place|T2": 0.4}, lost=LOST)
    usable = EAE.usable(one, params)
    dropped = [(item.kind, item.record_id, item.reason) for item in usable.dropped]
    for kind, number in usable.items.items():
        assert number >= sum(item.kind == kind for item in usable.dropped)
    rows = EAE.dataset([], params=params).rows(usable.one, signature="s")
    return rows[0], dropped


def test_an_event_without_its_trigger_is_dropped_and_the_document_stays() -> None:
    row, dropped = events()
    assert dropped == [
        ("argument", "d/E1|Time|T3", "unit rejected: copied"),
        ("event", "d/E2", "no trigger: no link"),
    ]
    (event,) = row["events"]
    assert (event["type"], [a["role"] for a in event["arguments"]]) == ("Fire", ["Thing", "Place"])
    assert event["arguments"][1]["parts"] == [{"start": 6, "end": 8, "text": "ef", "score": 0.4}]
    assert row["text"] == "ab cd ef g" and row["tokens"] == ["ab", "cd", "ef", "g"]
    assert [span["id"] for span in row["spans"]][-1] == "T9"


def test_events_may_stay_without_a_trigger() -> None:
    row, dropped = events(require_trigger=False)
    assert [event["type"] for event in row["events"]] == ["Fire", "Loss"]
    assert row["events"][1]["trigger"] == []
    assert [kind for kind, *_ in dropped] == ["argument"]


def test_what_scores_too_little_is_lost() -> None:
    row, dropped = events(min_score=0.5)
    assert ("argument", "d/E1|Place|T2", "scores below 0.5") in dropped
    assert [a["role"] for a in row["events"][0]["arguments"]] == ["Thing"]


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"lost_argument": "event"}, "an argument is lost: unit rejected: copied"),
        ({"min_arguments": 3}, "fewer than 3 arguments have a place"),
    ],
)
def test_stricter_policies_drop_events(policy: dict[str, object], reason: str) -> None:
    row, dropped = events(**policy)
    assert row["events"] == []
    assert ("event", "d/E1", reason) in dropped
    assert [span["id"] for span in row["spans"]] == ["T9"]


def test_documents_that_are_no_events() -> None:
    segment = Segment("text", "text", "ab cd ef g", EVENTS)
    document = Document("d", "en", (segment,))
    assert EAE.problem(document) == "event 'E2' has no trigger"
    assert EAE.problem(replace(document, segments=())) is None
    mapped = EAE.mapped(document)
    assert [span.id for _, span in mapped.spans()] == [
        "E1",
        "E1|Thing|T1",
        "E1|Place|T2",
        "T9",
    ]


@pytest.mark.parametrize("task", [EAE, QA], ids=lambda task: task.name)
def test_units_are_judged_by_their_translation_alone(task: Any) -> None:
    params = task.filters(FilterParams(projection_score=0.5))
    assert (params.missing_spans, params.projection_score, params.duplicate) == (None, None, False)
    assert params.length_ratio == FilterParams().length_ratio
    assert TASKS["ner"].filters(FilterParams()) == FilterParams()


def test_a_tagger_is_asked_for_arguments_in_layers() -> None:
    text = "x The old mill burned down."
    spans = (
        Span("E1", 15, 21, "Fire", "E1"),
        Span("E1|Thing|T1", 2, 14, "Thing", "E1"),
        Span("E1|Age|T2", 6, 9, "Age", "E1"),
        Span("E1|Part|T3", 2, 14, "Part", "E1"),
        Span("E2|Part|T3", 2, 14, "Part", "E2"),
    )
    document = Document("d", "en", (Segment("text", "text", text, spans),))
    (case,) = EAE.cases(document)
    assert [p.text for p in case.prompts] == [
        f"Fire {n}: x The old mill [ burned ] down." for n in (1, 2)
    ]
    taught = [{(s.label, s.surface(p.text)) for s in p.spans} for p in case.prompts]
    assert taught == [{("Thing", "The old mill")}, {("Age", "old"), ("Part", "The old mill")}]
    restored = [p.restored(s) for p in case.prompts for s in p.spans]
    assert EAE.answer(case, [s for s in restored if s]) == EAE.answer(case, case.gold)
    first = case.prompts[0]
    marked = Span("s", first.text.index("["), first.text.index("]") + 1, "X")
    assert first.restored(marked) == Span("s", 15, 21, "X")
    assert first.restored(Span("s", 0, 4, "X")) is None
    scores = EAE.scores([case], [case.gold], lang="en")
    assert scores == {"argument_attached_id": 100.0, "argument_attached_cls": 100.0}


# Questions


def context(*spans: Span) -> Segment:
    return Segment("context", "context", "Ora ta ci. Kano ta kone.", spans)


def question(name: str) -> Segment:
    return Segment(name, "question", f"{name}?")


ANSWER = Span("q1|0", 0, 3, "answer", "q1")
UNITS = (
    SegmentUnits("context", "context", 2, 2),
    *(SegmentUnits(f"q{n}", "question", 1, 1) for n in (1, 2, 3)),
)
LOST_ANSWER = LostSpan("q3|0", "answer", "q3", "1902", "no link")


def asked(one: Reassembled, **policy: Any) -> tuple[list[Any], dict[str, str]]:
    params = BuildParams.model_validate({"qa": policy})
    usable = QA.usable(one, params)
    rows = QA.dataset([], params=params).rows(usable.one, signature="s")
    return rows, {item.record_id: item.reason for item in usable.dropped}


def test_a_lost_answer_drops_its_question_only() -> None:
    segments = [context(ANSWER), question("q1"), question("q2"), question("q3")]
    rows, dropped = asked(projected(segments, lost=[LOST_ANSWER], units=UNITS))
    assert dropped == {"d/q3": "its answer has no place: no link"}
    assert [(row["id"], row["is_impossible"]) for row in rows] == [("q1", False), ("q2", True)]
    assert rows[0]["answers"] == {"text": ["Ora"], "answer_start": [0]}
    assert (rows[0]["tier"], rows[0]["title"]) == ("A", "T")


@pytest.mark.parametrize(("score", "tier"), [(0.9, "A"), (0.89, "B"), (0.6, "B"), (0.1, "C")])
def test_tiers_go_by_the_best_answer(score: float, tier: str) -> None:
    other = Span("q1|1", 4, 6, "answer", "q1")
    one = projected(
        [context(ANSWER, other), question("q1")],
        scores={"q1|0": score, "q1|1": score / 2},
        units=UNITS[:2],
    )
    (row,), _ = asked(one)
    assert (row["tier"], row["score"]) == (tier, score)
    usable = QA.usable(one, BuildParams())
    said = usable.one.document.payload["questions"]
    assert said == {"q1": {"tier": tier, "score": score}}


def test_what_rejected_sentences_do() -> None:
    segments = [context(ANSWER), question("q1")]
    units = (SegmentUnits("context", "context", 1, 3), *UNITS[1:3])
    rows, dropped = asked(projected(segments, units=units))
    assert not rows and dropped.keys() == {"d/q1", "d/q2"}
    rows, dropped = asked(projected(segments, units=units), min_context=0.3)
    # The question q2 has no segment left: its own unit was rejected.
    units = (units[0], UNITS[1], SegmentUnits("q2", "question", 0, 1))
    rows, dropped = asked(projected(segments, units=units), min_context=0.3)
    assert [row["id"] for row in rows] == ["q1"]
    assert dropped == {"d/q2": "the question's translation was rejected"}
    none = (SegmentUnits("context", "context", 0, 3), UNITS[1])
    rows, dropped = asked(projected([question("q1")], units=none))
    assert not rows
    assert dropped == {"d/q1": "no sentence of the context was accepted"}


def test_pairs_of_two_languages() -> None:
    own = Segment("context", "context", "The Ora ate.", (Span("q1|0", 4, 7, "answer", "q1"),))
    source = Document("d", "en", (own, Segment("q1", "question", "Who ate?")))
    one = projected([context(ANSWER), question("q1")], source=source, units=UNITS[:2])
    rows, _ = asked(one, pairs=["target", "source-question", "source-context"])
    assert [(r["id"], r["context_lang"], r["question_lang"]) for r in rows] == [
        ("q1", "ha", "ha"),
        ("q1:source-question", "ha", "en"),
        ("q1:source-context", "en", "ha"),
    ]
    assert [row["question"] for row in rows] == ["q1?", "Who ate?", "q1?"]
    assert [row["answers"]["answer_start"] for row in rows] == [[0], [0], [4]]
    for row in rows:
        for text, start in zip(*row["answers"].values(), strict=True):
            assert row["context"][start : start + len(text)] == text == "Ora"


@pytest.mark.parametrize(
    ("segments", "problem"),
    [
        ([question("q1")], "0 segments with the role 'context'"),
        ([context(), replace(context(), id="2"), question("q1")], "2 segments"),
        ([context()], "no segment with the role 'question'"),
        ([context(replace(ANSWER, group="x")), question("q1")], "belongs to no question"),
        ([context(replace(ANSWER, group=None)), question("a"), question("b")], "no question"),
        ([context(), Segment("q", "question", " ")], "has no text"),
    ],
)
def test_documents_that_are_no_questions(segments: list[Segment], problem: str) -> None:
    assert problem in (QA.problem(Document("d", "en", tuple(segments))) or "")


def test_a_single_question_needs_no_group() -> None:
    document = Document("d", "en", (context(replace(ANSWER, group=None)), question("q1")))
    assert QA.problem(document) is None
    rows, dropped = asked(projected(document.segments, units=UNITS[:2]))
    assert not dropped and rows[0]["answers"]["text"] == ["Ora"]


def test_a_tagger_is_given_the_question_with_pieces_of_the_context() -> None:
    sentences = [f"Sentence {n} says nothing of interest to anyone here." for n in range(40)]
    text = " ".join([*sentences, "Musa built it."])
    start = text.index("Musa")
    span = Span("a", start, start + 4, "answer", "q")
    segments = (Segment("c", "context", text, (span,)), Segment("q", "question", "Who?"))
    (case,) = QA.cases(Document("d", "en", segments))
    assert len(case.prompts) > 2
    assert [len(prompt.spans) for prompt in case.prompts] == [0] * (len(case.prompts) - 1) + [1]
    last = case.prompts[-1]
    assert last.text.startswith("Who? | ") and last.spans[0].surface(last.text) == "Musa"
    found = last.restored(last.spans[0])
    assert found is not None and (found.start, found.end) == (start, start + 4)
    later = Span("b", start + 5, start + 8, "answer")
    assert QA.answer(case, [later, found]) == (found,)
    scores = QA.scores([case, case], [(found,), ()], lang="en")
    assert (scores["exact_match"], scores["answer_f1"]) == (50.0, 50.0)
    row = {
        "id": "q",
        "context": text,
        "question": "Who?",
        "answers": {"text": ["Musa"], "answer_start": [start]},
    }
    (again,) = QA.cases(QA.document(row, lang="en"))
    assert again.prompts == tuple(
        replace(p, spans=tuple(replace(s, id="q|0", group="q") for s in p.spans))
        for p in case.prompts
    )
