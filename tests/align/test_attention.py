"""Cross-attention: CTranslate2's is that of the original model, and its links are right."""

from pathlib import Path

import numpy as np
import pytest

from labelproj.align import TokenPair
from labelproj.align.attention import AttentionAligner, attention_links
from labelproj.align.subwords import SubwordTokenizer
from labelproj.errors import UsageError


@pytest.mark.parametrize("layer", [None, 1, 2])
def test_links_are_those_of_the_original_models_attention(
    layer: int | None, tiny_m2m: Path, pairs: list[TokenPair]
) -> None:
    import torch
    from transformers import AutoModelForSeq2SeqLM

    aligner = AttentionAligner(
        model=str(tiny_m2m),
        src_lang="en",
        tgt_lang="ha",
        layer=layer,
        device="cpu",
        compute_type="float32",
        quantization="float32",
    )
    tokenizer = SubwordTokenizer.load(str(tiny_m2m))
    model = AutoModelForSeq2SeqLM.from_pretrained(tiny_m2m, attn_implementation="eager").eval()
    for pair, result in zip(pairs[:10], aligner.align(pairs[:10]), strict=True):
        (src,), (tgt,) = tokenizer.split([pair.src]), tokenizer.split([pair.tgt])
        (head, tail), (language, _) = tokenizer.special("en"), tokenizer.special("ha")
        with torch.no_grad():
            output = model(
                input_ids=torch.tensor([[*head, *src.ids, *tail]]),
                decoder_input_ids=torch.tensor([[2, *language, *tgt.ids]]),
                output_attentions=True,
            )
        attention = output.cross_attentions[-1 if layer is None else layer - 1][0].mean(0)
        first = len(language)
        own = attention[first : first + len(tgt.ids), len(head) : len(head) + len(src.ids)]
        expected = attention_links(own.double().numpy(), src.words, tgt.words)
        assert [link[:2] for link in result.links] == [link[:2] for link in expected]
        found = [link.probability for link in result.links]
        assert found == pytest.approx([link.probability for link in expected], abs=1e-4)


def test_words_gather_the_attention_of_their_subwords() -> None:
    attention = np.array([[0.5, 0.1, 0.2], [0.4, 0.2, 0.2], [0.0, 0.0, 0.6]])
    links = attention_links(attention, np.array([0, 0, 1]), np.array([0, 0, 1]))
    assert [link[:2] for link in links] == [(0, 0), (1, 1)]
    assert links[0].probability == pytest.approx((0.75 + 1) / 2)
    assert links[1].probability == pytest.approx((1 + 1 / 1.5) / 2, abs=1e-4)


def test_long_pairs_and_missing_layers_are_said(tiny_mt: Path) -> None:
    aligner = AttentionAligner(model=str(tiny_mt), src_lang="en", tgt_lang="ha", device="cpu")
    long = TokenPair(("Kano",) * 3000, ("Kano",) * 3000)
    results = aligner.align([long, TokenPair(("Kano",), ("Kano",)), TokenPair((), ("Kano",))])
    assert [result.status for result in results] == ["too-long", "ok", "empty"]
    with pytest.raises(UsageError, match="no decoder layer 9"):
        AttentionAligner(model=str(tiny_mt), src_lang="en", tgt_lang="ha", layer=9, device="cpu")


def test_a_trained_model_finds_the_names(tiny_mt: Path) -> None:
    aligner = AttentionAligner(model=str(tiny_mt), src_lang="en", tgt_lang="ha", device="cpu")
    names = ("Amina", "Bello", "Musa", "Kano")
    pairs = [
        TokenPair((name, "lives", "in", "Zaria."), (name, "yana", "zaune", "a", "Zaria."))
        for name in names
    ]
    for result in aligner.align(pairs):
        assert result.links
