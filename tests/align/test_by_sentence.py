"""Long pairs are aligned by their sentences, short ones as they are; no word changes its place."""

from collections.abc import Sequence
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from labelproj.align import AlignedPair, Corpus, Link, TokenPair, bitext_corpus, token_pair
from labelproj.align.by_sentence import LONGEST, BySentence

SRC = "Musa lives in Kano . It rained in Lagos all day . The market of Zaria was closed ."
TGT = "Musa vive en Kano . En Lagos llovió todo el día . El mercado de Zaria estaba cerrado ."


class Remembers:
    """Links all words of a pair with all others, and keeps what it was shown."""

    name = "all"

    def __init__(self, status: str = "ok"):
        self.learnt: list[TokenPair] = []
        self.shown: list[TokenPair] = []
        self._status = status

    def params(self) -> dict[str, object]:
        return {"name": self.name}

    def fit(self, corpus: Corpus) -> None:
        self.learnt = list(corpus())

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        self.shown += pairs
        return [
            AlignedPair(
                tuple(Link(i, j, 1.0) for i in range(len(p.src)) for j in range(len(p.tgt))),
                self._status if len(p.src) < LONGEST else "too-long",
            )
            for p in pairs
        ]


def long_pair(times: int = 4) -> TokenPair:
    return token_pair(" ".join([SRC] * times), " ".join([TGT] * times))


def test_short_pairs_stay_whole() -> None:
    pair, inner = token_pair(SRC, TGT), Remembers()
    aligner = BySentence(inner)
    aligner.fit(lambda: [pair])
    assert aligner.align([pair]) == Remembers().align([pair])
    assert inner.learnt == inner.shown == [pair]


def test_long_pairs_are_aligned_by_sentences() -> None:
    pair, inner = long_pair(), Remembers()
    aligner = BySentence(inner)
    aligner.fit(lambda: [pair])
    (found,) = aligner.align([pair])
    assert len(inner.learnt) == 12
    assert inner.learnt == inner.shown
    assert found.status == "ok"
    links = {(link.src, link.tgt) for link in found.links}
    begin, end = (side.index(".") + 1 for side in pair)
    assert {j for i, j in links if i == 0} == set(range(end))
    assert {i for i, j in links if j == end} == set(range(begin, begin + 7))
    assert list(found.links) == sorted(found.links)


def test_a_status_is_that_of_the_parts() -> None:
    (found,) = BySentence(Remembers("bad")).align([long_pair()])
    assert found.status == "bad"
    # Nothing ends a sentence: the aligner is shown all of it, and says so.
    (found,) = BySentence(Remembers()).align([token_pair("word " * 50, "wort " * 50)])
    assert found.status == "too-long"


def test_a_sentence_does_not_end_within_one() -> None:
    text = "he said ( really ? ) and left . Then nothing " + "more " * 40
    inner = Remembers()
    BySentence(inner).align([token_pair(text, text)])
    assert [len(part.src) for part in inner.shown] == [9, 42]


def test_texts_with_far_from_as_many_sentences_stay_whole() -> None:
    pair, inner = token_pair("a . B " * 900, "a . B " * 300), Remembers()
    (found,) = BySentence(inner).align([pair])
    assert inner.shown == [pair]
    assert found.status == "too-long"


WORDS = ["Kano", "ruwa", ".", "?", ")", '"', "。", "北", "2019"]
TOKENS = st.lists(st.sampled_from(WORDS), max_size=90)


@given(TOKENS, TOKENS)
def test_nothing_is_lost_and_links_stay_inside(src: list[str], tgt: list[str]) -> None:
    pair = TokenPair(tuple(src), tuple(tgt))
    inner = Remembers()
    (found,) = BySentence(inner).align([pair])
    assert all(link.src < len(src) and link.tgt < len(tgt) for link in found.links)
    for own, side in enumerate(pair):
        parts = [word for part in inner.shown for word in part[own]]
        assert len(parts) <= len(side)


def test_extra_bitext_is_cut_too(tmp_path: Path) -> None:
    src = " ".join(f"Word {n} is here ." for n in range(12))
    tgt = " ".join(f"Kalma {n} tana nan ." for n in range(12))
    (tmp_path / "extra.tsv").write_text(f"{src}\t{tgt}\nshort one\tgajere\n", encoding="utf-8")
    sizes = [len(pair.src) for pair in bitext_corpus([tmp_path / "extra.tsv"])()]
    assert sizes == [5] * 12 + [2]
