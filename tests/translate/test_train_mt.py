"""Training: the data it makes, and that a killed run ends where an unbroken one does."""

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.config import MtTrainParams
from labelproj.errors import MissingInputError
from labelproj.translate import train
from labelproj.translate.batches import Batch, Stream, nllb_encoding
from labelproj.translate.markers import Augmenter, dice_lexicon
from labelproj.translate.vocabulary import train_tokenizer

PAIRS = [
    (
        f"{name} bought {thing} in {place} on Monday .",
        f"{name} ya sayi {ha} a {place} ran Litinin .",
    )
    for name in ("Amina", "Bello", "Musa", "Hadiza")
    for thing, ha in (("rice", "shinkafa"), ("fish", "kifi"), ("salt", "gishiri"))
    for place in ("Kano", "Zaria", "Sokoto")
]


def params(bitext: Path, **changes: Any) -> MtTrainParams:
    small: dict[str, Any] = {
        "bitext": (str(bitext),),
        "vocab_size": 150,
        "d_model": 16,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "heads": 2,
        "ffn": 16,
        "steps": 12,
        "batch_tokens": 200,
        "warmup_steps": 3,
        "checkpoint_every": 5,
    }
    return MtTrainParams(**small | changes)


def test_words_that_occur_together_are_in_the_lexicon() -> None:
    lexicon = dice_lexicon(PAIRS)
    assert ("rice", "shinkafa") in lexicon
    assert ("rice", "kifi") not in lexicon


def test_markers_stand_round_matching_words() -> None:
    augmenter = Augmenter(PAIRS)
    rng = random.Random(1)
    for pair in PAIRS:
        src, tgt = augmenter.marked(pair, rng)
        assert src.count("[") == src.count("]") == tgt.count("[") > 0
        assert " ".join(src.replace("[ ", "").replace(" ]", "").split()) == pair[0]
        assert " ".join(tgt.replace("[ ", "").replace(" ]", "").split()) == pair[1]
    assert augmenter.marked(("a [ b", "Kano"), rng) == ("a [ b", "Kano")
    assert augmenter.marked(("nothing", "babu"), rng) == ("nothing", "babu")


@given(st.integers(0, 1000))
def test_invented_names_are_the_same_on_both_sides(seed: int) -> None:
    augmenter = Augmenter(PAIRS)
    src, tgt = augmenter.renamed(
        ("He saw Kano and Zaria", "Ya ga Kano da Zaria"), random.Random(seed)
    )
    assert src.split()[2] == tgt.split()[2]
    assert src.split()[-1] == tgt.split()[-1]


def test_brackets_are_tokens_of_their_own() -> None:
    texts = [text for pair in PAIRS for text in pair]
    tokenizer = train_tokenizer(texts, vocab_size=200, languages=["eng_Latn", "hau_Latn"])
    assert tokenizer.tokenize("[ Kano ] [Kano],") == [
        *("▁[", "▁Kano", "▁]", "▁["),
        *tokenizer.tokenize("x[Kano],")[3:],
    ]
    assert tokenizer.convert_tokens_to_ids(["<s>", "<pad>", "</s>", "<unk>"]) == [0, 1, 2, 3]
    assert tokenizer.convert_tokens_to_ids("hau_Latn") == len(tokenizer) - 1


