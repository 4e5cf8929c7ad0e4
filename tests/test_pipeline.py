"""The whole pipeline under DVC, on a few records: everything once, then only what has changed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from labelproj.presets import write_project

SMALL: dict[str, dict[str, float]] = {
    "mt": {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "heads": 2, "ffn": 64}
    | {"vocab_size": 600, "steps": 200, "dev_pairs": 10, "learning_rate": 1e-2}
    | {"warmup_steps": 20, "dropout": 0.0, "rename_share": 0.0},
    "train": {"max_steps": 20, "eval_every": 10},
}


class Project:
    """A demo project made small."""

    def __init__(self, root: Path):
        self.root = root
        write_project(root, preset="demo", src="en", tgt="ha")
        for file in (root / "data" / "demo").iterdir():
            lines = file.read_text(encoding="utf-8").splitlines(keepends=True)[:300]
            count = 300 if file.suffix == ".tsv" else 40
            file.write_text("".join(lines[:count]), encoding="utf-8")
        params = self.params()
        training = params["mt"]["train"]
        assert isinstance(training, dict)
        training.update(SMALL["mt"])
        params["train"] |= SMALL["train"]
        params["filter"] |= {"missing_spans": 1.0, "repetition": None, "length_ratio": None}
        self.write(params)
        (root / ".dvc").mkdir()
        (root / ".dvc" / "config").write_text("[core]\n    no_scm = true\n    analytics = false\n")

    def params(self) -> dict[str, dict[str, object]]:
        params: dict[str, dict[str, object]] = yaml.safe_load(
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
    return Project(tmp_path_factory.mktemp("project"))


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

    for file in sorted((project.root / "data" / "demo").glob("*ha.*")):
        # The gold pairs say which language they are in.
        text = file.read_text(encoding="utf-8").replace('"tgt_lang": "ha"', '"tgt_lang": "sw"')
        file.with_name(file.name.replace("ha.", "sw.")).write_text(text, encoding="utf-8")
    params["languages"]["targets"] = ["ha", "sw"]
    gold = params["gold"]["ha"]
    assert isinstance(gold, dict)
    params["gold"]["sw"] = {part: path.replace("ha.", "sw.") for part, path in gold.items()}
    project.write(params)
    assert all(stage.endswith("sw") for stage in project.repro())
