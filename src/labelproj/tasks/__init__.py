"""What a record of each task is, and which projections of it are usable.

A new task is a :class:`~labelproj.tasks.base.Task` in a file of its own, a line in ``TASKS`` and
its name in ``TaskName`` of :mod:`labelproj.sections`.
"""

from labelproj.errors import UsageError
from labelproj.tasks.base import Beside, Case, Dataset, Dropped, Exercise, Prompt, Task, Usable
from labelproj.tasks.dialogue import Dialogues
from labelproj.tasks.events import EventArguments
from labelproj.tasks.ner import Ner
from labelproj.tasks.qa import QuestionAnswering

__all__ = [
    "TASKS",
    "Beside",
    "Case",
    "Dataset",
    "Dropped",
    "Exercise",
    "Prompt",
    "Task",
    "Usable",
    "task_named",
]

TASKS: dict[str, Task] = {
    task.name: task for task in (Ner(), EventArguments(), QuestionAnswering(), Dialogues())
}


def task_named(name: str) -> Task:
    """Return the task called ``name``. Raises UsageError."""
    if name not in TASKS:
        raise UsageError(f"no task {name!r}", remedy=f"one of {', '.join(TASKS)}")
    return TASKS[name]
