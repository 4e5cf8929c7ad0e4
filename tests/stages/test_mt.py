"""Stage mt: a model from a folder, and one trained."""

import json
from pathlib import Path
from typing import Any

import pytest

from labelproj.config import MtParams, MtTrainParams
from labelproj.errors import ConfigError, MissingInputError, ModelNotFoundError
from labelproj.stages.mt import run_mt
from labelproj.translate.engine import open_engine


def run(tmp_path: Path, params: MtParams, **changes: Any) -> dict[str, Any]:
    places = {"out": tmp_path / "out", "work": tmp_path / "work"}
    return run_mt(**{"params": params, "src": "en", "tgt": "ha", **places, **changes})


def test_a_model_folder_is_made_ready_once(tmp_path: Path, tiny_hf: Path) -> None:
    link = tmp_path / "models" / "mt-en-ha"
    link.parent.mkdir()
    link.symlink_to(tiny_hf)
    params = MtParams(model=str(link.parent / "mt-{src}-{tgt}"), licence="MIT")
    manifest = run(tmp_path, params, src="eng_Latn", tgt="hau_Latn")
    assert manifest["stage"] == "mt"
    assert manifest["model"]["licence"] == "MIT"
    open_engine(tmp_path / "out", src="en", tgt="ha")
    # Left alone while it is whole, made again when it is not.
    assert run(tmp_path, params, src="eng_Latn", tgt="hau_Latn") == manifest
    (tmp_path / "out" / "model.bin").write_bytes(b"")
    again = run(tmp_path, params, src="eng_Latn", tgt="hau_Latn")
    assert again["model"]["digest"] == manifest["model"]["digest"]
    open_engine(tmp_path / "out", src="en", tgt="ha")


def test_a_model_is_trained(tmp_path: Path, tiny_bitext: Path) -> None:
    training = MtTrainParams(
        bitext=(str(tiny_bitext),),
        vocab_size=150,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        heads=2,
        ffn=16,
        steps=5,
        batch_tokens=300,
        warmup_steps=2,
    )
    manifest = run(tmp_path, MtParams(train=training))
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["steps"] == 5
    assert metrics["dev_pairs"] > 0
    assert 0 <= metrics["dev_chrf"] <= 100
    assert manifest["training"] == metrics
    assert (tmp_path / "out" / "hf" / "model.safetensors").is_file()
    assert (tmp_path / "out" / "mt.json").is_file()
    assert list((tmp_path / "work").iterdir()) == []
    open_engine(tmp_path / "out", src="en", tgt="ha")


def test_wrong_parameters(tmp_path: Path, tiny_bitext: Path) -> None:
    training = MtTrainParams(bitext=(str(tiny_bitext),))
    with pytest.raises(ConfigError, match="one of `model`, `train` and `given`"):
        run(tmp_path, MtParams())
    with pytest.raises(ConfigError, match="no more"):
        run(tmp_path, MtParams(model="x", train=training))
    with pytest.raises(ModelNotFoundError, match=r"\./none-en-ha"):
        run(tmp_path, MtParams(model="./none-{src}-{tgt}"))
    with pytest.raises(MissingInputError, match="no such file"):
        run(tmp_path, MtParams(train=MtTrainParams(bitext=(str(tmp_path / "none.tsv"),))))
