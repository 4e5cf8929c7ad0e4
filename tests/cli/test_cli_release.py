"""The commands of releases: what they print, and their exit codes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labelproj.cli import app
from labelproj.errors import CheckFailedError, UsageError
from releases import make_project, stories

RUN = CliRunner()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    make_project(tmp_path, stories(12))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_build_check_push_and_diff(project: Path) -> None:
    built = RUN.invoke(app, ["release", "build", "--version", "1.0.0", "--json"])
    assert built.exit_code == 0, built.output
    assert json.loads(built.stdout)["version"] == "1.0.0"
    checked = RUN.invoke(app, ["release", "check", "--json"])
    assert json.loads(checked.stdout) == {"good": True, "findings": []}
    pushed = RUN.invoke(app, ["release", "push", "--to", "all", "--tag", "v1.0.0"])
    assert pushed.exit_code == 0, pushed.output
    assert "published v1.0.0" in pushed.stderr
    again = RUN.invoke(app, ["release", "push", "--to", "all", "--json"])
    assert json.loads(again.stdout)["pushed"] is False
    same = RUN.invoke(app, ["diff", "all/v1.0.0", "release", "--json"])
    assert json.loads(same.stdout)["same"] is True
    make_project(project, stories(14))
    assert RUN.invoke(app, ["release", "build", "--version", "1.1.0"]).exit_code == 0
    shown = RUN.invoke(app, ["diff", "all/v1.0.0", "release"])
    assert "ner-ha/train" in shown.stderr and "added, for example: d12, d13" in shown.stderr


def test_findings_are_listed_and_the_exit_code_is_three(project: Path) -> None:
    RUN.invoke(app, ["release", "build"])
    Path("release/more.txt").write_text("x")
    done = RUN.invoke(app, ["release", "check"])
    assert "is not listed in release.json" in done.stderr
    assert isinstance(done.exception, CheckFailedError) and done.exception.exit_code == 3


@pytest.mark.parametrize(
    "command",
    [
        ["release", "push"],
        ["release", "push", "owner/name", "--to", "all"],
        ["release", "build", "--test", "ner-ha"],
        ["release", "build", "outputs", "--model", "projected"],
    ],
)
def test_wrong_commands_are_refused(project: Path, command: list[str]) -> None:
    RUN.invoke(app, ["release", "build"])
    assert RUN.invoke(app, command).exit_code == 2


def test_a_dataset_is_not_pushed_as_a_model(project: Path) -> None:
    RUN.invoke(app, ["release", "build"])
    done = RUN.invoke(app, ["release", "push", "--to", "all", "--model"])
    assert isinstance(done.exception, UsageError)
    assert "the release is a dataset" in str(done.exception)
