"""SQuAD's and MLQA's scores, against values worked out by hand from the official definitions."""

import json
from pathlib import Path

import pytest

from labelproj.errors import FormatError, MissingInputError
from labelproj.evaluate.answers import (
    answer_scores,
    mlqa_words,
    score_answer_files,
    squad_words,
)


def test_squad_s_normalisation() -> None:
    assert squad_words("The Ora's  mill, an Old one!") == ["oras", "mill", "old", "one"]
    assert squad_words("«El río»") == ["«el", "río»"]


@pytest.mark.parametrize(
    ("text", "lang", "words"),
    [
        ("«El río», la Ora", "es", ["río", "ora"]),
        ("Der Fluss", "de", ["fluss"]),
        ("The river", "de", ["the", "river"]),
        ("第3章。", "zh", ["第", "3", "章"]),
        ("Kogin the Ora?", "ha", ["kogin", "the", "ora"]),
    ],
)
def test_mlqa_s_normalisation(text: str, lang: str, words: list[str]) -> None:
    assert mlqa_words(text, lang) == words


def test_the_best_right_answer_counts_and_none_is_an_answer() -> None:
    scores = answer_scores(
        ["the mill", "red mill on the Ora", "", "", "1902"],
        [["mill"], ["mill", "the old mill on Ora"], [], ["1902"], []],
        lang="en",
    )
    # Exact: the first and the third. F1 of the second: 3 of 4 words and 3 of 4.
    assert scores["questions"] == 5
    assert scores["exact_match"] == 40.0
    assert scores["answer_f1"] == scores["mlqa_f1"] == 55.0


def squad(path: Path, answers: dict[str, tuple[str, int] | None], context: str) -> Path:
    qas = [
        {
            "id": name,
            "question": "?",
            "answers": [{"text": one[0], "answer_start": one[1]}] if one else [],
        }
        for name, one in answers.items()
    ]
    value = {"data": [{"title": "t", "paragraphs": [{"context": context, "qas": qas}]}]}
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_files_of_answers(tmp_path: Path) -> None:
    text = "Ora and Ora, 1902"
    gold = squad(tmp_path / "gold.json", {"a": ("Ora", 8), "b": ("1902", 13), "c": None}, text)
    pred = squad(tmp_path / "pred.json", {"a": ("Ora", 0), "b": ("1902", 13), "c": None}, text)
    scores = score_answer_files(pred, gold, lang="en")
    assert (scores["exact_match"], scores["missing"]) == (100.0, 0)
    assert (scores["span_exact_match"], scores["span_f1"]) == (66.67, 66.67)
    (tmp_path / "map.json").write_text('{"a": "the ora", "b": "19"}', encoding="utf-8")
    scores = score_answer_files(tmp_path / "map.json", gold, lang="en")
    assert (scores["exact_match"], scores["missing"]) == (66.67, 1)
    assert "span_f1" not in scores
    (tmp_path / "map.json").write_text('{"x": "the ora"}', encoding="utf-8")
    with pytest.raises(FormatError, match="no question in common"):
        score_answer_files(tmp_path / "map.json", gold, lang="en")
    with pytest.raises(MissingInputError):
        score_answer_files(tmp_path / "none.json", gold, lang="en")
