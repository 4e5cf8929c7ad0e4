"""``labelproj dialogue`` and the scores of what it writes, through the command line's parser."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from invented_dialogues import write_woz2
from labelproj.cli.app import app


def run(*arguments: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return json.loads(result.stdout) if "--json" in arguments and code == 0 else result.output


def test_from_dialogues_to_scores(tmp_path: Path) -> None:
    english, hausa = write_woz2(tmp_path)
    out = tmp_path / "ha"
    languages = ("--src", "en", "--tgt", "ha", "--aligner", "systran")
    result = run(
        *("dialogue", "localise", english, *languages, "--translations", hausa, "--out", out),
        "--json",
    )
    assert result["counts"]["dialogues"] == {"in": 24, "kept": 24, "rejected": 0}
    values = run(
        *("evaluate", "values", out / "dialogues.jsonl", hausa, "--lang", "ha", "--json"),
    )
    assert (values["mapped"], values["exact_of_all"]) == (100.0, 100.0)
    gold = tmp_path / "gold.jsonl"
    counts = run("dialogue", "examples", hausa, "--lang", "ha", "--out", gold, "--json")
    assert counts["dst"] == 72
    outputs = tmp_path / "outputs.jsonl"
    options = ("--model", "copy", "--subtasks", "dst,api", "--gold-state", "--out", outputs)
    assert run("dialogue", "predict", gold, *options, "--json") == {"outputs": 144}
    scores = run("evaluate", "dialogue", outputs, gold, "--kb", out / "kb.jsonl", code=1)
    assert isinstance(scores, str)  # there are no rows in WOZ 2.0, so no such file of rows
    scores = run("evaluate", "dialogue", outputs, gold, "--lang", "ha", "--json")
    assert scores["dst"]["jga"] == 33.33
    assert scores["api"]["accuracy"] == 100.0


def test_wrong_choices_are_refused(tmp_path: Path) -> None:
    english, _ = write_woz2(tmp_path, repeat=1)
    base = ("dialogue", "localise", english, "--src", "en", "--tgt", "ha", "--out", tmp_path)
    assert "surface" in run(*base, "--words", "both", code=2)
    assert "dst" in run(
        *("dialogue", "train", english, "--out", tmp_path, "--subtasks", "x"), code=2
    )
