"""Korean particles are no part of a span."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.project.boundaries import edged
from labelproj.project.particles import without_particle
from labelproj.records import Span

SRC = "Seoul"


def named(tgt: str, surface: str) -> str:
    start = tgt.index(surface)
    place = edged(Span("s", 0, 5, "LOC"), start, start + len(surface), src_text=SRC, tgt_text=tgt)
    return tgt[slice(*place)]


@pytest.mark.parametrize(
    ("surface", "expected"),
    [
        ("서울에서", "서울"),
        ("서울을", "서울"),
        ("부산으로", "부산"),
        ("제주를", "제주"),
        ("NBA를", "NBA"),
        ("인천 공항까지", "인천 공항"),
        ("마을", "마을"),  # a village: no consonant before 을
        ("화가", "화가"),
        ("좋은", "좋은"),
        ("원하는", "원하는"),
        ("제주도", "제주도"),
        ("을", "을"),
    ],
)
def test_only_particles_are_left_out(surface: str, expected: str) -> None:
    assert named(f"나는 {surface} 봤다", surface) == expected


def test_a_word_that_goes_on_keeps_all() -> None:
    assert named("서울에서는요", "서울에서") == "서울에서"


def test_korean_sources_have_their_own_edges() -> None:
    assert (
        without_particle(Span("s", 0, 4, "LOC"), 0, 4, src_text="서울에서", tgt_text="서울에서")
        == 4
    )


@given(st.text(st.sampled_from("서울에를가 aA1."), min_size=1, max_size=8), st.data())
def test_something_is_left(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    left = without_particle(Span("s", 0, 5, "LOC"), start, end, src_text=SRC, tgt_text=text)
    assert start < left <= end
    assert left == end or not text[left - 1].isspace()
