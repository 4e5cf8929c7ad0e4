"""Runs of items that are worked on together."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

__all__ = ["pieces"]

_Item = TypeVar("_Item")


def pieces(
    items: Iterable[_Item], size: Callable[[_Item], int], *, most: int
) -> Iterator[list[_Item]]:
    """Cut ``items`` into runs whose sizes add up to ``most``, or of one that is larger."""
    piece: list[_Item] = []
    held = 0
    for item in items:
        own = size(item)
        if piece and held + own > most:
            yield piece
            piece, held = [], 0
        piece.append(item)
        held += own
    if piece:
        yield piece
