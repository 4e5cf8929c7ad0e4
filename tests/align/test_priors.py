"""What eflomal learns from other bitext: counted, kept, and used again."""

import json
import random
from pathlib import Path

import eflomal
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from labelproj.align import AlignedPair, TokenPair, check_aligner, open_aligner, token_pair
from labelproj.align import eflomal as aligner_module
from labelproj.align.eflomal import EflomalAligner, learn_priors
from labelproj.align.eflomal_runs import Runner
from labelproj.align.lexicon import Lexicon
from labelproj.align.priors import Counts, Learnt, count_links, read_learnt, write_learnt
from labelproj.align.priors import write_priors as write
from labelproj.cli import app
from labelproj.config import AlignParams
from labelproj.errors import MissingInputError, StorageError, UsageError

NAMES = ["Amina", "Bala", "Chidi", "Dele", "Efe", "Fatima", "Garba", "Hauwa"]
VERBS = {"came": "zo", "went": "tafi", "slept": "barci", "ate": "abinci", "sang": "waka"}
EXTRA = [
    token_pair(f"Yesterday {name} {en} .", f"{name} {ha} jiya .")
    for name in NAMES
    for en, ha in VERBS.items()
]
#: Nothing in it says which word is which.
JOB = [token_pair("Yesterday Zainab sang .", "Zainab waka jiya .")]


def counted(texts: list[tuple[str, str]], *files: list[str], reverse: bool = False) -> Counts:
    split = [(of.split(), to.split()) for of, to in texts]
    return count_links(split, files, reverse=reverse)


def lexical(counts: Counts) -> dict[tuple[str, str], float]:
    names = ("", *counts.of)
    return {
        (names[e], counts.to[f - 1]): float(often)
        for (e, f), often in zip(counts.lexical, counts.times, strict=True)
    }


def test_links_are_counted_with_words_that_have_none() -> None:
    counts = counted([("a b c", "x y"), ("", "z")], ["0-0 2-1", ""], ["0-0", ""])
    assert lexical(counts) == {("a", "x"): 1.0, ("c", "y"): 0.5, ("", "y"): 0.5}
    jumps = dict(zip(counts.jumps.tolist(), counts.jump_times.tolist(), strict=True))
    # To the first word, on to the third, and from the last to the end.
    assert jumps == {1: 1.5, 2: 0.5, 3: 0.5}
    assert counts.fertilities[:, :2].tolist() == [[0, 1], [1, 0], [0.5, 0.5]]


def test_the_other_direction_swaps_sides() -> None:
    forward = counted([("a b", "x y")], ["0-1 1-0"])
    assert lexical(counted([("x y", "a b")], ["0-1 1-0"], reverse=True)) == {
        (f, e): often for (e, f), often in lexical(forward).items()
    }


TEXT = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=5)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=5), st.randoms(use_true_random=False))
def test_nothing_of_a_text_is_lost(
    texts: list[tuple[list[str], list[str]]], chance: random.Random
) -> None:
    lines = [
        " ".join(
            f"{chance.randrange(len(of))}-{j}" for j in range(len(to)) if chance.random() < 0.8
        )
        for of, to in texts
    ]
    counts = count_links(texts, [lines], reverse=False)
    assert counts.times.sum() == sum(len(to) for _, to in texts)
    assert counts.fertilities.sum() == sum(len(of) for of, _ in texts)


@pytest.mark.parametrize("reverse", [False, True])
def test_eflomal_reads_the_priors(reverse: bool, tmp_path: Path) -> None:
    counts = counted([("a b b", "x y z")], ["0-0 1-1 2-2"])
    write(counts, {"b": 0, "new": 1}, {"y": 0}, tmp_path / "priors", reverse=reverse)
    lines = (tmp_path / "priors").read_text().splitlines()
    sizes = [int(number) for number in lines[0].split()]
    assert sizes[:3] == ([3, 4, 2] if reverse else [4, 3, 2])
    # What b went with: y, and what the job has not.
    assert lines[1:3] == (["1 1 1", "2 1 1"] if reverse else ["1 1 1", "1 2 1"])
    assert len(lines) == 1 + sum(sizes[2:])


