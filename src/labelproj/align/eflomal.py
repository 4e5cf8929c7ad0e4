"""eflomal (Östling & Tiedemann 2016): a Bayesian HMM aligner with fertility, trained on the job.

It needs no model: it learns from the bitext it aligns, optionally with extra bitext. It is run
several times: in both directions, from several seeds, and over words cut to their first few
letters, which is a stemmer for every language and lets rare forms learn from each other. A
link's probability is the share of the runs that have it, each direction counting half, weighed
by what the whole corpus says of the two words (see :mod:`labelproj.align.lexicon`).

Chinese and Japanese signs are aligned twice, alone and put together into words: a part of a
link's probability is that of the words. There, and in all scripts without spaces, words that come
together across the corpus are each other's (see :mod:`labelproj.align.partners`).

Long jobs are aligned in blocks, so that memory does not grow with the corpus.
"""

import math
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain, islice, product
from pathlib import Path
from typing import NamedTuple

from labelproj.align.base import AlignedPair, Corpus, Link, TokenPair
from labelproj.align.lexicon import EXTRA, Lexicon, extra_step
from labelproj.align.pair_files import Size, read_pairs, write_pairs
from labelproj.align.partners import Partners, with_partners
from labelproj.align.seeded import seeded_environment
from labelproj.align.stems import stem
from labelproj.align.store import LinkStore
from labelproj.align.wholes import blended, merged
from labelproj.errors import DependencyError, LabelprojError
from labelproj.progress import log
from labelproj.provenance import text_digest
from labelproj.segmenter import whole_words

__all__ = ["EflomalAligner"]

#: Pairs aligned together, and at most so many words on a side (eflomal's own limit is 1023).
BLOCK = 100_000
MAX_WORDS = 1000


class Model(NamedTuple):
    """One of eflomal's models (1: IBM 1, 3: HMM with fertility) over words of so many letters."""

    number: int
    letters: int


#: What is run. IBM 1 knows no order: it helps where the orders of the
#: languages differ and texts are few, and misleads in long texts, where words repeat: beyond
#: SHORT words its votes fade. Chosen on half of ABSA en-es and on xSID valid.
RUNS = (Model(3, 3), Model(3, 4), Model(1, 4))
#: Every model runs from so many seeds: more for small jobs (so many cells of source times target
#: words, which is what the time goes with), where chance is greater.
SEEDS, SEEDS_FOR_FEW, FEW = 2, 4, 2_000_000
SHORT = 15
DIRECTIONS = ("f", "r")
#: The part of a probability that is the words', where signs are put together. Chosen on xSID
#: en-zh valid.
WHOLE = 0.2


