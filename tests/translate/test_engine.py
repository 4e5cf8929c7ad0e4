"""The engine on a real tiny model."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelproj.config import TranslateParams
from labelproj.errors import (
    DeviceError,
    ModelConversionError,
    ModelNotFoundError,
    UnknownLanguageError,
)
from labelproj.translate.ct2 import pick_threads
from labelproj.translate.engine import Engine, open_engine, pick_device
from labelproj.translate.model import compute_digest

FAST = TranslateParams(beam_size=2, max_output_tokens=40)


@pytest.fixture(scope="module")
def engine(tiny_mt: Path) -> Engine:
    return open_engine(tiny_mt, src="en", tgt="ha", device="cpu", threads=1)


def test_it_translates_what_it_was_trained_on(engine: Engine) -> None:
    [found] = engine.translate(["Amina went to Zaria."], FAST)
    assert found.status == "translated"
    assert found.score is not None
    assert found.score < 0
    assert "ya tafi" in found.text
    assert "hau_Latn" not in found.text


def test_as_many_come_back_in_the_same_order(engine: Engine) -> None:
    texts = ["Amina went to Lagos.", "", "Rain fell in Musa.", "…", "Bello lives in Abuja."]
    together = engine.translate(texts, FAST)
    alone = [engine.translate([text], FAST)[0] for text in texts]
    assert [t.text for t in together] == [t.text for t in alone]
    assert [t.status for t in together] == [
        "translated",
        "copied",
        "translated",
        "copied",
        "translated",
    ]
    assert together[3].text == "…"
    assert engine.translate([], FAST) == []


def test_a_long_unit_is_split_and_not_cut(engine: Engine) -> None:
    text = " ".join(["Amina went to Lagos;"] * 30)
    params = FAST.model_copy(update={"max_input_tokens": 24})
    [found] = engine.translate([text], params)
    assert "split" in found.flags
    assert found.text.count(".") >= 8
    [whole] = engine.translate(["Amina went to Lagos."], params)
    assert whole.flags == ()


def test_a_translation_that_does_not_end_is_flagged(engine: Engine) -> None:
    params = FAST.model_copy(update={"max_output_tokens": 3})
    [found] = engine.translate(["The market of Lagos is open, said Amina."], params)
    assert found.flags == ("at-limit",)


@pytest.mark.parametrize(
    "text",
    [
        "a\u200bb \u200d\u200c",
        "lone \ud800 surrogate",
        "nul \x00 and \x07 bell",
        "👩‍👩‍👧 went to Lagos 🎉",
        "</s> hau_Latn <pad> <unk> Amina",
        "[ Amina ] [went]",
        "x" * 20_000,
        "我爱北京" * 200,
    ],
)
def test_strange_texts_do_no_harm(engine: Engine, text: str) -> None:
    params = FAST.model_copy(update={"beam_size": 1, "max_output_tokens": 8})
    [found] = engine.translate([text], params)
    assert found.status in ("translated", "failed")
    found.text.encode("utf-8")
    if found.status == "failed":
        assert "empty" in found.flags


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(st.text(alphabet=st.characters(), max_size=30), max_size=5))
def test_any_texts_give_as_many_translations(engine: Engine, texts: list[str]) -> None:
    params = TranslateParams(beam_size=1, max_output_tokens=8)
    found = engine.translate(texts, params)
    assert len(found) == len(texts)
    assert all(t.status in ("translated", "copied", "failed") for t in found)


def test_tokens_are_counted_with_language_and_end(engine: Engine) -> None:
    assert engine.count_tokens([""]) == [2]
    short, long = engine.count_tokens(["Amina", "Amina went to Lagos."])
    assert 2 < short < long
    assert engine.codec.encode(["Amina"])[0][0] == "eng_Latn"


def test_the_digest_is_that_of_the_files(engine: Engine, tiny_mt: Path) -> None:
    assert engine.digest == compute_digest(tiny_mt)


def test_unknown_languages_are_named_with_their_neighbours(tiny_mt: Path) -> None:
    with pytest.raises(UnknownLanguageError, match="the nearest it has: hau_Latn"):
        open_engine(tiny_mt, src="en", tgt="hat")
    with pytest.raises(UnknownLanguageError, match="fra_Latn"):
        open_engine(tiny_mt, src="fr", tgt="ha")


def test_devices_and_compute_types_that_are_not_there(tiny_mt: Path) -> None:
    with pytest.raises(DeviceError, match=r"use 'default' or one of: .*float32"):
        open_engine(tiny_mt, src="en", tgt="ha", device="cpu", compute_type="float7")
    with pytest.raises(DeviceError, match="use 'auto', 'cpu' or 'cuda'"):
        pick_device("tpu")


def test_threads_are_all_cores_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pick_threads(2) == (2, 1)
    assert pick_threads(16) == (4, 4)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert pick_threads() == (3, 1)
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert pick_threads()[0] >= 1


def test_folders_without_a_model(tmp_path: Path, tiny_mt: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="no translation model here"):
        open_engine(tmp_path, src="en", tgt="ha")
    broken = tmp_path / "broken"
    shutil.copytree(tiny_mt, broken)
    (broken / "model.bin").write_bytes(b"not a model")
    with pytest.raises(ModelConversionError, match="cannot load the model"):
        open_engine(broken, src="en", tgt="ha")
    for path in broken.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(ModelConversionError, match="tokenizer cannot be loaded"):
        open_engine(broken, src="en", tgt="ha")


def test_opening_a_model_leaves_other_libraries_their_cores(tiny_mt: Path) -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        open_engine(tiny_mt, src="en", tgt="ha", device="cpu", threads=1)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
