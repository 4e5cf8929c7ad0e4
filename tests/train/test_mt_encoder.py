"""A translation model's encoder as an ordinary one: the same hidden states, every head fits."""

from pathlib import Path
from typing import Any

import pytest

from labelproj.config import TrainParams
from labelproj.errors import ModelNotFoundError
from labelproj.train.encoder import ANSWERS, TAGS, open_encoder
from labelproj.train.mt_encoder import is_translation_model, write_encoder
from labelproj.train.start import prepared_start

TEXTS = ["Amina ya tafi Kano.", "The market of Zaria is open, said Musa."]


@pytest.fixture(scope="module")
def encoder(tiny_hf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mt-encoder") / "encoder"
    write_encoder(str(tiny_hf), out=out)
    return out


@pytest.mark.parametrize(("head", "tags"), [(TAGS, ["O", "B-X", "I-X"]), (ANSWERS, [])])
def test_hidden_states_are_those_of_the_translation_model(
    tiny_hf: Path, encoder: Path, head: Any, tags: list[str]
) -> None:
    import torch
    from transformers import M2M100ForConditionalGeneration

    translator = M2M100ForConditionalGeneration.from_pretrained(tiny_hf).eval()
    model, tokenizer = open_encoder(str(encoder), head, tags)
    coded = tokenizer(TEXTS, return_tensors="pt", padding=True)
    inputs = {name: coded[name] for name in ("input_ids", "attention_mask")}
    with torch.inference_mode():
        expected = translator.model.encoder(**inputs).last_hidden_state
        found = model.eval().base_model(**inputs).last_hidden_state
    real = inputs["attention_mask"].bool()
    assert torch.allclose(found[real], expected[real], atol=1e-5)


def test_a_question_and_its_context_are_told_apart(encoder: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(encoder)
    coded = tokenizer("Who?", "Musa.", return_offsets_mapping=True, return_token_type_ids=True)
    tokens = tokenizer.convert_ids_to_tokens(coded["input_ids"])
    assert tokens[0] == tokenizer.cls_token == "<s>"
    assert tokens.count("</s>") == 2
    assert sorted(set(coded["token_type_ids"])) == [0, 1]


def test_systems_start_from_the_encoder_of_a_translation_model(
    tiny_hf: Path, encoder: Path, tmp_path: Path
) -> None:
    assert is_translation_model(str(tiny_hf)) and not is_translation_model(str(encoder))

    def start(model: Path, **options: Any) -> tuple[TrainParams, dict[str, Any]]:
        params = TrainParams(backend="transformers", model=str(model))
        return prepared_start(params, own=list, read=lambda _: list, work=tmp_path, **options)

    params, made = start(tiny_hf)
    assert params.model != str(tiny_hf) and made["encoder"]["layers"] == 1
    assert start(tiny_hf)[0] == params
    # An agent wants the whole model; an encoder stays what it is.
    assert start(tiny_hf, whole=True)[0].model == str(tiny_hf)
    assert start(encoder)[0].model == str(encoder)
    with pytest.raises(ModelNotFoundError):
        start(tmp_path / "nothing")
