"""The whole pipeline under DVC, on a few records: everything once, then only what has changed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from labelproj.pipeline import STAGES, run_stage
from labelproj.presets import write_project
from labelproj.results import collect_results

SMALL: dict[str, dict[str, float]] = {
    "mt": {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "heads": 2, "ffn": 64}
    | {"vocab_size": 600, "steps": 200, "dev_pairs": 10, "learning_rate": 1e-2}
    | {"warmup_steps": 20, "dropout": 0.0, "rename_share": 0.0},
    "train": {"max_steps": 20, "eval_every": 10},
}


class Project:
    """A demo project made small."""

    def __init__(self, root: Path, tasks: list[str]):
        self.root = root
        write_project(root, preset="demo", src="en", tgt="ha")
        for file in (root / "data" / "demo").rglob("*.*"):
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True)[:300]
            # A dialogue has several turns, and an agent that has learnt little talks on and on.
            count = 300 if file.suffix == ".tsv" else 15 if file.parent.name == "tod" else 40
            file.write_text("".join(lines[:count]), encoding="utf-8")
        params = self.params()
        assert params["tasks"] == ["ner", "eae", "qa", "tod"]
        params["tasks"] = tasks
        training = params["mt"]["train"]
        training.update(SMALL["mt"])
        params["train"] |= SMALL["train"] | {"tasks": {"tod": {"batch_words": 500}}}
        params["evaluate"] |= {"methods": ["systran"], "bootstrap": 20, "permutations": 20}
        params["filter"] |= {"missing_spans": 1.0, "repetition": None, "length_ratio": None}
        self.write(params)
        (root / ".dvc").mkdir()
        (root / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")

    def params(self) -> dict[str, Any]:
        params: dict[str, Any] = yaml.safe_load(
            (self.root / "params.yaml").read_text(encoding="utf-8")
        )
        return params

    def write(self, params: object) -> None:
        text = yaml.safe_dump(params, allow_unicode=True)
        (self.root / "params.yaml").write_text(text, encoding="utf-8")

    def repro(self) -> list[str]:
        """Run ``dvc repro``; return the stages that ran."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            [sys.executable, "-m", "dvc", "repro"],
            cwd=self.root,
            env=os.environ | {"PATH": path, "LABELPROJ_JEMALLOC": "0", "DVC_NO_ANALYTICS": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return re.findall(r"Running stage '([^']+)'", done.stdout)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project"), ["ner"])


def test_only_what_has_changed_is_run(project: Project) -> None:
    after_filter = ["filter@ner-ha", "build@ner-ha", "train@ner-ha", "evaluate@ner-ha"]
    everything = ["mt@ha", "prepare@ner", "translate@ner-ha", "project@ner-ha", *after_filter]
    assert sorted(project.repro()) == sorted([*everything, "report@ner-ha"])
    outputs = project.root / "outputs"
    metrics = json.loads((outputs / "evaluation" / "ner-ha" / "metrics.json").read_text())
    assert set(metrics["systems"]) == {"projected", "zero-shot", "gold"}
    assert "projection" in metrics
    assert (outputs / "report" / "ner-ha" / "index.html").is_file()

    assert project.repro() == []

    params = project.params()
    params["filter"]["duplicate"] = False
    project.write(params)
    again = project.repro()
    assert again[0] == "filter@ner-ha"
    assert set(again) <= {*after_filter, "report@ner-ha"}

    for file in sorted((project.root / "data" / "demo").rglob("*ha.*")):
        # The gold pairs say which language they are in.
        text = file.read_text(encoding="utf-8").replace('"tgt_lang": "ha"', '"tgt_lang": "sw"')
        file.with_name(file.name.replace("ha.", "sw.")).write_text(text, encoding="utf-8")
    params["languages"]["targets"] = ["ha", "sw"]
    gold = params["gold"]["ha"]
    params["gold"]["sw"] = {part: path.replace("ha.", "sw.") for part, path in gold.items()}
    project.write(params)
    assert all(stage.endswith("sw") for stage in project.repro())


def test_there_is_a_stage_for_every_task(project: Project) -> None:
    stages = yaml.safe_load((project.root / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for task in ("ner", "eae", "qa", "tod"):
        for stage in stages.values():
            for path in stage["deps"]:
                named = path.replace("${item.task}", task).replace("${item.tgt}", "ha")
                assert "$" in named or (project.root / named).is_file(), named


@pytest.mark.parametrize("task", ["eae", "qa", "tod"])
def test_the_other_tasks_run_through_all_stages(
    task: str,
    project: Project,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = Project(tmp_path_factory.mktemp(task), [task])
    params = other.params()
    params["project"] |= {"method": "alignment", "align": {"name": "systran"}}  # the fastest
    other.write(params)
    model = project.root / "outputs" / "mt"
    if not model.is_dir():
        monkeypatch.chdir(project.root)
        run_stage("mt", params=Path("params.yaml"), task="", target="ha")
    shutil.copytree(model, other.root / "outputs" / "mt")
    monkeypatch.chdir(other.root)  # the paths in the parameters are relative
    for stage in STAGES:
        if stage != "mt":
            target = "" if stage == "prepare" else "ha"
            run_stage(stage, params=Path("params.yaml"), task=task, target=target)
    (found,) = collect_results(Path("params.yaml"))
    assert {"projected", "zero-shot", "gold"} <= set(found["systems"])
    assert found["projection"] and found["figures"]
    assert Path(found["report"]).is_file()