def test_the_tokenizer_loads_again_as_nllb(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    texts = [text for pair in PAIRS for text in pair]
    tokenizer = train_tokenizer(texts, vocab_size=200, languages=["eng_Latn", "hau_Latn"])
    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(str(tmp_path))
    assert type(again).__name__ == "NllbTokenizer"
    text = "[ Amina ] bought 1,998 salt"
    assert again(text)["input_ids"] == tokenizer(text)["input_ids"]
    assert again.convert_ids_to_tokens(again(text)["input_ids"])[0] == "eng_Latn"


def stream(back_share: float = 0.0) -> Stream:
    texts = [text for pair in PAIRS for text in pair]
    tokenizer = train_tokenizer(texts, vocab_size=200, languages=["eng_Latn", "hau_Latn"])
    return Stream(
        PAIRS,
        encode=(nllb_encoding(tokenizer, "eng_Latn"), nllb_encoding(tokenizer, "hau_Latn")),
        vary=Augmenter(PAIRS, marker_share=0.3, rename_share=0.3).vary,
        batch_tokens=150,
        seed=1,
        back_share=back_share,
    )


def test_a_share_of_the_pairs_is_taught_the_other_way_round() -> None:
    def heads(back_share: float) -> Counter[tuple[int, int]]:
        batches = stream(back_share).batches(start=0, stop=40)
        return Counter(
            (source[0], target[0])
            for batch in batches
            for source, target in zip(batch.sources, batch.targets, strict=True)
        )

    ((there, all_of_them),) = heads(0.0).items()
    back = there[1], there[0]
    assert set(heads(1.0)) == {back}
    some = heads(0.4)
    assert set(some) == {there, back}
    assert 0.25 < some[back] / all_of_them < 0.55
    whole = list(stream(0.4).batches(start=0, stop=20))
    assert list(stream(0.4).batches(start=13, stop=20)) == whole[13:]


def test_batches_from_the_middle_are_those_of_the_whole_run() -> None:
    whole = list(stream().batches(start=0, stop=20))
    assert [batch.step for batch in whole] == list(range(20))
    assert list(stream().batches(start=13, stop=20)) == whole[13:]
    for batch in whole:
        longest = max(len(ids) for ids in batch.sources + batch.targets)
        assert longest * len(batch.sources) <= 150


def test_held_out_sources_are_not_trained_on() -> None:
    kept, held = train.split_pairs([*PAIRS, (PAIRS[0][0], "other")], dev=10, seed=1)
    assert len(held) in (3, 4)
    assert not {src for src, _ in kept} & {src for src, _ in held}
    assert len(kept) + len(held) == len(PAIRS) + 1


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_killed_run_ends_with_the_same_weights(
    optimizer: str, tiny_bitext: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(name: str, optimizer: str = optimizer) -> dict[str, object]:
        return train.train_model(
            params(tiny_bitext, optimizer=optimizer),
            out=tmp_path / name,
            src="en",
            tgt="ha",
            work=tmp_path / f"work-{name}",
        )

    unbroken = run("unbroken")
    original = Stream.batches

    def dying(self: Stream, *, start: int, stop: int) -> Iterator[Batch]:
        for batch in original(self, start=start, stop=stop):
            if batch.step == 8:
                raise KeyboardInterrupt
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(Stream, "batches", dying)
        with pytest.raises(KeyboardInterrupt):
            run("broken")
    assert (tmp_path / "work-broken" / "checkpoint.pt").is_file()
    kept = (tmp_path / "work-broken" / "checkpoint.pt").read_bytes()
    assert run("broken") == unbroken
    (tmp_path / "work-other").mkdir()
    (tmp_path / "work-other" / "checkpoint.pt").write_bytes(kept)
    other = run("other", "muon" if optimizer == "adamw" else "adamw")
    assert other["optimizer"] != unbroken["optimizer"]
    first, second = (
        (tmp_path / name / "model.safetensors").read_bytes() for name in ("unbroken", "broken")
    )
    assert first == second


def test_a_broken_checkpoint_is_passed_over(tiny_bitext: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "checkpoint.pt").write_bytes(b"half")
    few = params(tiny_bitext, steps=2)
    figures = train.train_model(few, out=tmp_path / "hf", src="en", tgt="ha", work=work)
    assert figures["steps"] == 2


def test_too_little_bitext(tmp_path: Path) -> None:
    path = tmp_path / "few.tsv"
    path.write_text("a\tb\n")
    with pytest.raises(MissingInputError, match="too few"):
        train.read_pairs([str(path)])
