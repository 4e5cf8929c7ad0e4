"""eflomal (Östling & Tiedemann 2016): a Bayesian HMM aligner with fertility, trained on the job.

It needs no model: it learns from the bitext it aligns, optionally with extra bitext. Forward and
reverse directions run side by side. A link's probability is the share of the directions that
have it, weighed by how far each can be trusted (forward links, source to target, are better).

Long jobs are aligned in blocks, so that memory does not grow with the corpus.
"""

import math
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from labelproj.align.base import AlignedPair, Corpus, Link, TokenPair
from labelproj.align.seeded import seeded_environment
from labelproj.align.store import LinkStore
from labelproj.errors import DependencyError, LabelprojError
from labelproj.progress import log
from labelproj.provenance import text_digest

__all__ = ["EflomalAligner"]

#: Pairs aligned together, and at most so many words on a side (eflomal's own limit is 1023).
BLOCK = 100_000
MAX_WORDS = 1000
#: How much a link seen in one direction only counts.
FORWARD, REVERSE = 0.6, 0.4


class EflomalAligner:
    """Aligns with eflomal; ``fit`` does the work and ``align`` looks it up.

    ``extra`` is more bitext of the two languages, learnt from together with each block. A pair
    that was not in the corpus of ``fit`` is aligned on its own, with what it alone teaches.
    Finished work is kept under ``work`` and found again after a stop.
    """

    name = "eflomal"

    def __init__(
        self, *, work: Path, seed: int = 13, samplers: int = 3, extra: Corpus | None = None
    ):
        try:
            import eflomal
        except ImportError as error:
            raise DependencyError(
                "eflomal is not installed",
                remedy="pip install 'labelproj[eflomal]' (needs a C compiler), "
                "or use the aligner 'systran'",
            ) from error
        self._program = Path(eflomal.__file__).parent / "bin" / "eflomal"
        self._work = work
        self._seed = seed
        self._samplers = samplers
        self._extra: Corpus = extra or (lambda: ())
        self._store: LinkStore | None = None

    def params(self) -> dict[str, object]:
        """Return what shapes the links: settings and, once fitted, the corpus learnt from."""
        extra = text_digest(*(f"{' '.join(p.src)}\t{' '.join(p.tgt)}" for p in self._extra()))
        return {
            "name": self.name,
            "seed": self._seed,
            "samplers": self._samplers,
            "block": BLOCK,
            "extra": extra,
            "corpus": self._store.key if self._store else None,
        }

    def fit(self, corpus: Corpus) -> None:
        """Align the whole corpus and keep its links on disk."""
        store = LinkStore.for_corpus(self._work, corpus(), signature=str(self.params()))
        if not store.complete:
            pairs = iter(corpus())
            while store.add_all(self._align_block(islice(pairs, BLOCK))):
                pass
            store.finish()
        self._store = store

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Return the links of each pair."""
        found = [self._store.get(pair) if self._store else None for pair in pairs]
        unknown = [pair for pair, links in zip(pairs, found, strict=True) if links is None]
        fresh = self._align_block(iter(unknown))
        return [next(fresh)[1] if links is None else links for links in found]

    def _align_block(self, pairs: Iterator[TokenPair]) -> Iterator[tuple[TokenPair, AlignedPair]]:
        """Yield every pair with its links. The pairs wait on disk, not in memory."""
        with tempfile.TemporaryDirectory(prefix="labelproj-eflomal-") as name:
            folder = Path(name)
            n_pairs = _write_pairs(pairs, folder / "pairs")
            if not n_pairs:
                return
            n_extra = _write_pairs(self._extra(), folder / "extra")
            log.info("eflomal: aligning %d pairs", n_pairs + n_extra)
            self._run(folder, n_pairs + n_extra)
            with (folder / "f").open() as forward, (folder / "r").open() as reverse:
                links = zip(_read_pairs(folder / "pairs"), forward, reverse, strict=False)
                for pair, forward_line, reverse_line in links:
                    status = _status(pair)
                    merged = _merge(forward_line, reverse_line) if status == "ok" else ()
                    yield pair, AlignedPair(merged, status)

    def _run(self, folder: Path, n_pairs: int) -> None:
        import eflomal

        for side, name in enumerate(("src", "tgt")):
            both = chain(_read_pairs(folder / "pairs"), _read_pairs(folder / "extra"))
            lines = (" ".join(pair[side]) if _status(pair) == "ok" else "" for pair in both)
            with (folder / name).open("wb") as stream:
                eflomal.to_eflomal_text_file(lines, stream)
        running = [self._start(folder, direction, n_pairs) for direction in ("f", "r")]
        for process in running:
            _, complaint = process.communicate()
            if process.returncode:
                raise LabelprojError(
                    f"eflomal stopped with status {process.returncode}: "
                    f"{complaint.decode(errors='replace').strip()[:300]}",
                    remedy="use the aligner 'systran', or fewer words per pair",
                )

    def _start(self, folder: Path, direction: str, n_pairs: int) -> subprocess.Popen[bytes]:
        # The numbers of iterations are eflomal's own defaults: fewer for larger corpora.
        last = max(2, round(5000 / math.sqrt(n_pairs)))
        first = max(1, last // 4)
        command = [str(self._program), "-m", "3", "-q", "-N", "0.2", "-n", str(self._samplers)]
        command += ["-s", str(folder / "src"), "-t", str(folder / "tgt")]
        command += ["-1", str(max(2, first)), "-2", str(first), "-3", str(last)]
        command += [f"-{direction}", str(folder / direction)]
        environment = seeded_environment(self._seed, direction)
        return subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ | environment,
        )


def _status(pair: TokenPair) -> str:
    if not pair.src or not pair.tgt:
        return "empty"
    return "ok" if max(len(pair.src), len(pair.tgt)) <= MAX_WORDS else "too-long"


def _merge(forward: str, reverse: str) -> tuple[Link, ...]:
    weights: dict[tuple[int, int], float] = {}
    for line, weight in ((forward, FORWARD), (reverse, REVERSE)):
        for src, tgt in _read(line):
            weights[src, tgt] = weights.get((src, tgt), 0.0) + weight
    return tuple(Link(src, tgt, weight) for (src, tgt), weight in sorted(weights.items()))


def _read(line: str) -> Iterator[tuple[int, int]]:
    for link in line.split():
        src, _, tgt = link.partition("-")
        yield int(src), int(tgt)


def _write_pairs(pairs: Iterable[TokenPair], path: Path) -> int:
    number = 0
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as stream:
        for number, pair in enumerate(pairs, start=1):  # noqa: B007
            stream.write(f"{' '.join(pair.src)}\t{' '.join(pair.tgt)}\n")
    return number


def _read_pairs(path: Path) -> Iterator[TokenPair]:
    with path.open(encoding="utf-8", errors="surrogatepass", newline="\n") as stream:
        for line in stream:
            src, _, tgt = line.rstrip("\n").partition("\t")
            yield TokenPair(
                tuple(src.split(" ")) if src else (), tuple(tgt.split(" ")) if tgt else ()
            )
