"""Training several systems at a time, each in a process of its own with its share of the cores.

A small model does not keep many cores busy: two systems on a core each are done sooner than one
after the other on both.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from labelproj.config import TrainParams
from labelproj.processes import as_done, end_with_parent, environment
from labelproj.progress import log, set_up_logging, track
from labelproj.train.kept import finished
from labelproj.train.systems import System, system_home, train_system

__all__ = ["train_side_by_side"]

Run = tuple[System, TrainParams]
Trained = tuple[Path, dict[str, object]]
#: What the libraries below read when they start.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def train_side_by_side(
    runs: Sequence[Run], *, jobs: int, work: Path, resume: bool = True, keep: int = 12
) -> list[Trained]:
    """Train systems ``jobs`` at a time; see :func:`labelproj.train.systems.train_system`.

    Each process has the cores divided by ``jobs`` for its threads. What is finished in ``work`` is
    not trained again, and what two runs share is trained once. The first error is raised when
    those that had begun are done.
    """
    homes = [system_home(system, params, work=work) for system, params in runs]
    new = {
        home: run
        for home, run in zip(homes, runs, strict=True)
        if not (resume and finished(home) is not None)
    }
    made: dict[Path, Trained] = {}
    if jobs > 1 and len(new) > 1:
        threads = max(1, (os.cpu_count() or 1) // jobs)
        names = ", ".join(system.name for system, _ in new.values())
        log.info("training %s, %d at a time with %d threads each", names, jobs, threads)
        with _processes(min(jobs, len(new)), threads=threads) as pool:
            waiting = {
                pool.submit(
                    train_system, run[0], params=run[1], work=work, resume=resume, keep=keep
                ): home
                for home, run in new.items()
            }
            made = _results(waiting)
    return [
        made.get(home) or train_system(system, params=params, work=work, resume=resume, keep=keep)
        for home, (system, params) in zip(homes, runs, strict=True)
    ]


@contextmanager
def _processes(jobs: int, *, threads: int) -> Iterator[ProcessPoolExecutor]:
    # New ones, as threads of PyTorch do not outlive a fork.
    with (
        environment(dict.fromkeys(_THREADS, str(threads))),
        ProcessPoolExecutor(
            jobs,
            mp_context=get_context("spawn"),
            initializer=_begin,
            initargs=(log.level,),
        ) as pool,
    ):
        yield pool


def _results(waiting: Mapping[Future[Trained], Path]) -> dict[Path, Trained]:
    made: dict[Path, Trained] = {}
    try:
        with track("systems", len(waiting)) as progress:
            for future in as_done(waiting):
                made[waiting[future]] = future.result()
                progress.advance(1)
    finally:
        for future in waiting:
            future.cancel()
    return made


def _begin(level: int) -> None:
    set_up_logging(level)
    # Nobody would use what is trained for a process that was killed.
    end_with_parent()
