"""Windows of questions with parts of their contexts, and answers out of scores."""

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invented import invented_documents, invented_questions
from labelproj.train.base import examples_of
from labelproj.train.encoder import ANSWERS, tiny_encoder
from labelproj.train.passages import (
    Passage,
    best_answers,
    best_margin,
    overlap,
    passages,
    target,
)


@cache
def tokenizer() -> Any:
    texts = [text for text, _ in examples_of([*invented_documents(30), *invented_questions(30)])]
    return tiny_encoder(texts, ANSWERS, (), max_length=16, dropout=0.0, seed=1)[1]


@pytest.fixture(autouse=True, scope="module")
def _made_before_tests_are_timed() -> None:
    tokenizer()


@given(st.text(max_size=60), st.text(max_size=200), st.integers(8, 32))
def test_every_character_of_a_context_is_in_a_window(
    question: str, context: str, size: int
) -> None:
    windows = passages([(question, context), ("Ina?", "Kano")], tokenizer(), size, types=True)
    assert all(len(one.ids) == len(one.types) <= size for one in windows)
    assert {one.text for one in windows} == {0, 1}
    covered = set[int]()
    for one in windows:
        if one.text == 0:
            assert one.null == 0
            for start, end in one.places:
                assert context[start:end] == context[start:end].strip()
                covered.update(range(start, end))
    assert covered >= {at for at, c in enumerate(context) if not c.isspace()}


def test_a_question_longer_than_half_a_window_is_said(caplog: pytest.LogCaptureFixture) -> None:
    passages(
        [("Wa ya isa? " * 20, "Musa ta isa Kano."), ("Ina?", "Kano")], tokenizer(), 16, types=False
    )
    assert "1 questions are longer than half a window" in caplog.text


def test_an_answer_is_a_target_where_it_is_whole() -> None:
    context = "Amina Bello ta isa Port Harcourt jiya. " * 8
    start = context.index("Port Harcourt", 60)
    answer = (start, start + len("Port Harcourt"))
    windows = passages([("Ina?", context)], tokenizer(), 24, types=False)
    assert len(windows) > 2
    whole = 0
    for one in windows:
        first, last = target(one, [answer])
        if first == one.null:
            assert last == one.null
            assert (
                not any(place[0] == start for place in one.places) or one.places[-1][1] < answer[1]
            )
            continue
        whole += 1
        assert one.places[first - one.first][0] <= start
        assert answer[1] <= one.places[last - one.first][1]
    assert whole
    assert target(windows[0], []) == (0, 0)


@given(
    st.lists(
        st.tuples(st.floats(-9, 9, width=16), st.floats(-9, 9, width=16)), min_size=1, max_size=12
    ),
    st.integers(1, 5),
)
def test_the_best_answers_are_those_of_a_search_through_all(
    scores: list[tuple[float, float]], longest: int
) -> None:
    places = tuple((3 * at, 3 * at + (2 if at % 4 else 0)) for at in range(len(scores)))
    one = Passage(0, tuple(range(len(scores) + 2)), (), 2, places, 0)
    starts = np.array([50.0, 50.0, *(s for s, _ in scores)], dtype=np.float32)
    ends = np.array([50.0, 50.0, *(e for _, e in scores)], dtype=np.float32)
    found = best_answers(one, starts, ends, nbest=50, longest=longest)
    all_ = [
        float(starts[2 + i] + ends[2 + j])
        for i, j in itertools.product(range(len(places)), repeat=2)
        if i <= j < i + longest and places[i][0] < places[i][1] and places[j][0] < places[j][1]
    ]
    assert [answer.score for answer in found] == sorted(all_, reverse=True)[:50]
    for answer in found:
        assert answer.start < answer.end
    best = best_answers(one, starts, ends, nbest=1, longest=longest)
    assert len(best) <= 1


@given(st.lists(st.tuples(st.integers(-4, 4), st.floats(-1, 1, width=16)), min_size=1, max_size=10))
def test_no_other_margin_gains_more(pairs: list[tuple[int, float]]) -> None:
    margins, gains = [float(m) for m, _ in pairs], [g for _, g in pairs]

    def gained(cut: float) -> float:
        return sum(g for m, g in pairs if m <= cut)

    chosen = gained(best_margin(margins, gains))
    assert chosen == pytest.approx(max(gained(at / 2) for at in range(-12, 13)))


def test_characters_shared() -> None:
    assert overlap((0, 4), [(2, 6), (10, 12)]) == 0.5
    assert overlap((0, 4), [(0, 4)]) == overlap(None, []) == 1.0
    assert overlap((0, 4), []) == overlap(None, [(0, 4)]) == 0.0
