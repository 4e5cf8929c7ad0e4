"""Making models ready: from Hugging Face and CTranslate2 folders, and from nowhere."""

import json
import shutil
from pathlib import Path

import pytest

from labelproj.errors import (
    HubError,
    ModelConversionError,
    ModelNotFoundError,
    UnknownLanguageError,
)
from labelproj.network import hub_answers
from labelproj.provenance import file_digest
from labelproj.translate import hub
from labelproj.translate.engine import open_engine
from labelproj.translate.hub import card_licence
from labelproj.translate.model import NOTE
from labelproj.translate.prepare import prepare_model


def test_the_note_says_where_the_model_is_from(tiny_mt: Path) -> None:
    note = json.loads((tiny_mt / NOTE).read_text())
    assert note["family"] == "nllb"
    assert note["licence"] == "Apache-2.0"
    assert note["quantization"] == "int8"
    assert (note["src"], note["tgt"]) == ("en", "ha")
    assert note["check"]["log_probability"] == pytest.approx(
        note["check"]["log_probability_original"], abs=0.2
    )
    assert "created" not in note


def test_the_same_model_gives_the_same_bytes(tiny_hf: Path, tiny_mt: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    prepare_model(str(tiny_hf), out=out, src="en", tgt="ha", licence="Apache-2.0")
    assert file_digest(out) == file_digest(tiny_mt)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again"]


def test_a_ctranslate2_folder_without_note_is_taken(tiny_mt: Path, tmp_path: Path) -> None:
    source = tmp_path / "ct2"
    shutil.copytree(tiny_mt, source)
    (source / NOTE).unlink()
    note = prepare_model(str(source), out=tmp_path / "out", src="en", tgt="ha")
    assert note["family"] == "nllb"
    assert note["model"] == "ct2"
    assert note["quantization"] is None
    open_engine(source, src="en", tgt="ha")


def test_a_prepared_folder_keeps_its_provenance(tiny_mt: Path, tmp_path: Path) -> None:
    note = prepare_model(str(tiny_mt), out=tmp_path / "out", src="en", tgt="ha")
    assert note["model"] == "hf"
    assert note["licence"] == "Apache-2.0"


def test_what_was_there_is_replaced(tiny_mt: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").write_text("old")
    prepare_model(str(tiny_mt), out=out, src="en", tgt="ha")
    assert not (out / "old").exists()


def test_missing_and_broken_models(
    tiny_hf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(model: str, tgt: str = "ha", quantization: str = "int8") -> None:
        out = tmp_path / "out"
        prepare_model(model, out=out, src="en", tgt=tgt, quantization=quantization)

    with pytest.raises(ModelNotFoundError, match=r"\./nowhere: no such model folder"):
        prepare("./nowhere")
    with pytest.raises(ModelNotFoundError, match="no such model folder"):
        prepare("a/b/c")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelConversionError, match=r"no config\.json"):
        prepare(str(empty))
    broken = tmp_path / "broken"
    shutil.copytree(tiny_hf, broken)
    (broken / "model.safetensors").write_bytes(b"xx")
    with pytest.raises(ModelConversionError, match="cannot be converted"):
        prepare(str(broken))
    (broken / "config.json").write_text("{")
    with pytest.raises(ModelConversionError, match="not JSON"):
        prepare(str(broken))
    with pytest.raises(UnknownLanguageError, match="swh_Latn"):
        prepare(str(tiny_hf), tgt="sw")
    with pytest.raises(ModelConversionError, match="use one of: int8"):
        prepare(str(tiny_hf), quantization="int3")
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(HubError, match="cannot be reached"):
        prepare("no-such-owner/no-such-model")


def test_the_licence_is_read_from_the_model_card(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    assert card_licence(tmp_path) is None
    card.write_text("---\nlicense: cc-by-nc-4.0\ntags: [x]\n---\n# A model\n")
    assert card_licence(tmp_path) == "cc-by-nc-4.0"
    card.write_text("---\nlicense: [mit, apache-2.0]\n---\n")
    assert card_licence(tmp_path) == "mit, apache-2.0"
    card.write_text("# no head\n")
    assert card_licence(tmp_path) is None


def test_a_tokenizer_from_elsewhere(tiny_hf: Path, tmp_path: Path) -> None:
    weights, tokens = tmp_path / "weights", tmp_path / "tokens"
    for path in sorted(tiny_hf.iterdir()):
        folder = tokens if "token" in path.name else weights
        folder.mkdir(exist_ok=True)
        shutil.copyfile(path, folder / path.name)
    with pytest.raises(ModelConversionError):
        prepare_model(str(weights), out=tmp_path / "none", src="en", tgt="ha")
    note = prepare_model(
        str(weights), out=tmp_path / "out", src="en", tgt="ha", tokenizer=str(tokens)
    )
    assert (note["model"], note["tokenizer"]) == ("weights", "tokens")
    open_engine(tmp_path / "out", src="en", tgt="ha", device="cpu")


def test_a_hub_that_does_not_answer_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    hub_answers.cache_clear()
    try:
        assert hub.loading_options("owner/name") == {"local_files_only": True}
        assert hub.loading_options("/no/folder") == hub.loading_options(str(Path.cwd())) == {}
    finally:
        hub_answers.cache_clear()
