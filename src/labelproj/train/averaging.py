"""The mean of a model's weights over checkpoints of one run.

Without development data in the target language nothing says which checkpoint is best there, and
the one that is best on other data often is not. The mean of the last ones is nearly as good as
the best and needs no choice (Schmidt et al. 2023, https://aclanthology.org/2023.acl-long.314).
"""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

__all__ = ["Averager", "checkpoints"]

K = TypeVar("K")


def checkpoints(*, max_steps: int, every: int, last: int) -> frozenset[int]:
    """Return the steps of the ``last`` checkpoints of a run: one ``every`` so many, and the end."""
    steps = [*range(every, max_steps, every), max_steps]
    return frozenset(steps[-last:])


class Averager(Generic[K]):
    """A running mean of named arrays (of numpy or torch): only one copy is held.

    An array of whole numbers is no weight: its last value stays.
    """

    def __init__(self) -> None:
        self._count = 0
        self._mean: dict[K, Any] = {}

    def add(self, weights: Mapping[K, Any]) -> None:
        """Add a checkpoint; the same names each time."""
        self._count += 1
        for name, array in weights.items():
            if self._count == 1 or not _is_float(array):
                self._mean[name] = +array
            else:
                self._mean[name] += (array - self._mean[name]) / self._count

    def mean(self) -> dict[K, Any]:
        """Return the mean; empty where nothing was added."""
        return self._mean


def _is_float(array: Any) -> bool:
    return "float" in str(array.dtype)
