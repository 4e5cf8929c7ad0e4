"""What a corpus teaches about its words, to weigh the links found in one sentence.

An aligner gives words that have no counterpart to some rare neighbour ("garbage collection"):
the subject pronoun or the article of the target language goes to a name. Over the corpus such a
word is linked with everything, so a link weighs less the smaller the share of the target word's
links that go to this source word. And two words that mostly go with each other all over the
corpus are linked where both stand once, even if the aligner missed it (short texts with another
word order). Links between words of unlike case count less
(:mod:`labelproj.align.casing`).
"""

import math
from collections import Counter
from collections.abc import Mapping

from labelproj.align.base import Link, TokenPair
from labelproj.align.casing import Casing
from labelproj.align.stems import stem

__all__ = ["Lexicon", "extra_step", "extra_weight"]

#: Words are compared by so many letters.
STEM = 4
#: Links that a target word is taken to have besides those seen: rare words keep their links.
DOUBT = 5.0
#: How much the corpus weighs against the sentence (the exponent of the share).
WEIGHT = 0.5
#: How far a missed link is raised towards its association, which must be at least so strong and
#: seen at least so often.
TRUST, ASSOCIATION, SEEN = 0.8, 0.2, 1.5

#: Pairs of other bitext count like so many, or like as many as the job has.
EXTRA = 2000

Votes = Mapping[tuple[int, int], float]
#: How often each word was there; a part of a time where a corpus does not count fully.
Times = Mapping[str, float]


class Lexicon:
    """Counts of links between stems. The constants were chosen as those of ``project.propose``.

    Without ``case`` it is not counted how words are written: of a corpus that is only counted, as
    :meth:`counts` does not have it.
    """

    def __init__(self, *, case: bool = True) -> None:
        self._links: dict[tuple[str, str], float] = {}
        self._src: dict[str, float] = {}
        self._tgt: dict[str, float] = {}
        self._casing = Casing() if case else None

    def add(self, pair: TokenPair, votes: Votes) -> None:
        """Count the words of a pair and its links, each as far as it was voted for."""
        src, tgt = _stems(pair.src), _stems(pair.tgt)
        for times, words in ((self._src, src), (self._tgt, tgt)):
            for word in words:
                times[word] = times.get(word, 0.0) + 1
        for (i, j), vote in votes.items():
            stems = src[i], tgt[j]
            self._links[stems] = self._links.get(stems, 0.0) + vote
        if self._casing is not None:
            self._casing.add(pair, votes)

    def counts(self) -> tuple[Times, Times, Mapping[tuple[str, str], float]]:
        """Return how often each stem was there, by side, and each two were linked."""
        return self._src, self._tgt, self._links

    def add_counts(
        self, src: Times, tgt: Times, links: Mapping[tuple[str, str], float], *, weight: float = 1.0
    ) -> None:
        """Add what :meth:`counts` of another lexicon says, ``weight`` times."""
        for times, other in ((self._src, src), (self._tgt, tgt)):
            for word, often in other.items():
                times[word] = times.get(word, 0.0) + weight * often
        for stems, often in links.items():
            self._links[stems] = self._links.get(stems, 0.0) + weight * often

    def weigh(self, pair: TokenPair, votes: Votes) -> tuple[Link, ...]:
        """Return the links of a pair with probabilities that the corpus has had its say in."""
        src, tgt = _stems(pair.src), _stems(pair.tgt)
        weighed = {}
        for (i, j), vote in votes.items():
            seen = self._links.get((src[i], tgt[j]), 0.0)
            often = max(self._tgt.get(tgt[j], 0.0), seen)
            weighed[i, j] = vote * ((seen + DOUBT) / (often + DOUBT)) ** WEIGHT
        for (i, j), association in self._partners(src, tgt):
            known = weighed.get((i, j), 0.0)
            if known < association:
                weighed[i, j] = (1 - TRUST) * known + TRUST * association
        links = tuple(Link(i, j, min(1.0, weight)) for (i, j), weight in sorted(weighed.items()))
        return links if self._casing is None else self._casing.agreed(pair, links)

    def _partners(self, src: list[str], tgt: list[str]) -> list[tuple[tuple[int, int], float]]:
        """Return the words that stand once on their side and are each other's best partners."""
        strength = {
            (i, j): (seen * seen / (self._src[s] * self._tgt[t])) ** 0.5
            for i, s in enumerate(src)
            for j, t in enumerate(tgt)
            if (seen := self._links.get((s, t), 0.0)) > SEEN
        }
        best_src: dict[int, tuple[float, int]] = {}
        best_tgt: dict[int, tuple[float, int]] = {}
        for (i, j), value in strength.items():
            best_src[i] = max(best_src.get(i, (0.0, 0)), (value, -j))
            best_tgt[j] = max(best_tgt.get(j, (0.0, 0)), (value, -i))
        counts_src, counts_tgt = Counter(src), Counter(tgt)
        return [
            ((i, j), value)
            for (i, j), value in strength.items()
            if value >= ASSOCIATION
            and best_src[i] == (value, -j)
            and best_tgt[j] == (value, -i)
            and counts_src[src[i]] == counts_tgt[tgt[j]] == 1
        ]


def extra_weight(pairs: int, extra: int) -> float:
    """Return how much a pair of the ``extra`` pairs of other bitext counts, at most 1.

    All of them together would outweigh the job's own ``pairs``, whose texts may be of another
    kind: words go with other words there.
    """
    return min(1.0, max(pairs, EXTRA) / extra) if extra else 0.0


def extra_step(pairs: int, extra: int) -> int:
    """Return n, where every n-th of the ``extra`` pairs counts; see :func:`extra_weight`."""
    return max(1, math.ceil(extra / max(pairs, EXTRA)))


def _stems(words: tuple[str, ...]) -> list[str]:
    return [stem(word.casefold(), STEM) for word in words]
