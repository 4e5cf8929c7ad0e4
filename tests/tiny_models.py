"""Models of every family, tiny and real, with random weights."""

import json
import shutil
from pathlib import Path
from typing import Any

__all__ = ["m2m100", "madlad", "marian", "mbart50"]

SMALL: dict[str, Any] = {
    "d_model": 32,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "max_position_embeddings": 64,
}
TEXT = [
    "The president of Kenya visited Abuja on Monday",
    "a small market in the city , people bought rice",
    "health and floods and football 1 2 3 4 5 6 7 8 9 0 .",
    "Shugaban Kenya ya ziyarci Abuja ranar Litinin",
    "a [ market ] of < rice > / a [ Kenya ] b </ c >",
]


def sentencepiece_model(folder: Path, **options: Any) -> Path:
    import sentencepiece

    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT * 20),
        model_prefix=str(folder / "sp"),
        vocab_size=90,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    return folder / "sp.model"


def pieces_of(model: Path) -> list[str]:
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_file=str(model))
    return [processor.id_to_piece(i) for i in range(3, processor.get_piece_size())]


def m2m100(folder: Path) -> Path:
    from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

    model = sentencepiece_model(folder / "raw")
    vocab = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>"])}
    for piece in pieces_of(model):
        vocab.setdefault(piece, len(vocab))
    (folder / "raw" / "vocab.json").write_text(json.dumps(vocab))
    tokenizer = M2M100Tokenizer(str(folder / "raw" / "vocab.json"), str(model))
    config = M2M100Config(vocab_size=len(vocab) + 108, decoder_start_token_id=2, **SMALL)
    M2M100ForConditionalGeneration(config).save_pretrained(folder / "hf")
    tokenizer.save_pretrained(folder / "hf")
    return folder / "hf"


def mbart50(folder: Path) -> Path:
    from transformers import MBart50Tokenizer, MBartConfig, MBartForConditionalGeneration

    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁The", "▁market", "▁of", "▁[", "▁]"]
    pieces += list("abcdefghijklmnopqrstuvwxyzAKTM.[]")
    tokenizer = MBart50Tokenizer(vocab=[(piece, -float(i)) for i, piece in enumerate(pieces)])
    config = MBartConfig(vocab_size=len(tokenizer), decoder_start_token_id=2, **SMALL)
    MBartForConditionalGeneration(config).save_pretrained(folder / "hf")
    tokenizer.save_pretrained(folder / "hf")
    return folder / "hf"


def madlad(folder: Path) -> Path:
    from transformers import AutoTokenizer, T5Config, T5ForConditionalGeneration

    model = sentencepiece_model(
        folder / "raw",
        user_defined_symbols=["<2ha>", "<2en>", "<2es>"],
        unk_id=0,
        pad_id=1,
        eos_id=2,
        bos_id=-1,
    )
    shutil.copy(model, folder / "raw" / "spiece.model")
    (folder / "raw" / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "T5Tokenizer", "extra_ids": 0})
    )
    (folder / "raw" / "config.json").write_text(json.dumps({"model_type": "t5"}))
    tokenizer = AutoTokenizer.from_pretrained(str(folder / "raw"))
    config = T5Config(
        vocab_size=len(tokenizer) + 5,
        d_model=32,
        d_kv=16,
        d_ff=32,
        num_layers=1,
        num_heads=2,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        decoder_start_token_id=1,
        pad_token_id=1,
        eos_token_id=2,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder / "hf")
    tokenizer.save_pretrained(folder / "hf")
    return folder / "hf"


def marian(folder: Path, *languages: str) -> Path:
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    model = sentencepiece_model(folder / "raw")
    vocab: dict[str, int] = {}
    for piece in ["</s>", "<unk>", *languages, *pieces_of(model), "<pad>"]:
        vocab.setdefault(piece, len(vocab))
    (folder / "raw" / "vocab.json").write_text(json.dumps(vocab))
    tokenizer = MarianTokenizer(str(model), str(model), str(folder / "raw" / "vocab.json"))
    pad = vocab["<pad>"]
    config = MarianConfig(
        vocab_size=len(vocab),
        pad_token_id=pad,
        decoder_start_token_id=pad,
        eos_token_id=0,
        **SMALL,
    )
    MarianMTModel(config).save_pretrained(folder / "hf")
    tokenizer.save_pretrained(folder / "hf")
    return folder / "hf"
