"""Span F1: exact and by overlap, over sets, with labels, snapped to gold tokens."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.errors import FormatError, MissingInputError, RecordError
from labelproj.evaluate.spans import Score, SpanCounts, count_spans, score_files, score_spans, snap
from labelproj.records import Span

PLACES = st.tuples(st.integers(0, 12), st.integers(1, 5), st.sampled_from("XY"))
SPANS = st.lists(PLACES.map(lambda p: Span("s", p[0], p[0] + p[1], p[2])), max_size=6)


def spans(*places: tuple[int, int, str]) -> list[Span]:
    return [Span(f"s{index}", *place) for index, place in enumerate(places)]


def test_counts_by_hand() -> None:
    pred = {"a": spans((0, 4, "LOC"), (5, 8, "PER")), "b": spans((0, 3, "LOC"))}
    gold = {
        "a": spans((0, 4, "LOC"), (6, 9, "PER")),
        "b": spans((0, 3, "PER")),
        "c": spans((0, 1, "X")),
    }
    scores = score_spans(pred, gold)
    assert scores.counts == SpanCounts(predicted=3, gold=4, exact=1, overlap=2)
    assert scores.exact == Score(1 / 3, 1 / 4, 2 / 7)
    assert scores.as_dict()["overlap"] == {"precision": 66.67, "recall": 50.0, "f1": 57.14}
    assert scores.per_label["PER"] == SpanCounts(predicted=1, gold=2, exact=0, overlap=1)
    assert scores.support == 4
    assert json.loads(json.dumps(scores.as_dict())) == scores.as_dict()


def test_repeated_spans_count_once() -> None:
    counts = count_spans(spans((0, 2, "X"), (0, 2, "X")), spans((0, 2, "X")))
    assert counts == {"X": SpanCounts(1, 1, 1, 1)}


def test_each_span_is_matched_at_most_once() -> None:
    counts = count_spans(spans((0, 10, "X")), spans((0, 3, "X"), (4, 9, "X")))
    assert counts == {"X": SpanCounts(1, 2, 0, 1)}


def test_nothing_predicted_and_nothing_gold() -> None:
    assert score_spans({"a": []}, {"a": []}).exact == Score(0.0, 0.0, 0.0)


@given(st.lists(st.tuples(SPANS, SPANS), max_size=3))
def test_overlap_is_between_exact_and_both_sides(
    pairs: list[tuple[list[Span], list[Span]]],
) -> None:
    pred = {str(i): found for i, (found, _) in enumerate(pairs)}
    gold = {str(i): true for i, (_, true) in enumerate(pairs)}
    counts = score_spans(pred, gold).counts
    assert 0 <= counts.exact <= counts.overlap <= min(counts.predicted, counts.gold)
    backwards = score_spans(gold, pred).counts
    assert (backwards.exact, backwards.predicted) == (counts.exact, counts.gold)


@given(SPANS.filter(bool))
def test_gold_against_itself_is_perfect(some: list[Span]) -> None:
    scores = score_spans({"a": some}, {"a": some})
    assert scores.exact == scores.overlap == Score(1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "tokens", "place", "expected"),
    [
        ("Kano, wet", [(0, 5), (6, 9)], (0, 4), (0, 5)),  # the token has the comma
        ("Kano, wet", [(0, 4), (4, 5), (6, 9)], (0, 5), (0, 4)),  # the comma alone does not belong
        ("Kano, wet", [(0, 4), (4, 5), (6, 9)], (2, 8), (0, 9)),
        ("Kano, wet", [(0, 4), (4, 5), (6, 9)], (4, 5), (4, 5)),  # nothing but the comma
        ("Kano, wet", [(6, 9)], (0, 4), (0, 4)),  # no token there
        ("A (B) C", [(0, 1), (2, 5), (6, 7)], (0, 3), (0, 1)),  # only the bracket of (B)
    ],
)
def test_snap(
    text: str, tokens: list[tuple[int, int]], place: tuple[int, int], expected: tuple[int, int]
) -> None:
    snapped = snap(Span("s", *place, "X"), tokens, text)
    assert (snapped.start, snapped.end) == expected


def lines(path: Path, *records: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


GOLD: dict[str, object] = {
    "id": "g0",
    "src_lang": "en",
    "tgt_lang": "ha",
    "src_text": "Egypt, again",
    "tgt_text": "Masar, kuma",
    "src_spans": [],
    "tgt_spans": [{"start": 0, "end": 5, "label": "LOC"}],
    "tgt_tokens": [[0, 6], [7, 11]],
}


def test_predictions_are_snapped_to_gold_tokens(tmp_path: Path) -> None:
    gold = lines(tmp_path / "gold.jsonl", GOLD, GOLD | {"id": "g1"})
    place = {"start": 0, "end": 6, "label": "geo"}
    pred = lines(tmp_path / "p.jsonl", {"id": "g0", "text": GOLD["tgt_text"], "spans": [place]})
    scores = score_files(pred, gold, label_map={"geo": "LOC"})
    assert scores.counts == SpanCounts(predicted=1, gold=2, exact=1, overlap=1)
    assert score_files(gold, gold).exact.f1 == 1.0
    assert score_files(pred, gold, label_map={"geo": None, "LOC": None}).counts == SpanCounts()


def test_files_of_other_formats_are_matched_by_place(tmp_path: Path) -> None:
    pred, gold = tmp_path / "pred.conll", tmp_path / "gold.conll"
    pred.write_text("Kano\tB-LOC\nwon\tO\n\nMusa\tO\n")
    gold.write_text("Kano\tB-LOC\nwon\tO\n\nMusa\tB-PER\n")
    assert score_files(pred, gold).counts == SpanCounts(predicted=1, gold=2, exact=1, overlap=1)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    gold = lines(tmp_path / "gold.jsonl", GOLD)
    other = lines(tmp_path / "other.jsonl", {"id": "g0", "text": "Misira"})
    with pytest.raises(FormatError, match=r"other\.jsonl: g0: its text is not that of"):
        score_files(other, gold)
    strange = lines(tmp_path / "s.jsonl", {"id": "x", "text": "a"}, {"id": "y", "text": "a"})
    with pytest.raises(FormatError, match="no id in common"):
        score_files(strange, gold)
    bad = lines(tmp_path / "b.jsonl", {"id": "g0", "text": GOLD["tgt_text"]}, {"id": "z"})
    with pytest.raises(RecordError, match=r"b\.jsonl:2: no 'text'"):
        score_files(bad, gold)
    with pytest.raises(MissingInputError):
        score_files(tmp_path / "nope.jsonl", gold)
