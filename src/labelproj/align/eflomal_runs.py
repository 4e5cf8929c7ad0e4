"""eflomal's models run over pairs of texts: in both directions, and from several seeds.

What they learn from other bitext is learnt once and kept in the cache, for all jobs and stages
with the same bitext and seed; see :mod:`labelproj.align.priors`.
"""

import math
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import product
from pathlib import Path
from typing import NamedTuple

from labelproj.align.base import TokenPair
from labelproj.align.lexicon import Lexicon
from labelproj.align.pair_files import Size, read_pairs
from labelproj.align.priors import Learnt, count_links, read_learnt, write_learnt, write_priors
from labelproj.align.seeded import seeded_environment
from labelproj.align.stems import stem
from labelproj.errors import DependencyError, LabelprojError, StorageError
from labelproj.progress import log
from labelproj.provenance import file_digest, text_digest, versions_of
from labelproj.tables import atomic_path
from labelproj.translate.cache import cache_folder

__all__ = ["LEARNT", "RUNS", "SHORT", "Runner", "status", "votes"]

#: At most so many words on a side (eflomal's own limit is 1023).
MAX_WORDS = 1000


class Model(NamedTuple):
    """One of eflomal's models (1: IBM 1, 3: HMM with fertility) over words of so many letters."""

    number: int
    letters: int


#: What is run. IBM 1 knows no order: it helps where the orders of the
#: languages differ and texts are few, and misleads in long texts, where words repeat: beyond
#: SHORT words its votes fade. Chosen on half of ABSA en-es and on xSID valid.
RUNS = (Model(3, 3), Model(3, 4), Model(1, 4))
SHORT = 15
DIRECTIONS = ("f", "r")
SIDES = ("src", "tgt")
#: Other bitext is learnt from with so many seeds, whose counts are averaged.
LEARNT = 2


class Runner:
    """Runs all models over folders with a file ``pairs`` of pairs (:mod:`.pair_files`)."""

    def __init__(self, *, seed: int):
        """Raises DependencyError without eflomal."""
        try:
            import eflomal
        except ImportError as error:
            raise DependencyError(
                "eflomal is not installed",
                remedy="pip install 'labelproj[eflomal]' (needs a C compiler), "
                "or use the aligner 'systran'",
            ) from error
        self._program = Path(eflomal.__file__).parent / "bin" / "eflomal"
        self._seed = seed

    def run(
        self, folder: Path, pairs: int, *, seeds: int, learnt: Learnt | None = None
    ) -> list[Path]:
        """Run everything, as many at a time as there are cores; return the files of links.

        ``learnt`` is what is known before. Raises LabelprojError.
        """
        words = {
            (side, letters): _write_text(folder, side, letters, other=learnt is not None)
            for letters in sorted({model.letters for model in RUNS})
            for side in range(2)
        }
        if learnt is not None:
            for direction, model in product(DIRECTIONS, RUNS):
                of, to = (words[side, model.letters] for side in _sides(direction))
                name = _name(direction, model)
                path = folder / f"{name}.priors"
                write_priors(learnt.counts[name], of, to, path, reverse=direction == "r")
            pairs += learnt.pairs
        once = partial(self._run_once, folder, pairs, learnt is not None)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(once, *zip(*product(DIRECTIONS, RUNS, range(seeds)), strict=True)))

    def learn(self, folder: Path, size: Size) -> Learnt:
        """Return what ``folder/pairs``, which has ``size``, teaches; from the cache if it is there.

        What cannot be kept is learnt again next time.
        """
        key = text_digest(str(self.about(folder, size)))
        kept = cache_folder() / "priors" / f"{key}.npz"
        if kept.is_file():
            try:
                return read_learnt(kept)[0]
            except StorageError as error:
                log.warning("%s (%s); it is made again", error.message, kept)
        log.info("eflomal: learning from %d pairs of other bitext, once", size.pairs)
        made = folder / "learnt.npz"
        write_learnt(made, self._learn(folder, size.pairs))
        try:
            with atomic_path(kept) as temporary:
                shutil.copyfile(made, temporary)
        except StorageError as error:
            log.warning("what was learnt from other bitext cannot be kept: %s", error)
        return read_learnt(made)[0]

    def about(self, folder: Path, size: Size) -> dict[str, object]:
        """Return what shapes what :meth:`learn` returns."""
        return {
            "bitext": file_digest(folder / "pairs"),
            "pairs": size.pairs,
            "seed": self._seed,
            "models": [list(model) for model in RUNS],
            "short": SHORT,
            "seeds": LEARNT,
            "versions": versions_of("eflomal"),
        }

    def _learn(self, folder: Path, pairs: int) -> Learnt:
        files = self.run(folder, pairs, seeds=LEARNT)
        lexicon = Lexicon(case=False)
        for pair, found in votes(files, folder):
            lexicon.add(pair, found)
        counts = {}
        for number, (direction, model) in enumerate(product(DIRECTIONS, RUNS)):
            of, to = (_texts(folder, side, model.letters) for side in _sides(direction))
            texts = ((a.split(), b.split()) for a, b in zip(of, to, strict=True))
            with ExitStack() as stack:
                own = files[number * LEARNT : (number + 1) * LEARNT]
                streams = [stack.enter_context(path.open()) for path in own]
                name = _name(direction, model)
                counts[name] = count_links(texts, streams, reverse=direction == "r")
        return Learnt(pairs, counts, lexicon)

    def _run_once(
        self,
        folder: Path,
        n_pairs: int,
        primed: bool,
        direction: str,
        model: Model,
        number: int,
    ) -> Path:
        # The numbers of iterations are eflomal's own defaults: fewer for larger corpora.
        most = max(2, round(5000 / math.sqrt(n_pairs)))
        some = max(1, most // 4)
        ibm1, hmm, fertility = (max(2, some), some, most) if model.number == 3 else (most, 0, 0)
        run = _name(direction, model)
        out = folder / f"{run}-{number}"
        texts = [folder / f"{side}{model.letters}" for side in SIDES]
        command = [str(self._program), "-m", str(model.number), "-q", "-N", "0.2", "-n", "1"]
        command += ["-s", str(texts[0]), "-t", str(texts[1]), f"-{direction}", str(out)]
        command += ["-1", str(ibm1), "-2", str(hmm), "-3", str(fertility)]
        command += ["-p", str(folder / f"{run}.priors")] if primed else []
        done = subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=os.environ | seeded_environment(self._seed + number, run),
            check=False,
        )
        if done.returncode:
            raise LabelprojError(
                f"eflomal stopped with status {done.returncode}: "
                f"{done.stderr.decode(errors='replace').strip()[:300]}",
                remedy="use the aligner 'systran', or fewer words per pair",
            )
        return out


