"""The train stage from files to files."""

import json
from pathlib import Path
from typing import Any

import pytest

from invented import TINY, invented_documents, write_dataset, write_units
from labelproj import tables
from labelproj.config import TrainParams
from labelproj.errors import MissingInputError
from labelproj.formats import write_documents
from labelproj.pipeline import run_stage
from labelproj.provenance import file_digest
from labelproj.stages.train import run_train
from labelproj.tasks import TASKS
from labelproj.train import load_tagger
from labelproj.train.data import dataset_documents
from labelproj.train.systems import System, train_system


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Any]:
    write_dataset(tmp_path / "dataset", invented_documents(30, seed=1), "train")
    write_dataset(tmp_path / "dataset", invented_documents(8, seed=2), "validation")
    write_units(tmp_path / "units.parquet", invented_documents(30, seed=3, lang="en"))
    write_documents(invented_documents(30, seed=4), tmp_path / "gold.jsonl")
    return {
        "dataset": tmp_path / "dataset",
        "source_units": tmp_path / "units.parquet",
        "gold_train": tmp_path / "gold.jsonl",
        "src": "en",
        "tgt": "ha",
        "work": tmp_path / "work",
    }


def params(**changed: object) -> TrainParams:
    return TrainParams.model_validate(TINY | {"max_steps": 10, "eval_every": 5} | changed)


def test_all_systems_are_trained_and_found_again(inputs: dict[str, Any], tmp_path: Path) -> None:
    first = run_train(out=tmp_path / "a", params=params(), **inputs)
    systems: dict[str, dict[str, Any]] = first["systems"]  # type: ignore[assignment]
    assert list(systems) == ["projected", "zero-shot", "gold"]
    assert json.loads((tmp_path / "a" / "manifest.json").read_text())["systems"] == systems
    assert systems["projected"]["dev_documents"] == 8
    assert systems["gold"]["documents"] + systems["gold"]["dev_documents"] == 30
    counts: dict[str, int] = first["counts"]  # type: ignore[assignment]
    assert counts == {"in": 98, "kept": 98, "rejected": 0, "failed": 0}
    for name in systems:
        assert load_tagger(tmp_path / "a" / name).labels == ("LOC", "PER")
        assert (tmp_path / "a" / name / "history.csv").read_text().startswith("step,loss,dev_f1\n")

    second = run_train(out=tmp_path / "b", params=params(), **inputs)
    assert all(one["resumed"] for one in second["systems"].values())  # type: ignore[attr-defined]
    third = run_train(out=tmp_path / "c", params=params(), **inputs, resume=False)
    assert not any(one["resumed"] for one in third["systems"].values())  # type: ignore[attr-defined]
    for folder in ("a", "b", "c"):
        (tmp_path / folder / "manifest.json").unlink()
    digests = {file_digest(tmp_path / folder) for folder in ("a", "b", "c")}
    assert len(digests) == 1
    assert first["signature"] == second["signature"] == third["signature"]


