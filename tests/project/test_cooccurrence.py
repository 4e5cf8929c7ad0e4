"""Words that come together across a corpus, and what they say of words left over."""

import numpy as np

from labelproj.align import TokenPair
from labelproj.project.cooccurrence import Cooccurrence
from labelproj.project.leftovers import joined


def pair(src: str, tgt: str) -> TokenPair:
    return TokenPair(tuple(src.split()), tuple(tgt.split()))


def counted() -> Cooccurrence:
    words = Cooccurrence()
    words.add([pair("the entree was cold", "el plato principal estaba frio")] * 3)
    words.add([pair("the soup was cold", "la sopa estaba frio")] * 3)
    return words


def test_words_that_always_come_together_are_alike() -> None:
    dice = counted().dice(["entree", "soup"], ["principal", "sopa", "frio"])
    assert dice[0, 0] > 0.8
    assert dice[1, 1] > 0.8
    assert dice[0, 1] == 0.0
    assert 0.0 < dice[0, 2] < dice[0, 0]


def test_one_time_together_says_nothing() -> None:
    words = Cooccurrence()
    words.add([pair("lunch", "almuerzo")])
    assert not words.dice(["lunch", "other"], ["almuerzo"]).any()


def test_a_word_left_over_joins_the_word_it_comes_with() -> None:
    example = pair("the entree", "el plato principal")
    links = np.array([[1, 0, 0], [0, 1, 0]], dtype=np.float32)
    usual = np.ones(2, dtype=np.float32), np.ones(3, dtype=np.float32)
    dice = counted().dice(example.src, example.tgt)
    found = joined(links, dice, *usual, weight=0.5)
    assert found[1, 2] == 0.5
    assert (found[:, :2] == links[:, :2]).all()
    far = np.array([[1, 0, 0], [0, 0, 0]], dtype=np.float32)
    assert (
        joined(far, dice * np.array([[0], [1]], dtype=np.float32), *usual, weight=0.5)[1] == 0
    ).all()
