"""Near-duplicates: MinHash signatures and bands, with memory in mind.

A signature is 256 bytes and lies on disk; each band is sorted on its own, so memory holds 20
bytes a unit whatever the texts are.
"""

import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from labelproj import tables
from labelproj.minhash import minima

__all__ = ["NEAR", "near_duplicates"]

#: Hash functions of a signature, and rows of a band: pairs that share half of their shingles
#: meet in some band with a probability of 0.64, with 70 % in 0.99.
HASHES, BAND = 64, 4
#: Characters of a shingle.
SHINGLE = 5

#: The table of near-duplicates: the likeness of each unit to the nearest one before it.
NEAR: tables.Schema = {"id": pl.String, "value": pl.Float64}
Rows = Callable[[], Iterable[pl.DataFrame]]


def near_duplicates(rows: Rows, *, count: int, out: Path, work: Path) -> None:
    """Write to ``out`` (a table of ``NEAR``) how like each unit is to one that came before.

    ``rows`` gives pieces of a table with ``id``, ``src_text`` and ``tgt_text``, ``count`` rows
    in all. The value is the estimated Jaccard likeness of both texts' shingles to the most
    alike earlier unit that shares a band; 0.0 where there is none.
    """
    work.mkdir(parents=True, exist_ok=True)
    path = work / "signatures.tmp"
    values = np.zeros(count)
    try:
        signatures = np.memmap(path, dtype=np.uint32, mode="w+", shape=(max(1, count), HASHES))
        row = 0
        for table in rows():
            for source, target in zip(table["src_text"], table["tgt_text"], strict=True):
                signatures[row] = minima(_shingles(source, target or ""))[:HASHES]
                row += 1
        for first in range(0, HASHES, BAND):
            _compare(signatures[:count], slice(first, first + BAND), values)
        del signatures
    finally:
        path.unlink(missing_ok=True)

    def pieces() -> Iterable[pl.DataFrame]:
        first = 0
        for table in rows():
            column = pl.Series("value", values[first : first + len(table)])
            yield table.select("id").with_columns(column)
            first += len(table)

    tables.write_frames(pieces(), out, NEAR)


def _shingles(source: str, target: str) -> npt.NDArray[np.uint32]:
    text = f"{source}\t{target}".casefold()
    pieces = {text[i : i + SHINGLE] for i in range(max(1, len(text) - SHINGLE + 1))}
    hashes = [zlib.crc32(piece.encode("utf-8", "surrogatepass")) for piece in pieces]
    return np.array(hashes, dtype=np.uint32)


def _compare(
    signatures: npt.NDArray[np.uint32], band: slice, values: npt.NDArray[np.float64]
) -> None:
    """Compare each row with the first one that has the same band."""
    keys = np.ascontiguousarray(signatures[:, band])
    packed = keys.view(np.dtype((np.void, keys.dtype.itemsize * keys.shape[1]))).ravel()
    _, first, group = np.unique(packed, return_index=True, return_inverse=True)
    earliest = first[group.ravel()]
    for row in np.flatnonzero(earliest < np.arange(len(signatures))):
        alike = float(np.mean(signatures[row] == signatures[earliest[row]]))
        values[row] = max(values[row], alike)
