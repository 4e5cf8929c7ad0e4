"""spaCy without PyTorch, for commands in which it cuts sentences and runs no model.

thinc, below spaCy, imports PyTorch wherever that is installed, in case a pipeline has layers of
it. That takes seconds at the start of commands that have no use for it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["spare_torch", "starting_spacy"]

_spare = False


def spare_torch() -> None:
    """Let spaCy start without PyTorch in this process.

    Pipelines with layers of PyTorch cannot be run by spaCy then; PyTorch itself can be used.
    """
    global _spare
    _spare = True


@contextmanager
def starting_spacy() -> Iterator[None]:
    """Wrap what may be the first import of spaCy."""
    modules: dict[str, Any] = sys.modules
    hidden = _spare and not {"thinc", "torch"} & modules.keys()
    if hidden:
        modules["torch"] = None  # `import torch` now raises ImportError, which thinc is ready for
    try:
        yield
    finally:
        if hidden:
            del modules["torch"]
