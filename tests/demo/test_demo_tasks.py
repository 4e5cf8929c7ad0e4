"""The demo corpus of events, questions and dialogues: as the tasks want it, held out, in step."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from labelproj.dialogue.schema import dialogue_of
from labelproj.events import Event, events_of
from labelproj.formats import read_documents
from labelproj.formats.parallel import read_gold_pairs
from labelproj.questions import answers_of, context_of
from labelproj.records import Document, Span
from labelproj.tasks import task_named

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
FILES = ("train.en", "dev.en", "train.ha", "dev.ha", "test.ha")
TASKS = ("eae", "qa", "tod")


@cache
def documents(task: str, name: str) -> tuple[Document, ...]:
    read = list(read_documents(str(DEMO / task / f"{name}.jsonl"), lang=name[-2:]))
    found = tuple(one for one in read if isinstance(one, Document))
    assert len(found) == len(read)
    return found


def events(document: Document) -> list[Event[Span]]:
    return list(events_of(span for _, span in document.spans()))


def texts(task: str, name: str) -> set[str]:
    return {" ".join(s.text for s in one.segments) for one in documents(task, name)}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("task", TASKS)
def test_every_document_is_one_of_its_task(task: str, name: str) -> None:
    for document in documents(task, name):
        assert task_named(task).problem(document) is None
        for segment, span in document.spans():
            surface = span.surface(segment.text)
            assert surface and surface == surface.strip()


@pytest.mark.parametrize("task", TASKS)
def test_no_text_is_in_two_files(task: str) -> None:
    every = [texts(task, name) for name in FILES]
    assert (
        len(set().union(*every))
        == sum(map(len, every))
        == sum(len(documents(task, name)) for name in FILES)
    )


@pytest.mark.parametrize("task", TASKS)
def test_gold_pairs_name_the_same_spans_on_both_sides(task: str) -> None:
    for pair in read_gold_pairs(DEMO / task / "parallel.en-ha.jsonl"):
        assert not hasattr(pair, "reason"), pair
        source = {(span.id, span.label) for span in pair.src_spans}
        assert source == {(span.id, span.label) for span in pair.tgt_spans}


def test_events_have_triggers_and_the_roles_of_their_type() -> None:
    roles: dict[str, set[str]] = {}
    for name in FILES[:-1]:
        for event in (event for one in documents("eae", name) for event in events(one)):
            assert event.trigger
            roles.setdefault(event.type, set()).update(a.role for a in event.arguments)
    assert len(roles) >= 12
    tested = [event for one in documents("eae", "test.ha") for event in events(one)]
    assert {event.type for event in tested} <= set(roles)
    for event in tested:
        assert {a.role for a in event.arguments} <= roles[event.type], event
    # Documents with several events, and without any.
    sizes = {len(events(one)) for one in documents("eae", "train.en")}
    assert {0, 1, 2, 3} <= sizes


@pytest.mark.parametrize("name", FILES)
def test_most_questions_have_an_answer_and_some_have_none(name: str) -> None:
    asked = [found for one in documents("qa", name) for found in answers_of(one).values()]
    without = sum(not found for found in asked)
    assert 0.03 < without / len(asked) < 0.3
    for one in documents("qa", name):
        context = context_of(one)
        assert context is not None and context.text.count(". ") >= 1


def test_held_out_questions_and_events_are_said_in_other_words() -> None:
    known = "\n".join(
        " ".join(words)
        for task in ("eae", "qa")
        for name in FILES[:-1]
        for words in bare(task, name)
    )
    for task in ("eae", "qa"):
        new = bare(task, "test.ha")
        assert new and not [words for words in new if len(words) > 3 and " ".join(words) in known]


def bare(task: str, name: str) -> set[tuple[str, ...]]:
    """Contexts with a blank for each labelled span."""
    found = set()
    for one in documents(task, name):
        text = one.segments[0].text
        places = {(span.start, span.end) for span in one.segments[0].spans}
        for start, end in sorted(places, reverse=True):
            text = f"{text[:start]}_{text[end:]}"
        found.add(tuple(text.split()))
    return found


@pytest.mark.parametrize("name", FILES)
def test_dialogues_say_the_values_of_their_states(name: str) -> None:
    calls = 0
    for one in documents("tod", name):
        words = {segment.id: segment.text.casefold() for segment in one.segments}
        said = ""
        for turn in dialogue_of(one).turns:
            assert turn.user and turn.agent
            said += words[turn.user]
            for constraint in turn.state:
                assert any(value.casefold() in said for value in constraint.values), constraint
            for act in turn.agent_acts:
                assert all(value.casefold() in words[turn.agent] for value in act.values)
            for call in turn.calls:
                calls += 1
                row = next(row for row in turn.rows if row.api == call.name)
                assert all(row.cells[c.slot] == c.values[0] for c in call.constraints)
            said += words[turn.agent]
    assert calls >= len(documents("tod", name))


def test_dialogues_are_about_three_things_and_some_about_two() -> None:
    domains = [
        {constraint.domain for turn in dialogue_of(one).turns for constraint in turn.state}
        for one in documents("tod", "train.en")
    ]
    assert set().union(*domains) == {"bus", "guesthouse", "clinic"}
    assert 0.2 < sum(len(own) == 2 for own in domains) / len(domains) < 0.4


def test_what_is_said_in_dialogues_is_in_the_bitext_in_other_combinations() -> None:
    lines = (DEMO / "bitext.en-ha.tsv").read_text(encoding="utf-8").splitlines()
    hausa = {line.split("\t")[1] for line in lines}
    held_out = 0
    for one in documents("tod", "test.ha"):
        held_out += sum(segment.text not in hausa for segment in one.segments)
    assert held_out > len(documents("tod", "test.ha"))


def test_records_have_no_keys_that_the_format_does_not_know() -> None:
    record: dict[str, Any] = json.loads(
        (DEMO / "tod" / "dev.en.jsonl").read_text(encoding="utf-8").splitlines()[0]
    )
    assert set(record) == {"id", "segments", "dialogue"}
