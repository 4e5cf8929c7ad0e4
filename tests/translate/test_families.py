"""Every family of models, each as a tiny real one: converted, checked, opened, translating."""

import json
from pathlib import Path
from typing import Any

import pytest

from labelproj.config import TranslateParams
from labelproj.errors import ModelConversionError, UnknownLanguageError
from labelproj.translate.engine import Engine, open_engine
from labelproj.translate.families import detect_family, language_token
from labelproj.translate.prepare import prepare_model
from tiny_models import m2m100, madlad, marian, mbart50

# Marian's tokenizer asks for sacremoses where these tests make one themselves.
pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")


def prepared(hf: Path, *, tgt: str = "ha") -> tuple[dict[str, Any], Path, Engine]:
    out = hf.parent / "ct2"
    note = prepare_model(str(hf), out=out, src="en", tgt=tgt, licence="none")
    return note, out, open_engine(out, src="en", tgt=tgt, threads=1)


def check(engine: Engine) -> None:
    params = TranslateParams(max_output_tokens=12)
    one, empty = engine.translate(["The market of Kenya </s> <pad> x", "..."], params)
    assert one.status in ("translated", "failed")
    assert empty.status == "copied"
    tokens = engine.codec.encode(["a </s> b"])[0]
    assert tokens[-1] == "</s>"


def test_m2m100(tmp_path: Path) -> None:
    note, out, engine = prepared(m2m100(tmp_path))
    assert note["family"] == "m2m100"
    assert engine.codec.head == ("__en__",)
    assert engine.codec.target_prefix == ("__ha__",)
    # transformers 5 keeps M2M-100's language tokens from the converter.
    assert "__ha__" in json.loads((out / "shared_vocabulary.json").read_text())
    check(engine)
    with pytest.raises(UnknownLanguageError, match="no language 'rw'"):
        open_engine(out, src="en", tgt="kin_Latn")


def test_mbart50(tmp_path: Path) -> None:
    note, _, engine = prepared(mbart50(tmp_path), tgt="es")
    assert note["family"] == "mbart"
    assert engine.codec.head == ("en_XX",)
    assert engine.codec.target_prefix == ("es_XX",)
    check(engine)


def test_madlad(tmp_path: Path) -> None:
    note, out, engine = prepared(madlad(tmp_path))
    assert note["family"] == "madlad"
    assert engine.codec.head[-1] == "<2ha>"
    assert engine.codec.target_prefix == ()
    # Untied output layers are not scaled; transformers 5 hides that from the converter.
    difference = note["check"]["log_probability"] - note["check"]["log_probability_original"]
    assert abs(difference) < 0.2
    assert "<2es>" not in engine.codec.encode(["<2es> The market"])[0]
    check(engine)
    with pytest.raises(UnknownLanguageError, match="nearest"):
        open_engine(out, src="en", tgt="sw")


def test_marian_of_one_pair(tmp_path: Path) -> None:
    note, _, engine = prepared(marian(tmp_path))
    assert note["family"] == "marian"
    assert engine.codec.head == ()
    check(engine)


def test_marian_of_many_targets(tmp_path: Path) -> None:
    _, out, engine = prepared(marian(tmp_path, ">>hau<<", ">>swe<<"))
    assert engine.codec.head == (">>hau<<",)
    check(engine)
    with pytest.raises(UnknownLanguageError, match="swe"):
        open_engine(out, src="en", tgt="sw")


def test_codes_are_found_however_they_are_given() -> None:
    nllb = ["x", "eng_Latn", "hau_Latn", "zho_Hans"]
    for code in ("ha", "hau", "hau_Latn", "ha-Latn"):
        assert language_token("nllb", code, nllb, where="m") == "hau_Latn"
    assert language_token("nllb", "zh", nllb, where="m") == "zho_Hans"
    assert language_token("mbart", "sw", ["sw_KE", "en_XX"], where="m") == "sw_KE"
    assert language_token("marian", "ha", ["▁a"], where="m") is None
    with pytest.raises(UnknownLanguageError, match="hau_Latn"):
        language_token("nllb", "hat", nllb, where="m")
    with pytest.raises(UnknownLanguageError, match="no ISO 639"):
        language_token("nllb", "nonsense", nllb, where="m")


def test_a_model_that_does_not_translate_has_no_family() -> None:
    with pytest.raises(ModelConversionError, match="not a translation model"):
        detect_family(["a", "[CLS]"], model_type="bert", where="m")