def test_a_stopped_run_repeats_only_what_was_not_finished(
    inputs: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with pytest.raises(MissingInputError):
        run_train(out=out, params=params(), **inputs | {"gold_train": tmp_path / "none.jsonl"})
    # Data that are not there are missed before anything is trained.
    assert not out.exists() and not list(tmp_path.glob("work/*/done.json"))

    def stopped(system: System, **options: Any) -> tuple[Path, dict[str, object]]:
        if system.name == "gold":
            raise KeyboardInterrupt
        return train_system(system, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("labelproj.train.side_by_side.train_system", stopped)
        run_train(out=out, params=params(), **inputs)
    assert not (out / "manifest.json").exists()
    done = run_train(out=out, params=params(), **inputs)
    resumed = {name: one["resumed"] for name, one in done["systems"].items()}  # type: ignore[attr-defined]
    assert resumed == {"projected": True, "zero-shot": True, "gold": False}

    (broken,) = tmp_path.glob("work/projected-*/model/history.csv")
    broken.write_text("cut off")
    done = run_train(out=out, params=params(), **inputs)
    assert not done["systems"]["projected"]["resumed"]  # type: ignore[index]


def test_only_what_changed_is_trained_again(inputs: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    both = params(systems=["projected", "zero-shot"])
    run_train(out=out, params=both, **inputs)
    write_dataset(inputs["dataset"], invented_documents(20, seed=9), "train")
    done = run_train(out=out, params=both, **inputs)
    resumed = {name: one["resumed"] for name, one in done["systems"].items()}  # type: ignore[attr-defined]
    assert resumed == {"projected": False, "zero-shot": True}
    run_train(out=out, params=params(systems=["zero-shot"]), **inputs)
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "zero-shot"]


def test_every_seed_has_a_model(inputs: dict[str, Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    chosen = params(systems=["projected"], seeds=[5, 7])
    done: dict[str, Any] = run_train(out=out, params=chosen, **inputs)
    assert list(done["systems"]) == ["projected", "projected@7"]
    cards = [json.loads((out / run / "labelproj.json").read_text()) for run in done["systems"]]
    assert [card["seed"] for card in cards] == [5, 7]
    assert cards[0]["signature"] != cards[1]["signature"]
    assert done["counts"]["in"] == 38

    one = params(systems=["projected"], seed=5)
    again: dict[str, Any] = run_train(out=out, params=one, **inputs)
    assert again["systems"]["projected"]["resumed"]
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "projected"]
    with pytest.raises(ValueError, match="same seed twice"):
        params(seeds=[5, 5])


def test_the_mean_of_runs(inputs: dict[str, Any], tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    out = tmp_path / "out"
    more = {"backend": "transformers", "max_steps": 4, "seeds": [5, 7], "average_runs": True}
    chosen = params(systems=["projected"], **more)
    done: dict[str, Any] = run_train(out=out, params=chosen, **inputs)
    names = ["projected", "projected@7", "projected@mean"]
    assert list(done["systems"]) == names
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", *names]
    one, other, mean = (load_file(out / name / "model.safetensors") for name in names)
    for name, array in mean.items():
        assert array == pytest.approx((one[name] + other[name]) / 2, abs=1e-6)
    assert any((one[name] != other[name]).any() for name in one)
    assert load_tagger(out / "projected@mean").labels == ("LOC", "PER")
    again: dict[str, Any] = run_train(out=tmp_path / "again", params=chosen, **inputs)
    assert all(run["resumed"] for run in again["systems"].values())
    for folder in (out, tmp_path / "again"):
        (folder / "manifest.json").unlink()
    assert file_digest(out) == file_digest(tmp_path / "again")
    few = params(systems=["few-shot"], few_shot=2, **more)
    assert "few-shot@mean" in run_train(out=tmp_path / "few", params=few, **inputs)["systems"]  # type: ignore[operator]
    with pytest.raises(ValueError, match="two seeds or more"):
        params(backend="transformers", average_runs=True)
    with pytest.raises(ValueError, match="average_runs needs the backend"):
        params(seeds=[1, 2], average_runs=True)


def test_without_gold_there_is_no_gold_system(inputs: dict[str, Any], tmp_path: Path) -> None:
    only_gold = params(systems=["gold"])
    with pytest.raises(MissingInputError, match="nothing to train"):
        run_train(out=tmp_path / "out", params=only_gold, **inputs | {"gold_train": None})


def test_bad_gold_records_are_written_apart(inputs: dict[str, Any], tmp_path: Path) -> None:
    with inputs["gold_train"].open("a") as stream:
        stream.write(
            '{"id": "x", "text": "Jos", "spans": [{"start": 0, "end": 9, "label": "LOC"}]}\n'
        )
    done = run_train(out=tmp_path / "out", params=params(systems=["gold"]), **inputs)
    assert done["counts"] == {"in": 31, "kept": 30, "rejected": 1, "failed": 0}
    assert tables.count_rows(tmp_path / "out" / "rejects.parquet") == 1


def test_what_the_build_stage_writes_can_be_read(tmp_path: Path) -> None:
    from builders import sample, write_tables
    from labelproj.config import BuildParams, FilterParams
    from labelproj.stages.build import run_build
    from labelproj.stages.filter import run_filter

    units, documents = write_tables(tmp_path, sample(3))
    run_filter(units=units, out=tmp_path, params=FilterParams())
    (tmp_path / "mt").mkdir()
    (tmp_path / "mt" / "mt.json").write_text('{"model": "invented/en-ha", "licence": "cc0-1.0"}')
    run_build(
        kept=tmp_path / "kept.parquet",
        rejected=tmp_path / "rejected.parquet",
        documents=documents,
        mt=tmp_path / "mt",
        attrition=tmp_path / "attrition.json",
        out=tmp_path / "dataset",
        params=BuildParams(),
        task="ner",
        src="en",
        tgt="ha",
    )
    read = [
        document
        for split in ("train", "validation")
        for document in dataset_documents(
            tmp_path / "dataset", split, config="ner-ha", lang="ha", task=TASKS["ner"]
        )
    ]
    surfaces = {span.surface(segment.text) for d in read for segment, span in d.spans()}
    assert {"Amina Bello", "Kano", "Litinin", "Masar"} <= surfaces


def test_a_project_trains_on_names_from_its_own_list(tmp_path: Path) -> None:
    augment = {"methods": ["names"], "names": "names.tsv", "share": 1.0}
    train = TINY | {"max_steps": 5, "eval_every": 5, "systems": ["projected+augmented"]}
    config = {"train": train | {"augment": augment}}
    (tmp_path / "params.yaml").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "names.tsv").write_text("LOC\tKano\nPER\tSani Umar\n", encoding="utf-8")
    outputs = tmp_path / "outputs"
    documents = invented_documents(12, seed=1)
    write_dataset(outputs / "dataset" / "ner-ha", documents, "train")
    write_dataset(outputs / "dataset" / "ner-ha", invented_documents(4, seed=2), "validation")
    write_units(outputs / "prepared" / "ner" / "units.parquet", documents)
    done = run_stage("train", params=tmp_path / "params.yaml", task="ner", target="ha")
    known: dict[str, dict[str, Any]] = done["systems"]  # type: ignore[assignment]
    with_names = sum(any(True for _ in one.spans()) for one in documents)
    assert known["projected+augmented"]["documents"] == 12 + with_names
    assert known["projected+augmented"]["dev_documents"] == 4
    (tmp_path / "names.tsv").unlink()
    with pytest.raises(MissingInputError, match="no such list"):
        run_stage("train", params=tmp_path / "params.yaml", task="ner", target="ha")
