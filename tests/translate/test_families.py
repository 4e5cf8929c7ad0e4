"""Every family of models, each as a tiny real one: converted, checked, opened, translating."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from labelproj.config import TranslateParams
from labelproj.errors import ModelConversionError, UnknownLanguageError
from labelproj.translate.engine import Engine, open_engine
from labelproj.translate.families import detect_family, language_token
from labelproj.translate.prepare import prepare_model

# Marian's tokenizer asks for sacremoses where these tests make one themselves.
pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")

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

    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁The", "▁market", "▁of", "a", "b", "e", "t"]
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


def prepared(hf: Path, *, tgt: str = "ha") -> tuple[dict[str, Any], Path, Engine]:
    out = hf.parent / "ct2"
    note = prepare_model(str(hf), out=out, src="en", tgt=tgt, licence="none")
    return note, out, open_engine(out, src="en", tgt=tgt, threads=1)


def check(engine: Engine) -> None:
    params = TranslateParams(max_output_tokens=12)
    one, empty = engine.translate(["The market of Kenya </s> <pad> x", "..."], params)
    assert one.status in ("translated", "failed")
    assert empty.status == "copied"
    tokens = engine.codec.encode(["a </s> b"])[0]
    assert tokens[-1] == "</s>"


def test_m2m100(tmp_path: Path) -> None:
    note, out, engine = prepared(m2m100(tmp_path))
    assert note["family"] == "m2m100"
    assert engine.codec.head == ("__en__",)
    assert engine.codec.target_prefix == ("__ha__",)
    # transformers 5 keeps M2M-100's language tokens from the converter.
    assert "__ha__" in json.loads((out / "shared_vocabulary.json").read_text())
    check(engine)
    with pytest.raises(UnknownLanguageError, match="no language 'rw'"):
        open_engine(out, src="en", tgt="kin_Latn")


def test_mbart50(tmp_path: Path) -> None:
    note, _, engine = prepared(mbart50(tmp_path), tgt="es")
    assert note["family"] == "mbart"
    assert engine.codec.head == ("en_XX",)
    assert engine.codec.target_prefix == ("es_XX",)
    check(engine)


def test_madlad(tmp_path: Path) -> None:
    note, out, engine = prepared(madlad(tmp_path))
    assert note["family"] == "madlad"
    assert engine.codec.head[-1] == "<2ha>"
    assert engine.codec.target_prefix == ()
    # Untied output layers are not scaled; transformers 5 hides that from the converter.
    difference = note["check"]["log_probability"] - note["check"]["log_probability_original"]
    assert abs(difference) < 0.2
    assert "<2es>" not in engine.codec.encode(["<2es> The market"])[0]
    check(engine)
    with pytest.raises(UnknownLanguageError, match="nearest"):
        open_engine(out, src="en", tgt="sw")


def test_marian_of_one_pair(tmp_path: Path) -> None:
    note, _, engine = prepared(marian(tmp_path))
    assert note["family"] == "marian"
    assert engine.codec.head == ()
    check(engine)


def test_marian_of_many_targets(tmp_path: Path) -> None:
    _, out, engine = prepared(marian(tmp_path, ">>hau<<", ">>swe<<"))
    assert engine.codec.head == (">>hau<<",)
    check(engine)
    with pytest.raises(UnknownLanguageError, match="swe"):
        open_engine(out, src="en", tgt="sw")


def test_codes_are_found_however_they_are_given() -> None:
    nllb = ["x", "eng_Latn", "hau_Latn", "zho_Hans"]
    for code in ("ha", "hau", "hau_Latn", "ha-Latn"):
        assert language_token("nllb", code, nllb, where="m") == "hau_Latn"
    assert language_token("nllb", "zh", nllb, where="m") == "zho_Hans"
    assert language_token("mbart", "sw", ["sw_KE", "en_XX"], where="m") == "sw_KE"
    assert language_token("marian", "ha", ["▁a"], where="m") is None
    with pytest.raises(UnknownLanguageError, match="hau_Latn"):
        language_token("nllb", "hat", nllb, where="m")
    with pytest.raises(UnknownLanguageError, match="no ISO 639"):
        language_token("nllb", "nonsense", nllb, where="m")


def test_a_model_that_does_not_translate_has_no_family() -> None:
    with pytest.raises(ModelConversionError, match="not a translation model"):
        detect_family(["a", "[CLS]"], model_type="bert", where="m")
