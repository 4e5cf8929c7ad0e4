"""Sentences beside each other, and the windows of spans."""

from hypothesis import given
from hypothesis import strategies as st

from labelproj.project import LabelledPair
from labelproj.project.constrained.windows import aligned_sentences, whole, windows
from labelproj.records import Span

SRC = "Musa lives in Kano. It rained in Lagos all day. The market of Zaria was closed."
TGT = "Musa vive en Kano. En Lagos llovió todo el día. El mercado de Zaria estaba cerrado."


def pair(src: str, tgt: str, *surfaces: str) -> LabelledPair:
    found = [(src.index(surface), surface) for surface in surfaces]
    spans = (Span(f"s{a}", a, a + len(surface), "LOC") for a, surface in found)
    return LabelledPair(src, tuple(spans), tgt)


def beside(labelled: LabelledPair) -> list[str]:
    """Return the part of the translation that each span is looked for in."""
    found = windows(labelled, src_lang="en", tgt_lang="es")
    return [labelled.tgt_text[slice(*window.tgt)] for window in found]


def test_a_span_is_looked_for_beside_its_sentence() -> None:
    assert beside(pair(SRC, TGT, "Kano", "Lagos", "Zaria")) == [
        "Musa vive en Kano.",
        "En Lagos llovió todo el día.",
        "El mercado de Zaria estaba cerrado.",
    ]


def test_a_sentence_cut_in_two_and_one_left_out() -> None:
    cut = TGT.replace("Lagos llovió", "Lagos llovió mucho. Llovió")
    assert beside(pair(SRC, cut, "Kano", "Lagos")) == [
        "Musa vive en Kano.",
        "En Lagos llovió mucho. Llovió todo el día.",
    ]
    less = TGT.replace("En Lagos llovió todo el día. ", "")
    assert beside(pair(SRC, less, "Kano", "Zaria")) == [
        "Musa vive en Kano.",
        "El mercado de Zaria estaba cerrado.",
    ]


def test_a_span_over_sentences() -> None:
    (found,) = beside(pair(SRC, TGT, "Kano. It rained"))
    assert found == "Musa vive en Kano. En Lagos llovió todo el día."


def test_nothing_to_choose_from() -> None:
    for tgt in ("Musa vive en Kano", "", " "):
        labelled = pair(SRC, tgt, "Kano")
        assert windows(labelled, src_lang="en", tgt_lang="es") == [whole(labelled)]


SENTENCES = st.lists(st.sampled_from(SRC.split(". ")), max_size=12).map(
    lambda parts: " ".join(f"{part.strip('.')}." for part in parts)
)


@given(SENTENCES, SENTENCES)
def test_every_sentence_is_beside_something_in_order(src: str, tgt: str) -> None:
    beads = aligned_sentences(LabelledPair(src, (), tgt), src_lang="en", tgt_lang="es")
    for text, places in (
        (src, [bead.src for bead in beads]),
        (tgt, [bead.tgt for bead in beads]),
    ):
        filled = [place for place in places if place[0] < place[1]]
        assert filled == sorted(filled)
        assert " ".join(text[slice(*place)] for place in filled) == text
