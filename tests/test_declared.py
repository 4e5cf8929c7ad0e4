"""What DVC does not know of is named."""

from pathlib import Path

import pytest

from labelproj.config import for_task, load_config
from labelproj.declared import undeclared
from labelproj.pipeline import Run, run_stage
from labelproj.progress import log

DVC = """
stages:
  train:
    matrix: {tgt: [ha]}
    deps:
    - data/${item.task}/train.${item.tgt}.jsonl
    - data/texts/
    - lists/names.tsv: {cache: false}
    - /elsewhere/big.txt
  build:
    foreach: [ha]
    do:
      deps:
      - corrections/${item}.parquet
  report: {cmd: x}
"""


@pytest.mark.parametrize(
    ("stage", "files", "found"),
    [
        ("train", ["data/ner/train.ha.jsonl", "lists/names.tsv", "/elsewhere/big.txt"], []),
        ("train", ["data/texts/deep/a.txt", "data/texts"], []),
        (
            "train",
            ["data/dev.jsonl", "/else/b.txt", "data/dev.jsonl"],
            ["/else/b.txt", "data/dev.jsonl"],
        ),
        ("build", ["corrections/ha.parquet", "corrections"], ["corrections"]),
        ("report", ["a"], ["a"]),
        ("paint", ["a"], []),
    ],
)
def test_files_that_are_no_dependencies(
    stage: str, files: list[str], found: list[str], tmp_path: Path
) -> None:
    assert undeclared(stage, [tmp_path / file for file in files], root=tmp_path) == []
    (tmp_path / "dvc.yaml").write_text(DVC, encoding="utf-8")
    assert undeclared(stage, [tmp_path / file for file in files], root=tmp_path) == found


@pytest.mark.parametrize("text", ["stages: [", "- a", "stages: {train: 3}", "stages: {train: {}}"])
def test_a_strange_file_is_no_trouble(text: str, tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text(text, encoding="utf-8")
    assert undeclared("train", [], root=tmp_path) == []


def test_a_run_knows_all_files_of_its_parameters(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(
        "train:\n"
        "  mix: {parts: [{data: projected}, {data: more/b.jsonl}]}\n"
        "  backend: transformers\n"
        "  model: some/encoder\n"
        "  trim: {texts: ['texts/a.{tgt}.txt']}\n"
        "  adapt: {texts: ['text:texts/{task}.txt', 'hf:a/b']}\n"
        "  augment: {names: names.tsv}\n"
        "gold: {ha: {train: gold.jsonl}}\n",
        encoding="utf-8",
    )
    config = load_config(tmp_path / "params.yaml")
    run = Run(config, tmp_path, task="ner", target="ha", resume=True)
    config.train.seen_from(run.path)
    assert run.gold("train") == str(tmp_path / "gold.jsonl")
    names = {file.relative_to(tmp_path).as_posix() for file in run.files}
    expected = {"more/b.jsonl", "texts/a.ha.txt", "texts/ner.txt", "names.tsv", "gold.jsonl"}
    assert names == expected


def test_the_demo_declares_what_it_reads() -> None:
    root = Path(__file__).parents[1]
    config = load_config(root / "params.yaml")
    for task in config.tasks:
        run = Run(config, root, task=task, target="ha", resume=True)
        for spec in for_task(config.prepare.inputs, task) or ():
            run.path(spec)
        assert run.files
        assert undeclared("prepare", run.files, root=root) == []
        for stage, kinds in (("train", ("train", "dev")), ("evaluate", ("test", "parallel"))):
            run.files.clear()
            assert any(run.gold(kind) for kind in kinds)
            assert undeclared(stage, run.files, root=root) == []


def test_a_stage_warns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in.conll").write_text("Kano\tB-LOC\n", encoding="utf-8")
    (tmp_path / "params.yaml").write_text("prepare: {inputs: [in.conll]}\n", encoding="utf-8")
    (tmp_path / "dvc.yaml").write_text("stages: {prepare: {cmd: x}}\n", encoding="utf-8")
    said: list[str] = []
    monkeypatch.setattr(log, "warning", lambda text, *values: said.append(text % values))
    run_stage("prepare", params=tmp_path / "params.yaml", task="ner", target="")
    (warning,) = said
    assert warning.startswith("in.conll is not among the deps of the stage prepare in dvc.yaml")
