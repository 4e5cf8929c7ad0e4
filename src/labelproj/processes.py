"""Processes beside this one: they end with it, and some start as copies of it.

A copy (a fork) is there in a twentieth of a second and shares the memory of a model that is open.
Only one thread of it goes on, so it must not compute on several: PyTorch's, for one, are gone.
"""

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from labelproj.errors import SystemFaultError

__all__ = ["Copies", "as_done", "can_copy", "end_with_parent", "environment"]

#: Seconds between looks at whether there was an interrupt.
WAKE = 0.2
_Task = TypeVar("_Task")
_Result = TypeVar("_Result")


def can_copy() -> bool:
    """Say whether this process can be copied: on Linux, if ``LABELPROJ_FORK`` is not 0."""
    wanted = os.environ.get("LABELPROJ_FORK", "1") != "0"
    return wanted and sys.platform == "linux" and not multiprocessing.current_process().daemon


class Copies(Generic[_Task, _Result]):
    """So many copies of this process that do ``work``; made when first used, and used again.

    What ``work`` sees is how things stood then. ``prepare`` is called first in each.
    """

    def __init__(
        self, work: Callable[[_Task], _Result], count: int, *, prepare: Callable[[], None]
    ):
        self.count = count
        self._work, self._prepare = work, prepare
        self._pool: ProcessPoolExecutor | None = None
        self._end: Callable[[], object] | None = None

    def map(self, tasks: Sequence[_Task]) -> list[_Result]:
        """Return what comes of each task, of which each copy has one at a time.

        Raises what ``work`` raises, and SystemFaultError where a copy is ended from outside.
        """
        try:
            futures = self._begun(tasks) if self._pool is None else _given(self._pool, tasks)
            for future in as_done(futures):
                future.result()
            return [future.result() for future in futures]
        except BaseException as error:
            self.close()
            if isinstance(error, BrokenProcessPool):
                raise SystemFaultError(
                    "a process that did a part of the work was ended from outside; perhaps the "
                    "memory was full",
                    remedy="work in smaller batches, or in one process: LABELPROJ_FORK=0",
                ) from error
            raise

    def close(self) -> None:
        """End the copies at once; the next task makes new ones."""
        if self._end is not None:
            self._end()
        self._pool = self._end = None

    def _begun(self, tasks: Sequence[_Task]) -> list[Future[Any]]:
        """Make the copies, and give them their first tasks."""
        global _work, _prepare
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        pool = ProcessPoolExecutor(
            self.count, mp_context=context, initializer=_begin, initargs=(ours, theirs)
        )
        self._pool, self._end = pool, weakref.finalize(self, _end, pool, ours)
        # Not an argument of the pool, which would hold on to it for as long as it is there itself.
        with _beginning, warnings.catch_warnings():
            # Of a fork beside other threads.
            warnings.simplefilter("ignore", DeprecationWarning)
            _work, _prepare = self._work, self._prepare
            try:
                return _given(pool, tasks)
            finally:
                _work = _prepare = _nothing


def _given(pool: ProcessPoolExecutor, tasks: Sequence[_Task]) -> list[Future[Any]]:
    # The tokenizers library warns of forks unless it is told that there is one thread.
    with environment({"TOKENIZERS_PARALLELISM": "false"}):
        return [pool.submit(_do, task) for task in tasks]


def as_done(futures: Iterable[Future[_Result]]) -> Iterator[Future[_Result]]:
    """Yield futures as they are done, and let an interrupt through meanwhile.

    Polars has signals go on with what they interrupt: a wait without an end would not notice any.
    """
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=WAKE, return_when=FIRST_COMPLETED)
        yield from done


def _nothing(*_: object) -> None:
    """Stand for work where there is none."""


_beginning = threading.Lock()
#: What copies that are just being made will do, and in a copy, what it does.
_work: Callable[[Any], Any] = _nothing
_prepare: Callable[[], None] = _nothing


def _begin(parents: Connection, own: Connection) -> None:
    # An interrupt is the parent's to deal with.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A handler's lock may have been held by another thread at the time of the fork, for good.
    logging.disable()
    # What was there before stays: to look through it would copy its memory.
    gc.freeze()
    parents.close()
    _end_when_closed(own)
    _prepare()


def _end(pool: ProcessPoolExecutor, ours: Connection) -> None:
    pool.shutdown(wait=False, cancel_futures=True)
    ours.close()


def _do(task: Any) -> Any:
    return _work(task)


def end_with_parent() -> None:
    """End this process when the one that started it does, even by a kill."""
    if (parent := multiprocessing.parent_process()) is not None:
        _end_after(parent.join)


def _end_when_closed(connection: Connection) -> None:
    """End this process when the other side is closed everywhere, be it by a kill."""
    _end_after(connection.poll, None)


def _end_after(event: Callable[..., object], *arguments: object) -> None:
    def watch() -> None:
        event(*arguments)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set variables of the environment inside a block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
