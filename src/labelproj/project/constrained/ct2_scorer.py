"""Scores by CTranslate2's ``score_batch``: no PyTorch model in memory, any number type.

It scores whole sequences only, so nothing is shared and every alternative is a sequence of its
own: slow, but exact, and light.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import numpy as np

from labelproj.project.constrained.base import (
    NOT_ASKED,
    Floats,
    Grown,
    Ints,
    Row,
    Shortlist,
    Survey,
)
from labelproj.translate.engine import Engine

__all__ = ["Ct2Scorer"]

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class _Paths:
    """The paths of decoded tokens."""

    def __init__(self, sources: Sequence[Ints]):
        self._sources = sources
        self._ids = np.zeros(0, dtype=np.int64)

    def grow(self, rows: Sequence[Row]) -> Grown:
        """Note the rows' tokens; the states are (source, path up to here, own ids) of each row."""
        states = [(self._sources[r.source], self._ids[r.ancestors], r.ids) for r in rows]
        lengths = np.array([len(row.ids) for row in rows])
        first = len(self._ids)
        self._ids = np.concatenate([self._ids, *(row.ids for row in rows)])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        return Grown(states, starts, first)

    def forget(self, first: int) -> None:
        """Drop the tokens numbered ``first`` and on."""
        self._ids = self._ids[:first]

    def close(self) -> None:
        """Do nothing: it takes little room."""


class Ct2Scorer:
    """A prepared model, open in CTranslate2."""

    def __init__(self, engine: Engine, *, batch_tokens: int = 4096):
        self._translator: Any = engine.translator
        self._names = engine.codec.tokens
        ids = {token: number for number, token in enumerate(self._names)}
        # CTranslate2 puts the start of a translation there by itself: any number stands for it.
        self.end = self.start = ids[engine.codec.tail[0]]
        self._positions = engine.max_positions
        self._batch_tokens = batch_tokens

    @property
    def positions(self) -> int | None:
        """How many tokens a translation may have."""
        return self._positions

    @property
    def workers(self) -> int:
        """One: CTranslate2 uses all cores for each batch."""
        return 1

    def map(self, work: Callable[[_In], _Out], batches: Sequence[_In]) -> list[_Out]:
        """Do one batch after the other."""
        return [work(batch) for batch in batches]

    def work_alone(self) -> None:
        """Do nothing: CTranslate2 keeps its threads."""

    def roughly(self) -> AbstractContextManager[None]:
        """Change nothing."""
        return nullcontext()

    def encode(self, sources: Sequence[Ints]) -> _Paths:
        """Return an empty tree; CTranslate2 encodes a source whenever it scores."""
        return _Paths(sources)

    def survey(self, grown: Grown, rows: Ints, columns: Sequence[Ints], *, also: Ints) -> Survey:
        """Return log-probabilities, and no shortlist: it has no use for one."""
        return Survey(self.log_probs(grown, rows, columns), None, np.zeros(len(rows)))

    def log_probs(
        self,
        grown: Grown,
        rows: Ints,
        columns: Sequence[Ints],
        *,
        shortlist: Shortlist | None = None,
    ) -> list[Floats]:
        """Return log-probabilities of tokens after decoded ones; see :class:`.base.Scorer`."""
        row_of = np.searchsorted(grown.starts, rows, side="right") - 1
        within = rows - grown.starts[row_of]
        found = [np.zeros(len(rows)) for _ in columns]
        wanted: list[tuple[Ints, Ints]] = []
        places: list[tuple[int, int, int]] = []  # column, n, token of the sequence
        sequences: dict[int, int] = {}
        for n, (row, place, following) in enumerate(
            zip(row_of.tolist(), within.tolist(), columns[0].tolist(), strict=True)
        ):
            source, before, ids = grown.states[row]
            if following != NOT_ASKED:
                if row not in sequences:
                    sequences[row] = len(wanted)
                    wanted.append((source, np.concatenate([before, ids])[1:]))
                if place == len(ids) - 1 and following != self.end:
                    number = sequences[row]
                    wanted[number] = (source, np.append(wanted[number][1], following))
                places.append((0, n, sequences[row]))
            for column, own in enumerate(columns[1:], start=1):
                if own[n] != NOT_ASKED:
                    path = np.concatenate([before, ids[: place + 1], own[n : n + 1]])[1:]
                    places.append((column, n, len(wanted)))
                    wanted.append((source, path))
        scores = self._score(wanted)
        for column, n, number in places:
            _, before, _ = grown.states[row_of[n]]
            # Without the start, the token after the one at ``within`` is at that very number.
            found[column][n] = scores[number][len(before) + within[n]]
        return found

    def _score(self, wanted: Sequence[tuple[Ints, Ints]]) -> list[list[float]]:
        """Return the log-probabilities of the tokens of each sequence and of the end."""
        names = self._names
        results = self._translator.score_batch(
            [[names[i] for i in source] for source, _ in wanted],
            [[names[i] for i in path] for _, path in wanted],
            max_batch_size=self._batch_tokens,
            batch_type="tokens",
            max_input_length=0,
        )
        return [list(result.log_probs) for result in results]
