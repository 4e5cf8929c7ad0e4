"""Scores of an agent against figures counted by hand."""

import json
from dataclasses import replace

import pytest

from labelproj.dialogue.examples import Example, examples_of
from labelproj.dialogue.kb import KnowledgeBase
from labelproj.dialogue.linear import write_acts, write_calls, write_state
from labelproj.dialogue.schema import Act, Call, Constraint, Dialogue, Row, Turn, with_dialogue
from labelproj.errors import InputError
from labelproj.evaluate.agent import act_accuracy, api_accuracy, slot_error_rate
from labelproj.evaluate.dialogue import score_outputs, state_counts
from labelproj.evaluate.dialogue_state import joint_goal_accuracy, slot_scores
from labelproj.evaluate.replies import bleu, bleu_tokenizer
from labelproj.evaluate.success import SuccessCase, success_rates
from labelproj.evaluate.value_maps import renamed, score_values
from labelproj.records import Document, Segment


def state(**slots: str) -> tuple[Constraint, ...]:
    return tuple(Constraint("r", slot, values=(value,)) for slot, value in slots.items())


def test_joint_goals_and_slots() -> None:
    gold = [state(food="rice", area="north"), state(area="don't care"), state(), state(food="fish")]
    found = [state(food="Rice.", area="north"), state(area="dontcare"), state(), None]
    assert joint_goal_accuracy(found, gold, normalise=False) == 0.25
    assert joint_goal_accuracy(found, gold, normalise=True) == 0.75
    assert slot_scores(found, gold) == {"precision": 1.0, "recall": 0.75, "f1": 6 / 7}
    assert joint_goal_accuracy([], [], normalise=True) == 0.0
    with pytest.raises(ValueError):
        joint_goal_accuracy([], gold, normalise=True)


def test_any_of_several_ways_to_write_a_value_is_right() -> None:
    ways = (
        Constraint("r", "time", values=("8 pm", "20:00")),
        Constraint("r", "food", values=("a",)),
    )
    turn = Turn(user="0.user", state=ways)
    document = Document("d", "en", (Segment("0.user", "user", "At eight."),))
    dst, _ = examples_of(document, Dialogue((turn,)))
    assert dst.ways == (("r", "time", ("8 pm", "20:00")),)
    assert dst.target == write_state(ways)
    assert Example.from_json(json.loads(json.dumps(dst.as_json()))) == dst

    def score(value: str) -> tuple[object, ...]:
        output = write_state([Constraint("r", "time", values=(value,)), ways[1]])
        found = score_outputs({dst.id: output}, [dst], lang="en")["dst"]
        assert isinstance(found, dict)
        assert state_counts({dst.id: output}, [dst])[0, 0] == round(float(found["slot_f1"]) / 50)
        return found["jga"], found["jga_normalised"], found["slot_f1"]

    assert score("20:00") == score("8 pm") == (100.0, 100.0, 100.0)
    assert score("20:00.") == (0.0, 100.0, 100.0)
    assert score("21:00") == (0.0, 0.0, 50.0)
    for wrong in (3, [["r", "time"]], [["r", 1, ["x"]]]):
        with pytest.raises(ValueError, match="'ways'"):
            Example.from_json(dst.as_json() | {"ways": wrong})


def test_calls_and_acts() -> None:
    gold = [(Call("find", state(food="rice")),), (), ()]
    found = [(Call("Find", state(food="RICE")),), (), (Call("find"),)]
    scores = api_accuracy(found, gold)
    assert scores == {"accuracy": 2 / 3, "accuracy_of_calls": 1.0, "turns_with_call": 1.0}
    acts = (Act("inform", "r", "food", values=("rice",)), Act("bye"))
    assert act_accuracy([acts[::-1], acts[:1], None], [acts, acts, acts]) == 1 / 3


def test_slot_errors() -> None:
    acts = (
        Act("inform", "r", "food", values=("rice",)),
        Act("inform", "r", "area", values=("north",)),
    )
    scores = slot_error_rate(["rice in the north", "fish in the north"], [acts, acts])
    assert scores == {"ser": 0.25, "replies_with_error": 0.5, "values": 4.0}


def test_bleu_says_how_it_was_computed() -> None:
    score = bleu(["Na gode sosai da sosai."], ["Na gode sosai da sosai."], lang="ha")
    assert score["bleu"] == 100.0
    assert "tok:13a" in str(score["signature"])
    assert "version:" in str(score["signature"])
    assert [bleu_tokenizer(lang) for lang in ("zh", "ja", "th", "de")] == [
        "zh", "char", "char", "13a",
    ]  # fmt: skip


