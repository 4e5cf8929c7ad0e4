"""Copies of this process do its work, fail as it would, and do not outlive it."""

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from labelproj.errors import MissingInputError, SystemFaultError
from labelproj.processes import Copies, can_copy, environment


@pytest.fixture
def copies() -> Copies[int, tuple[int, int]]:
    return Copies(worked, 2, prepare=lambda: None)


def worked(task: int) -> tuple[int, int]:
    if task == 3:
        raise MissingInputError("no third", where="here")
    if task == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return task, os.getpid()


#: Polars changes what signals do.
BUSY = """
import os, signal, time
import polars
from labelproj.processes import Copies
signal.signal(signal.SIGINT, signal.default_int_handler)
def work(seconds):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(seconds)
try:
    Copies(work, 2, prepare=lambda: None).map([60, 60])
except KeyboardInterrupt:
    os.write(1, b"interrupted\\n")
"""


@contextmanager
def busy_parent(folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Start a process whose copies are at work; give it and their numbers."""
    script = folder / "parent.py"
    script.write_text(BUSY)
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as parent:
        assert parent.stdout is not None
        yield parent, [int(parent.stdout.readline()) for _ in range(2)]


def test_each_task_in_its_place(copies: Copies[int, tuple[int, int]]) -> None:
    found = copies.map([0, 1, 2])
    assert [task for task, _ in found] == [0, 1, 2]
    makers = {maker for _, maker in found}
    assert os.getpid() not in makers
    assert len(makers.union(maker for _, maker in copies.map([1, 2]))) <= 2


def test_what_they_see_is_how_things_stood() -> None:
    seen = ["before"]
    copies: Copies[int, str] = Copies(
        lambda number: seen[number], 1, prepare=lambda: seen.append("prepared")
    )
    assert copies.map([0, 1]) == ["before", "prepared"]
    assert seen == ["before"]


def test_an_error_is_the_error_of_the_work(copies: Copies[int, tuple[int, int]]) -> None:
    with pytest.raises(MissingInputError) as caught:
        copies.map([0, 3])
    assert caught.value.where == "here"
    assert len(copies.map([0, 1])) == 2


def test_one_that_is_killed_is_the_fault_of_the_machine(
    copies: Copies[int, tuple[int, int]],
) -> None:
    with pytest.raises(SystemFaultError, match="ended from outside") as caught:
        copies.map([0, 4])
    assert caught.value.remedy is not None
    assert len(copies.map([0, 1])) == 2


def test_they_end_with_the_object_that_they_work_for() -> None:
    class Worker:
        def __init__(self) -> None:
            self.copies = Copies(self.work, 1, prepare=lambda: None)

        def work(self, task: int) -> int:
            return os.getpid()

    worker = Worker()
    (pid,) = worker.copies.map([0])
    process = psutil.Process(pid)
    del worker
    gc.collect()
    _, left = psutil.wait_procs([process], timeout=10)
    assert not left


def test_they_do_not_outlive_the_one_that_wanted_them(tmp_path: Path) -> None:
    with busy_parent(tmp_path) as (parent, children):
        parent.kill()
    alive = [psutil.Process(own) for own in children if psutil.pid_exists(own)]
    _, left = psutil.wait_procs(alive, timeout=10)
    for process in left:
        process.kill()
    assert not left


def test_an_interrupt_ends_all_at_once(tmp_path: Path) -> None:
    with busy_parent(tmp_path) as (parent, _):
        os.killpg(parent.pid, signal.SIGINT)
        said, errors = parent.communicate(timeout=20)
    assert (said, errors, parent.returncode) == ("interrupted\n", "", 0)


def test_nothing_is_said_at_the_end(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "from labelproj.processes import Copies\n"
        "copies = Copies(abs, 2, prepare=lambda: None)\n"
        "print(copies.map([-1, -2]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("[1, 2]\n", "")


def test_copies_can_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELPROJ_FORK", "0")
    assert not can_copy()
    monkeypatch.delenv("LABELPROJ_FORK")
    assert can_copy() == (sys.platform == "linux")


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "1")
    monkeypatch.delenv("GONE", raising=False)
    with environment({"HERE": "2", "GONE": "3"}):
        assert (os.environ["HERE"], os.environ["GONE"]) == ("2", "3")
    assert os.environ["HERE"] == "1"
    assert "GONE" not in os.environ
