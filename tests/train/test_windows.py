"""Windows of subwords lose no word, and well-formed tags come out of any scores."""

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invented import invented_documents
from labelproj.records import Span
from labelproj.tags import scheme_of
from labelproj.text import words
from labelproj.train.base import examples_of, snapped
from labelproj.train.encoder import TAGS as HEAD
from labelproj.train.encoder import tiny_encoder
from labelproj.train.windows import (
    IGNORED,
    best_tags,
    cut,
    spans_of_scores,
    tag_ids,
    tag_names,
)

TAGS = tag_names(["LOC", "PER"])


@cache
def tokenizer() -> Any:
    texts = [text for text, _ in examples_of(invented_documents(40))]
    return tiny_encoder(texts, HEAD, TAGS, max_length=16, dropout=0.0, seed=1)[1]


@pytest.fixture(autouse=True, scope="module")
def _made_before_tests_are_timed() -> None:
    tokenizer()


@given(st.text(max_size=200), st.integers(8, 32))
def test_every_word_with_a_subword_has_one_head_somewhere(text: str, size: int) -> None:
    windows = cut([text, "Kano"], tokenizer(), size)
    assert all(len(window.ids) <= size for window in windows)
    heads = [word for w in windows if w.text == 0 for _, word in w.heads]
    whole = cut([text], tokenizer(), 100_000)
    assert len(whole) == 1
    assert set(heads) == {word for _, word in whole[0].heads}
    assert set(heads) <= set(range(len(words(text))))


@given(st.integers(0, 40), st.integers(8, 40))
def test_gold_tags_give_the_gold_spans_again(number: int, size: int) -> None:
    documents = invented_documents(3, seed=number)
    text = " ".join(text for text, _ in examples_of(documents))
    spans, shift = list[Span](), 0
    for part, found in examples_of(documents):
        spans += [span.shifted(shift) for span in found]
        shift += len(part) + 1
    windows = cut([text], tokenizer(), size)
    scores = []
    for row in tag_ids(windows, text, spans, TAGS):
        # What has no target says nothing, loudly: it must not be listened to.
        array = np.zeros((len(row), len(TAGS)), dtype=np.float32)
        array[:, 1] = 5.0
        for position, target in enumerate(row):
            if target != IGNORED:
                array[position] = -10.0
                array[position, target] = 0.0
        scores.append(array)
    found_spans = spans_of_scores(text, windows, scores, TAGS)
    assert [(s.start, s.end, s.label) for s in found_spans] == [
        (s.start, s.end, s.label) for s in spans
    ]


@given(st.integers(0, 12), st.integers(0, 10_000))
def test_viterbi_gives_well_formed_tags(length: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(length, len(TAGS))).astype(np.float32)
    tags = best_tags(scores, TAGS)
    assert len(tags) == length
    assert scheme_of(tags) in ("IOB2", "O")


def test_viterbi_follows_the_evidence_where_it_may() -> None:
    scores = np.log(np.array([[0.4, 0.3, 0.1, 0.1, 0.1], [0.1, 0.1, 0.7, 0.05, 0.05]]))
    assert best_tags(scores.astype(np.float32), TAGS) == ["B-LOC", "I-LOC"]


def test_a_word_without_subwords_goes_with_the_word_before() -> None:
    text = "Port \u200d Harcourt"
    windows = cut([text], tokenizer(), 32)
    heads = {word for window in windows for _, word in window.heads}
    spans = (Span("s", 0, len(text), "LOC"),)
    rows = tag_ids(windows, text, spans, TAGS)
    scores = [np.eye(len(TAGS), dtype=np.float32)[[max(t, 0) for t in row]] for row in rows]
    (found,) = spans_of_scores(text, windows, scores, TAGS)
    assert heads
    assert (found.start, found.end) == (0, len(text))


def test_spans_are_widened_to_words_and_the_longer_one_is_kept() -> None:
    spans = [Span("a", 1, 3, "LOC"), Span("b", 0, 13, "ORG"), Span("c", 14, 15, "LOC")]
    assert [(s.start, s.end, s.label) for s in snapped("Port Harcourt Kano", spans)] == [
        (0, 13, "ORG"),
        (14, 18, "LOC"),
    ]
