"""Checkpoints of a run, averaged."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invented import TINY, invented_documents
from labelproj.config import TrainParams
from labelproj.progress import Silent
from labelproj.provenance import file_digest
from labelproj.train import BACKENDS
from labelproj.train.averaging import Averager, checkpoints
from labelproj.train.base import dev_f1, examples_of
from labelproj.train.systems import run_params


def test_the_last_checkpoints() -> None:
    assert checkpoints(max_steps=60, every=20, last=2) == {40, 60}
    assert checkpoints(max_steps=50, every=20, last=9) == {20, 40, 50}
    assert checkpoints(max_steps=5, every=20, last=3) == {5}
    assert checkpoints(max_steps=60, every=20, last=1) == {60}


@given(st.lists(st.lists(st.floats(-100, 100), min_size=3, max_size=3), min_size=1, max_size=6))
def test_it_is_the_mean(rows: list[list[float]]) -> None:
    averager = Averager[str]()
    for number, row in enumerate(rows):
        array = np.array(row)
        averager.add({"weights": array, "count": np.array([number])})
        array += 1  # a model goes on training in place
    assert averager.mean()["weights"] == pytest.approx(np.mean(rows, axis=0))
    assert averager.mean()["count"].tolist() == [len(rows) - 1]
    assert Averager[str]().mean() == {}


@pytest.mark.parametrize("name", list(BACKENDS))
def test_an_averaged_model_needs_no_choice(name: str) -> None:
    tagger = BACKENDS[name](
        TrainParams.model_validate(
            TINY | {"backend": name, "average": 2, "patience": 1, "max_steps": 50}
        )
    )
    dev = invented_documents(15, seed=2)
    report = tagger.fit(invented_documents(60, seed=1), dev, progress=Silent())
    assert (report.steps, report.best_step) == (50, 50)
    assert [step for step, _, _ in report.history] == [20, 40, 50]
    assert report.dev_f1 == dev_f1(tagger, examples_of(dev)) > 0.6


def test_development_data_have_no_part_in_it(tmp_path: Path) -> None:
    train = invented_documents(30, seed=1)
    params = TrainParams.model_validate(
        TINY | {"backend": "transformers", "average": 2, "max_steps": 20, "eval_every": 5}
    )
    for run, dev in (("a", invented_documents(10, seed=2)), ("b", [])):
        tagger = BACKENDS["transformers"](params)
        tagger.fit(train, dev, progress=Silent())
        tagger.save(tmp_path / run)
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b")


def test_when_it_is_the_default() -> None:
    encoder = TrainParams(backend="transformers")
    for system in ("projected", "projected+source", "few-shot", "zero-shot"):
        assert run_params(encoder, system, seed=7).average == 5
        assert run_params(TrainParams(), system, seed=7).average == 1
    assert run_params(encoder, "gold", seed=7).average == 1
    assert run_params(TrainParams(average=3), "gold", seed=7).average == 3
    assert run_params(encoder, "gold", seed=7).seed == 7
