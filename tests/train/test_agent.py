"""A model from nothing learns a few examples; answers go turn by turn on the model's own states."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from invented_dialogues import write_woz2
from labelproj.dialogue.examples import Example
from labelproj.errors import MissingInputError, ModelConversionError, ModelNotFoundError
from labelproj.evaluate.dialogue import read_examples
from labelproj.stages.agent import run_examples, run_predict, run_score, run_train_agent
from labelproj.train.agent import copy_state, predict
from labelproj.train.seq2seq import Seq2Seq, Seq2SeqParams, train_seq2seq


def test_the_baseline_copies_the_state_and_nothing_else() -> None:
    state = '( r ) food = " rice "'
    assert copy_state([f"dst <state> {state} <acts> null <user> no", f"da <state> {state}"]) == [
        state,
        "null",
    ]


def test_own_states_are_fed_back_in_step() -> None:
    seen: list[list[str]] = []

    def model(texts: object) -> list[str]:
        seen.append(list(texts))  # type: ignore[call-overload]
        return ["mine" for _ in seen[-1]]

    examples = [
        Example(name, turn, task, f"{task} <state> gold <acts> null <user> x", "gold")
        for name in ("a", "b")
        for turn in (0, 1)
        for task in ("dst", "api")
    ]
    outputs = predict(examples, model, own_state=True)
    assert list(outputs) == [example.id for example in examples]
    # States turn by turn, then all the rest.
    assert [len(batch) for batch in seen] == [2, 2, 4]
    assert [batch[0].split()[2] for batch in seen] == ["gold", "mine", "mine"]
    seen.clear()
    predict(examples, model, own_state=False)
    assert {batch[0].split()[2] for batch in seen} == {"gold"}


def test_changes_are_applied_to_the_state_that_was_asked_about() -> None:
    said = ['& ( r ) food = " rice "', '& ( r ) food = " fish ', "& ( r ) food", "( r )"]
    examples = [
        Example("d", turn, "dst", "dst <state> null <acts> null <user> x", "null")
        for turn in range(4)
    ]
    asked: list[str] = []

    def model(texts: Sequence[str]) -> list[str]:
        asked.extend(texts)
        return [said[len(asked) - 1]]

    outputs = predict(examples, model, own_state=True)
    state = '( r ) food = " rice "'
    # What cannot be read is wrong, and changes nothing.
    assert list(outputs.values()) == [state, said[1], "null", "( r )"]
    assert [text.partition(" <acts>")[0].removeprefix("dst <state> ") for text in asked] == [
        *("null", state, state, "null"),
    ]


def test_an_agent_starts_from_a_translation_model(tiny_hf: Path, tmp_path: Path) -> None:
    pairs = [
        ("dst <state> null <acts> null <user> Amina ta tafi Kano.", '& ( trip ) to = " Kano "'),
        ("rg <acts> bye <user> Na gode.", "Amina ya tafi Zaria."),
    ]
    losses = []
    for steps in (1, 120):
        params = Seq2SeqParams(model=str(tiny_hf), steps=steps, learning_rate=1e-2)
        model, figures = train_seq2seq(pairs, params)
        losses.append(figures["loss"])
    assert losses[1] < 0.8 * losses[0]  # type: ignore[operator]
    model.save(tmp_path / "agent")
    texts = [text for text, _ in pairs]
    assert Seq2Seq.load(str(tmp_path / "agent"))(texts) == model(texts)
    assert model(texts) == [target for _, target in pairs]


def test_a_tiny_model_learns_what_it_is_shown(tmp_path: Path) -> None:
    _, hausa = write_woz2(tmp_path, repeat=1)
    path = tmp_path / "examples.jsonl"
    counts = run_examples(str(hausa), path, lang="ha", slots={"price": "farashi"})
    assert counts == {
        "dialogues": 6, "rejected": 0, "dst": 18, "api": 18, "da": 12, "rg": 12,
    }  # fmt: skip
    assert "farashi" in path.read_text(encoding="utf-8")
    losses = []
    for steps in (1, 25):
        params = Seq2SeqParams(steps=steps, batch_tokens=800, vocab_size=400, learning_rate=3e-3)
        figures = run_train_agent([path], tmp_path / "model", params=params, subtasks=["dst"])
        assert (figures["pairs"], figures["too_long"]) == (18, 0)
        losses.append(figures["loss"])
    assert losses[1] < 0.8 * losses[0]  # type: ignore[operator]
    answers = Seq2Seq.load(str(tmp_path / "model"), max_new_tokens=8)(["dst <state> null", "", "x"])
    assert len(answers) == 3
    outputs = tmp_path / "outputs.jsonl"
    run_predict(path, outputs, model="copy", subtasks=["dst"], own_state=True)
    assert run_score(outputs, path, lang="ha")["dst"]["jga"] == 0.0
    run_predict(path, outputs, model="copy", subtasks=["dst"], own_state=False)
    # Gold's state of the turn before is right where the turn says nothing new.
    assert run_score(outputs, path, lang="ha")["dst"]["jga"] == 33.33


@pytest.mark.parametrize("start", ["translation model", None])
def test_a_converted_model_writes_what_pytorch_writes(
    start: str | None, tiny_hf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"dst <state> null <acts> null <user> {'word ' * n}{n}" for n in range(1, 30)]
    pairs = [(text, f'& ( trip ) to = " {n} "') for n, text in enumerate(texts)]
    params = Seq2SeqParams(
        model=str(tiny_hf) if start else None, steps=60, learning_rate=3e-3, vocab_size=400
    )
    made, _ = train_seq2seq(pairs, params)
    made.save(tmp_path / "agent")
    expected = made(texts)
    assert len(set(expected)) > 1
    opened = Seq2Seq.load(str(tmp_path / "agent"))
    asked: list[int] = []
    generate = opened._model.generate

    def counted(**inputs: Any) -> Any:
        asked.append(len(inputs["input_ids"]))
        return generate(**inputs)

    monkeypatch.setattr(opened._model, "generate", counted)
    assert opened(texts) == expected
    assert asked == [1], "only the first text is answered by PyTorch too"
    opened.save(tmp_path / "again")
    assert Seq2Seq.load(str(tmp_path / "again"))(texts[:3]) == expected[:3]
    opened = Seq2Seq.load(str(tmp_path / "agent"))
    monkeypatch.setattr("labelproj.translate.greedy._SMALL", 0)
    assert opened(texts) == expected


def test_what_cannot_be_converted_is_written_by_pytorch(
    tiny_hf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Seq2Seq.load(str(tiny_hf), max_new_tokens=8)
    expected = usual(["Kano", "Amina"])

    def broken(*_: object) -> list[str]:
        raise ModelConversionError("no converter for it")

    monkeypatch.setattr("labelproj.translate.greedy.convert_open", broken)
    assert Seq2Seq.load(str(tiny_hf), max_new_tokens=8)(["Kano", "Amina"]) == expected


def test_what_cannot_be_trained_or_opened(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no examples"):
        train_seq2seq([], Seq2SeqParams())
    with pytest.raises(MissingInputError, match="too long"):
        train_seq2seq([("a b c", "d")], Seq2SeqParams(max_length=1))
    with pytest.raises(ModelNotFoundError):
        Seq2Seq.load(str(tmp_path / "none"))
    with pytest.raises(MissingInputError):
        list(read_examples(tmp_path / "none.jsonl"))