def test_learnt_is_read_as_it_was_written(tmp_path: Path) -> None:
    lexicon = Lexicon()
    lexicon.add(TokenPair(("a", "\ud83d"), ("x",)), {(0, 0): 0.5, (1, 0): 0.25})
    learnt = Learnt(3, {"f1-4": counted([("a \ud83d", "x \x00")], ["0-0"])}, lexicon)
    write_learnt(tmp_path / "learnt.npz", learnt, Learnt(1, {}, Lexicon()))
    read, second = read_learnt(tmp_path / "learnt.npz")
    assert (read.pairs, second.pairs) == (3, 1)
    assert read.lexicon.counts() == lexicon.counts()
    one, other = learnt.counts["f1-4"], read.counts["f1-4"]
    assert (one.of, one.to) == (other.of, other.to)
    for part in ("lexical", "times", "jumps", "jump_times", "fertilities"):
        assert np.array_equal(getattr(one, part), getattr(other, part))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LABELPROJ_CACHE", str(tmp_path / "own-cache"))
    return tmp_path / "own-cache" / "priors"


def align(work: Path, *, extra: list[TokenPair] = EXTRA, seed: int = 13) -> list[AlignedPair]:
    aligner = EflomalAligner(work=work, seed=seed, extra=lambda: extra)
    aligner.fit(lambda: JOB)
    return aligner.align(JOB)


def test_other_bitext_teaches(tmp_path: Path, cache: Path) -> None:
    links = {(link.src, link.tgt): link.probability for link in align(tmp_path)[0].links}
    assert all(links.get(link, 0) > 0.5 for link in [(1, 0), (2, 1)])  # the name and the verb


def test_it_is_learnt_from_once(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = align(tmp_path / "one")
    assert len(list(cache.iterdir())) == 1
    # Not by any stage, and not by a run that was stopped before it had its links.
    monkeypatch.setattr(Runner, "_learn", None)
    assert align(tmp_path / "two") == first
    monkeypatch.undo()


def test_other_text_and_other_seeds_are_learnt_from_anew(tmp_path: Path, cache: Path) -> None:
    align(tmp_path)
    align(tmp_path, extra=EXTRA[:-1])
    align(tmp_path, seed=14)
    assert len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("keep", [0, 1000])
def test_a_broken_file_is_made_again(keep: int, tmp_path: Path, cache: Path) -> None:
    first = align(tmp_path / "one")
    file = next(cache.iterdir())
    whole = file.read_bytes()
    file.write_bytes(whole[:keep])
    assert align(tmp_path / "two") == first
    assert read_learnt(file)[0].pairs == len(EXTRA)


def test_no_cache_changes_nothing(tmp_path: Path, cache: Path) -> None:
    first = align(tmp_path / "one")
    for path in cache.iterdir():
        path.unlink()
    cache.rmdir()
    cache.write_text("a file where the folder should be")
    assert align(tmp_path / "two") == first


def test_blocks_learn_from_it_once(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aligner_module, "BLOCK", 2)
    jobs = [token_pair(f"Yesterday {name} came .", f"{name} zo jiya .") for name in "XYZ"]
    aligner = EflomalAligner(work=tmp_path, extra=lambda: EXTRA)
    aligner.fit(lambda: jobs)
    assert all(pair.links for pair in aligner.align(jobs))
    assert len(list(cache.iterdir())) == 1


def test_scripts_without_spaces_are_learnt_twice(tmp_path: Path, cache: Path) -> None:
    extra = [token_pair("Beijing is big", "北京很大"), token_pair("Beijing", "北京")] * 5
    align(tmp_path, extra=extra)
    assert len(list(cache.iterdir())) == 2  # by sign and by word


def test_a_file_of_priors_teaches_as_its_bitext_does(tmp_path: Path, cache: Path) -> None:
    assert learn_priors(lambda: EXTRA, tmp_path / "some.npz") == len(EXTRA)
    aligner = EflomalAligner(work=tmp_path / "priors", priors=tmp_path / "some.npz")
    aligner.fit(lambda: JOB)
    assert aligner.align(JOB) == align(tmp_path / "text")


def test_priors_of_a_script_without_spaces(tmp_path: Path, cache: Path) -> None:
    places = {"Beijing": "北京", "Shanghai": "上海", "Nanjing": "南京"}
    kinds = {"big": "大", "old": "老", "far": "远"}
    extra = [
        token_pair(f"{place} is {kind}", f"{zh}很{sign}")
        for place, zh in places.items()
        for kind, sign in kinds.items()
    ]
    learn_priors(lambda: extra, tmp_path / "zh.npz")
    by_sign, by_word = read_learnt(tmp_path / "zh.npz")
    assert "京" in by_sign.counts["f3-3"].to
    assert "北京" in by_word.counts["f3-3"].to
    aligner = EflomalAligner(work=tmp_path / "priors", priors=tmp_path / "zh.npz")
    (pair,) = aligner.align([token_pair("Nanjing is far", "南京很远")])
    best = {
        j: max((link.probability, link.src) for link in pair.links if link.tgt == j)[1]
        for j in range(4)
    }
    assert best == {0: 0, 1: 0, 2: 1, 3: 2}


def test_priors_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError):
        learn_priors(list, tmp_path / "some.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK")
    np.savez(tmp_path / "empty.npz")
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    for name in ("broken", "empty", "other"):
        with pytest.raises(StorageError, match="not what was learnt"):
            EflomalAligner(work=tmp_path, priors=tmp_path / f"{name}.npz")


