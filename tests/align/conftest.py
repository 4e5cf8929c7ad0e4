"""Tiny encoders with random weights, and pairs to align."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from encoders import word_pieces
from labelproj.align import TokenPair, token_pair
from labelproj.evaluate.projection import read_gold

DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep converted encoders out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LABELPROJ_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def pairs() -> list[TokenPair]:
    gold = read_gold(DEMO / "ner" / "parallel.en-ha.jsonl")
    return [token_pair(pair.src_text, pair.tgt_text) for pair in gold[:40]]


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory, pairs: list[TokenPair]) -> Path:
    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertModel, BertTokenizerFast

    texts = [" ".join(side) for pair in pairs for side in pair]
    tokenizer = Tokenizer(models.WordPiece(word_pieces(texts, 600), unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    folder = tmp_path_factory.mktemp("tiny-bert")
    BertTokenizerFast(tokenizer_object=tokenizer, do_lower_case=False).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.3,  # so that layers differ, which they hardly do with 0.02
    )
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_m2m(tmp_path_factory: pytest.TempPathFactory, pairs: list[TokenPair]) -> Path:
    """A translation model of NLLB's kind, untrained, with three layers a side."""
    import torch
    from transformers import M2M100Config, M2M100ForConditionalGeneration

    from labelproj.translate.vocabulary import train_tokenizer

    texts = [" ".join(side) for pair in pairs for side in pair]
    tokenizer = train_tokenizer(texts, vocab_size=300, languages=["eng_Latn", "hau_Latn"])
    torch.manual_seed(0)
    config = M2M100Config(
        vocab_size=len(tokenizer),
        d_model=32,
        encoder_layers=3,
        decoder_layers=3,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=128,
        initializer_range=0.3,  # so that layers differ, which they hardly do with 0.02
        decoder_start_token_id=2,
        init_std=0.2,
    )
    folder = tmp_path_factory.mktemp("tiny-m2m")
    M2M100ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
