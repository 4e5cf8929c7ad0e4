"""The aligners on real (demo) pairs and on pairs made to break them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from labelproj.align import ALIGNERS, Aligner, TokenPair, open_aligner, pharaoh, token_pair
from labelproj.align.embedding import EmbeddingAligner
from labelproj.align.simalign import SimAlignAligner
from labelproj.config import AlignParams
from labelproj.errors import ModelNotFoundError, UsageError

NASTY = [
    TokenPair((), ()),
    TokenPair(("word",), ()),
    TokenPair((), ("kalma",)),
    TokenPair(("😀", "👩‍👩‍👧"), ("😀",)),
    TokenPair(("a",) * 2000, ("b",) * 2000),
    TokenPair(("|||", "#", "<NULL>"), ("|||", "<NULL>")),
    TokenPair(("[SEP]", "</s>", "hau_Latn", "[PAD]"), ("</s>", "[MASK]")),
    TokenPair(("\u200b", "\ufe0f"), ("\ufffd", "ไทย")),
    TokenPair(("x" * 5000,), ("y",)),
    token_pair("北京 is big", "Beijing babba ne"),
]

Opener = Callable[[str], Aligner]


@pytest.fixture
def opened(tmp_path: Path, tiny_bert: Path, tiny_mt: Path) -> Opener:
    models = {"embedding": tiny_bert, "simalign": tiny_bert, "attention": tiny_mt}

    def open_it(name: str) -> Aligner:
        model = str(models[name]) if name in models else None
        layer = 2 if models.get(name) == tiny_bert else None
        params = AlignParams(name=name, model=model, layer=layer)
        return open_aligner(params, work=tmp_path, src_lang="en", tgt_lang="ha", device="cpu")

    return open_it


@pytest.mark.parametrize("name", ALIGNERS)
def test_links_are_within_their_pair(name: str, opened: Opener, pairs: list[TokenPair]) -> None:
    aligner = opened(name)
    aligner.fit(lambda: pairs)
    aligned = aligner.align(pairs)
    assert len(aligned) == len(pairs)
    for pair, result in zip(pairs, aligned, strict=True):
        assert result.status == "ok"
        assert result.links
        assert list(result.links) == sorted(result.links)
        for link in result.links:
            assert link.src < len(pair.src)
            assert link.tgt < len(pair.tgt)
            assert 0 < link.probability <= 1 + 1e-6


@pytest.mark.parametrize("name", ["eflomal", "systran", "embedding", "attention"])
def test_a_bad_pair_stops_nothing(name: str, opened: Opener, pairs: list[TokenPair]) -> None:
    aligner = opened(name)
    mixed = [*NASTY, *pairs[:5]]
    aligner.fit(lambda: mixed)
    aligned = aligner.align(mixed)
    assert len(aligned) == len(mixed)
    assert [result.links for result in aligned[:3]] == [()] * 3
    assert {result.status for result in aligned[:3]} == {"empty"}
    assert all(result.links for result in aligned[-5:])


@pytest.mark.parametrize("name", ["eflomal", "systran", "embedding", "attention"])
def test_what_is_hardly_text_is_a_word_like_any(
    name: str, opened: Opener, pairs: list[TokenPair]
) -> None:
    odd = [TokenPair(("\ud83d", "Kano"), ("Kano", "\ude00")), TokenPair(("a\x00b",), ("c\x00",))]
    aligner = opened(name)
    aligner.fit(lambda: [*odd, *pairs])
    results = aligner.align([*odd, *pairs[:3]])
    assert [result.status for result in results] == ["ok"] * 5
    assert all(result.links for result in results[2:])


@pytest.mark.parametrize("name", ["eflomal", "systran"])
def test_what_learns_is_repeatable_and_resumes(
    name: str, tmp_path: Path, pairs: list[TokenPair]
) -> None:
    params = AlignParams(name=name)
    results = []
    for work in (tmp_path / "one", tmp_path / "two", tmp_path / "one"):
        aligner = open_aligner(params, work=work, src_lang="en", tgt_lang="ha")
        aligner.fit(lambda: pairs)
        results.append(aligner.align(pairs))
    assert results[0] == results[1] == results[2]


def test_eflomal_finds_the_names(tmp_path: Path) -> None:
    names = ["Amina", "Bala", "Chidi", "Dele", "Efe", "Fatima"]
    verbs = {"came": "zo", "went": "tafi", "slept": "yi barci", "ate": "ci abinci"}
    pairs = [
        token_pair(f"Yesterday {name} {en} .", f"{name} ya {ha} jiya .")
        for name in names
        for en, ha in verbs.items()
    ]
    aligner = open_aligner(AlignParams(), work=tmp_path, src_lang="en", tgt_lang="ha")
    aligner.fit(lambda: pairs)
    found = [
        any(link.src == 1 and link.tgt == 0 for link in result.links)
        for result in aligner.align(pairs)
    ]
    assert sum(found) >= 0.9 * len(found)


def test_eflomal_aligns_pairs_it_was_not_fitted_on(tmp_path: Path, pairs: list[TokenPair]) -> None:
    aligner = open_aligner(AlignParams(), work=tmp_path, src_lang="en", tgt_lang="ha")
    aligner.fit(lambda: pairs[:30])
    aligned = aligner.align(pairs)
    assert all(result.links for result in aligned)


@pytest.mark.parametrize("backend", ["torch", "ct2"])
@pytest.mark.parametrize("matching", ["inter", "itermax", "match"])
def test_embedding_links_are_simaligns(
    matching: str, backend: str, tiny_bert: Path, pairs: list[TokenPair]
) -> None:
    ours = EmbeddingAligner(
        model=str(tiny_bert), layer=2, matching=matching, device="cpu", backend=backend
    )
    theirs = SimAlignAligner(model=str(tiny_bert), layer=2, matching=matching)
    expected = [pharaoh(result.links) for result in theirs.align(pairs)]
    assert [pharaoh(result.links) for result in ours.align(pairs)] == expected


def test_simalign_says_at_once_what_it_cannot_use(
    tiny_bert: Path, tiny_hf: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="decoder"):
        SimAlignAligner(model=str(tiny_hf), layer=1)
    with pytest.raises(UsageError, match="hidden states 0 to"):
        SimAlignAligner(model=str(tiny_bert), layer=99)
    with pytest.raises(ModelNotFoundError):
        SimAlignAligner(model=str(tmp_path))


def test_word_level_and_softmax_give_links(tiny_bert: Path, pairs: list[TokenPair]) -> None:
    for level, matching in (("word", "itermax"), ("bpe", "softmax")):
        aligner = EmbeddingAligner(
            model=str(tiny_bert), layer=2, device="cpu", level=level, matching=matching
        )
        assert all(result.status == "ok" for result in aligner.align(pairs[:10]))


def test_a_long_text_is_encoded_whole(tiny_bert: Path) -> None:
    words = tuple(f"w{number}" for number in range(300))
    aligner = EmbeddingAligner(model=str(tiny_bert), layer=2, device="cpu")
    (result,) = aligner.align([TokenPair(words, words)])
    assert max(link.src for link in result.links) > 250


def test_what_is_wrong_is_said(tmp_path: Path, tiny_bert: Path) -> None:
    def opened(**params: object) -> Aligner:
        return open_aligner(
            AlignParams.model_validate(params), work=tmp_path, src_lang="en", tgt_lang="ha"
        )

    with pytest.raises(UsageError, match="no aligner 'giza'"):
        opened(name="giza")
    with pytest.raises(UsageError, match="needs a model"):
        opened(name="embedding")
    with pytest.raises(ModelNotFoundError, match="nowhere"):
        opened(name="embedding", model=str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="hidden states 0 to 3"):
        opened(name="embedding", model=str(tiny_bert), layer=8)
