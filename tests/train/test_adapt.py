"""An encoder reads on before it is fine-tuned, and is trimmed: once, and found again."""

import json
from pathlib import Path
from typing import Any

import pytest

from encoders import write_encoder
from invented import TINY, invented_documents, write_dataset, write_units
from labelproj.config import TrainParams
from labelproj.errors import MissingInputError, ModelError
from labelproj.provenance import file_digest
from labelproj.stages.train import run_train
from labelproj.train.adapt import adapt_encoder
from labelproj.train_params import AdaptParams

TEXTS = [document.segments[0].text for document in invented_documents(80, seed=11)]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    german = ["Der Markt in Hohenstadt ist geschlossen.", "Über den Bergen regnet es."]
    return write_encoder(folder / "encoder", "unigram", [*TEXTS, *german * 20])


def adapted(encoder: Path, out: Path, *, texts: list[str] = TEXTS, **params: Any) -> dict[str, Any]:
    chosen = {
        "texts": ("unused",),
        "steps": 150,
        "batch_words": 400,
        "learning_rate": 5e-3,
        **params,
    }
    return adapt_encoder(
        str(encoder), lambda: texts, AdaptParams(**chosen), max_length=32, seed=1, out=out
    )


def test_masks_are_filled_better(encoder: Path, tmp_path: Path) -> None:
    figures = adapted(encoder, tmp_path / "a")
    assert figures["loss"] < 0.8 * figures["loss_before"]
    assert figures["held_out"] == (figures["windows"] + figures["held_out"]) // 20
    adapted(encoder, tmp_path / "b")
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b")
    # No more is read than is needed, and a few texts are held out of none.
    few = adapted(encoder, tmp_path / "c", steps=1, batch_words=40)
    assert few["windows"] < 5
    assert few["held_out"] == 0


def test_an_encoder_without_a_head_gets_one(
    encoder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from transformers import AutoModel, AutoTokenizer

    AutoModel.from_pretrained(encoder, add_pooling_layer=False).save_pretrained(tmp_path / "bare")
    AutoTokenizer.from_pretrained(encoder).save_pretrained(tmp_path / "bare")
    caplog.set_level("INFO", logger="labelproj")
    adapted(encoder, tmp_path / "a", steps=1)
    assert "no head" not in caplog.text
    adapted(tmp_path / "bare", tmp_path / "b", steps=1)
    assert "has no head for masks; a new one is trained" in caplog.text


def test_what_cannot_be_adapted(encoder: Path, tiny_hf: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no text"):
        adapted(encoder, tmp_path / "out", texts=["  "])
    with pytest.raises(ModelError, match=r"no encoder|no mask"):
        adapted(tiny_hf, tmp_path / "out")
    with pytest.raises(ValueError, match="at least 1"):
        AdaptParams(texts=())
    asked: list[dict[str, Any]] = [{"trim": {}}, {"adapt": {"texts": ["a.txt"]}}]
    for one in asked:
        with pytest.raises(ValueError, match="needs a pretrained encoder"):
            TrainParams.model_validate({"backend": "transformers", **one})
    assert not (tmp_path / "out").exists()


def test_all_systems_start_from_what_was_made_once(encoder: Path, tmp_path: Path) -> None:
    write_dataset(tmp_path / "dataset", invented_documents(20, seed=1), "train")
    write_dataset(tmp_path / "dataset", invented_documents(5, seed=2), "validation")
    write_units(tmp_path / "units.parquet", invented_documents(20, seed=3, lang="en"))
    (tmp_path / "unlabelled.ha.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    texts = [str(tmp_path / "unlabelled.{tgt}.txt")]
    inputs: dict[str, Any] = {
        "dataset": tmp_path / "dataset",
        "source_units": tmp_path / "units.parquet",
        "src": "en",
        "tgt": "ha",
        "work": tmp_path / "work",
    }
    asked: dict[str, Any] = TINY | {
        "backend": "transformers",
        "model": str(encoder),
        "systems": ["projected", "zero-shot"],
        "max_steps": 4,
        "trim": {"texts": texts},
        "adapt": {"texts": texts, "steps": 2},
        "lora": {"r": 2},
    }
    params = TrainParams.model_validate(asked)
    first: dict[str, Any] = run_train(out=tmp_path / "a", params=params, **inputs)
    start = first["start"]
    assert start["trim"]["tokens"] < start["trim"]["tokens_before"]
    assert start["adapt"]["steps"] == 2
    assert start["trim"]["largest_difference"] < 1e-5
    rows = {
        json.loads((tmp_path / "a" / name / "config.json").read_text())["vocab_size"]
        for name in first["systems"]
    }
    assert rows == {start["trim"]["tokens"]}
    again: dict[str, Any] = run_train(out=tmp_path / "b", params=params, **inputs)
    assert again["start"] == start
    assert all(one["resumed"] for one in again["systems"].values())
    for folder in ("a", "b"):
        (tmp_path / folder / "manifest.json").unlink()
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b")
    other = TrainParams.model_validate(asked | {"adapt": {"texts": texts, "steps": 3}})
    changed: dict[str, Any] = run_train(out=tmp_path / "c", params=other, **inputs)
    assert changed["start"]["trim"] == start["trim"]
    assert not any(one["resumed"] for one in changed["systems"].values())
