"""Places among Chinese and Japanese signs: at the edges of words, unless links say otherwise."""

from collections.abc import Sequence

from labelproj.align import AlignedPair, Link, link_pair, link_words
from labelproj.project.pair_evidence import PairEvidence
from labelproj.project.propose import SpanOdds, Tuning
from labelproj.records import Span


def found(src: str, surface: str, tgt: str, links: Sequence[tuple[int, int, float]]) -> str:
    start = src.index(surface)
    evidence = PairEvidence.of(
        link_pair(src, tgt),
        AlignedPair(tuple(Link(*link) for link in sorted(links))),
        *link_words(src, tgt),
        src,
        tgt,
    )
    span = Span("s", start, start + len(surface), "X")
    best = SpanOdds(span, evidence, tuning=Tuning()).candidates()[0].candidate
    return tgt[best.start : best.end]


def test_a_place_takes_the_rest_of_a_word_along() -> None:
    assert (
        found("rain today", "today", "今天下雨", [(1, 0, 0.9), (0, 2, 0.9), (0, 3, 0.9)]) == "今天"
    )


def test_a_place_may_end_inside_a_word_that_another_claims() -> None:
    links = [(0, 0, 1.0), (1, 1, 1.0)]
    assert found("rain snow", "rain", "雨雪", links) == "雨"


def test_a_space_that_somebody_set_is_an_edge() -> None:
    links = [(0, 0, 0.9), (1, 2, 0.9)]
    assert found("Broncos won", "Broncos", "野马队 赢了", [(0, 0, 0.9), (0, 1, 0.9)]) == "野马队"
    assert found("go 1946", "1946", "去 1946 年 的", [(1, 1, 0.9), (1, 2, 0.2)]) == "1946 年"
    # Beside other scripts a space says nothing.
    assert found("sun today", "sun", "晴 天 today", links) == "晴"


def test_a_name_with_a_dot_is_one() -> None:
    links = [(0, 0, 0.9), (0, 2, 0.9), (1, 4, 0.9), (2, 7, 0.9)]
    assert found("John Elway kept", "John Elway", "约翰·埃尔维保持", links) == "约翰·埃尔维"


def test_names_run_together_are_told_apart() -> None:
    links = [(0, 0, 0.8), (0, 1, 0.8)]
    assert found("play Half Of It 6", "Half Of It", "播放HalfOfIt6分", links) == "HalfOfIt"
