"""Scores of word aligners, by hand and from the command line."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from labelproj.align import AlignedPair, Link, TokenPair
from labelproj.cli import app
from labelproj.errors import FormatError
from labelproj.evaluate.alignment import GoldLinks, pair_of, read_gold_links, score_links

LINKS = st.frozensets(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1)
WORDS = TokenPair(("a",) * 6, ("b",) * 6)


def aligned(links: frozenset[tuple[int, int]]) -> AlignedPair:
    return AlignedPair(tuple(Link(i, j, 1.0) for i, j in sorted(links)))


def test_scores_by_hand() -> None:
    gold = [GoldLinks(WORDS, frozenset({(0, 0), (1, 1)}), frozenset({(0, 0), (1, 1), (2, 2)}))]
    found = [AlignedPair((Link(0, 0, 0.9), Link(2, 2, 0.6), Link(3, 3, 0.5), Link(4, 4, 0.1)))]
    scores = score_links(found, gold, min_probability=0.5)
    assert scores.precision == pytest.approx(200 / 3)
    assert scores.recall == pytest.approx(50)
    assert scores.aer == pytest.approx(100 * (1 - (1 + 2) / (3 + 2)))
    assert (scores.links, scores.pairs, scores.failed) == (3, 1, 0)


@given(LINKS, LINKS)
def test_with_sure_links_only_the_error_rate_is_what_f1_lacks(
    found: frozenset[tuple[int, int]], sure: frozenset[tuple[int, int]]
) -> None:
    scores = score_links([aligned(found)], [GoldLinks(WORDS, sure, sure)])
    assert scores.aer == pytest.approx(100 - scores.f1)
    assert score_links([aligned(sure)], [GoldLinks(WORDS, sure, sure)]).aer == 0


def test_an_aligner_that_finds_nothing_scores_nothing() -> None:
    gold = [GoldLinks(WORDS, frozenset({(0, 0)}), frozenset({(0, 0)}))]
    scores = score_links([AlignedPair((), "too-long")], gold)
    assert (scores.f1, scores.aer, scores.failed) == (0.0, 100.0, 1)


def test_gold_is_read_and_bad_lines_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "gold.en-es.tsv"
    path.write_text("the house\tla casa\t0-0 1p1\nno links\n\na\tb\t0-4\na\tb\tx\n", "utf-8")
    with caplog.at_level("WARNING", logger="labelproj"):
        (gold,) = read_gold_links(path)
    assert gold.sure == {(0, 0)}
    assert gold.possible == {(0, 0), (1, 1)}
    assert "3 lines were left out (line 2: 1 columns, not 3)" in caplog.text
    path.write_text("a\tb\t0-4\n", "utf-8")
    with pytest.raises(FormatError, match="points at no word"):
        read_gold_links(path)


def test_languages_from_the_name() -> None:
    assert pair_of(Path("xlwa.en-es.dev.tsv.gz")) == ("en", "es")
    assert pair_of(Path("test.tsv")) is None


def test_the_command_scores_an_aligner(tmp_path: Path) -> None:
    path = tmp_path / "tiny.en-es.tsv"
    words = [("dog", "perro"), ("cat", "gato"), ("house", "casa"), ("milk", "leche")]
    lines = [f"the {a} {b}\tel {c} {d}\t0-0 1-1 2-2\n" for a, c in words for b, d in words]
    path.write_text("".join(lines), "utf-8")
    command = ["bench", "alignment", "--gold", str(path), "--aligner", "systran", "--json"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    (scores,) = json.loads(done.stdout)["sets"]
    assert (scores["name"], scores["pair"], scores["aligner"]) == (
        "tiny.en-es",
        "en-es",
        "systran",
    )
    assert scores["f1"] > 60
    assert scores["pairs"] == 16
    assert CliRunner().invoke(app, command[:-1]).exit_code == 0
