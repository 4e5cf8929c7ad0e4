"""Translating marked text, on a real tiny model that has seen brackets."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from labelproj.config import TranslateParams
from labelproj.errors import ModelError
from labelproj.records import Span, Translation
from labelproj.translate.engine import Engine, open_engine
from labelproj.translate.families import make_codec
from labelproj.translate.marked import check_marks, translate_marked
from labelproj.translate.schemes import SCHEMES

PARAMS = TranslateParams(beam_size=1, max_output_tokens=24, device="cpu", markers="brackets")
UNIT = ("Amina went to Lagos.", (Span("s0", 0, 5, "PER"), Span("s1", 14, 19, "LOC")))


class Scripted(Engine):
    """An engine that says what it is told to, and counts what it was asked."""

    def __init__(self, *answers: str):
        self.asked: list[str] = []
        self._answers = iter(answers)

    def translate(self, texts: Sequence[str], params: TranslateParams) -> list[Translation]:
        self.asked += texts
        return [Translation(next(self._answers), -0.5, "translated", ("split",)) for _ in texts]


def test_a_real_model(tiny_mt: Path) -> None:
    engine = open_engine(tiny_mt, src="en", tgt="ha", device="cpu")
    units = [UNIT, ("Rain fell in Abuja.", ()), ("…", (Span("s", 0, 1, "X"),))]
    found = translate_marked(engine, units, PARAMS, scheme=SCHEMES["brackets"])
    assert len(found) == 3
    for translation, _ in found:
        assert not set("[]") & set(translation.text)
    plain = engine.translate(["Rain fell in Abuja."], PARAMS)[0]
    assert found[1] == (plain, None)
    assert found[2].translation.text == "…"
    assert found[2].marked == "[ … ]"
    if found[0].marked is None:
        assert {"marks-lost"} <= set(found[0].translation.flags)
    else:
        assert found[0].marked.count("[") == 2


def test_what_came_whole_is_kept_and_what_did_not_is_translated_again() -> None:
    engine = Scripted("[ Amina ] ta je [ Legas ].", "[ Amina ] ta je Legas.", "Amina ta je Legas.")
    whole, lost = translate_marked(engine, [UNIT, UNIT], PARAMS, scheme=SCHEMES["brackets"])
    assert whole.translation == Translation("Amina ta je Legas.", -0.5, "translated", ("split",))
    assert whole.marked == "[ Amina ] ta je [ Legas ]."
    assert lost.marked is None
    assert lost.translation.flags == ("marks-lost", "split")
    assert engine.asked[2] == UNIT[0]


def test_marks_that_nobody_asked_for_are_taken_out() -> None:
    engine = Scripted("Amina (sic) [ ta ] zo", "[ Amina ] ta je Legas.", "Amina ta je [ Legas ].")
    units = [("Amina [sic] came", ()), UNIT]
    plain, lost = translate_marked(engine, units, PARAMS, scheme=SCHEMES["brackets"])
    assert engine.asked[0] == "Amina (sic) came"
    assert plain.translation.text == "Amina [sic] ta zo"
    assert lost.translation.text == "Amina ta je Legas."


def test_lost_marks_may_be_kept_but_broken_ones_never() -> None:
    params = PARAMS.model_copy(update={"lost_marks": "keep", "markers": "xml"})
    engine = Scripted("<a>Amina</a> ta je Legas.", "<a>Amina ta je <b>Legas</b>.", "Amina, Legas.")
    lost, broken = translate_marked(engine, [UNIT, UNIT], params, scheme=SCHEMES["xml"])
    assert lost.translation.text == "Amina ta je Legas."
    assert lost.marked == "<a>Amina</a> ta je Legas."
    assert "marks-lost" in lost.translation.flags
    assert broken == (
        Translation("Amina, Legas.", -0.5, "translated", ("marks-broken", "split")),
        None,
    )


def test_a_tokenizer_that_cannot_write_the_marks() -> None:
    from transformers import NllbTokenizer

    names = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "c", "[", "]", "▁[", "▁]"]
    tokenizer = NllbTokenizer(
        vocab={name: number for number, name in enumerate(names)},
        merges=[("▁", "["), ("▁", "]")],
        src_lang="eng_Latn",
        tgt_lang="hau_Latn",
        extra_special_tokens=["eng_Latn", "hau_Latn"],
    )
    codec = make_codec(tokenizer, family="nllb", src="en", tgt="ha", where="here")
    check_marks(codec, SCHEMES["brackets"], where="here")
    with pytest.raises(ModelError, match="cannot write the marks <a> </a>"):
        check_marks(codec, SCHEMES["xml"], where="here")
