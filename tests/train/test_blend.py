"""Two taggers' probabilities, one's brought over from a translation, and their mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.align import Link
from labelproj.text import words
from labelproj.train.blend import blended, carried
from labelproj.train.windows import Floats, continued, tag_names

TAGS = tag_names(["LOC", "PER"])


def row(**chances: float) -> list[float]:
    """Return a word's probabilities; what is left goes to O."""
    named = {name.replace("_", "-"): value for name, value in chances.items()}
    return [named.get(tag, 0.0) if tag != "O" else 1.0 - sum(named.values()) for tag in TAGS]


def rows(*each: list[float]) -> Floats:
    return np.array(each, dtype=np.float32)


def test_a_label_brings_its_words_with_it() -> None:
    # "Amina Bello went" -> "Bello Amina ta tafi", the label at its first two words.
    said = rows(row(B_PER=0.8), row(I_PER=0.6), row(B_LOC=0.3))
    links = [Link(2, 3, 0.9), Link(0, 2, 0.9), Link(2, 0, 0.9)]
    found, known = carried(said, spans=[[0, 1]], places=[[0, 1]], links=links, count=4, tags=TAGS)
    assert known.tolist() == [True, True, False, True]
    assert found[0] == pytest.approx(said[0])
    assert found[1] == pytest.approx(said[1])
    assert found[3] == pytest.approx(said[2])


def test_one_word_that_becomes_two_goes_on() -> None:
    said = rows(row(B_LOC=0.7, B_PER=0.1))
    found, known = carried(said, spans=[[0]], places=[[1, 2]], links=[], count=3, tags=TAGS)
    assert known.tolist() == [False, True, True]
    assert found[2] == pytest.approx(rows(row(I_LOC=0.7, I_PER=0.1))[0])


def test_a_label_without_a_place_says_nothing() -> None:
    said = rows(row(B_LOC=0.9), row())
    links = [Link(0, 0, 1.0), Link(1, 1, 0.5)]
    found, known = carried(said, spans=[[0]], places=[[]], links=links, count=2, tags=TAGS)
    assert known.tolist() == [False, True]
    assert found[1] == pytest.approx(said[1])


def test_the_mean_decides() -> None:
    text = "Musa ta isa Kano"
    mine = rows(row(B_PER=0.6), row(), row(), row(B_LOC=0.4))
    theirs = rows(row(B_PER=0.2), row(), row(), row(B_LOC=0.8))
    known = np.array([True, True, False, True])
    spans = blended(text, mine, (theirs, known), own_tags=TAGS, other_tags=TAGS)
    assert [(s.surface(text), s.label) for s in spans] == [("Kano", "LOC")]
    known[0] = False
    spans = blended(text, mine, (theirs, known), own_tags=TAGS, other_tags=TAGS)
    assert [(s.surface(text), s.label) for s in spans] == [("Musa", "PER"), ("Kano", "LOC")]


def test_labels_that_one_lacks() -> None:
    text = "Musa Kano"
    mine = rows(row(B_PER=0.9), row(B_LOC=0.6))
    theirs = np.array([[0.05, 0.95, 0.0], [0.9, 0.1, 0.0]], dtype=np.float32)
    both = np.ones(2, dtype=np.bool_)
    other = tag_names(["DATE"])
    spans = blended(text, mine, (theirs, both), own_tags=TAGS, other_tags=other)
    assert [(s.surface(text), s.label) for s in spans] == [("Musa", "DATE")]


CHANCES = st.lists(st.floats(0.01, 1.0), min_size=len(TAGS), max_size=len(TAGS))


@settings(max_examples=60, deadline=None)
@given(
    raw=st.lists(CHANCES, min_size=1, max_size=6),
    label=st.tuples(st.integers(0, 5), st.integers(0, 3)),
    place=st.lists(st.integers(0, 4), unique=True),
    links=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.floats(0.1, 1.0))),
)
def test_probabilities_stay_probabilities(
    raw: list[list[float]],
    label: tuple[int, int],
    place: list[int],
    links: list[tuple[int, int, float]],
) -> None:
    said = np.array(raw, dtype=np.float32)
    said /= said.sum(axis=1, keepdims=True)
    span = [word for word in range(label[0], label[0] + label[1]) if word < len(said)]
    tied = [Link(*link) for link in links if link[0] < len(said)]
    found, known = carried(
        said, spans=[span], places=[sorted(place)], links=tied, count=5, tags=TAGS
    )
    assert found[known].sum(axis=1) == pytest.approx(1.0, abs=1e-4)
    assert not found[~known].any()
    assert float(continued(said[0], TAGS).sum()) == pytest.approx(1.0, abs=1e-4)
    text = "a b c d e"
    alone = np.full((5, len(TAGS)), 1 / len(TAGS), dtype=np.float32)
    for span_ in blended(text, alone, (found, known), own_tags=TAGS, other_tags=TAGS):
        assert (span_.start, span_.start + 1) in words(text)
