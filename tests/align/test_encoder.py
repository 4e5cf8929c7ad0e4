"""Hidden states: those of transformers, whatever computes them and whatever is beside them."""

from pathlib import Path

import numpy as np
import pytest

from labelproj.align import TokenPair
from labelproj.align.ct2_states import Ct2States, converted_encoder
from labelproj.align.encoder import Encoder, Text, pick_backend
from labelproj.align.states import TorchStates, load_encoder
from labelproj.errors import ModelConversionError, UsageError

ROWS = [[5, 6, 7, 8, 9, 10, 11], [12, 13, 14], [5]]


def reference(folder: Path, row: list[int], layer: int) -> np.ndarray:
    import torch
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder)
    encoder = model.get_encoder() if model.config.is_encoder_decoder else model
    with torch.no_grad():
        states = encoder.eval()(torch.tensor([row]), output_hidden_states=True)
    return states.hidden_states[layer][0].numpy()  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def tiny_xlmr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    torch.manual_seed(0)
    config = XLMRobertaConfig(
        vocab_size=40,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=66,
    )
    folder = tmp_path_factory.mktemp("tiny-xlmr")
    XLMRobertaModel(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
@pytest.mark.parametrize("fixture", ["tiny_bert", "tiny_m2m", "tiny_xlmr"])
def test_states_are_those_of_transformers(
    fixture: str, layer: int, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(fixture)
    computed = [TorchStates(str(folder), layer=layer, layers=3, pad=1, device="cpu")]
    if layer:
        computed.append(Ct2States(str(folder), layer=layer, device="cpu"))  # type: ignore[arg-type]
    for states in computed:
        found = states.forward(ROWS)
        assert found.shape == (3, 7, 32)
        for number, row in enumerate(ROWS):
            expected = reference(folder, row, layer)
            assert found[number, : len(row)] == pytest.approx(expected, abs=2e-5)


def test_only_layers_that_are_used_are_loaded(tiny_bert: Path, tiny_m2m: Path) -> None:
    assert len(load_encoder(str(tiny_bert), keep=2).encoder.layer) == 2
    assert len(load_encoder(str(tiny_m2m), keep=1).layers) == 1


@pytest.mark.parametrize("backend", ["torch", "ct2"])
def test_a_text_is_encoded_the_same_in_any_company(
    backend: str, tiny_m2m: Path, pairs: list[TokenPair]
) -> None:
    encoder = Encoder(str(tiny_m2m), layer=2, backend=backend, device="cpu", batch_tokens=100)
    texts = [Text(pair.src, "en") for pair in pairs[:10]]
    texts += [Text(pair.tgt, "ha") for pair in pairs[:10]] + [Text(()), Text(("a",) * 300, "en")]
    vectors, together = encoder.encode(texts)
    for text, found in zip(texts, together, strict=True):
        own, (alone,) = encoder.encode([text])
        assert (alone.words == found.words).all()
        assert len(alone.rows) == len(found.rows) == len(found.words)
        if len(found.rows):
            assert vectors[found.rows] == pytest.approx(own[alone.rows], abs=2e-5)
        assert set(found.words) == set(range(len(text.words)))


def test_int8_is_close(tiny_bert: Path) -> None:
    full, small = (
        Ct2States(str(tiny_bert), layer=3, device="cpu", compute_type=kind).forward(ROWS)
        for kind in ("float32", "int8")
    )
    assert small[0] == pytest.approx(full[0], abs=0.2)


def test_a_conversion_is_made_once(tiny_bert: Path) -> None:
    first = converted_encoder(str(tiny_bert), layer=2, quantization=None)
    stamp = (first / "model.bin").stat().st_mtime_ns
    assert converted_encoder(str(tiny_bert), layer=2, quantization=None) == first
    assert (first / "model.bin").stat().st_mtime_ns == stamp
    assert converted_encoder(str(tiny_bert), layer=1, quantization=None) != first


def test_what_cannot_be_had_is_said(tiny_bert: Path) -> None:
    with pytest.raises(ModelConversionError, match="cannot be converted"):
        Ct2States(str(tiny_bert), layer=0, device="cpu")
    with pytest.raises(UsageError, match="no backend"):
        Encoder(str(tiny_bert), layer=1, backend="onnx")
    with pytest.raises(UsageError, match="no compute type"):
        Encoder(str(tiny_bert), layer=1, backend="torch", compute_type="int8", device="cpu")
    assert pick_backend("auto", "bert", layer=0, device="cpu") == "torch"
    assert pick_backend("auto", "modernbert", layer=8, device="cpu") == "torch"
    assert pick_backend("auto", "xlm-roberta", layer=8, device="cpu") == "ct2"


def test_a_language_that_the_model_lacks_is_refused(tiny_m2m: Path) -> None:
    encoder = Encoder(str(tiny_m2m), layer=1, device="cpu")
    with pytest.raises(UsageError, match="no language 'sw'"):
        encoder.encode([Text(("habari",), "sw")])
