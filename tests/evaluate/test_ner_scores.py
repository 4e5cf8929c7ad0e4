"""The scores of one system, by hand."""

from hypothesis import given
from hypothesis import strategies as st

from invented import invented_documents
from labelproj.config import EvaluateParams
from labelproj.evaluate.ner import (
    TEXT_LENGTHS,
    mapped_gold,
    mapped_predictions,
    score_system,
    seqeval_f1,
    texts_by_length,
)
from labelproj.records import Span
from labelproj.train.base import examples_of

PARAMS = EvaluateParams(bootstrap=200)
TEXT = "Amina Bello ta isa Kano, ba Jos ba."
GOLD = (Span("a", 0, 11, "PER"), Span("b", 19, 23, "LOC"), Span("c", 28, 31, "LOC"))


def test_a_boundary_and_a_label_error() -> None:
    found = (Span("p", 0, 5, "PER"), Span("q", 19, 23, "LOC"), Span("r", 28, 31, "ORG"))
    scores = score_system([TEXT], [GOLD], [found], params=PARAMS)
    assert scores["f1"] == scores["precision"] == scores["recall"] == 33.33
    assert scores["seqeval_f1"] == 33.33
    assert scores["overlap_f1"] == 66.67
    assert (scores["documents"], scores["spans"], scores["predicted"]) == (1, 3, 3)
    per_label = scores["per_label"]
    assert isinstance(per_label, dict)
    assert {label: one["f1"] for label, one in per_label.items()} == {
        "LOC": 66.67,
        "ORG": 0.0,
        "PER": 0.0,
    }
    assert per_label["LOC"]["spans"] == 2


def test_nothing_anywhere_scores_nothing() -> None:
    scores = score_system([TEXT, ""], [(), ()], [(), ()], params=PARAMS)
    assert scores["f1"] == scores["seqeval_f1"] == scores["overlap_f1"] == 0.0
    assert seqeval_f1([], [], []) == 0.0
    assert score_system([TEXT], [GOLD], [()], params=PARAMS)["seqeval_f1"] == 0.0


@given(st.integers(0, 30))
def test_on_whole_words_seqeval_agrees_with_sets(seed: int) -> None:
    examples = examples_of(invented_documents(4, seed=seed))
    texts, gold = [text for text, _ in examples], [spans for _, spans in examples]
    found = [spans[:: 1 + i % 2] for i, spans in enumerate(gold)]
    scores = score_system(texts, gold, found, params=EvaluateParams(bootstrap=1))
    assert scores["f1"] == scores["seqeval_f1"] == scores["overlap_f1"]


@given(st.lists(st.integers(0, 60), max_size=8))
def test_every_text_has_one_length(lengths: list[int]) -> None:
    texts = [" ".join(["wata"] * length) for length in lengths]
    found = texts_by_length(texts)
    assert sorted(row for rows in found.values() for row in rows) == list(range(len(texts)))
    assert list(found) == [name for name in TEXT_LENGTHS if name in found]
    for name, rows in found.items():
        low, _, high = name.rstrip("+").partition("-")
        for row in rows:
            assert int(low) <= max(lengths[row], 1) <= int(high or 10**6)


def test_each_length_of_text_is_scored_by_itself() -> None:
    long = TEXT + " wata" * 10
    scores = score_system([TEXT, long, "ba"], [GOLD, GOLD, ()], [GOLD, (), ()], params=PARAMS)
    by_length = scores["per_text_length"]
    assert isinstance(by_length, dict)
    shown = {n: (one["f1"], one["spans"], one["documents"]) for n, one in by_length.items()}
    assert shown == {"1-10": (100.0, 3, 2), "11-20": (0.0, 3, 1)}


def test_labels_are_brought_to_one_set() -> None:
    label_map = {"PERSON": "PER", "DATE": None}
    gold = [Span("a", 0, 1, "PERSON"), Span("b", 2, 3, "DATE"), Span("c", 4, 5, "LOC")]
    assert [span.label for span in mapped_gold(gold, label_map)] == ["PER", "LOC"]
    found = [Span("a", 0, 1, "PER"), Span("b", 2, 3, "DATE"), Span("c", 4, 5, "PERSON")]
    assert [span.label for span in mapped_predictions(found, label_map)] == ["PER", "PER"]
    # ORG is what MISC of the gold data became: a model's own ORG stays.
    swapped = {"MISC": "ORG", "ORG": None}
    assert [s.label for s in mapped_predictions([Span("a", 0, 1, "ORG")], swapped)] == ["ORG"]
