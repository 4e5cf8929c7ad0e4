"""What the search asks of a model, whatever computes it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["NOT_ASKED", "Floats", "Grown", "Ints", "Row", "Scorer", "Tree"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_In = TypeVar("_In")
_Out = TypeVar("_Out")
#: Stands for a token whose probability is not needed.
NOT_ASKED = -1


class Row(NamedTuple):
    """Tokens ``ids`` that follow the tokens numbered ``ancestors``, for source text ``source``."""

    source: int
    ancestors: Ints
    ids: Ints


class Grown(NamedTuple):
    """Rows that were decoded. Those of row r are numbered ``first + starts[r]`` and on.

    ``states`` is what the scorer needs to go on from them.
    """

    states: Any
    starts: Ints
    first: int


class Tree(Protocol):
    """Decoded tokens of a batch of source texts, each with its path of earlier ones."""

    def grow(self, rows: Sequence[Row]) -> Grown:
        """Decode rows, teacher-forced."""


class Scorer(Protocol):
    """A translation model that scores tokens; ``start`` opens every path, ``end`` closes it."""

    start: int
    end: int

    @property
    def positions(self) -> int | None:
        """How many tokens a translation may have; None when any number."""

    def map(self, work: Callable[[_In], _Out], batches: Sequence[_In]) -> list[_Out]:
        """Do ``work``, which scores, for every batch; several side by side where that is faster."""

    def encode(self, sources: Sequence[Ints]) -> Tree:
        """Return an empty tree over source texts (token ids each)."""

    def log_probs(self, grown: Grown, rows: Ints, columns: Sequence[Ints]) -> list[Floats]:
        """Return log-probabilities of tokens that come after decoded ones.

        ``rows`` (n,) are numbers of tokens in ``grown``, from 0; for every (n,) of ``columns``
        come the (n,) log-probabilities of those ids after the tokens ``rows``. What comes for
        ``NOT_ASKED`` means nothing. The first column holds the tokens that do follow.
        """
