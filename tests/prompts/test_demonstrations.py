"""Demonstrations: enough of each label, the sure and the different ones, always the same."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.errors import ConfigError, MissingInputError
from labelproj.prompts.demonstrations import CHOICES, Choice, Demonstration, Pool
from labelproj.prompts.template import PromptTemplate
from labelproj.records import Document, Segment, Span
from labelproj.tasks import TASKS, Exercise


def example(name: str, text: str, labels: tuple[str, ...], score: float | None) -> Demonstration:
    return Demonstration(Exercise(name, {"text": text}, [], labels, ()), score)


def chosen(pool: Pool, examples: list[Demonstration]) -> list[str]:
    for one in examples:
        pool.add(one)
    return [one.exercise.id for one in pool.chosen()]


def test_the_surest_or_the_most_different_are_chosen() -> None:
    examples = [
        example("a", "ruwa ya sauka", ("LOC",), 0.9),
        example("b", "ruwa ya sauka yau", ("LOC",), 0.8),
        example("c", "kasuwa ta cika", ("LOC",), 0.5),
    ]
    assert set(chosen(Pool(2, 0, "best", 1), examples)) == {"a", "b"}
    assert set(chosen(Pool(2, 0, "diverse", 1), examples)) == {"a", "c"}
    draws = {frozenset(chosen(Pool(2, 0, "random", n), examples)) for n in range(20)}
    assert len(draws) == 3


def test_an_example_counts_for_all_its_labels() -> None:
    examples = [example("a", "x", ("LOC", "PER"), 1.0), example("b", "y", ("LOC",), 0.9)]
    assert chosen(Pool(1, 1, "best", 1), examples) == ["a"]
    empty = [*examples, example("n", "z", (), None), example("m", "v", (), None)]
    pool = Pool(1, 1, "best", 1)
    assert len(chosen(pool, empty)) == 2
    assert {one.chosen_for for one in pool.chosen()} == {"PER", None}


@st.composite
def corpora(draw: st.DrawFn) -> list[Demonstration]:
    labels = st.sets(st.sampled_from(["PER", "LOC", "ORG"]), max_size=3)
    return [
        example(
            f"d{n}",
            draw(st.sampled_from(["ruwa", "kasuwa ta cika", "ya zo jiya", ""])),
            tuple(sorted(draw(labels))),
            draw(st.none() | st.sampled_from([0.2, 0.8, 1.0])),
        )
        for n in range(draw(st.integers(0, 12)))
    ]


@given(corpora(), st.integers(1, 3), st.integers(0, 2), st.sampled_from(CHOICES), st.randoms())
def test_every_label_has_as_many_as_there_are(
    examples: list[Demonstration], k: int, empty: int, choice: Choice, rng: random.Random
) -> None:
    found = chosen(Pool(k, empty, choice, 7), examples)
    assert len(set(found)) == len(found)
    by_id = {one.exercise.id: one.exercise.labels for one in examples}
    for label in ("PER", "LOC", "ORG"):
        there = sum(label in own for own in by_id.values())
        assert sum(label in by_id[name] for name in found) >= min(k, there)
    none = sum(not own for own in by_id.values())
    assert sum(not by_id[name] for name in found) == min(empty, none)
    shuffled = list(examples)
    rng.shuffle(shuffled)
    if choice != "diverse":
        assert set(chosen(Pool(k, empty, choice, 7), shuffled)) == set(found)
    assert chosen(Pool(k, empty, choice, 7), examples) == found


EVENT = (
    Span("E1", 9, 15, "Fire", "E1"),
    Span("E1|Thing|T1", 0, 8, "Thing", "E1"),
    Span("E1|Place|T2", 19, 22, "Place", "E1"),
)


def test_tasks_say_what_is_shown() -> None:
    text = Segment("text", "text", "The mill burned in Ora.", EVENT)
    (fire,) = TASKS["eae"].exercises(Document("d1", "en", (text,)))
    assert fire.fields == {"text": text.text, "type": "Fire", "trigger": "burned"}
    roles = [{"role": "Thing", "text": "The mill"}, {"role": "Place", "text": "Ora"}]
    assert fire.answer == roles
    assert (fire.id, fire.labels) == ("d1/E1", ("Fire",))
    plain = Segment("text", "text", text.text, (Span("b", 19, 22, "LOC"), Span("a", 4, 8, "ORG")))
    (named,) = TASKS["ner"].exercises(Document("d1", "en", (plain,)))
    assert named.answer == [{"label": "ORG", "text": "mill"}, {"label": "LOC", "text": "Ora"}]
    context = Segment("c", "context", text.text, (Span("a", 19, 22, "answer", "q1"),))
    questions = [Segment(q, "question", "Where?") for q in ("q1", "q2")]
    one, two = TASKS["qa"].exercises(Document("d1", "en", (context, *questions)))
    assert (one.answer, one.labels, one.spans) == ("Ora", ("answer",), ("a",))
    assert (two.answer, two.labels, two.id) == (None, (), "q2")
    assert two.fields == {"context": text.text, "question": "Where?"}


def render(writer: PromptTemplate, query: dict[str, object], **shown: object) -> str:
    known = {"task": "slots", "language": "Hausa", "labels": ["LOC"], "query": query}
    return writer.render(known | {"demonstrations": [shown] if shown else []})


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_template(task: str) -> None:
    fields = {"text", "type", "trigger", "context", "question"}
    query: dict[str, object] = {name: f"this {name}" for name in fields}
    shown = {name: f"that {name}" for name in fields} | {"answer": [{"text": "ƙasa & <b>"}]}
    text = render(PromptTemplate(task), query, **shown)
    assert '[{"text": "ƙasa & <b>"}]' in text
    assert text.endswith("Answer:")
    assert text.index("that") < text.index("this")
    assert "\n\n\n" not in text


def test_a_template_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.j2"
    path.write_text("{{ language }}: {% for l in labels %}{{ l }}{% endfor %} {{ query.text }}\n")
    assert render(PromptTemplate("ner", path), {"text": "Kano"}) == "Hausa: LOC Kano"
    for wrong in (
        "{{ nothing }}",
        "{{ query.nothing }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ 1/0 }}",
    ):
        path.write_text(wrong)
        with pytest.raises(ConfigError, match="cannot be filled"):
            render(PromptTemplate("ner", path), {"text": "Kano"})
    path.write_text("line\n{% for %}")
    with pytest.raises(ConfigError) as error:
        PromptTemplate("ner", path)
    assert str(error.value.where).endswith("own.j2:2")
    with pytest.raises(MissingInputError):
        PromptTemplate("ner", tmp_path / "none.j2")
