"""Encoders with fewer tokens: the same tokens and the same numbers on the texts at hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encoders import KINDS, write_encoder
from labelproj.cli.trim import trim_vocabulary
from labelproj.errors import (
    MissingInputError,
    ModelConversionError,
    ModelError,
    ModelNotFoundError,
)
from labelproj.stages.trim import run_trim, texts_of
from labelproj.train.pieces import needed, trimmed
from labelproj.train.trim import trim_encoder

OTHER = [
    "Der Markt von Hohenstadt ist geschlossen, sagte die Ministerin.",
    "Die Straße zum Fluss wurde gestern gesperrt; 1.250 Menschen warten.",
    "Wetterbericht: Regen über den Bergen, später Sonne.",
]
OURS = [
    "Amina ta ziyarci kasuwa a Kano.",
    "Yara suna wasa a gida; ruwa ya yi yawa 12,5.",
    "Ƙasar tana da kyau, in ji ’yan jarida 🎉.",
]


@pytest.fixture(scope="module", params=list(KINDS))
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    return write_encoder(folder / request.param, request.param, [*OTHER * 3, *OURS * 3])


def opened(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    return AutoModelForMaskedLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)


def test_outputs_are_the_same(encoder: Path, tmp_path: Path) -> None:
    import torch

    (encoder / "README.md").write_text("---\nlicense: mit\n---\n")
    texts = tmp_path / "ha.txt"
    texts.write_text("\n".join(OURS) + "\n", encoding="utf-8")
    manifest: dict[str, Any] = run_trim(str(encoder), [str(texts)], out=tmp_path / "small")
    figures = manifest["figures"]
    assert figures["texts"] == figures["compared"] == 3
    assert figures["tokens"] < figures["tokens_before"]
    assert figures["bytes"] < figures["bytes_before"]
    assert figures["largest_difference"] <= 1e-6
    assert (tmp_path / "small" / "README.md").is_file()
    assert json.loads((tmp_path / "small" / "manifest.json").read_text())["figures"] == figures
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ha.txt", "small"]
    (model, tokenizer), (small, fewer) = opened(encoder), opened(tmp_path / "small")
    assert small.config.vocab_size == len(fewer) == figures["tokens"]
    for name in ("mask_token", "pad_token", "unk_token", "cls_token"):
        assert getattr(fewer, name) == getattr(tokenizer, name)
        mine, theirs = getattr(fewer, f"{name}_id"), getattr(tokenizer, f"{name}_id")
        rows = small.get_input_embeddings().weight, model.get_input_embeddings().weight
        assert torch.equal(rows[0][mine], rows[1][theirs])
    for text in OURS:
        was, now = (one(text, return_tensors="pt") for one in (tokenizer, fewer))
        assert tokenizer.convert_ids_to_tokens(was["input_ids"][0]) == fewer.convert_ids_to_tokens(
            now["input_ids"][0]
        )
        with torch.inference_mode():
            expected, found = model(**was).logits[0], small(**now).logits[0]
        # What the head of the masked language model says of the tokens that are left is the same.
        kept = tokenizer.convert_tokens_to_ids(fewer.convert_ids_to_tokens(range(len(fewer))))
        assert torch.allclose(expected[:, kept], found, atol=1e-5)


def test_other_texts_can_still_be_read(encoder: Path, tmp_path: Path) -> None:
    trim_encoder(str(encoder), lambda: OURS, out=tmp_path / "small")
    _, fewer = opened(tmp_path / "small")
    assert fewer.unk_token not in fewer.tokenize("Yara da ruwa a Kano")
    assert len(fewer.tokenize(OTHER[0])) >= len(opened(encoder)[1].tokenize(OTHER[0]))


ALPHABET = "abcdeƙ ’.,1☃"


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(list(KINDS)),
    texts=st.lists(st.text(ALPHABET, min_size=1, max_size=20), min_size=1, max_size=6),
)
def test_whatever_the_texts_are_they_are_cut_as_before(kind: str, texts: list[str]) -> None:
    from tokenizers import Tokenizer

    tokenizer = KINDS[kind]([f"{a}{b}{c} {c}{a}" for a in "abc" for b in "cde" for c in "abƙ"])
    used = {number for text in texts for number in tokenizer.encode(text).ids}
    state = json.loads(tokenizer.to_str())
    kept = needed(state, used)
    fewer = Tokenizer.from_str(json.dumps(trimmed(state, kept)))
    assert fewer.get_vocab_size() == len(kept)
    for text in texts:
        assert fewer.encode(text).tokens == tokenizer.encode(text).tokens
        assert [kept[number] for number in fewer.encode(text).ids] == tokenizer.encode(text).ids


def test_what_cannot_be_trimmed(tiny_hf: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ModelError, match="only encoders"):
        trim_encoder(str(tiny_hf), lambda: OURS, out=out)
    with pytest.raises(ModelNotFoundError):
        trim_encoder(str(tmp_path / "none"), lambda: OURS, out=out)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="no encoder that can be opened"):
        trim_encoder(str(tmp_path / "empty"), lambda: OURS, out=out)
    with pytest.raises(ValueError, match="cannot be trimmed"):
        needed({"model": {"type": "Odd"}, "added_tokens": []}, [])
    encoder = write_encoder(tmp_path / "encoder", "unigram", OURS * 3)
    with pytest.raises(MissingInputError, match="no text"):
        trim_encoder(str(encoder), lambda: ["  "], out=out)
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"text": 3}\n{"src_text": "Kano", "tgt_text": "Kano city"}\n')
    assert list(texts_of([str(broken)])) == ["Kano", "Kano city"]
    broken.write_text('{"text": 3}\n')
    with pytest.raises(MissingInputError):
        run_trim(str(encoder), [str(broken)], out=out)
    assert not out.exists()


def test_a_tokenizer_that_changes_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import labelproj.train.trim as module

    encoder = write_encoder(tmp_path / "encoder", "unigram", OURS * 3)

    def forgetful(state: dict[str, Any], used: set[int]) -> list[int]:
        return [number for number in needed(state, used) if number not in (7, 8, 9)]

    monkeypatch.setattr(module, "needed", forgetful)
    with pytest.raises(ModelConversionError, match="with fewer tokens it would cut"):
        trim_encoder(str(encoder), lambda: OURS, out=tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["encoder"]


def test_the_command_says_what_it_saved(
    encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "ha.txt"
    texts.write_text("\n".join(OURS) + "\n", encoding="utf-8")
    trim_vocabulary(str(encoder), [str(texts)], tmp_path / "small")
    shown = capsys.readouterr()
    assert not shown.out
    for part in ("the vocabulary of 3 texts", "parameters", "largest difference"):
        assert part in shown.err
    trim_vocabulary(str(encoder), [str(texts)], tmp_path / "small", json=True)
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures["tokens"] < figures["tokens_before"]
