"""Systems trained at once are those that are trained one after the other, and as easy to stop."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from labelproj.config import TrainParams
from labelproj.errors import MissingInputError
from labelproj.records import Document, Segment, Span
from labelproj.train.side_by_side import train_side_by_side
from labelproj.train.systems import System

PARAMS = TrainParams(max_steps=4, eval_every=2, batch_words=50)


def documents(name: str, place: str) -> list[Document]:
    text = f"{name} ta je {place}."
    start = text.index(place)
    spans = (Span("s0", 0, len(name), "PER"), Span("s1", start, start + len(place), "LOC"))
    return [Document(f"d{i}", "ha", (Segment("0", "text", text, spans),)) for i in range(4)]


def system(name: str, place: str = "Kano") -> System:
    train = documents("Amina", place)
    return System(name, train, train[:1])


def test_two_at_a_time_are_the_same_models(tmp_path: Path) -> None:
    runs = [(system("a"), PARAMS), (system("b", "Zaria"), PARAMS), (system("a"), PARAMS)]
    alone = train_side_by_side(runs, jobs=1, work=tmp_path / "alone")
    together = train_side_by_side(runs, jobs=2, work=tmp_path / "together")
    for (one, facts), (other, others) in zip(alone, together, strict=True):
        assert one.name == other.name == "model"
        files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
        assert all((one / file).read_bytes() == (other / file).read_bytes() for file in files)
        assert facts["signature"] == others["signature"]
    # What two runs share is trained once, and nothing is trained again.
    assert together[0][0] == together[2][0]
    assert len(list((tmp_path / "together").glob("*/done.json"))) == 2
    again = train_side_by_side(runs, jobs=2, work=tmp_path / "together")
    assert all(facts["resumed"] for _, facts in again)


def test_an_error_of_one_is_the_error_of_all(tmp_path: Path) -> None:
    bare = [Document("d", "ha", (Segment("0", "text", "Babu suna.", ()),))]
    runs = [(system("a"), PARAMS), (System("b", bare, []), PARAMS)]
    with pytest.raises(MissingInputError, match="no labelled span"):
        train_side_by_side(runs, jobs=2, work=tmp_path)


def test_processes_do_not_outlive_the_one_that_wanted_them(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "from labelproj.train import side_by_side as s\n"
        "if __name__ == '__main__':\n"
        "    with s._processes(1, threads=1) as pool:\n"
        "        print(pool.submit(os.getpid).result(), flush=True)\n"
        "        pool.submit(time.sleep, 60)\n"
        "        time.sleep(60)\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(code)
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    try:
        psutil.Process(child).wait(timeout=10)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        psutil.Process(child).kill()
        pytest.fail("it still runs")
