"""jemalloc is used where it is installed, once, and only for the commands that train."""

import ctypes.util
import os
import subprocess
import sys

import pytest

SHOW = "import os, labelproj.allocator as a; a.use_jemalloc(); print(os.environ.get('LD_PRELOAD'))"


def test_it_can_be_switched_off() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
    done = subprocess.run(
        [sys.executable, "-c", SHOW],
        env=environment | {"LABELPROJ_JEMALLOC": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "None"


@pytest.mark.parametrize("command", ["mt", "train"])
def test_a_training_command_starts_again_under_it(command: str) -> None:
    library = ctypes.util.find_library("jemalloc")
    environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
    done = subprocess.run(
        [sys.executable, "-m", "labelproj", "stage", command, "--tgt", "ha", "--params", "none"],
        env=environment | {"LD_DEBUG": "files"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "none: no such file" in done.stderr
    if library:
        assert library in done.stderr
