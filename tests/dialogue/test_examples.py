"""The distilled form: what is in the examples, and that only what failed is dropped."""

from dataclasses import replace
from pathlib import Path

from invented_dialogues import write_record
from labelproj.dialogue import Act, Constraint, Dialogue, Turn, dialogue_of
from labelproj.dialogue.examples import Example, examples_of, with_state
from labelproj.dialogue.linear import parse_acts, parse_calls, parse_state
from labelproj.dialogue.localise import with_canonical_words
from labelproj.dialogue.verdicts import judge_example, slot_errors
from labelproj.formats import read_documents
from labelproj.records import Document, Segment, Span


def read(name: str, folder: Path) -> Document:
    (found,) = read_documents(str(write_record(name, folder / "in.json")), lang="en", format=name)
    assert isinstance(found, Document)
    return found


def test_four_examples_a_turn(tmp_path: Path) -> None:
    document = read("woz2", tmp_path)
    found = {(e.turn, e.subtask): e for e in examples_of(document, dialogue_of(document))}
    # The last turn has no answer; the agent's second reply has acts.
    assert sorted(found) == [
        (0, "api"), (0, "da"), (0, "dst"), (0, "rg"),
        (1, "api"), (1, "da"), (1, "dst"), (1, "rg"),
        (2, "api"), (2, "dst"),
    ]  # fmt: skip
    assert found[1, "dst"].input == (
        'dst <state> ( restaurant ) area = " north " ; food = " rice " '
        "<acts> ( restaurant ) request : price <user> It does not matter. What is the phone number?"
    )
    assert found[1, "dst"].target == (
        '( restaurant ) area = " north " ; food = " rice " ; price = " dontcare "'
    )
    assert found[0, "api"].target == "null"
    assert found[1, "rg"].target == "Dela Kitchen serves rice food, call 0803 555 12."


def test_targets_are_read_back_to_what_the_dialogue_says(tmp_path: Path) -> None:
    document = read("bitod", tmp_path)
    dialogue = dialogue_of(document)
    for example in examples_of(document, dialogue):
        turn = dialogue.turns[example.turn]
        if example.subtask == "dst":
            assert set(parse_state(example.target)) == set(turn.state)
        elif example.subtask == "api":
            assert parse_calls(example.target) == turn.calls
            assert " <rows> " not in example.input
        elif example.subtask == "da":
            assert set(parse_acts(example.target)) == set(turn.agent_acts)
            assert '<rows> 1 ( hotels_search ) name = " Dala Inn "' in example.input
        assert Example.from_json(example.as_json()) == example


def test_another_state_takes_the_place_of_the_old() -> None:
    assert (
        with_state("dst <state> null <acts> a <user> b", "x") == "dst <state> x <acts> a <user> b"
    )
    assert with_state("da <state> y <rows> 0 <acts> a", "x") == "da <state> x <rows> 0 <acts> a"
    assert with_state("rg <acts> a <user> b", "x") == "rg <acts> a <user> b"


def case() -> tuple[Document, Dialogue]:
    """Return a localised dialogue of two turns, and the source's."""
    rice = Span("a", 0, 8, "food", "shinkafa")
    segments = (
        Segment("0.user", "user", "Shinkafa, don Allah.", (rice,)),
        Segment("0.agent", "agent", "Ba mu da komai."),
        Segment("1.user", "user", "To."),
        Segment("1.agent", "agent", "Sai anjima."),
    )

    def state(value: str) -> tuple[Constraint, ...]:
        return (Constraint("", "food", values=(value,)),)

    def dialogue(value: str) -> Dialogue:
        return Dialogue(
            (
                Turn(
                    "0.user",
                    "0.agent",
                    state(value),
                    agent_acts=(Act("offer", "", "food", values=(value,)),),
                ),
                Turn("1.user", "1.agent", state(value), agent_acts=(Act("bye"),)),
            )
        )

    payload = {"dialogue": dialogue("shinkafa").as_json()}
    return Document("d", "ha", segments, payload), dialogue("rice")


def verdicts(document: Document, source: Dialogue, **options: object) -> dict[str, tuple[str, ...]]:
    settings: dict[str, object] = {"rejected": {}, "unmapped": frozenset()} | options
    return {
        example.id: judge_example(example, document, source, **settings)  # type: ignore[arg-type]
        for example in examples_of(document, dialogue_of(document))
    }


def test_a_bad_reply_costs_its_reply_only() -> None:
    document, source = case()
    found = verdicts(document, source, rejected={"1.agent": ["copied"]})
    assert found.pop("d/1/rg") == ("reply: copied",)
    assert found.pop("d/0/rg") == ("slot error: food = shinkafa",)
    assert not any(found.values())


def test_a_bad_turn_leaves_the_others() -> None:
    document, source = case()
    found = verdicts(document, source, rejected={"0.user": ["truncated"]})
    assert {name for name, reasons in found.items() if reasons} == {
        "d/0/dst", "d/0/api", "d/0/da", "d/0/rg",
    }  # fmt: skip


def test_values_without_a_name_and_strange_slots_cost_who_reads_them() -> None:
    document, source = case()
    found = verdicts(document, source, unmapped=frozenset({("food", "rice")}))
    assert found["d/1/rg"] == ()
    assert all("unmapped value: food = rice" in r for name, r in found.items() if name != "d/1/rg")
    found = verdicts(document, source, slots=frozenset({"area"}))
    assert found["d/0/dst"] == ("unknown slot: food",)
    assert found["d/1/rg"] == ()


def test_surfaces_and_dontcare_are_no_slot_errors() -> None:
    acts = [
        Act("inform", "", "food", values=("shinkafa",)),
        Act("inform", "", "area", values=("any",)),
    ]
    assert slot_errors(acts, "Akwai shinkafar gida.", {"shinkafa": ["shinkafar"]}) == []
    assert slot_errors(acts, "Akwai wake.", {}) == ["food = shinkafa"]


def test_words_may_get_the_canonical_forms() -> None:
    document, _ = case()
    other = replace(
        document.segments[0], text="Kifi, don Allah.", spans=(Span("a", 0, 4, "food", "shinkafa"),)
    )
    (first, *_) = with_canonical_words(replace(document, segments=(other,))).segments
    assert first.text == "shinkafa, don Allah."
    assert first.spans[0].surface(first.text) == "shinkafa"