def test_priors_go_with_no_other_bitext(tmp_path: Path) -> None:
    for name in ("a.npz", "b.tsv"):
        (tmp_path / name).touch()
    both = tuple(str(tmp_path / name) for name in ("a.npz", "b.tsv"))
    with pytest.raises(UsageError, match="no other bitext"):
        check_aligner(AlignParams(extra_bitext=both))


def test_the_command(tmp_path: Path, cache: Path) -> None:
    lines = (f"{' '.join(pair.src)}\t{' '.join(pair.tgt)}\n" for pair in EXTRA)
    (tmp_path / "more.tsv").write_text("".join(lines), encoding="utf-8")
    command = ["learn-priors", str(tmp_path / "more.tsv"), "--json", "--out"]
    done = CliRunner().invoke(app, [*command, str(tmp_path / "more.npz")])
    assert json.loads(done.stdout)["pairs"] == len(EXTRA)
    about = json.loads(np.load(tmp_path / "more.npz")["about"].tobytes())
    assert (about["pairs"], about["seed"]) == (len(EXTRA), 13)
    assert "eflomal" in about["versions"]
    with_text, with_priors = (
        open_aligner(
            AlignParams(extra_bitext=(str(tmp_path / name),)),
            work=tmp_path / "work",
            src_lang="en",
            tgt_lang="ha",
        )
        for name in ("more.tsv", "more.npz")
    )
    assert with_text.align(JOB) == with_priors.align(JOB)
    with pytest.raises(UsageError, match="ends in"):
        CliRunner().invoke(app, [*command, "priors"], catch_exceptions=False)


def test_eflomal_makes_the_same_counts_of_links(tmp_path: Path) -> None:
    texts = [("a b c", "x y"), ("b a", "y x")]
    lines = ["0-0 1-1", "0-0 1-1"]
    theirs = eflomal.calculate_priors(*zip(*texts, strict=True), lines, lines)
    ours = counted(texts, lines)
    assert dict(theirs[0]) == {pair: n for pair, n in lexical(ours).items() if pair[0]}
    assert dict(theirs[1]) == dict(zip(ours.jumps.tolist(), ours.jump_times.tolist(), strict=True))
