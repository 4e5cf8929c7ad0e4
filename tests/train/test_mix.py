"""Training data of several sources in chosen proportions."""

import logging
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invented import TINY, invented_documents, write_dataset, write_units
from labelproj.config import TrainParams
from labelproj.errors import MissingInputError
from labelproj.formats import write_documents
from labelproj.stages.train import run_train
from labelproj.tasks import TASKS
from labelproj.text import words
from labelproj.train.mix import mixed, repetitions
from labelproj.train.recipes import Recipes
from labelproj.train.systems import System


@settings(max_examples=100, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 10_000), min_size=1, max_size=5),
    weights=st.lists(st.floats(0.1, 10), min_size=5, max_size=5),
    temperature=st.floats(0.5, 100),
)
def test_shares_are_as_asked_and_nothing_is_left_out(
    sizes: list[int], weights: list[float], temperature: float
) -> None:
    weights = weights[: len(sizes)]
    times = repetitions(sizes, weights=weights, temperature=temperature)
    assert min(times) == 1.0
    got = [size * often for size, often in zip(sizes, times, strict=True)]
    wanted = [w * n ** (1 / temperature) for n, w in zip(sizes, weights, strict=True)]
    for index in range(len(sizes)):
        assert got[index] / sum(got) == pytest.approx(wanted[index] / sum(wanted))


def test_a_small_source_is_repeated() -> None:
    large, small = invented_documents(80, seed=1), invented_documents(20, seed=2)
    plain, times = mixed([large, small], weights=[1, 1], temperature=1)
    assert plain == [*large, *small]
    assert times == [1.0, 1.0]
    together, times = mixed([large, small], weights=[1, 1], temperature=1e9)
    length = Counter[str]()
    for one in together:
        length[one.id.split("-")[1]] += len(words(one.segments[0].text))
    assert length["1"] == pytest.approx(length["2"], rel=0.05)
    counts = Counter(one.id for one in together)
    assert {counts[one.id] for one in large} == {1}
    assert {counts[one.id] for one in small} <= {int(times[1]), int(times[1]) + 1}
    assert together == mixed([large, small], weights=[1, 1], temperature=1e9)[0]


def recipes(tmp_path: Path, **mix: Any) -> Recipes:
    write_dataset(tmp_path / "dataset", invented_documents(15, seed=1), "train")
    held = invented_documents(5, seed=2)
    write_dataset(tmp_path / "dataset", held, "validation")
    # The source has the documents of the validation split, in its own language.
    write_units(tmp_path / "units.parquet", [*invented_documents(15, seed=1), *held])
    write_documents(invented_documents(10, seed=3, lang="fr"), tmp_path / "fr.jsonl")
    params = TINY | {"systems": ["multi-source"], "mix": mix}
    return Recipes(
        tmp_path / "dataset",
        tmp_path / "units.parquet",
        None,
        None,
        "en",
        "ha",
        TASKS["ner"],
        TrainParams.model_validate(params),
    )


def sides(system: System) -> tuple[Counter[str], set[str]]:
    return Counter(one.id for one in system.train), {one.id for one in system.dev}


def test_the_parts_of_a_mixture(tmp_path: Path) -> None:
    parts = [
        {"data": "projected"},
        {"data": "source"},
        {"data": str(tmp_path / "fr.jsonl"), "lang": "fr"},
    ]
    train, dev = sides(recipes(tmp_path, parts=parts).system("multi-source", seed=1))
    assert dev == {f"doc-2-{number}" for number in range(5)}
    assert not dev & train.keys()
    # Once in the target language and once in the source language; the French ones once.
    assert {train[f"doc-1-{number}"] for number in range(15)} == {2}
    assert {train[f"doc-3-{number}"] for number in range(10)} == {1}
    parts[2]["weight"] = 4  # type: ignore[assignment]
    train, _ = sides(recipes(tmp_path, parts=parts).system("multi-source", seed=1))
    assert {train[f"doc-3-{number}"] for number in range(10)} == {4}


def test_without_the_dataset_a_tenth_of_each_part_is_held_out(tmp_path: Path) -> None:
    parts = [{"data": "source"}, {"data": str(tmp_path / "fr.jsonl")}]
    train, dev = sides(recipes(tmp_path, parts=parts).system("multi-source", seed=1))
    assert {name.split("-")[1] for name in dev} >= {"3"}
    assert not dev & train.keys()
    assert len(dev) + len(train) == 30


def test_it_is_trained_and_says_what_it_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = recipes(tmp_path, parts=[{"data": "projected", "weight": 2}, {"data": "source"}])
    with (tmp_path / "fr.jsonl").open("a") as stream:
        stream.write('{"text": 3}\n')
    parts = [*made.params.model_dump()["mix"]["parts"], {"data": str(tmp_path / "fr.jsonl")}]
    params = made.params.model_copy(update={"max_steps": 2}).model_dump() | {
        "mix": {"parts": parts, "temperature": 2}
    }
    caplog.set_level(logging.INFO, logger="labelproj")
    done: dict[str, Any] = run_train(
        dataset=tmp_path / "dataset",
        source_units=tmp_path / "units.parquet",
        out=tmp_path / "out",
        params=TrainParams.model_validate(params),
        src="en",
        tgt="ha",
    )
    assert list(done["systems"]) == ["multi-source"]
    assert done["counts"]["rejected"] == 1
    assert done["params"]["mix"]["temperature"] == 2
    assert "times each part is gone through: projected " in caplog.text


def test_what_is_wrong_with_a_mixture(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"needs mix\.parts"):
        TrainParams(systems=("multi-source",))
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"text": " "}\n')
    with pytest.raises(MissingInputError):
        recipes(tmp_path, parts=[{"data": str(empty)}]).system("multi-source", seed=1)
    made = recipes(tmp_path, parts=[{"data": "projected"}, {"data": "none.jsonl"}])
    with pytest.raises(MissingInputError, match="no such file"):
        run_train(
            dataset=tmp_path / "dataset",
            source_units=tmp_path / "units.parquet",
            out=tmp_path / "out",
            params=made.params,
            src="en",
            tgt="ha",
        )
    with pytest.raises(MissingInputError, match="no such file"):
        recipes(tmp_path, parts=[{"data": "none.jsonl"}]).system("multi-source", seed=1)


def test_paths_are_seen_from_the_project_folder() -> None:
    params = TrainParams.model_validate(
        {
            "backend": "transformers",
            "model": "m",
            "trim": {},
            "adapt": {"texts": ["a.txt"]},
            "mix": {"parts": [{"data": "source"}, {"data": "b.jsonl"}]},
        }
    )
    seen = params.seen_from(lambda path: f"/here/{path}")
    assert seen.trim is not None
    assert seen.trim.texts == ()
    assert seen.adapt is not None
    assert seen.adapt.texts == ("/here/a.txt",)
    assert seen.mix is not None
    assert [part.data for part in seen.mix.parts] == ["source", "/here/b.jsonl"]
