"""Pairs of texts on disk, a line each, as eflomal needs them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from labelproj.align.base import TokenPair
from labelproj.segmenter import is_unspaced_word

__all__ = ["Size", "read_pairs", "write_pairs"]


class Size(NamedTuple):
    """How many pairs, how many cells of words they have, and whether one is without spaces."""

    pairs: int
    cells: int
    unspaced: bool


def write_pairs(pairs: Iterable[TokenPair], path: Path) -> Size:
    """Write pairs, a line each; return what there was."""
    number = cells = 0
    unspaced = False
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as stream:
        for pair in pairs:
            stream.write(f"{' '.join(pair.src)}\t{' '.join(pair.tgt)}\n")
            number += 1
            cells += len(pair.src) * len(pair.tgt)
            unspaced = unspaced or any(is_unspaced_word(word) for side in pair for word in side)
    return Size(number, cells, unspaced)


def read_pairs(path: Path) -> Iterator[TokenPair]:
    """Yield the pairs that :func:`write_pairs` wrote."""
    with path.open(encoding="utf-8", errors="surrogatepass", newline="\n") as stream:
        for line in stream:
            src, _, tgt = line.rstrip("\n").partition("\t")
            yield TokenPair(
                tuple(src.split(" ")) if src else (), tuple(tgt.split(" ")) if tgt else ()
            )
