"""What the edges of projected spans hang on: usual claims, left-over words, numbers, marks."""

from collections.abc import Sequence

import numpy as np
import pytest

from known_links import Known
from labelproj.align import AlignedPair, Link, TokenPair, token_pair
from labelproj.project import LabelledPair, boundaries
from labelproj.project.alignment import AlignmentProposer
from labelproj.project.boundaries import edged
from labelproj.project.claims import Claims
from labelproj.project.joint import JointProjector
from labelproj.project.leftovers import leftovers
from labelproj.project.numbers import like_numbers
from labelproj.project.pair_evidence import PairEvidence
from labelproj.project.propose import SpanOdds, Tuning
from labelproj.records import Span
from labelproj.text import words


def one_to_one(src: str, tgt: str) -> tuple[Link, ...]:
    number = min(len(words(src)), len(words(tgt)))
    return tuple(Link(k, k, 1.0) for k in range(number))


SRC, TGT = "the lemon juice was cold", "el zumo de limon estaba frio"
#: "juice" is only weakly linked, and a stray link claims the "de".
WEAK = (Link(0, 0, 0.9), Link(1, 3, 0.9), Link(2, 1, 0.3), Link(3, 2, 0.2), Link(3, 4, 0.9))


def place(others: Sequence[tuple[str, str]], links: tuple[Link, ...] = WEAK) -> str:
    """Project "lemon juice" after learning from the other pairs."""
    known = {token_pair(*texts): one_to_one(*texts) for texts in others}
    known[token_pair(SRC, TGT)] = links
    projector = JointProjector(AlignmentProposer(Known(known)))
    projector.fit(lambda: [LabelledPair(src, (), tgt) for src, tgt in (*others, (SRC, TGT))])
    start = SRC.index("lemon")
    span = Span("s0", start, start + len("lemon juice"), "X")
    (((found),),) = projector.project([LabelledPair(SRC, (span,), TGT)])
    return found.span().surface(TGT)


def test_a_word_that_is_seldom_claimed_is_bridged() -> None:
    free = [(f"w{k}", f"w{k} de") for k in range(300)]
    assert place(free) == "zumo de limon"


def test_a_word_that_is_mostly_claimed_parts() -> None:
    claimed = [(f"w{k} of", f"w{k} de") for k in range(300)]
    assert place(claimed) == "limon"


def test_usual_claims_of_rare_and_of_frequent_words() -> None:
    claims = Claims()
    pair = TokenPair(("a",), ("b", "c"))
    claims.add([pair] * 300, [AlignedPair((Link(0, 0, 1.0),))] * 300)
    claims.add([pair], [AlignedPair((), "too-long")])
    usual = claims.usual(("b", "c", "new"), side=1)
    assert usual.tolist() == pytest.approx([1.0, 0.25, 1.0])
    assert claims.usual(("a",), side=0).tolist() == [1.0]


def test_left_over_words_are_linked_near_links() -> None:
    links = np.diag([1.0, 0.0, 1.0]).astype(np.float32)
    ones = np.ones(3, dtype=np.float32)
    assert leftovers(links, ones, ones, weight=0.5)[1, 1] == pytest.approx(0.5)
    assert leftovers(links, ones, ones, weight=0.0) is links
    article = np.array([1.0, 0.4, 1.0], dtype=np.float32)
    assert leftovers(links, ones, article, weight=0.5) is links
    alone = np.zeros((3, 3), dtype=np.float32)
    assert not leftovers(alone, ones, ones, weight=0.5).any()


@pytest.mark.parametrize(
    ("aligner", "src", "tgt", "links", "place"),
    [
        ("eflomal", "Service", "La atención", [(0, 0, 0.2), (0, 1, 0.9)], "La atención"),
        ("systran", "Service", "La atención", [(0, 0, 0.2), (0, 1, 0.9)], "atención"),
        ("systran", "Wait staff", "personal auxiliar", [(0, 1, 0.2), (1, 0, 0.9)], None),
    ],
)
def test_a_word_that_is_only_second_is_left_out(
    aligner: str, src: str, tgt: str, links: Sequence[tuple[int, int, float]], place: str | None
) -> None:
    pair = token_pair(src, tgt)
    evidence = PairEvidence.of(
        pair, AlignedPair(tuple(Link(*link) for link in links)), words(src), words(tgt), src, tgt
    )
    odds = SpanOdds(Span("s0", 0, len(src), "X"), evidence, tuning=Tuning.for_aligner(aligner))
    best = odds.candidates()[0].candidate
    assert tgt[best.start : best.end] == (place or tgt)


def test_given_links_are_completed() -> None:
    src, tgt = "red brick house", "casa ladrillo rojo"
    links = (Link(0, 2, 1.0), Link(2, 0, 1.0))
    found = []
    for leftover in (0.0, 0.5):
        aligner = Known({token_pair(src, tgt): links})
        proposer = AlignmentProposer(aligner, tuning=Tuning(missing=0.0, leftover=leftover))
        projector = JointProjector(proposer)
        projector.fit(lambda: [LabelledPair(src, (), tgt)])
        span = Span("s0", 4, 9, "X")
        found.append(projector.project([LabelledPair(src, (span,), tgt)])[0][0])
    assert found[0].start is None
    assert found[1].span().surface(tgt) == "ladrillo"


@pytest.mark.parametrize(
    ("src", "tgt", "same"),
    [
        ("over 14,000 birds", "más de 14 000 aves", {(1, 2), (1, 3)}),
        ("over 1 250 000 birds", "más de 1.250.000 aves", {(1, 2), (2, 2), (3, 2)}),
        ("over 14,000 birds", "más de 14\u00a0000 aves", {(1, 2), (1, 3)}),
        ("14,500 birds", "14 000 aves", set()),
        ("in 1990 200 birds", "1990 200 aves", set()),
    ],
)
def test_numbers_grouped_with_spaces(src: str, tgt: str, same: set[tuple[int, int]]) -> None:
    src_words, tgt_words = words(src), words(tgt)
    nothing = np.zeros((len(src_words), len(tgt_words)), dtype=np.float32)
    alike = like_numbers(nothing, src, tgt, src_words, tgt_words)
    assert set(zip(*(axis.tolist() for axis in np.nonzero(alike)), strict=True)) == same


def test_marks_at_the_edge_come_in_any_order() -> None:
    src, tgt = 'he said "we are few," and left', "dijo «somos pocos», y salió"
    span = Span("s0", src.index('"'), src.index(" and"), "X")
    start, end = edged(span, tgt.index("somos"), tgt.index("»"), src_text=src, tgt_text=tgt)
    assert tgt[start:end] == "«somos pocos»,"
    quoted = Span("s0", span.start, span.end - 2, "X")
    start, end = edged(quoted, tgt.index("somos"), tgt.index("»"), src_text=src, tgt_text=tgt)
    assert not tgt[start:end].endswith(",")


def test_a_vowel_sign_at_the_edge_is_no_punctuation() -> None:
    src, tgt = "लाल गाड़ी", "a red car, \u0940, too"
    span = Span("s0", 0, len(src), "X")
    start = tgt.index("red")
    end = start + len("red car")
    assert edged(span, start, end, src_text=src, tgt_text=tgt) == (start, end)


def test_marks_on_letters_make_no_clause() -> None:
    for src in ("c\u00e0 ph\u00ea", "ca\u0300 phe\u0302"):
        assert not boundaries._closes_clause(f"{src} mo", len(src))
        assert not boundaries._opens_clause(f"{src} mo", len(src))
