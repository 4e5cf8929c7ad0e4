"""Progress and messages for people, on stderr; quiet where nobody watches."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

__all__ = ["Progress", "Silent", "console", "log", "set_up_logging", "track"]

#: Columns of a log, which no terminal has: rich would take 80 and break the words of tables.
LOG_WIDTH = 120


def _console() -> Console:
    found = Console(stderr=True, emoji=False)  # `a:train:b` is a path and no picture
    if not found.is_terminal and "COLUMNS" not in os.environ:
        found.width = LOG_WIDTH
    return found


#: Where talk goes. Results go to stdout.
console = _console()
log = logging.getLogger("labelproj")


class Progress(Protocol):
    """Something that is told how much is done."""

    def advance(self, amount: int) -> None:
        """Say that ``amount`` more is done."""


class Silent:
    """Progress that nobody watches."""

    def advance(self, amount: int) -> None:
        """Do nothing."""


class _Bar:
    def __init__(self, bar: RichProgress, task: int):
        self._bar = bar
        self._task = task

    def advance(self, amount: int) -> None:
        self._bar.advance(self._task, amount)  # type: ignore[arg-type]


@contextmanager
def track(what: str, total: int | None) -> Iterator[Progress]:
    """Show a progress bar named ``what`` on a terminal; elsewhere show nothing."""
    if not console.is_terminal:
        yield Silent()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with RichProgress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        yield _Bar(bar, bar.add_task(what, total=total))


def set_up_logging(level: int = logging.INFO) -> None:
    """Send the package's messages to stderr (once)."""
    if not log.handlers:
        if console.is_terminal:
            handler: logging.Handler = RichHandler(
                console=console, show_path=False, show_time=False
            )
            handler.setFormatter(logging.Formatter("%(message)s"))
        else:
            handler = logging.StreamHandler(sys.stderr)
            handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
        log.addHandler(handler)
    log.setLevel(level)
    log.propagate = False
