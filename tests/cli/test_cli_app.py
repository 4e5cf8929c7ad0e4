"""The command as a user meets it: one line for a mistake, and the right exit code."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labelproj.cli.filter import filter_
from labelproj.cli.render import show_place, show_table
from labelproj.progress import console


def labelproj(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "labelproj", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("paint",), "No such command 'paint'"),
        (("project", "--colour"), "No such option: --colour"),
        (("project", "x.conll", "--src", "en", "--tgt", "ha"), "Missing option '--out'"),
        (("stage", "mt"), "see labelproj stage mt --help"),
        (("init", "x", "--preset", "gold"), "Invalid value for '--preset': 'gold' is not one of"),
        (
            ("project", "x", "--src", "en", "--tgt", "ha", "--out", "y", "--label-map", "PER"),
            "'PER' is not OLD=NEW",
        ),
        (
            ("bench", "projection", "--gold", "x", "--member", "systran"),
            "--member: is for --method ensemble",
        ),
        (
            ("bench", "projection", "--gold", "x", "--markers", "xml"),
            "--markers: is for --method markers and constrained",
        ),
        (
            ("bench", "projection", "--gold", "x", "--aligner-model", "y"),
            "--aligner-model: is for the aligners attention, embedding, simalign",
        ),
        (
            ("bench", "alignment", "--gold", "x", "--aligner-layer", "8"),
            "--aligner-layer: is for the aligners attention, embedding, simalign",
        ),
        (
            ("project", "x", "--src", "en", "--tgt", "ha", "--out", "y", "--matching", "match"),
            "--matching: is for the aligners embedding, simalign",
        ),
        (
            ("bench", "projection", "--gold", "x", "--constrained-model", "y"),
            "--constrained-model: is for --method constrained",
        ),
    ],
)
def test_a_wrong_command_is_one_line(arguments: tuple[str, ...], part: str) -> None:
    done = labelproj(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert part in line


def test_no_command_shows_the_commands() -> None:
    done = labelproj()
    assert done.returncode == 2
    assert "project" in done.stdout
    assert "error" not in done.stderr


def test_version_goes_to_stdout() -> None:
    done = labelproj("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("labelproj ")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = labelproj("init", tmp_path / "file" / "project")
    assert done.returncode == 7
    assert done.stderr.count("\n") == 1
    assert "Not a directory" in done.stderr


def test_nothing_that_can_be_used_is_no_success(tmp_path: Path) -> None:
    bad = tmp_path / "in.jsonl"
    bad.write_text('{"text": "Kano", "spans": [{"start": 0, "end": 9, "label": "LOC"}]}\n')
    done = labelproj("convert", bad, tmp_path / "out.jsonl")
    assert (done.returncode, done.stdout) == (4, "")
    warning, error = done.stderr.splitlines()
    assert "in.jsonl:1: span s0 [0, 9) is outside" in warning
    assert "in.jsonl: no document that can be used" in error
    assert not (tmp_path / "out.jsonl").exists()


def test_what_a_format_has_no_place_for_is_said(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"text": "Kano", "spans": [{"start": 0, "end": 4, "label": "LOC"}]}\n')
    done = labelproj("convert", file, tmp_path / "out.squad.json")
    assert done.returncode == 4
    assert "no document is of the kind that squad holds" in done.stderr
    assert not (tmp_path / "out.squad.json").exists()
    done = labelproj("convert", file, tmp_path / "out.phee.jsonl")
    assert done.returncode == 0
    assert "1 labels are of no event and are not in the file" in done.stderr


def test_ctrl_c_is_one_line(tmp_path: Path) -> None:
    fifo = tmp_path / "endless.jsonl"
    os.mkfifo(fifo)
    command = [sys.executable, "-m", "labelproj", "convert", str(fifo), str(tmp_path / "out.conll")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with fifo.open("w"):  # opens when the command reads; its end ends the reading
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.startswith("error: stopped")
    assert said.count("\n") == 1
    assert not (tmp_path / "out.conll").exists()


def test_brackets_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("[a] table", ("[b]",), [("pip install 'labelproj[models]'",)])
    show_place("results", "out[bold]")
    console.print("hf:a:train:b")
    said = capsys.readouterr().err
    assert "labelproj[models]" in said
    assert "[a] table" in said
    assert "results: out[bold]" in said
    assert "hf:a:train:b" in said


def test_a_threshold_of_nought_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    attrition = {
        "in": 1,
        "kept": 1,
        "rejected": 0,
        "by_filter": {name: {"rejected": 0, "only": 0} for name in ("missing_spans", "quality")},
        "thresholds": {"missing_spans": 0.0, "quality": None},
    }
    (tmp_path / "attrition.json").write_text(json.dumps(attrition))
    filter_(tmp_path)
    said = capsys.readouterr().err
    assert "missing_spans" in said
    assert "quality" not in said
