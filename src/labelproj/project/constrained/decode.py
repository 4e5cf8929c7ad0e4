"""Decoding of what paths are to grow by, in pieces that memory has room for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from labelproj.project.constrained.base import (
    NOT_ASKED,
    Floats,
    Grown,
    Ints,
    Row,
    Scorer,
    Shortlist,
    Tree,
)
from labelproj.project.constrained.state import Line

__all__ = ["Grew", "Growth", "grow"]

#: Pairs of a token and an ancestor of it in one pass: attention has a number for each.
SCORES = 1 << 20


@dataclass(slots=True)
class Growth:
    """What a line is to grow by: the tokens to decode and, behind them, where it stands then.

    ``base`` is the log-probability of the path with the first of ``ids``, ``after`` the token that
    follows the last of them, ``upto`` its number, and ``beyond`` what a shortlist misses of the
    normaliser after each of ``ids``.
    """

    source: int
    path: Ints
    ids: Ints
    base: float
    after: int
    upto: int
    closes: Ints  # tokens before which a closing mark may stand
    beyond: Floats

    @property
    def places(self) -> Ints:
        """Which of ``ids`` come before ``closes``: the last one comes before ``upto``."""
        return len(self.ids) - 1 - self.upto + self.closes


class Grew(NamedTuple):
    """A line as it is now, the scores of closing marks on the way, and what followed each token."""

    line: Line
    closed: dict[int, float]
    found: Floats


def grow(
    growths: Sequence[Growth],
    *,
    tree: Tree,
    scorer: Scorer,
    closing: int,
    shortlist: Shortlist | None,
    keep: bool,
) -> list[Grew]:
    """Decode all growths; ``closing`` is the first token of the closing mark.

    What is not to be grown further need not be kept: the paths of its lines then lead nowhere.
    """
    results: list[Grew] = []
    for piece in _pieces(growths):
        grown = tree.grow([Row(g.source, g.path, g.ids) for g in piece])
        results += _grew(piece, grown, scorer, closing, shortlist)
        if not keep:
            tree.forget(grown.first)
    return results


def _pieces(growths: Sequence[Growth]) -> Iterator[list[Growth]]:
    piece: list[Growth] = []
    held = 0
    for growth in growths:
        size = len(growth.ids) * (len(growth.path) + len(growth.ids))
        if piece and held + size > SCORES:
            yield piece
            piece, held = [], 0
        piece.append(growth)
        held += size
    if piece:
        yield piece


def _grew(
    growths: Sequence[Growth],
    grown: Grown,
    scorer: Scorer,
    closing: int,
    shortlist: Shortlist | None,
) -> list[Grew]:
    starts = grown.starts.tolist()
    following = np.concatenate([np.append(g.ids[1:], g.after) for g in growths])
    marks = np.full(len(following), NOT_ASKED)
    for growth, start in zip(growths, starts, strict=True):
        marks[start + growth.places] = closing
    asked = [following, marks]
    found, closed = scorer.log_probs(grown, np.arange(len(marks)), asked, shortlist=shortlist)
    if shortlist is not None:
        beyond = np.concatenate([g.beyond for g in growths])
        found, closed = found - beyond, closed - beyond
    results = []
    for growth, start in zip(growths, starts, strict=True):
        own = found[start : start + len(growth.ids)]
        scores = growth.base + np.concatenate([[0.0], np.cumsum(own[:-1])])
        path = np.concatenate(
            [growth.path, np.arange(grown.first + start, grown.first + start + len(own))]
        )
        line = Line(path, float(scores[-1]), growth.upto, float(own[-1]))
        ends = scores[growth.places] + closed[start + growth.places]
        results.append(
            Grew(line, dict(zip(growth.closes.tolist(), ends.tolist(), strict=True)), own)
        )
    return results
