"""A tiny BERT with random weights, and pairs to align."""

from pathlib import Path

import pytest

from labelproj.align import TokenPair, token_pair
from labelproj.evaluate.projection import read_gold

DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture(scope="session")
def pairs() -> list[TokenPair]:
    gold = read_gold(DEMO / "parallel.en-ha.jsonl")
    return [token_pair(pair.src_text, pair.tgt_text) for pair in gold[:40]]


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory, pairs: list[TokenPair]) -> Path:
    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import BertConfig, BertModel, BertTokenizerFast

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    texts = [" ".join(side) for pair in pairs for side in pair]
    tokenizer.train_from_iterator(
        texts, trainers.WordPieceTrainer(vocab_size=600, special_tokens=special)
    )
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
    )
    BertModel(config).save_pretrained(folder)
    return folder
