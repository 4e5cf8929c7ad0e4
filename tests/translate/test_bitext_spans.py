"""Spans of a bitext that correspond, and variants marked at them."""

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from labelproj.align import AlignedPair, Link
from labelproj.translate.bitext_spans import (
    SpanMarker,
    SpanPair,
    aligned_spans,
    choose,
    confident_spans,
    places,
)
from labelproj.translate.schemes import SCHEMES

ALL = [True] * 6


def aligned(*links: tuple[int, int, float]) -> AlignedPair:
    return AlignedPair(tuple(Link(*link) for link in sorted(links)))


def test_all_links_lead_in_and_back() -> None:
    links = aligned((0, 0, 0.9), (1, 2, 0.9), (2, 1, 0.9), (3, 4, 0.9))
    found = confident_spans(links, ALL[:4], ALL[:5])
    assert SpanPair((0, 1), (0, 1)) in found
    assert SpanPair((1, 3), (1, 3)) in found  # turned round, and contiguous on both sides
    assert SpanPair((0, 2), (0, 3)) not in found  # word 1 of the target is another's
    assert SpanPair((0, 4), (0, 5)) in found  # one word of five has no link


def test_a_weak_link_that_leads_elsewhere_forbids_a_span() -> None:
    strong = ((0, 0, 0.9), (1, 1, 0.9))
    assert SpanPair((0, 1), (0, 1)) in confident_spans(aligned(*strong), ALL[:2], ALL[:2])
    unsure = aligned(*strong, (1, 0, 0.3))
    assert confident_spans(unsure, ALL[:2], ALL[:2]) == [SpanPair((0, 2), (0, 2))]


def test_common_words_stand_at_no_edge() -> None:
    links = aligned((0, 0, 0.9), (1, 1, 0.9), (2, 2, 0.9))
    edges = [True, False, True]
    assert confident_spans(links, edges, ALL[:3]) == [
        SpanPair((0, 1), (0, 1)),
        SpanPair((0, 3), (0, 3)),
        SpanPair((2, 3), (2, 3)),
    ]


def test_lengths_differ_only_so_much() -> None:
    links = aligned(*((0, word, 0.9) for word in range(4)))
    assert confident_spans(links, ALL[:1], ALL[:4]) == []


nested_spans = st.lists(
    st.builds(
        lambda a, n, b, m: SpanPair((a, a + n), (b, b + m)),
        *(st.integers(0, 8), st.integers(1, 4)) * 2,
    ),
    min_size=1,
    max_size=8,
)


@given(nested_spans, st.integers(0, 100), st.booleans())
def test_chosen_spans_do_not_cross(spans: list[SpanPair], seed: int, nested: bool) -> None:
    chosen = choose(spans, random.Random(seed), at_most=3, nested=nested)
    assert 1 <= len(chosen) <= 3
    for number, one in enumerate(chosen):
        for other in chosen[number + 1 :]:
            for a, b in zip(one, other, strict=True):
                apart = a[1] <= b[0] or b[1] <= a[0]
                within = (a[0] <= b[0] and b[1] <= a[1]) or (b[0] <= a[0] and a[1] <= b[1])
                assert apart or (nested and within)


def test_marks_stand_round_the_same_spans_on_both_sides() -> None:
    pair = ("Amina saw Lake Chad.", "Amina ta ga Tafkin Chadi.")
    spans = {pair: [SpanPair((0, 1), (0, 1)), SpanPair((2, 4), (3, 5))]}
    for name, expected in {
        "brackets": ("[ Amina ] saw [ Lake Chad ].", "[ Amina ] ta ga [ Tafkin Chadi ]."),
        "xml": ("<a>Amina</a> saw <b>Lake Chad</b>.", "<a>Amina</a> ta ga <b>Tafkin Chadi</b>."),
    }.items():
        marker = SpanMarker(spans, [pair], scheme=SCHEMES[name], marker_share=1.0, rename_share=0.0)
        variants = {marker.vary(pair, random.Random(seed)) for seed in range(20)}
        assert expected in variants
        assert marker.vary(("other", "wani"), random.Random(1)) == ("other", "wani")
        never = SpanMarker(spans, [pair], scheme=SCHEMES[name], marker_share=0.0, rename_share=0.0)
        assert never.vary(pair, random.Random(1)) == pair


def test_names_are_invented_inside_the_marks() -> None:
    pairs = [
        (f"He saw {name} there", f"Ya ga {name} a can") for name in ("Zaria", "Sokoto", "Katsina")
    ]
    spans = {pair: [SpanPair((2, 3), (2, 3))] for pair in pairs}
    marker = SpanMarker(
        spans, pairs, scheme=SCHEMES["brackets"], marker_share=1.0, rename_share=1.0
    )
    names = set()
    for seed in range(5):
        src, tgt = marker.vary(pairs[0], random.Random(seed))
        assert src.split()[2:5] == tgt.split()[2:5]
        assert src.split()[2] == "["
        names.add(src.split()[3])
    assert len(names) > 1


def test_a_text_with_marks_of_its_own_is_not_marked() -> None:
    pair = ("Amina [sic] came", "Amina [sic] ta zo")
    marker = SpanMarker(
        {pair: [SpanPair((0, 1), (0, 1))]},
        [pair],
        scheme=SCHEMES["brackets"],
        marker_share=1.0,
        rename_share=0.0,
    )
    assert marker.vary(pair, random.Random(1)) == pair


def test_places_are_code_points() -> None:
    assert places("Amina, ta zo", [(0, 1), (2, 4)]) == [(0, 5), (7, 12)]


def test_a_real_bitext_has_spans(tmp_path: Path) -> None:
    path = Path(__file__).parents[2] / "data" / "demo" / "bitext.en-ha.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()[:150]
    pairs = [(one, two) for one, two in (line.split("\t")[:2] for line in lines)]
    found = aligned_spans(pairs, src="en", tgt="ha", work=tmp_path)
    assert len(found) > 50
    for (src, tgt), spans in found.items():
        for side, text in enumerate((src, tgt)):
            for start, end in places(text, [span[side] for span in spans]):
                assert text[start:end] == text[start:end].strip() != ""