class EflomalAligner:
    """Aligns with eflomal; ``fit`` does the work and ``align`` looks it up.

    ``extra`` is more bitext of the two languages, learnt from together with each block. A pair
    that was not in the corpus of ``fit`` is aligned on its own, with what it alone teaches.
    Finished work is kept under ``work`` and found again after a stop.
    """

    name = "eflomal"

    def __init__(self, *, work: Path, seed: int = 13, extra: Corpus | None = None):
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
        self._extra: Corpus = extra or (lambda: ())
        self._store: LinkStore | None = None

    def params(self) -> dict[str, object]:
        """Return what shapes the links: settings and, once fitted, the corpus learnt from."""
        extra = text_digest(*(f"{' '.join(p.src)}\t{' '.join(p.tgt)}" for p in self._extra()))
        return {
            "name": self.name,
            "seed": self._seed,
            "models": [list(model) for model in RUNS],
            "seeds": [SEEDS, SEEDS_FOR_FEW, FEW],
            "short": SHORT,
            "block": BLOCK,
            "whole": WHOLE,
            "extra": [extra, EXTRA],
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
            size = write_pairs(pairs, folder / "pairs")
            if not size.pairs:
                return
            extra = write_pairs(self._extra(), folder / "extra")
            log.info("eflomal: aligning %d pairs", size.pairs + extra.pairs)
            weighed = self._weighed(folder, size, extra)
            if size.unspaced or extra.unspaced:
                weighed = self._with_words(folder, weighed, size.cells + extra.cells)
            for pair, links in weighed:
                yield pair, AlignedPair(links, _status(pair))

    def _weighed(
        self, folder: Path, size: Size, extra: Size, *, share: int = 1
    ) -> Iterator[tuple[TokenPair, tuple[Link, ...]]]:
        """Yield the pairs of ``folder`` with their links, weighed by all pairs and the extra.

        One in ``share`` of the usual seeds is run.
        """
        seeds = SEEDS_FOR_FEW if size.cells + extra.cells <= FEW else SEEDS
        runs = self._run(folder, size.pairs + extra.pairs, seeds // share)
        lexicon = Lexicon()
        every = extra_step(size.pairs, extra.pairs)
        for number, (pair, votes) in enumerate(_votes(runs, folder, ("pairs", "extra"))):
            if number < size.pairs or (number - size.pairs) % every == 0:
                lexicon.add(pair, votes)
        for pair, votes in _votes(runs, folder, ("pairs",)):
            yield pair, lexicon.weigh(pair, votes)

    def _with_words(
        self, folder: Path, weighed: Iterator[tuple[TokenPair, tuple[Link, ...]]], cells: int
    ) -> Iterator[tuple[TokenPair, tuple[Link, ...]]]:
        """Yield the pairs with links that their words have had their say in, signs put together.

        ``cells`` are those of the pairs as they are: where no signs make a word, there are as many.
        """
        whole = folder / "whole"
        whole.mkdir()
        sizes = [
            write_pairs((merged(pair, *_words(pair)) for pair in read_pairs(folder / name)), path)
            for name, path in ((name, whole / name) for name in ("pairs", "extra"))
        ]
        partners = Partners()
        for pair in chain(read_pairs(whole / "pairs"), read_pairs(whole / "extra")):
            partners.add(pair)
        if sum(size.cells for size in sizes) < cells:
            of_words, weight = self._weighed(whole, *sizes, share=2), WHOLE
        else:
            of_words, weight = ((pair, ()) for pair in read_pairs(whole / "pairs")), 0.0
        for (pair, links), (words, more) in zip(weighed, of_words, strict=True):
            numbers = _words(pair)
            both = blended(links, more, numbers, weight=weight)
            raised = with_partners(both, partners.of(words), numbers)
            yield pair, tuple(Link(*ends, min(1.0, p)) for ends, p in sorted(raised.items()))

    def _run(self, folder: Path, n_pairs: int, seeds: int) -> list[Path]:
        """Run everything, as many at a time as there are cores; return the files of links."""
        import eflomal

        for letters in sorted({model.letters for model in RUNS}):
            for side, name in enumerate(("src", "tgt")):
                both = chain(read_pairs(folder / "pairs"), read_pairs(folder / "extra"))
                lines = (_stems(pair, side, letters) for pair in both)
                with (folder / f"{name}{letters}").open("wb") as stream:
                    eflomal.to_eflomal_text_file(lines, stream)
        todo = list(product(DIRECTIONS, RUNS, range(seeds)))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(lambda run: self._run_once(folder, n_pairs, *run), todo))

    def _run_once(
        self, folder: Path, n_pairs: int, direction: str, model: Model, number: int
    ) -> Path:
        # The numbers of iterations are eflomal's own defaults: fewer for larger corpora.
        most = max(2, round(5000 / math.sqrt(n_pairs)))
        some = max(1, most // 4)
        ibm1, hmm, fertility = (max(2, some), some, most) if model.number == 3 else (most, 0, 0)
        run = f"{direction}{model.number}-{model.letters}"
        out = folder / f"{run}-{number}"
        texts = [folder / f"{side}{model.letters}" for side in ("src", "tgt")]
        command = [str(self._program), "-m", str(model.number), "-q", "-N", "0.2", "-n", "1"]
        command += ["-s", str(texts[0]), "-t", str(texts[1]), f"-{direction}", str(out)]
        command += ["-1", str(ibm1), "-2", str(hmm), "-3", str(fertility)]
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


def _stems(pair: TokenPair, side: int, letters: int) -> str:
    """Return a side of a pair as a line of stems; nothing for what cannot be aligned."""
    if _status(pair) != "ok":
        return ""
    return " ".join(stem(word.lower(), letters) for word in pair[side])


def _status(pair: TokenPair) -> str:
    if not pair.src or not pair.tgt:
        return "empty"
    return "ok" if max(len(pair.src), len(pair.tgt)) <= MAX_WORDS else "too-long"


def _votes(
    runs: Sequence[Path], folder: Path, names: Sequence[str]
) -> Iterator[tuple[TokenPair, dict[tuple[int, int], float]]]:
    """Yield every pair and, for each of its links, the weighed share of the runs that have it."""
    orderless = [path.name[1] == "1" for path in runs]
    with ExitStack() as stack:
        files = [stack.enter_context(path.open()) for path in runs]
        pairs = chain.from_iterable(read_pairs(folder / name) for name in names)
        for pair, *lines in zip(pairs, *files, strict=False):
            fading = min(1.0, SHORT / max(1, len(pair.tgt)))
            weights = [fading if flag else 1.0 for flag in orderless]
            votes: dict[tuple[int, int], float] = {}
            for line, weight in zip(lines, weights, strict=True):
                for link in _read(line):
                    votes[link] = votes.get(link, 0.0) + weight
            yield pair, {link: vote / sum(weights) for link, vote in votes.items()}


def _read(line: str) -> Iterator[tuple[int, int]]:
    for link in line.split():
        src, _, tgt = link.partition("-")
        yield int(src), int(tgt)


def _words(pair: TokenPair) -> tuple[list[int], list[int]]:
    return whole_words(pair.src), whole_words(pair.tgt)
