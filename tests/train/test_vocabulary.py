"""Words become tokens: shorter texts, the same words, and all else as before."""

from pathlib import Path
from typing import Any

import pytest

from labelproj.train.vocabulary import with_words

WORDS = ["<state>", "(", ")", "=", ";", "guesthouse", "&", '"']
TEXT = 'dst <state> ( guesthouse ) town = " Kano " ; name = " Bello "'


def opened(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    return AutoModelForSeq2SeqLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


def test_words_are_single_tokens_after_saving_too(tiny_hf: Path, tmp_path: Path) -> None:
    import torch

    model, tokenizer = opened(tiny_hf)
    rows = model.get_input_embeddings().weight.detach().clone()
    assert tokenizer.unk_token_id in tokenizer(TEXT)["input_ids"]
    model, made = with_words(model, tokenizer, WORDS)
    model.save_pretrained(tmp_path)
    made.save_pretrained(tmp_path)
    model, again = opened(tmp_path)
    for one in (made, again):
        ids = one(TEXT)["input_ids"]
        tokens = one.convert_ids_to_tokens(ids)
        assert {f"▁{word}" for word in WORDS if word in TEXT.split()} <= set(tokens)
        assert one.unk_token_id not in ids
        assert one.decode(ids, skip_special_tokens=True) == TEXT
        # Every text, a target too, is opened by the language of targets.
        assert tokens[0] == "hau_Latn" and tokens[-1] == "</s>"
        assert one(text_target=TEXT)["input_ids"] == ids
    for text in ("Amina ya tafi Kano.", "The market of Zaria is open", "[ Musa ]"):
        assert [
            one.convert_ids_to_tokens(one(text, add_special_tokens=False)["input_ids"])
            for one in (again, tokenizer)
        ] == [
            tokenizer.convert_ids_to_tokens(tokenizer(text, add_special_tokens=False).input_ids)
        ] * 2
    table = model.get_input_embeddings().weight
    assert model.get_output_embeddings().weight.shape == table.shape == (len(again), 32)
    assert torch.equal(table[: len(tokenizer)], rows[: len(tokenizer)])
    pieces = tokenizer("guesthouse", add_special_tokens=False)["input_ids"]
    own = again.convert_tokens_to_ids("▁guesthouse")
    assert torch.allclose(table[own], rows[pieces].mean(dim=0), atol=1e-6)


def test_a_unigram_tokenizer_takes_words_too() -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    letters = sorted(set("▁" + TEXT.replace(" ", "").replace("=", "")))
    vocab = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((letter, -3.0) for letter in letters)]
    inner = Tokenizer(models.Unigram(vocab, unk_id=2))
    inner.pre_tokenizer = pre_tokenizers.Metaspace()
    inner.decoder = decoders.Metaspace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        extra_special_tokens=["<extra>"],
    )
    model = T5ForConditionalGeneration(
        T5Config(vocab_size=len(tokenizer), d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    )
    model, made = with_words(model, tokenizer, WORDS)
    assert made.decode(made(TEXT)["input_ids"]) == TEXT
    assert "▁guesthouse" in made.convert_ids_to_tokens(made(TEXT)["input_ids"])
    assert made.convert_tokens_to_ids("<extra>") == tokenizer.convert_tokens_to_ids("<extra>")
    assert model.get_input_embeddings().weight.shape[0] == len(made)


@pytest.mark.parametrize("fast", [True, False])
def test_other_tokenizers_stay_as_they_are(fast: bool) -> None:
    class Other:
        is_fast = fast

        @property
        def backend_tokenizer(self) -> Any:
            from tokenizers import Tokenizer, models

            return Tokenizer(models.BPE())

        def get_vocab(self) -> dict[str, int]:
            return {"a": 0}

    model, other = object(), Other()
    assert with_words(model, other, WORDS) == (model, other)