def votes(
    runs: Sequence[Path], folder: Path
) -> Iterator[tuple[TokenPair, dict[tuple[int, int], float]]]:
    """Yield every pair and, for each of its links, the weighed share of the runs that have it."""
    orderless = [path.name[1] == "1" for path in runs]
    with ExitStack() as stack:
        files = [stack.enter_context(path.open()) for path in runs]
        for pair, *lines in zip(read_pairs(folder / "pairs"), *files, strict=True):
            fading = min(1.0, SHORT / max(1, len(pair.tgt)))
            weights = [fading if flag else 1.0 for flag in orderless]
            found: dict[tuple[int, int], float] = {}
            for line, weight in zip(lines, weights, strict=True):
                for link in _read(line):
                    found[link] = found.get(link, 0.0) + weight
            yield pair, {link: vote / sum(weights) for link, vote in found.items()}


def status(pair: TokenPair) -> str:
    """Return ``ok``, or why a pair cannot be aligned."""
    if not pair.src or not pair.tgt:
        return "empty"
    return "ok" if max(len(pair.src), len(pair.tgt)) <= MAX_WORDS else "too-long"


def _write_text(folder: Path, side: int, letters: int, *, other: bool) -> dict[str, int]:
    """Write a side of the pairs as stems, for eflomal; return the numbers of the stems, from 0.

    With ``other`` there is one number more, of no stem in the text.
    """
    import eflomal

    path = folder / f"{SIDES[side]}{letters}"
    with path.open("wb") as stream:
        index, texts, size = eflomal.to_eflomal_text_file(_texts(folder, side, letters), stream)
    if other:
        body = path.read_bytes().partition(b"\n")[2]
        path.write_bytes(b"%d %d\n" % (texts, size + 1) + body)
    numbers: dict[str, int] = index.index
    return numbers


def _sides(direction: str) -> tuple[int, int]:
    """Return the side that words are linked with, and the one where each word has one link."""
    return (1, 0) if direction == "r" else (0, 1)


def _name(direction: str, model: Model) -> str:
    return f"{direction}{model.number}-{model.letters}"


def _texts(folder: Path, side: int, letters: int) -> Iterator[str]:
    """Yield a side of each pair as a line of stems; an empty one for what cannot be aligned."""
    for pair in read_pairs(folder / "pairs"):
        words = pair[side] if status(pair) == "ok" else ()
        yield " ".join(stem(word.lower(), letters) for word in words)


def _read(line: str) -> Iterator[tuple[int, int]]:
    for link in line.split():
        src, _, tgt = link.partition("-")
        yield int(src), int(tgt)
