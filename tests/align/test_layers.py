"""Choosing a layer, with gold and without."""

from pathlib import Path

import pytest

from labelproj.align import TokenPair
from labelproj.align.embedding import EmbeddingAligner
from labelproj.align.layers import choose_layer, default_layer
from labelproj.errors import UsageError


def test_gold_finds_the_layer_it_was_made_with(tiny_bert: Path, pairs: list[TokenPair]) -> None:
    model = str(tiny_bert)
    aligned = EmbeddingAligner(model=model, layer=2, device="cpu").align(pairs[:30])
    gold = [{(link.src, link.tgt) for link in result.links} for result in aligned]
    choice = choose_layer(model, pairs[:30], gold=gold, device="cpu")
    assert (choice.layer, choice.by, choice.threshold) == (2, "gold", None)
    assert choice.scores[2] == 1.0
    assert set(choice.scores) == {1, 2, 3}


def test_without_gold_the_directions_decide(tiny_bert: Path, pairs: list[TokenPair]) -> None:
    choice = choose_layer(str(tiny_bert), pairs[:10], matching="softmax", device="cpu")
    assert choice.by == "agreement"
    assert choice.scores[choice.layer] == max(choice.scores.values())
    assert choice.threshold is not None


def test_a_small_model_gets_its_layer_in_fit_and_records_it(
    tiny_bert: Path, pairs: list[TokenPair]
) -> None:
    assert default_layer(str(tiny_bert)) is None
    fitted = EmbeddingAligner(model=str(tiny_bert), device="cpu")
    assert fitted.params()["layer"] is None
    fitted.fit(lambda: pairs)
    expected = choose_layer(str(tiny_bert), pairs, device="cpu")
    assert fitted.params()["layer"] == expected.layer
    assert fitted.params()["chosen"] == expected.as_dict()
    unfitted = EmbeddingAligner(model=str(tiny_bert), device="cpu")
    assert unfitted.align(pairs) == fitted.align(pairs)


def test_pairs_without_words_choose_nothing(tiny_bert: Path) -> None:
    empty = TokenPair((), ("a",))
    with pytest.raises(UsageError, match="no pair"):
        choose_layer(str(tiny_bert), [empty], device="cpu")
    (result,) = EmbeddingAligner(model=str(tiny_bert), device="cpu").align([empty])
    assert result.status == "empty"
