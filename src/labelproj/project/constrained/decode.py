"""Decoding of what paths are to grow by, in pieces that memory has room for."""

from collections.abc import Iterator, Sequence
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
from labelproj.project.pieces import parted, pieces

__all__ = ["NOWHERE", "Grew", "Growth", "Narrow", "grow", "whole_log_probs"]

NOWHERE: Ints = np.zeros(0, dtype=np.int64)
#: Pairs of a token and an ancestor of it in one pass: attention has a number for each.
SCORES = 1 << 20


class Growth(NamedTuple):
    """What a line is to grow by: the tokens to decode and, behind them, where it stands then.

    ``base`` is the log-probability of the path with the first of ``ids``, ``after`` the token that
    follows the last of them and ``upto`` its number. ``closes`` are the tokens before which a
    closing mark may stand; the last of ``ids`` comes before ``upto``.
    """

    source: int
    path: Ints
    ids: Ints
    base: float
    after: int
    upto: int
    closes: Ints = NOWHERE


class Narrow(NamedTuple):
    """A shortlist and what it misses of the normaliser.

    ``beyond`` has that of every token of every translation and the end, those of source ``n``
    from ``begins[n]`` on.
    """

    shortlist: Shortlist
    beyond: Floats
    begins: Ints


class Grew(NamedTuple):
    """A line as it is now, the scores with a closing mark, and what followed each token."""

    line: Line
    closed: Floats  # of each of the growth's ``closes``
    found: Floats


def grow(
    growths: Sequence[Growth],
    *,
    tree: Tree,
    scorer: Scorer,
    closing: int,
    narrow: Narrow | None,
    keep: bool,
) -> list[Grew]:
    """Decode all growths; ``closing`` is the first token of the closing mark.

    What is not to be grown further need not be kept: the paths of its lines then lead nowhere.
    """
    results: list[Grew] = []
    rows = [Row(g.source, g.path, g.ids) for g in growths]
    done = 0
    for piece in _pieces(rows):
        grown = tree.grow(piece)
        results += _grew(growths[done : done + len(piece)], grown, scorer, closing, narrow)
        done += len(piece)
        if not keep:
            tree.forget(grown.first)
    return results


def whole_log_probs(
    wanted: Sequence[tuple[int, Ints]], *, tree: Tree, scorer: Scorer, head: Ints
) -> list[Floats]:
    """Return log-probabilities of the tokens and of the end of whole translations.

    Each is a source's number in ``tree`` and the ids behind ``head``, with which all begin.
    """
    found: list[Floats] = []
    for piece in _pieces([Row(n, NOWHERE, np.concatenate([head, ids])) for n, ids in wanted]):
        grown = tree.grow(piece)
        lengths = [len(row.ids) - len(head) + 1 for row in piece]
        begins = grown.starts + len(head) - 1
        where = np.concatenate([b + np.arange(n) for b, n in zip(begins, lengths, strict=True)])
        following = np.concatenate([np.append(row.ids[len(head) :], scorer.end) for row in piece])
        (own,) = scorer.log_probs(grown, where, [following])
        found += parted(own, lengths)
        tree.forget(grown.first)
    return found


def _pieces(rows: Sequence[Row]) -> Iterator[list[Row]]:
    return pieces(rows, lambda r: len(r.ids) * (len(r.ancestors) + len(r.ids)), most=SCORES)


def _grew(
    growths: Sequence[Growth], grown: Grown, scorer: Scorer, closing: int, narrow: Narrow | None
) -> list[Grew]:
    starts, lengths = grown.starts, np.array([len(g.ids) for g in growths])
    upto, base = np.array([g.upto for g in growths]), np.array([g.base for g in growths])
    lasts = starts + lengths - 1
    following = np.append(np.concatenate([g.ids for g in growths])[1:], NOT_ASKED)
    following[lasts] = [g.after for g in growths]
    # Where closing marks may stand: the last token of a growth comes before ``upto``.
    closes = np.concatenate([g.closes for g in growths])
    counts = [len(g.closes) for g in growths]
    owner = np.repeat(np.arange(len(growths)), counts)
    places = lasts[owner] - upto[owner] + closes
    asked = [following]
    if len(places):
        marks = np.full(len(following), NOT_ASKED)
        marks[places] = closing
        asked.append(marks)
    shortlist = narrow and narrow.shortlist
    columns = scorer.log_probs(grown, np.arange(len(following)), asked, shortlist=shortlist)
    if narrow is not None:
        row = np.repeat(np.arange(len(growths)), lengths)
        # Marks of several tokens have no place of their own in the translation.
        own = np.maximum(np.arange(len(row)) - lasts[row] + upto[row], 0)
        sources = np.array([g.source for g in growths])
        beyond = narrow.beyond[narrow.begins[sources[row]] + own]
        columns = [column - beyond for column in columns]
    found = columns[0]
    sums = np.concatenate([[0.0], np.cumsum(found)])
    scores = base + sums[lasts] - sums[starts]
    ends = np.zeros(0)
    if len(places):
        ends = base[owner] + sums[places] - sums[starts[owner]] + columns[1][places]
    return [
        Grew(Line(growth.path, first, count, score, growth.upto, after), closed, own)
        for growth, first, count, score, after, closed, own in zip(
            growths,
            (grown.first + starts).tolist(),
            lengths.tolist(),
            scores.tolist(),
            found[lasts].tolist(),
            parted(ends, counts),
            parted(found, lengths.tolist()),
            strict=True,
        )
    ]
