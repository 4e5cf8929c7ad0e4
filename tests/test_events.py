"""Spans stand for events and back."""

from hypothesis import given
from hypothesis import strategies as st

from labelproj.events import argument_id, events_of, headless, is_trigger, mention_of
from labelproj.questions import answers_of, context_of, question_of
from labelproj.records import Document, Segment, Span

SPANS = (
    Span("T9", 0, 3, "PER"),
    Span("E1", 9, 15, "Fire", "E1"),
    Span("E1|Thing|T1", 20, 24, "Thing", "E1"),
    Span("E1", 4, 6, "Fire", "E1"),
    Span("E1|Thing|T1", 16, 18, "Thing", "E1"),
    Span("E2|Place|T2", 20, 24, "Place", "E2"),
)


def test_grouped_spans_are_events() -> None:
    first, second = events_of(SPANS)
    assert (first.id, first.type) == ("E1", "Fire")
    assert [(part.start, part.end) for part in first.trigger] == [(4, 6), (9, 15)]
    (thing,) = first.arguments
    assert (thing.role, [part.start for part in thing.parts]) == ("Thing", [16, 20])
    assert (second.id, second.type, second.trigger) == ("E2", "", ())
    assert headless(SPANS) == ["E2"]
    assert [span.id for span in SPANS if is_trigger(span)] == ["E1", "E1"]


names = st.text("ab#1", min_size=1, max_size=3)


@given(names, names, names)
def test_an_argument_s_id_says_its_mention(event: str, role: str, mention: str) -> None:
    name = argument_id(event, role, mention)
    again = argument_id(event, role, mention, taken={name})
    assert again != name
    for one in (name, again):
        assert mention_of(Span(one, 0, 1, role, event)) == mention


def test_answers_belong_to_questions() -> None:
    spans = (Span("a", 0, 1, "answer", "q2"), Span("p", 2, 3, "plausible", "q1"))
    context = Segment("c", "context", "x y", spans)
    questions = (Segment("q1", "question", "?"), Segment("q2", "question", "?"))
    document = Document("d", "en", (context, *questions))
    assert answers_of(document) == {"q1": [], "q2": [spans[0]]}
    assert context_of(document) == context
    assert question_of(None, ["q1"]) == "q1"
    assert question_of(None, ["q1", "q2"]) is None