def test_success_with_and_without_a_knowledge_base() -> None:
    acts = [
        Act("inform", "r", "phone", values=("1",)),
        Act("offer", "r", "name", values=("Dela",)),
        Act("inform", "r", "phone", values=("2",)),
        Act("offer", "taxi", "car", values=("red",)),
        Act("request", "r", "area"),
    ]
    calls = [Call("r", (Constraint("", "food", values=("rice",)),))]
    case = SuccessCase(acts, calls, ["Dela it is.", "Call 2, take the red car."])
    assert success_rates([case]) == {"tsr": 1.0, "dsr": 1.0, "tasks": 2.0, "dialogues": 1.0}
    other = replace(case, replies=["Masar it is.", "Call 9, take the red car."])
    assert success_rates([case, other, SuccessCase()]) == {
        "tsr": 0.75, "dsr": 0.5, "tasks": 4.0, "dialogues": 2.0,
    }  # fmt: skip
    base = KnowledgeBase()
    base.add(Row("r", {"name": "Masar", "food": "rice", "phone": "9"}))
    assert success_rates([other], kb=base)["tsr"] == 1.0
    base = KnowledgeBase()
    base.add(Row("r", {"name": "Masar", "food": "fish", "phone": "9"}))
    assert success_rates([other], kb=base)["tsr"] == 0.5


def examples() -> list[Example]:
    acts = (Act("inform", "r", "food", values=("rice",)),)
    return [
        Example("d", 0, "dst", "dst <state> null <acts> null <user> rice", '( r ) food = " rice "'),
        Example("d", 0, "api", "api …", write_calls([Call("r", ())])),
        Example("d", 0, "da", "da …", write_acts(acts)),
        Example("d", 0, "rg", f"rg <acts> {write_acts(acts)} <user> rice", "Here is rice for you."),
    ]


def test_files_of_outputs_are_scored_by_subtask() -> None:
    gold = examples()
    right = {example.id: example.target for example in gold}
    scores = score_outputs(right, gold, lang="en")
    assert scores["dst"] == {
        "examples": 1, "missing": 0, "jga": 100.0, "jga_normalised": 100.0,
        "slot_precision": 100.0, "slot_recall": 100.0, "slot_f1": 100.0, "unreadable": 0,
    }  # fmt: skip
    assert scores["success"] == {"tsr": 100.0, "dsr": 100.0, "tasks": 1, "dialogues": 1}
    some = {gold[0].id: "( broken", gold[3].id: "Nothing."}
    scores = score_outputs(some, gold, lang="en")
    assert set(scores) == {"dst", "rg", "success"}
    assert scores["dst"]["unreadable"] == 1  # type: ignore[index]
    assert scores["rg"]["ser"] == 100.0  # type: ignore[index]
    with pytest.raises(InputError):
        score_outputs({"x": ""}, gold, lang="en")


def document(name: str, turns: tuple[Turn, ...], **payload: object) -> Document:
    return Document(name, "ha", (), with_dialogue(payload, Dialogue(turns)))


def test_value_maps_against_gold_states() -> None:
    entries = [
        {"slot": "food", "source": "rice", "target": "shinkafa", "method": "projected"},
        {"slot": "area", "source": "north", "target": "north", "method": "unmapped"},
    ]
    local = document(
        "d", (Turn(state=state(food="shinkafa", area="north", x="1")),), values=entries
    )
    gold = document("d", (Turn(state=state(abinci="Shinkafa", area="arewa")),))
    gold = renamed(gold, slots={"abinci": "food"}, values={"arewa": "Arewa"})
    scores = score_values([local], [gold])
    assert (scores["values"], scores["not_in_gold"], scores["mapped"]) == (2, 1, 50.0)
    assert (scores["exact_of_mapped"], scores["exact_of_all"]) == (100.0, 50.0)
    with pytest.raises(InputError, match="no localised dialogue"):
        score_values([replace(local, id="e")], [gold])
    other = document("d", (Turn(state=state(abinci="Shinkafa")),))
    with pytest.raises(InputError, match=r"\(area, food, x\) is in the gold states \(abinci\)"):
        score_values([local], [other])
    with pytest.raises(InputError, match="no value map"):
        score_values([replace(local, payload=gold.payload)], [gold])
