"""What word links and the job's own lexicon say of each pair, for the filters that ask.

Two witnesses that did not make the translation or the projection: the links of an aligner, and a
translation table that the pair itself was left out of (see :mod:`labelproj.filters.lexical`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import polars as pl

from labelproj.align import AlignedPair, Aligner, TokenPair, link_pair, link_words
from labelproj.filters.lexical import Floats, LexicalModel, Support
from labelproj.project.pair_evidence import PairEvidence
from labelproj.text import is_word

__all__ = ["Evidence", "UnitEvidence"]

T = TypeVar("T")

#: A word with a link below this is not linked.
FAINT = 0.2


@dataclass(frozen=True, slots=True)
class UnitEvidence:
    """The evidence of one unit; ``facts`` has one number for each name (see ``FACTS``)."""

    pair: PairEvidence
    support: Support
    content: tuple[list[int], list[int]]

    def linked(self) -> tuple[Floats, Floats]:
        """Return each source and target word's link mass, 1 at most; signs are left out."""
        links = self.pair.links[np.ix_(*self.content)].astype(np.float64)
        return links.sum(axis=1).clip(0, 1), links.sum(axis=0).clip(0, 1)

    def facts(self) -> dict[str, float | None]:
        """Return what is known of the pair as a whole; None where a side has no word.

        ``forward`` and ``backward`` are the mean log-odds of the lexicon; ``known_*`` the share
        of words that it speaks for; ``tail`` the share of source words after the last that is
        linked; ``linked`` the smaller of both sides' mean link mass;
        ``strong_*`` the mean strongest link; ``omitted`` and ``added`` the share of source and
        of target words without a link.
        """
        src, tgt = self.content
        forward, backward = self.support.means()
        found: dict[str, float | None] = {"forward": forward, "backward": backward}
        if not src or not tgt:
            return found
        links = self.pair.links[np.ix_(src, tgt)]
        mine, theirs = self.linked()
        with np.errstate(invalid="ignore"):
            found["known_forward"] = float((self.support.forward > 1).sum() / len(tgt))
            found["known_backward"] = float((self.support.backward > 1).sum() / len(src))
        found["linked"] = float(min(mine.mean(), theirs.mean()))
        found["strong_forward"] = float(links.max(axis=0).mean())
        found["strong_backward"] = float(links.max(axis=1).mean())
        found["omitted"] = float((links.max(axis=1) < FAINT).mean())
        last = int(np.flatnonzero(links.max(axis=1) >= FAINT).max(initial=-1))
        found["tail"] = (len(src) - 1 - last) / len(src)
        found["added"] = float((links.max(axis=0) < FAINT).mean())
        return found


class Evidence:
    """Gives the evidence of the rows of a table; the last table's is kept for the next filter."""

    def __init__(self, aligner: Aligner | None, corpus: Callable[[], Iterable[tuple[str, str]]]):
        def pairs() -> Iterable[TokenPair]:
            return (link_pair(src, tgt or "") for src, tgt in corpus())

        self._aligner = aligner
        if aligner is not None:
            aligner.fit(pairs)
        self._lexicon = LexicalModel(pairs)
        self._table: pl.DataFrame | None = None
        self._known: dict[str, Any] = {}

    def of(self, table: pl.DataFrame) -> list[UnitEvidence]:
        """Return the evidence of each row of a table with ``src_text`` and ``tgt_text``."""

        def make() -> list[UnitEvidence]:
            texts = zip(table["src_text"], table["tgt_text"], strict=True)
            return self._made([(src, tgt or "") for src, tgt in texts])

        return self.once(table, "units", make)

    def once(self, table: pl.DataFrame, name: str, make: Callable[[], T]) -> T:
        """Return what ``make`` makes of a table: once, for all filters that look at it in turn."""
        if self._table is not table:
            self._table, self._known = table, {}
        if name not in self._known:
            self._known[name] = make()
        result: T = self._known[name]
        return result

    def _made(self, texts: list[tuple[str, str]]) -> list[UnitEvidence]:
        pairs = [link_pair(*both) for both in texts]
        none = AlignedPair(())
        links = self._aligner.align(pairs) if self._aligner else [none] * len(pairs)
        found = []
        for (src, tgt), pair, aligned in zip(texts, pairs, links, strict=True):
            evidence = PairEvidence.of(pair, aligned, *link_words(src, tgt), src, tgt)
            content = tuple([n for n, word in enumerate(side) if is_word(word)] for side in pair)
            found.append(
                UnitEvidence(evidence, self._lexicon.support(pair), (content[0], content[1]))
            )
        return found
