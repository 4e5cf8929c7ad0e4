"""Low-rank adapters: trained in the place of a model's weights, and part of them in the end."""

import sys
from pathlib import Path

import pytest

from invented import TINY, invented_documents, invented_questions
from labelproj.config import TrainParams
from labelproj.errors import DependencyError, UsageError
from labelproj.progress import Silent
from labelproj.train.base import dev_f1, examples_of
from labelproj.train.reader import TransformersReader
from labelproj.train.seq2seq import Seq2Seq, Seq2SeqParams, train_seq2seq
from labelproj.train.token_classification import TransformersTagger
from labelproj.translate.adapters import merged_weights, with_adapters

PAIRS = [(f"say {word} again", f"{word} {word}") for word in ("shinkafi", "ruwa", "gida", "hanya")]


def trained(**changed: object) -> TransformersTagger:
    params = TrainParams.model_validate(TINY | {"backend": "transformers"} | changed)
    tagger = TransformersTagger(params)
    dev = invented_documents(15, seed=2)
    tagger.fit(invented_documents(60, seed=1), dev, progress=Silent())
    return tagger


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    trained(max_steps=5).save(folder)
    return folder


@pytest.mark.parametrize("average", [1, 3])
def test_a_tagger_learns_with_adapters_and_is_an_ordinary_one(
    encoder: Path, tmp_path: Path, average: int
) -> None:
    from safetensors.numpy import load_file

    # Of the averaged checkpoints of a small model the first must be a good one already.
    tagger = trained(
        model=str(encoder), lora={"r": 8}, learning_rate=1e-2, average=average, max_steps=90
    )
    held = examples_of(invented_documents(30, seed=3))
    assert dev_f1(tagger, held) > 0.6
    tagger.save(tmp_path)
    start, now = (load_file(folder / "model.safetensors") for folder in (encoder, tmp_path))
    assert now.keys() == start.keys()
    changed = {name for name in now if (now[name] != start[name]).any()}
    assert any(name.endswith("query.weight") for name in changed)
    assert "classifier.weight" in changed
    assert not any("embeddings" in name or "LayerNorm" in name for name in changed)
    texts = [text for text, _ in held]
    assert TransformersTagger.load(tmp_path).predict(texts) == tagger.predict(texts)


def test_a_reader_learns_with_adapters(encoder: Path, tmp_path: Path) -> None:
    params = TrainParams.model_validate(
        TINY | {"backend": "transformers", "model": str(encoder), "lora": {"r": 4}, "max_steps": 5}
    )
    reader = TransformersReader(params)
    reader.fit(invented_questions(12, seed=1), invented_questions(4, seed=2), progress=Silent())
    reader.save(tmp_path)
    asked = [("Wa ya isa?", "Musa ta isa Kano jiya.")]
    assert TransformersReader.load(tmp_path).read(asked) == reader.read(asked)


def test_the_weights_are_those_without_adapters(encoder: Path) -> None:
    import torch

    tagger = TransformersTagger.load(encoder)
    plain = merged_weights(tagger._model)
    wrapped = with_adapters(tagger._model, task="TOKEN_CLS", r=4, alpha=8, dropout=0.0)
    with torch.no_grad():
        for name, one in wrapped.named_parameters():
            if "lora_B" in name:
                one.fill_(0.01)
    ids = torch.arange(6, 16)[None]
    wrapped.eval()
    with torch.inference_mode():
        expected = wrapped(input_ids=ids).logits
    weights = merged_weights(wrapped)
    assert weights.keys() == plain.keys()
    other = TransformersTagger.load(encoder)._model
    other.load_state_dict(weights)
    with torch.inference_mode():
        assert torch.allclose(other(input_ids=ids).logits, expected, atol=1e-5)
        # What was copied is not what goes on being trained.
        assert torch.equal(wrapped(input_ids=ids).logits, expected)


def test_a_sequence_model_with_adapters_and_smoothing(tmp_path: Path) -> None:
    model, whole = train_seq2seq(PAIRS, Seq2SeqParams(steps=5, vocab_size=300))
    model.save(tmp_path / "whole")
    smooth = Seq2SeqParams(steps=5, vocab_size=300, label_smoothing=0.3)
    assert train_seq2seq(PAIRS, smooth)[1]["loss"] != whole["loss"]
    muon = Seq2SeqParams(steps=5, vocab_size=300, optimizer="muon")
    assert train_seq2seq(PAIRS, muon)[1]["loss"] != whole["loss"]
    lora = {"r": 8, "alpha": 16, "dropout": 0.0}
    params = Seq2SeqParams(model=str(tmp_path / "whole"), steps=5, lora=lora)
    model, found = train_seq2seq(PAIRS, params)
    assert 0 < int(str(found["parameters"])) < int(str(whole["parameters"])) / 2
    model.save(tmp_path / "lora")
    asked = ["say ruwa again", "say gida again"]
    assert Seq2Seq.load(str(tmp_path / "lora"))(asked) == model(asked)
    with pytest.raises(UsageError, match="need a pretrained model"):
        train_seq2seq(PAIRS, Seq2SeqParams(lora=lora))


def test_what_adapters_need(encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ({"backend": "spacy", "model": "m"}, {"backend": "transformers"}):
        with pytest.raises(ValueError, match="lora needs a pretrained encoder"):
            TrainParams.model_validate({**wrong, "lora": {}})
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(DependencyError, match=r"labelproj\[lora\]"):
        trained(model=str(encoder), lora={})
