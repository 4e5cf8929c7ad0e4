"""Data and models kept in a DVC remote: pushed to a folder, wiped, pulled again."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from labelproj.provenance import file_digest
from labelproj.release.build import build_release
from labelproj.release.check import check_release
from releases import make_project, stories


def dvc(root: Path, *commands: str) -> None:
    """Run dvc commands one after the other, in one process: starting it is what takes long."""
    script = (
        "import shlex, sys; from dvc.cli import main; "
        "[sys.exit(code) for one in sys.argv[1:] if (code := main(shlex.split(one)))]"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *commands],
        cwd=root,
        env=os.environ | {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(root / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_release_survives_in_a_remote(tmp_path: Path) -> None:
    root, remote = tmp_path / "project", tmp_path / "remote"
    root.mkdir()
    params = make_project(root, stories(12))
    build_release((), out=root / "release", params=params, version="1.0.0")
    before = file_digest(root / "release")
    remote_add = f"remote add -d store {shlex.quote(str(remote))}"
    dvc(root, "init --no-scm --quiet", remote_add, "add --quiet release outputs", "push")
    shutil.rmtree(root / "release")
    shutil.rmtree(root / "outputs")
    shutil.rmtree(root / ".dvc" / "cache")
    dvc(root, "pull")
    assert file_digest(root / "release") == before
    assert check_release(root / "release") == []
    assert (root / "outputs/dataset/ner-ha/labels.json").is_file()
