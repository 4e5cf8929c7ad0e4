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

import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from labelproj.align.base import AlignedPair, Corpus, Link, TokenPair
from labelproj.align.eflomal_runs import LEARNT, RUNS, SHORT, Runner, status, votes
from labelproj.align.lexicon import EXTRA, Lexicon, extra_weight
from labelproj.align.pair_files import Size, read_pairs, write_pairs
from labelproj.align.partners import Partners, with_partners
from labelproj.align.store import LinkStore
from labelproj.align.wholes import blended, merged
from labelproj.progress import log
from labelproj.provenance import text_digest
from labelproj.segmenter import whole_words

__all__ = ["EflomalAligner"]

#: Pairs aligned together.
BLOCK = 100_000
#: Every model runs from so many seeds: more for small jobs (so many cells of source times target
#: words, which is what the time goes with), where chance is greater.
SEEDS, SEEDS_FOR_FEW, FEW = 2, 4, 2_000_000
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
        self._runner = Runner(seed=seed)
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
            "extra": [extra, EXTRA, LEARNT],
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
            (folder / "extra").mkdir()
            extra = write_pairs(self._extra(), folder / "extra" / "pairs")
            log.info("eflomal: aligning %d pairs", size.pairs)
            weighed = self._weighed(folder, size, extra)
            if size.unspaced or extra.unspaced:
                weighed = self._with_words(folder, weighed, size.cells + extra.cells)
            for pair, links in weighed:
                yield pair, AlignedPair(links, status(pair))

    def _weighed(
        self, folder: Path, size: Size, extra: Size, *, share: int = 1
    ) -> Iterator[tuple[TokenPair, tuple[Link, ...]]]:
        """Yield the pairs of ``folder`` with their links, weighed by all pairs and the extra.

        One in ``share`` of the usual seeds is run.
        """
        learnt = self._runner.learn(folder / "extra", extra)
        seeds = SEEDS_FOR_FEW if size.cells <= FEW else SEEDS
        runs = self._runner.run(folder, size.pairs, seeds=seeds // share, learnt=learnt)
        lexicon = Lexicon()
        for pair, found in votes(runs, folder):
            lexicon.add(pair, found)
        if learnt is not None:
            weight = extra_weight(size.pairs, learnt.pairs)
            lexicon.add_counts(*learnt.lexicon.counts(), weight=weight)
        for pair, found in votes(runs, folder):
            yield pair, lexicon.weigh(pair, found)

    def _with_words(
        self, folder: Path, weighed: Iterator[tuple[TokenPair, tuple[Link, ...]]], cells: int
    ) -> Iterator[tuple[TokenPair, tuple[Link, ...]]]:
        """Yield the pairs with links that their words have had their say in, signs put together.

        ``cells`` are those of the pairs as they are: where no signs make a word, there are as many.
        """
        whole = folder / "whole"
        (whole / "extra").mkdir(parents=True)
        names = ("pairs", "extra/pairs")
        sizes = [
            write_pairs((merged(pair, *_words(pair)) for pair in read_pairs(folder / name)), path)
            for name, path in ((name, whole / name) for name in names)
        ]
        partners = Partners()
        for pair in chain.from_iterable(read_pairs(whole / name) for name in names):
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


def _words(pair: TokenPair) -> tuple[list[int], list[int]]:
    return whole_words(pair.src), whole_words(pair.tgt)
