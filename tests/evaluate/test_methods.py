"""Methods side by side: each is scored, what they share learns once, and differences are shown."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.config import AlignParams, ProjectParams
from labelproj.errors import UsageError
from labelproj.evaluate.differing import Outcome, differing, patterns
from labelproj.evaluate.methods import Comparison, compare_methods, methods_named
from labelproj.formats.parallel import GoldPair
from labelproj.records import Projection, Span

DEMO = Path(__file__).parents[2] / "data" / "demo" / "ner" / "parallel.en-ha.jsonl"
SYSTRAN = ProjectParams(align=AlignParams(name="systran"), members=("systran", "eflomal"))
NAMES = ("alignment", "eflomal", "ensemble")


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gold") / "some.en-ha.jsonl"
    lines = DEMO.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:40]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def compared(gold: Path, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare_methods(gold, params=SYSTRAN, names=NAMES, work=tmp_path_factory.mktemp("work"))


def test_every_method_is_scored_once(compared: Comparison) -> None:
    names = ["alignment:systran", "alignment:eflomal", "ensemble:systran+eflomal"]
    assert compared.own == names[0]
    assert list(compared.scores) == list(compared.times) == names
    for name, scores in compared.scores.items():
        assert scores["method"] == name
        assert scores["support"] == compared.scores[names[0]]["support"]
        assert scores["per_label"] and scores["calibration"]
    times = compared.times
    assert all(one["ms_per_unit"] >= 0 for one in times.values())
    # An ensemble has learnt when its members have.
    assert times[names[2]]["learning"] >= times[names[1]]["learning"]


def test_examples_are_of_texts_that_differ(compared: Comparison, gold: Path) -> None:
    total = sum(int(str(one["texts"])) for one in compared.patterns)
    assert total == 40
    records = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    ids = [record["id"] for record in records]
    shown = [str(one["id"]) for one in compared.examples]
    assert shown == sorted(shown, key=ids.index)
    assert shown
    for example in compared.examples:
        methods: Any = example["methods"]
        assert list(methods) == list(compared.scores)
        for found in methods.values():
            assert len(found["spans"]) + len(found["missing"]) == len(example["src_spans"])  # type: ignore[arg-type]


def test_again_gives_the_same(compared: Comparison, gold: Path, tmp_path: Path) -> None:
    again = compare_methods(gold, params=SYSTRAN, names=NAMES, work=tmp_path)
    assert (again.scores, again.patterns) == (compared.scores, compared.patterns)
    assert again.examples == compared.examples
    assert list(tmp_path.iterdir()) == []


def test_one_method_alone_has_nothing_to_differ_from(gold: Path, tmp_path: Path) -> None:
    alone = compare_methods(gold, params=SYSTRAN, work=tmp_path)
    assert list(alone.scores) == ["alignment:systran"]
    assert (alone.patterns, alone.examples) == ((), ())


def test_names_of_methods() -> None:
    named = methods_named(SYSTRAN, ("constrained", "systran", "embedding:some/model", "systran"))
    assert list(named) == ["alignment:systran", "constrained", "alignment:embedding"]
    assert named["alignment:embedding"].align.model == "some/model"
    markers = SYSTRAN.model_copy(update={"method": "markers"})
    assert methods_named(markers, ()) == {}
    for wrong, message in (("markers", "no score"), ("eflomol", "no projection method 'eflomol'")):
        with pytest.raises(UsageError, match=message):
            methods_named(SYSTRAN, (wrong,))
    with pytest.raises(UsageError, match="two members"):
        methods_named(ProjectParams(), ("ensemble",))
    with pytest.raises(UsageError, match="needs a model"):
        methods_named(ProjectParams(), ("embedding",))


def pairs(number: int) -> list[GoldPair]:
    span = Span("s0", 0, 1, "PER")
    return [GoldPair(str(n), "en", "ha", "a b", "a b", (span,), (span,)) for n in range(number)]


def outcomes(gold: list[GoldPair], starts: list[int]) -> list[Outcome]:
    """A start of 0 is right, 2 is wrong, another is no place."""
    found = []
    for pair, start in zip(gold, starts, strict=True):
        projection = Projection("s0", "PER", None, None, 0.0, "m", "no link")
        if start in (0, 2):
            projection = Projection("s0", "PER", start, start + 1, 0.5, "m")
        found.append(Outcome.of(pair, (projection,), lambda span, _: span))
    return found


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from([0, 2, 5])] * 3), max_size=12), st.integers(0, 9))
def test_every_kind_of_difference_has_its_turn(rows: list[tuple[int, ...]], limit: int) -> None:
    gold = pairs(len(rows))
    found = {f"m{n}": outcomes(gold, [row[n] for row in rows]) for n in range(3)}
    shown = differing(gold, found, limit=limit)
    differ = {n for n, row in enumerate(rows) if len(set(row)) > 1}
    numbers = [int(str(one["id"])) for one in shown]
    assert numbers == sorted(set(numbers) & differ)
    assert len(numbers) == min(limit, len(differ))

    def kind(n: int) -> tuple[bool, ...]:
        return tuple(start == 0 for start in rows[n])

    counts = Counter(kind(n) for n in numbers)
    kinds = Counter(kind(n) for n in differ)
    if counts and len(kinds) <= limit:
        assert set(counts) == set(kinds)
    assert sum(int(str(one["texts"])) for one in patterns(found)) == len(rows)


def test_without_eflomal_systran_is_there_once(
    monkeypatch: pytest.MonkeyPatch, gold: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    both = ProjectParams(method="ensemble", members=("eflomal", "systran"))
    assert list(methods_named(both, ("alignment",))) == ["alignment:systran"]
    compared = compare_methods(gold, params=both, work=tmp_path)
    assert compared.own == "alignment:systran"
