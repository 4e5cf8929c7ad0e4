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
from labelproj.align.casing import UNLIKE
from labelproj.align.eflomal_runs import LEARNT, RUNS, SHORT, Runner, status, votes
from labelproj.align.lexicon import EXTRA, Lexicon, extra_weight
from labelproj.align.pair_files import Size, read_pairs, write_pairs
from labelproj.align.partners import Partners, with_partners
from labelproj.align.priors import Learnt, read_learnt, write_learnt
from labelproj.align.store import LinkStore
from labelproj.align.wholes import blended, merged
from labelproj.errors import MissingInputError
from labelproj.progress import log
from labelproj.provenance import file_digest, text_digest
from labelproj.segmenter import whole_words
from labelproj.tables import atomic_path

__all__ = ["EflomalAligner", "learn_priors"]

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

    ``extra`` is more bitext of the two languages, which teaches besides; ``priors`` is what
    :func:`learn_priors` made of such bitext. A pair that was not in the corpus of ``fit`` is
    aligned on its own, with what it alone teaches. Finished work is kept under ``work`` and found
    again after a stop.
    """

    name = "eflomal"

    def __init__(
        self,
        *,
        work: Path,
        seed: int = 13,
        extra: Corpus | None = None,
        priors: Path | None = None,
    ):
        """Raises DependencyError without eflomal, and StorageError for a file of no priors."""
        self._runner = Runner(seed=seed)
        self._priors = file_digest(priors) if priors else ""
        self._learnt = read_learnt(priors) if priors else ()
        self._work = work
        self._seed = seed
        self._extra: Corpus = extra or (lambda: ())
        self._store: LinkStore | None = None

    def params(self) -> dict[str, object]:
        """Return what shapes the links: settings and, once fitted, the corpus learnt from."""
        extra = self._priors or text_digest(
            *(f"{' '.join(p.src)}\t{' '.join(p.tgt)}" for p in self._extra())
        )
        return {
            "name": self.name,
            "seed": self._seed,
            "models": [list(model) for model in RUNS],
            "seeds": [SEEDS, SEEDS_FOR_FEW, FEW],
            "short": SHORT,
            "block": BLOCK,
            "whole": WHOLE,
            "unlike": UNLIKE,
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
        self, folder: Path, size: Size, extra: Size, *, words: bool = False
    ) -> Iterator[tuple[TokenPair, tuple[Link, ...]]]:
        """Yield the pairs of ``folder`` with their links, weighed by all pairs and the extra.

        Of signs put together into ``words`` half of the usual seeds are run.
        """
        learnt = self._known(folder / "extra", extra, words=words)
        seeds = SEEDS_FOR_FEW if size.cells <= FEW else SEEDS
        runs = self._runner.run(
            folder, size.pairs, seeds=seeds // 2 if words else seeds, learnt=learnt
        )
        lexicon = Lexicon()
        for pair, found in votes(runs, folder):
            lexicon.add(pair, found)
        if learnt is not None:
            weight = extra_weight(size.pairs, learnt.pairs)
            lexicon.add_counts(*learnt.lexicon.counts(), weight=weight)
        for pair, found in votes(runs, folder):
            yield pair, lexicon.weigh(pair, found)

    def _known(self, folder: Path, size: Size, *, words: bool) -> Learnt | None:
        """Return what was learnt before, if there is something: given, or from ``folder/pairs``."""
        if self._learnt:
            return self._learnt[words] if words < len(self._learnt) else None
        return self._runner.learn(folder, size) if size.pairs else None

    def _with_words(
        self, folder: Path, weighed: Iterator[tuple[TokenPair, tuple[Link, ...]]], cells: int
    ) -> Iterator[tuple[TokenPair, tuple[Link, ...]]]:
        """Yield the pairs with links that their words have had their say in, signs put together.

        ``cells`` are those of the pairs as they are: where no signs make a word, there are as many.
        """
        whole = folder / "whole"
        (whole / "extra").mkdir(parents=True)
        names = ("pairs", "extra/pairs")
        sizes = [_write_words(folder / name, whole / name) for name in names]
        partners = Partners()
        for pair in chain.from_iterable(read_pairs(whole / name) for name in names):
            partners.add(pair)
        if sum(size.cells for size in sizes) < cells:
            of_words, weight = self._weighed(whole, *sizes, words=True), WHOLE
        else:
            of_words, weight = ((pair, ()) for pair in read_pairs(whole / "pairs")), 0.0
        for (pair, links), (words, more) in zip(weighed, of_words, strict=True):
            numbers = _words(pair)
            both = blended(links, more, numbers, weight=weight)
            raised = with_partners(both, partners.of(words), numbers)
            yield pair, tuple(Link(*ends, min(1.0, p)) for ends, p in sorted(raised.items()))


def learn_priors(corpus: Corpus, out: Path, *, seed: int = 13) -> int:
    """Write to ``out`` what bitext teaches eflomal; return how many pairs it has.

    Of scripts without spaces twice: their signs alone, and put together into words. Raises
    DependencyError without eflomal, MissingInputError for no pairs, StorageError.
    """
    runner = Runner(seed=seed)
    with tempfile.TemporaryDirectory(prefix="labelproj-eflomal-") as name:
        folder = Path(name)
        size = write_pairs(corpus(), folder / "pairs")
        if not size.pairs:
            raise MissingInputError("no pair of texts to learn from")
        learnt = [runner.learn(folder, size)]
        if size.unspaced:
            (folder / "whole").mkdir()
            words = _write_words(folder / "pairs", folder / "whole" / "pairs")
            learnt.append(runner.learn(folder / "whole", words))
        with atomic_path(out) as temporary:
            write_learnt(temporary, *learnt, about=runner.about(folder, size))
    return size.pairs


def _write_words(pairs: Path, out: Path) -> Size:
    """Write pairs again with the signs of scripts without spaces put together into words."""
    return write_pairs((merged(pair, *_words(pair)) for pair in read_pairs(pairs)), out)


def _words(pair: TokenPair) -> tuple[list[int], list[int]]:
    return whole_words(pair.src), whole_words(pair.tgt)
