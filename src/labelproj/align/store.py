"""Links on disk, found by the pair they belong to."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from labelproj.align.base import AlignedPair, Link, TokenPair
from labelproj.errors import StorageError

__all__ = ["LinkStore"]


class LinkStore:
    """The links of a corpus in one SQLite file, so that memory does not grow with the corpus.

    A pair that occurs more than once has the links of its first occurrence. A store that was
    not finished is begun anew.
    """

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._partial = path.with_suffix(".partial")
        self._path = path
        self.complete = path.is_file()
        if not self.complete:
            self._partial.unlink(missing_ok=True)
        with _storage(path):
            self._db = sqlite3.connect(path if self.complete else self._partial)
            self._db.execute(
                "create table if not exists links (pair blob primary key, links text, status text)"
            )

    @classmethod
    def for_corpus(cls, work: Path, pairs: Iterable[TokenPair], *, signature: str) -> "LinkStore":
        """Open the store of this corpus and signature under ``work``; remove all others."""
        digest = hashlib.blake2b(signature.encode(), digest_size=16)
        for pair in pairs:
            digest.update(_key(pair))
        for stale in set(work.glob("links-*")) - set(work.glob(f"links-{digest.hexdigest()}.*")):
            stale.unlink()
        return cls(work / f"links-{digest.hexdigest()}.sqlite")

    @property
    def key(self) -> str:
        """A digest of the corpus and signature."""
        return self._path.stem

    def add_all(self, aligned: Iterable[tuple[TokenPair, AlignedPair]]) -> int:
        """Keep the links of these pairs; return how many there were."""
        number = 0
        for number, (pair, result) in enumerate(aligned, start=1):  # noqa: B007
            links = " ".join(f"{i}-{j}-{p:.4g}" for i, j, p in result.links)
            row = _key(pair), links, result.status
            with _storage(self._path):
                self._db.execute("insert or ignore into links values (?, ?, ?)", row)
        return number

    def finish(self) -> None:
        """Say that all pairs are in."""
        with _storage(self._path):
            self._db.commit()
            self._db.close()
            self._partial.replace(self._path)
            self._db = sqlite3.connect(self._path)
        self.complete = True

    def get(self, pair: TokenPair) -> AlignedPair | None:
        """Return the links of a pair, or None when it is not in the store."""
        row = self._db.execute(
            "select links, status from links where pair = ?", (_key(pair),)
        ).fetchone()
        if row is None:
            return None
        fields = (link.split("-", 2) for link in row[0].split())
        return AlignedPair(tuple(Link(int(i), int(j), float(p)) for i, j, p in fields), row[1])


@contextmanager
def _storage(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StorageError(
            f"links cannot be kept: {error}",
            where=str(path),
            remedy="see that no other run uses this folder and that there is space, or delete the "
            "file, then run the same command again",
        ) from error


def _key(pair: TokenPair) -> bytes:
    text = f"{' '.join(pair.src)}\n{' '.join(pair.tgt)}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
