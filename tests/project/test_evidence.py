"""Likeness of words, and what happens at the edges of a span."""

from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.project.boundaries import adjusted
from labelproj.project.cognates import similarity
from labelproj.records import Span
from labelproj.text import words


@pytest.mark.parametrize(
    ("src", "tgt"),
    [
        ("Geneva", "Genf"),
        ("Nanjing", "Nankin"),
        ("Austrian", "Österreicher"),
        ("Moscow", "Москва"),
        ("Mohammed", "محمد"),
        ("comedy", "comédie"),
        ("2019", "2019"),
    ],
)
def test_names_and_cognates_look_alike(src: str, tgt: str) -> None:
    alike = similarity([src], [tgt])[0, 0]
    other = similarity([src], ["bayanin"])[0, 0]
    assert alike > 0.3
    assert alike > other


def test_short_words_do_not_look_alike_by_chance() -> None:
    assert similarity(["a", "to", "."], ["o", "ta", ","]).max() == 0.0
    assert similarity(["ta"], ["ta"])[0, 0] == 1.0


@given(st.lists(st.text(max_size=8), max_size=5), st.lists(st.text(max_size=8), max_size=5))
def test_likeness_is_between_none_and_all(src: list[str], tgt: list[str]) -> None:
    alike = similarity(src, tgt)
    assert alike.shape == (len(src), len(tgt))
    assert np.isfinite(alike).all()
    assert ((alike >= 0) & (alike <= 1)).all()


def place(
    src: str, surface: str, tgt: str, first: int, last: int, *, free: Collection[int] = ()
) -> str:
    start = src.index(surface)
    offsets = words(tgt)
    begin, end = adjusted(
        Span("s", start, start + len(surface), "X"),
        first,
        last,
        src_text=src,
        tgt_text=tgt,
        tgt=offsets,
        free=np.array([number in free for number in range(len(offsets))]),
    )
    return tgt[begin:end]


def test_edges_are_as_in_the_source() -> None:
    assert place("It is 91.3 % full", "91.3 %", "Es 91,3 % lleno", 1, 1) == "91,3 %"
    assert place("It is 91.3 % full", "91.3", "Es 91,3 % lleno", 1, 1) == "91,3"
    assert place("We (all of us) went", "(all of us)", "Mu (duka) mun tafi", 2, 2) == "(duka)"
    assert place("He came.", "He came.", "Ya zo.", 0, 1) == "Ya zo."
    assert place("他来了。 Yes", "他来了。", "He came. Yes", 0, 1) == "He came."


def test_a_whole_clause_takes_its_article_along() -> None:
    src, tgt = "Fecal incontinence is a problem.", "La incontinencia es un problema."
    assert place(src, src, tgt, 1, 4, free={0}) == tgt
    assert place(src, src, tgt, 1, 4) == "incontinencia es un problema."


def test_a_name_at_the_start_takes_nothing_along() -> None:
    src, tgt = "Food was good", "La comida era buena"
    assert place(src, "Food", tgt, 1, 1, free={0}) == "comida"
