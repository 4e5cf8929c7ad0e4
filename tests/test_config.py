"""params.yaml: what it may say, and what is said of it when it is wrong."""

from pathlib import Path

import pytest
import yaml

from labelproj.config import load_config
from labelproj.errors import ConfigError, MissingInputError
from labelproj.presets import PRESETS, render, write_project

ROOT = Path(__file__).parents[1]


def test_the_repository_is_the_demo_project() -> None:
    for name in ("dvc.yaml", "params.yaml"):
        assert (ROOT / name).read_text(encoding="utf-8") == render(name, preset="demo")


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_valid_and_say_their_licence(preset: str, tmp_path: Path) -> None:
    write_project(tmp_path, preset=preset, src="en", tgt="ha")
    config = load_config(tmp_path / "params.yaml")
    assert config.languages.targets == ("ha",)
    assert "ha" in config.gold
    stages = yaml.safe_load((tmp_path / "dvc.yaml").read_text())["stages"]
    assert next(iter(stages)) == "mt"
    assert "icence" in (tmp_path / "README.md").read_text() or preset == "demo"
    for spec in (spec.format(task=task) for task in config.tasks for spec in config.prepare.inputs):
        assert spec.startswith("hf:") or (tmp_path / spec).is_file()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("filter: {lenght_ratio: 2}", "1: unknown key filter.lenght_ratio"),
        ("tasks: [ner]\n\nfilter:\n  copied: 7\n", "params.yaml:4: filter.copied"),
        ("gold:\n  ha:\n    tset: x\n", "params.yaml:3: unknown key gold.ha.tset"),
        ("translate: {beam_size: 0}", "translate.beam_size: should be .* 1, and is 0"),
        ("filter: {lenght_ratio: 2}", r"did you mean length_ratio\?"),
        ("train: {mix: {parts: [{date: x}]}}", r"train.mix.parts.0.date; did you mean data\?"),
        ("tasks: ner", r"tasks: should be a list, such as \[a, b\], and is 'ner'"),
        ("project: {align: eflomal}", "project.align: should have keys of its own"),
        ("mt: {train: {steps: 3}}", "mt.train.bitext is missing"),
        ("train: {backend: spaci}", "should be 'spacy' or 'transformers', and is 'spaci'"),
        ("mt:\n  given: true\nmt:\n  model: x\n", "yaml:3: the key mt is there twice"),
        ("gold:\n  haus: {}\n", "yaml:2: gold.haus: 'haus' is no ISO 639"),
        ("filter: {pairs: {en_ha: {calibrated: x, thresholds: {}}}}", "pairs.en_ha: is no pair"),
        ("train: {tasks: {qa: {max_stepz: 3}}}", r"did you mean max_steps\?"),
        ("translate: {beam_size: 4.5}", "should be a valid integer, and is 4.5"),
        ("gold: {hau: {}}", "gold.hau: the target is called 'ha'"),
        ("tasks: [poetry]", "tasks.0"),
        ("train: {augment: {methods: []}}", "augment.methods: .*one method at least"),
        ("languages: [", "not YAML"),
        ("mt: 3", "mt"),
        ("train: {tasks: {qa: {max_stepz: 3}}}", "tasks.qa.max_stepz"),
        ("train: {tasks: {qa: {seeds: [1, 1]}}}", "same seed twice"),
        ("train: {tasks: {poetry: {max_steps: 3}}}", "train.tasks.poetry"),
        ("train: {tasks: {qa: {tasks: {}}}}", "no tasks of its own"),
        ("- ner", "not a mapping"),
        ("tasks: [ner, qa, ner]", "tasks: a task is there twice"),
        ("languages:\n  source: qqqq\n", "yaml:2: languages.source: 'qqqq' is no ISO 639"),
        ("languages:\n  targets:\n  - ha\n  - zz9\n", "yaml:4: languages.targets.1: 'zz9' is no"),
        ("languages: {targets: [ha, hau]}", "languages.targets.1: 'hau' is there twice"),
        ("project:\n  align: {name: eflomol}\n", "yaml:2: project.align.name: 'eflomol' cannot"),
        ("project: {members: [systran, embeding:x]}", "project.members: 'embeding:x' cannot"),
        ("evaluate:\n  seed: 3\n  methods: [systrann]\n", "yaml:3: evaluate.methods: 'systrann'"),
        (
            "evaluate: {methods: {qa: [markers]}}",
            "evaluate.methods.qa: 'markers'.*one of alignment",
        ),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(path)
    assert str(path) in str(caught.value)


def test_a_task_may_have_training_parameters_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("train: {max_steps: 50, seed: 3, tasks: {qa: {max_steps: 200}}}")
    params = load_config(path).train
    assert (params.of_task("qa").max_steps, params.of_task("qa").seed) == (200, 3)
    assert params.of_task("ner").max_steps == 50


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="labelproj init"):
        load_config(tmp_path / "params.yaml")
