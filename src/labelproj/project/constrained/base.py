"""What the search asks of a model, whatever computes it."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = [
    "NOT_ASKED",
    "Floats",
    "Grown",
    "Ints",
    "Row",
    "Scorer",
    "Shortlist",
    "Survey",
    "Tree",
]

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


class Shortlist(NamedTuple):
    """The tokens (ids, rising) that are at all probable in a batch, and their output layer."""

    ids: Ints
    project: Any


class Survey(NamedTuple):
    """Log-probabilities as of :meth:`Scorer.log_probs`, and what they say about later ones.

    ``beyond`` (n,) is by how much the logarithm of the normaliser grows when all tokens are
    counted, not only those of ``shortlist``, which is None where a shortlist does not pay.
    """

    columns: list[Floats]
    shortlist: Shortlist | None
    beyond: Floats


class Tree(Protocol):
    """Decoded tokens of a batch of source texts, each with its path of earlier ones."""

    def grow(self, rows: Sequence[Row]) -> Grown:
        """Decode rows, teacher-forced."""

    def forget(self, first: int) -> None:
        """Drop the tokens numbered ``first`` and on; their numbers are given again."""

    def close(self) -> None:
        """Give back the room that the tokens take; nothing can grow any more."""


class Scorer(Protocol):
    """A translation model that scores tokens; ``start`` opens every path, ``end`` closes it."""

    start: int
    end: int

    @property
    def positions(self) -> int | None:
        """How many tokens a translation may have; None when any number."""

    @property
    def workers(self) -> int:
        """How many batches :meth:`map` works on side by side."""

    def map(self, work: Callable[[_In], _Out], batches: Sequence[_In]) -> list[_Out]:
        """Do ``work``, which scores, for every batch; several side by side where that is faster."""

    def work_alone(self) -> None:
        """Compute on one thread from now on, in all of this process."""

    def roughly(self) -> AbstractContextManager[None]:
        """Compute with less precision inside a block, where that is faster."""

    def encode(self, sources: Sequence[Ints]) -> Tree:
        """Return an empty tree over source texts (token ids each)."""

    def log_probs(
        self,
        grown: Grown,
        rows: Ints,
        columns: Sequence[Ints],
        *,
        shortlist: Shortlist | None = None,
    ) -> list[Floats]:
        """Return log-probabilities of tokens that come after decoded ones.

        ``rows`` (n,) are numbers of tokens in ``grown``, from 0; for every (n,) of ``columns``
        come the (n,) log-probabilities of those ids after the tokens ``rows``. What comes for
        ``NOT_ASKED`` means nothing. The first column holds the tokens that do follow. With a
        ``shortlist``, which must have them all, they are log-probabilities among its tokens.
        """

    def survey(self, grown: Grown, rows: Ints, columns: Sequence[Ints], *, also: Ints) -> Survey:
        """Return log-probabilities and the shortlist of tokens probable anywhere, and ``also``."""
