"""The search against brute force, for every family of models."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from brute_force import BruteForce
from labelproj.config import ConstrainedParams
from labelproj.project.constrained.base import Scorer
from labelproj.project.constrained.ct2_scorer import Ct2Scorer
from labelproj.project.constrained.scorer import TorchScorer
from labelproj.project.constrained.search import search
from labelproj.project.constrained.state import Found, Query
from labelproj.project.constrained.texts import Tokens
from labelproj.translate.engine import check_model, open_engine
from labelproj.translate.prepare import prepare_model
from labelproj.translate.schemes import scheme
from tiny_models import m2m100, madlad, marian, mbart50

pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")

SOURCE = "The market of Kenya is open"
ALL = ConstrainedParams(margin=1e9, openings=1000, pairs=100_000, near=1e9, exact="all")
TARGETS = [
    "a Kenya market",
    "market of rice and floods in Abuja . Kenya",
    "a",
    "rice ( and ) Kenya , a [ market ]",
]


class Bench:
    """A model with everything that the search needs."""

    def __init__(
        self, folder: Path, *, tgt: str, marking: str = "brackets", rough: str = "float32"
    ):
        codec = check_model(folder, src="en", tgt=tgt)
        self.scheme = scheme(marking)
        self.tokens = Tokens(codec, self.scheme, where=str(folder))
        self.scorer: Scorer = TorchScorer(folder, device="cpu", rough=rough)
        self.oracle = BruteForce(folder, self.tokens)
        self.prefix = self.tokens.prefix_ids

    def queries(self, targets: list[str], *, max_words: int = 4) -> list[Query]:
        marked = [self.scheme.mark(SOURCE, [(4, 10)]), self.scheme.mark(SOURCE, [(14, 19)])]
        sources = self.tokens.sources(marked)
        found = self.tokens.targets(targets)
        return [Query(s, t, max_words) for t in found for s in sources]

    def search(self, queries: list[Query], limits: ConstrainedParams) -> list[Found]:
        return search(
            queries,
            scorer=self.scorer,
            marks=self.tokens.marks,
            prefix=self.prefix,
            limits=limits,
        )


FAMILIES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "m2m100": (m2m100, "ha"),
    "mbart": (mbart50, "es"),
    "madlad": (madlad, "ha"),
    "marian": (marian, "ha"),
}


@pytest.mark.parametrize("marking", ["brackets", "xml"])
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_scores_are_those_of_the_models_own_forward_pass(
    family: str, marking: str, tmp_path: Path
) -> None:
    make, tgt = FAMILIES[family]
    bench = Bench(make(tmp_path), tgt=tgt, marking=marking)
    queries = bench.queries(TARGETS)
    for query, found in zip(queries, bench.search(queries, ALL), strict=True):
        expected = bench.oracle.scores(query)
        assert found.candidates == len(expected) == len(found.scores)
        assert found.proven == bool(expected)
        for pair, score in found.scores.items():
            assert score == pytest.approx(expected[pair], abs=1e-4)


def test_logits_may_be_out_of_the_range_of_powers(tmp_path: Path) -> None:
    from transformers import M2M100ForConditionalGeneration

    folder = m2m100(tmp_path)
    model = M2M100ForConditionalGeneration.from_pretrained(folder)
    with torch.no_grad():
        model.lm_head.weight *= 2000
    model.save_pretrained(folder)
    bench = Bench(folder, tgt="ha")
    queries = bench.queries(TARGETS[:1])
    for query, found in zip(queries, bench.search(queries, ALL), strict=True):
        expected = bench.oracle.scores(query)
        assert min(expected.values()) < -1000
        for pair, score in found.scores.items():
            assert score == pytest.approx(expected[pair], rel=1e-4)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_what_is_found_roughly_is_scored_exactly(family: str, tmp_path: Path) -> None:
    make, tgt = FAMILIES[family]
    bench = Bench(make(tmp_path), tgt=tgt, rough="bfloat16")
    queries = bench.queries(TARGETS)
    for limits in (ConstrainedParams(exact="best"), ALL):
        for query, found in zip(queries, bench.search(queries, limits), strict=True):
            expected = bench.oracle.scores(query)
            assert bool(found.exact) == bool(expected)
            for pair in found.exact:
                assert found.scores[pair] == pytest.approx(expected[pair], abs=1e-4)
            if found.proven:
                best = next(iter(found.scores))
                assert expected[best] == pytest.approx(max(expected.values()), abs=1e-4)
            if limits is ALL:
                assert found.exact == set(expected)
            elif expected:
                assert next(iter(found.scores)) in found.exact


def test_what_comes_near_is_decided_exactly(tiny_hf: Path) -> None:
    bench = Bench(tiny_hf, tgt="ha", rough="bfloat16")
    queries = bench.queries(["Amina ya tafi Kano da Zaria.", "An yi ruwan sama a Lagos, Musa."])
    # Everything is near: what is best roughly need not be.
    limits = ConstrainedParams(margin=1e9, openings=1000, pairs=1000, near=1e9)
    for query, found in zip(queries, bench.search(queries, limits), strict=True):
        expected = bench.oracle.scores(query)
        best = next(iter(found.scores))
        assert expected[best] == pytest.approx(max(expected.values()), abs=1e-4)
        assert len(found.exact) != 1  # one pair alone has nothing to be decided against
        for pair, score in found.scores.items():
            assert score == pytest.approx(expected[pair], abs=0.5)


def test_a_trained_model_of_the_nllb_kind(tiny_hf: Path) -> None:
    bench = Bench(tiny_hf, tgt="ha")
    queries = bench.queries(["Amina ya tafi Kano.", "An yi ruwan sama a Lagos, Musa."])
    all_of_them = bench.search(queries, ALL)
    for query, full, fast in zip(
        queries, all_of_them, bench.search(queries, ConstrainedParams()), strict=True
    ):
        expected = bench.oracle.scores(query)
        assert full.scores == pytest.approx(expected, abs=1e-4)
        best = next(iter(fast.scores))
        assert list(fast.scores.values()) == sorted(fast.scores.values(), reverse=True)
        if fast.proven:
            assert expected[best] == pytest.approx(max(expected.values()), abs=1e-4)


def test_limits_and_forced_pairs(tiny_hf: Path) -> None:
    bench = Bench(tiny_hf, tgt="ha")
    (query, _) = bench.queries(["Amina ya tafi Kano da Zaria."])
    (narrow,) = bench.search([query], ConstrainedParams(margin=0.0, openings=1, pairs=1))
    assert len(narrow.scores) == 1
    also = ((0, 0), (2, 3), (0, 4))
    wide = Query(query.source, query.target, query.max_words, also)
    (found,) = bench.search(
        [wide], ConstrainedParams(margin=0.0, openings=1, pairs=1, exact="best")
    )
    assert set(also) <= set(found.scores)
    expected = bench.oracle.scores(Query(query.source, query.target, 10))
    assert found.exact
    for pair in found.exact:
        assert found.scores[pair] == pytest.approx(expected[pair], abs=1e-4)
    for pair in also:
        assert found.scores[pair] == pytest.approx(expected[pair], abs=3.0)


def test_batches_make_no_difference(tiny_hf: Path) -> None:
    bench = Bench(tiny_hf, tgt="ha")
    queries = bench.queries(["Amina ya tafi Kano.", "Musa", "An yi ruwan sama a Lagos."])
    together = bench.search(queries, ConstrainedParams())
    for query, found in zip(queries, together, strict=True):
        (alone,) = bench.search([query], ConstrainedParams())
        assert list(alone.scores) == list(found.scores)
        assert alone.scores == pytest.approx(found.scores, abs=1e-4)


def test_pieces_make_no_difference(tiny_hf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tiny_hf, tgt="ha")
    queries = bench.queries(["Amina ya tafi Kano da Zaria.", "An yi ruwan sama a Lagos."])
    for limits in (ConstrainedParams(), ALL):
        together = bench.search(queries, limits)
        with monkeypatch.context() as patch:
            # Every path in a piece of its own, in the room of the one before where that is done.
            patch.setattr("labelproj.project.constrained.decode.SCORES", 1)
            for one, other in zip(together, bench.search(queries, limits), strict=True):
                assert one.scores == pytest.approx(other.scores, abs=1e-4)


def test_a_text_without_a_place(tiny_hf: Path) -> None:
    bench = Bench(tiny_hf, tgt="ha")
    query = bench.queries(["Amina"])[0]
    nowhere = Query(query.source, bench.tokens.targets([""])[0], 4)
    found, other = bench.search([nowhere, query], ConstrainedParams())
    assert found.scores == {}
    assert not found.proven
    assert found.margin == float("inf")
    assert len(other.scores) == 1
    assert np.isfinite(other.trunk)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_ctranslate2_gives_the_same_scores(family: str, tmp_path: Path) -> None:
    make, tgt = FAMILIES[family]
    folder = make(tmp_path)
    prepare_model(
        str(folder), out=tmp_path / "ct2", src="en", tgt=tgt, quantization="float32", licence="x"
    )
    bench = Bench(folder, tgt=tgt)
    queries = bench.queries(TARGETS)
    expected = bench.search(queries, ALL)
    bench.scorer = Ct2Scorer(open_engine(tmp_path / "ct2", src="en", tgt=tgt, threads=1))
    # The converter takes <pad> out of Marian's vocabulary: 1/77 of every probability here.
    near = 0.8 if family == "marian" else 1e-3
    for one, other in zip(expected, bench.search(queries, ALL), strict=True):
        assert other.scores == pytest.approx(one.scores, abs=near)
        assert other.trunk == pytest.approx(one.trunk, abs=near)
