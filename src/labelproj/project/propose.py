"""Candidates for a span's place in the translation, from word-alignment links and likeness.

Every target word has log-odds of belonging to the span: how much link probability it receives
from the span's words against how much from all others and from none, and whether it looks like
one of the span's words more than like any other. A candidate is a run of words that begins and
ends with one that is more likely in than out; its weight is the sum of the log-odds inside. So a
stray link far away does not drag a boundary with it (it would have to pay for the words of
others in between), and a word without links is bridged when both sides belong. A word that
usually has no counterpart costs less to bridge (see :mod:`labelproj.project.claims`), and one
beside the span is taken along that goes with its label (:mod:`labelproj.project.habits`).
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelproj.project.base import Place, Weighted
from labelproj.project.boundaries import adjusted
from labelproj.project.habits import Habits
from labelproj.project.pair_evidence import PairEvidence, span_words
from labelproj.punctuation import balanced, new_stops
from labelproj.records import Candidate, Span
from labelproj.text import is_word

__all__ = ["SpanOdds", "Tuning", "log_odds", "parts_of"]

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tuning:
    """The constants of the method, chosen on half of ABSA en-es and on xSID valid.

    ``smoothing`` is added to link mass so that no odds are infinite; ``missing`` is what a unit
    of link mass that went nowhere counts against a word; ``likeness`` are the log-odds of a word
    that looks just like one of the span's, and ``alike`` the likeness at which they begin;
    ``keep`` candidates are kept per span. Where no word is more likely in than out, one with at
    least ``shared`` link mass of the span's that is no less likely in than out will do.
    ``leftover`` is the most that a link of a word that was left over has; 0 makes none. ``second``
    is what a unit of missing mass counts more against a word that is linked to the span's, but
    less than another word is (*El servicio* of *Service*). ``split`` is what a place pays for
    each of its edges that is inside a word of single signs (Chinese, Japanese), and ``gap`` what it
    gains for each that is at a space between such signs. ``habit`` is what the habits of a label
    count for a unit of link mass that a word lacks of what it usually has. ``mark`` is what a
    place pays for each full stop or comma inside it where the source span has none like it, and
    for one half of a pair of brackets or quotation marks. With ``case`` links between words of
    unlike case are made less.
    """

    smoothing: float = 0.15
    missing: float = 0.1
    likeness: float = 4.0
    alike: float = 0.5
    keep: int = 8
    shared: float = 0.3
    leftover: float = 0.0
    second: float = 0.0
    split: float = 1.0
    gap: float = 2.0
    habit: float = 3.0
    mark: float = 2.0
    case: bool = False

    @classmethod
    def for_aligner(cls, name: str) -> "Tuning":
        """Return the constants for what an aligner's links are worth.

        eflomal's are votes of many runs: a word that is only second has few of them. All others
        are too sure of such a word. Aligners that learn from the job have looked at case already.
        """
        if name == "eflomal":
            return cls()
        return cls(second=0.5, case=name != "systran")


#: The weight of a candidate that is only as likely as not.
LEAST = 0.05
#: A space so many words beyond the span's may be its edge.
REACH = 3


class SpanOdds:
    """What the links and the looks of words say of the places of one span."""

    def __init__(
        self,
        span: Span,
        evidence: PairEvidence,
        *,
        tuning: Tuning,
        habits: Habits | None = None,
    ):
        self._span, self._evidence, self._tuning = span, evidence, tuning
        own = span_words(span, evidence.src)
        self._empty = not own or not evidence.tgt
        if self._empty:
            return
        self._inside: Matrix = evidence.links[own].sum(axis=0)
        self._total: Matrix = evidence.links.sum(axis=0)
        odds = log_odds(own, self._inside, self._total, evidence, tuning)
        if habits is not None:
            odds = odds + self._usually(habits, odds)
        if not (odds > 0).any():
            # A word that is as much another's (the article in an elided "l'endroit") beats none.
            shared = (self._inside >= tuning.shared) & (odds > -tuning.smoothing)
            odds = np.where(shared, LEAST, odds)
        # Nobody's, or nobody else's and not good enough for the span: a clause's edge takes it.
        outside = np.where(odds > 0, self._total, self._total - self._inside)
        self._free = outside < tuning.smoothing
        self._likely = [int(number) for number in np.flatnonzero(odds > 0)]
        odds = np.where(odds < 0, odds * evidence.usual, odds)
        surface = span.surface(evidence.src_text)
        odds = np.where(new_stops(evidence.pair.tgt, surface), odds - tuning.mark, odds)
        self._cut_price = tuning.mark if balanced(surface) else 0.0
        self._sums = np.concatenate([[0.0], np.cumsum(odds)])
        whole = evidence.whole
        #: The first and the last token of the word that each token is part of.
        self._begin = [bisect_left(whole, number) for number in whole]
        self._end = [bisect_right(whole, number) - 1 for number in whole]
        self._content = [word for word in own if is_word(evidence.pair.src[word])] or own

    def teach(self, habits: Habits) -> None:
        """Let ``habits`` count this span."""
        if not self._empty:
            words, whole = self._evidence.pair.tgt, self._evidence.whole
            habits.add(self._span.label, words, whole, self._likely, self._inside, self._total)

    def _usually(self, habits: Habits, odds: Matrix) -> Matrix:
        """Return what the habits of the span's label say for words, of shape (target words,)."""
        words, whole = self._evidence.pair.tgt, self._evidence.whole
        likely = [int(number) for number in np.flatnonzero(odds > 0)]
        letters = np.array([is_word(word) for word in words])
        missing = np.maximum(0.0, self._evidence.usual - self._total) * letters
        usual = habits.log_odds(self._span.label, words, whole, likely)
        result: Matrix = self._tuning.habit * missing * usual
        return result

    def candidates(self) -> list[Weighted]:
        """Return the best candidates, best first; none when nothing speaks for any."""
        if self._empty:
            return []
        likely, evidence = self._likely, self._evidence
        opening, closing = evidence.opening, evidence.closing
        firsts = sorted({*likely, *(self._begin[k] for k in likely), *self._gaps(opening, -1)})
        lasts = sorted({*likely, *(self._end[k] for k in likely), *self._gaps(closing, 1)})
        runs = [
            (self._weight(first, last), first, last)
            for first in firsts
            for last in lasts[bisect_left(lasts, first) :]
        ]
        runs.sort(key=lambda run: (-run[0], run[1], run[2]))
        found: list[Weighted] = []
        for weight, first, last in runs[: self._tuning.keep]:
            if weight <= 0:
                break
            place = adjusted(
                self._span,
                first,
                last,
                src_text=evidence.src_text,
                tgt_text=evidence.tgt_text,
                tgt=evidence.tgt,
                free=self._free,
            )
            found.append(self._weighted(*place, first, last, weight))
        return found

    def weigh(self, place: Place) -> Weighted:
        """Return the candidate at ``place`` with its weight, which may be negative."""
        start, end = place
        inside = [] if self._empty else span_words(Span("", start, end, ""), self._evidence.tgt)
        if not inside:
            return Weighted(Candidate(start, end, 0.0), 0.0)
        first, last = inside[0], inside[-1]
        return self._weighted(start, end, first, last, self._weight(first, last))

    def _weight(self, first: int, last: int) -> float:
        split = (first != self._begin[first]) + (last != self._end[last])
        gap = (first in self._evidence.opening) + (last in self._evidence.closing)
        lefts, rights = self._evidence.levels
        cuts = not lefts[first] & rights[last]
        inside = float(self._sums[last + 1] - self._sums[first]) - self._cut_price * cuts
        return inside - self._tuning.split * split + self._tuning.gap * gap

    def _gaps(self, edges: Collection[int], step: int) -> Iterator[int]:
        """Yield the nearest of ``edges`` to one side of each likely word, not beyond marks."""
        words = self._evidence.pair.tgt
        for token in self._likely if edges else ():
            for place in range(token, token + step * (REACH + 1), step):
                if not 0 <= place < len(words) or not is_word(words[place]):
                    break
                if place in edges:
                    yield place
                    break

    def _weighted(self, start: int, end: int, first: int, last: int, weight: float) -> Weighted:
        parts = parts_of(self._content, first, last, self._inside, self._total, self._evidence)
        # Shares are summed in float32: one of them may be a hair above 1.
        score = min(1.0, math.prod(parts.values()) ** (1 / len(parts)))
        return Weighted(Candidate(start, end, score, parts), weight)


def log_odds(
    own: Sequence[int], inside: Matrix, total: Matrix, evidence: PairEvidence, tuning: Tuning
) -> Matrix:
    """Return each target word's log-odds of belonging to a span, of shape (target words,).

    ``own`` are the span's words, ``inside`` and ``total`` the link mass that each target word
    receives from them and from all words. Signs get 0.
    """
    outside = total - inside
    rank = _rank(evidence.links, own)
    against = tuning.missing + np.where(rank > 0, tuning.second * (1 - rank), 0.0)
    nowhere = np.maximum(0.0, 1.0 - total) * against
    odds = np.log((inside + tuning.smoothing) / (outside + nowhere + tuning.smoothing))
    others = np.ones(len(evidence.pair.src), dtype=bool)
    others[list(own)] = False
    mine = evidence.alike[list(own)].max(axis=0)
    rival = evidence.alike[others].max(axis=0) if others.any() else np.zeros_like(mine)
    likeness = np.maximum(0.0, mine - tuning.alike) / (1 - tuning.alike)
    odds = odds + np.where(mine > rival, likeness, np.where(mine == rival, likeness / 2, 0)) * (
        tuning.likeness
    )
    words = np.array([is_word(word) for word in evidence.pair.tgt])
    result: Matrix = np.where(words, odds, 0.0).astype(np.float32)
    return result


def _rank(links: Matrix, own: Sequence[int]) -> Matrix:
    """Return how near each target word comes to being the first choice of one of ``own``.

    Its link with one of the span's words as a share of that word's strongest link.
    """
    mine = links[list(own)]
    best = mine.max(axis=1, keepdims=True)
    result: Matrix = (mine / np.where(best > 0, best, 1.0)).max(axis=0)
    return result


def parts_of(
    content: Sequence[int],
    first: int,
    last: int,
    inside: Matrix,
    total: Matrix,
    evidence: PairEvidence,
) -> dict[str, float]:
    """Return what speaks for a candidate, each 0 to 1, as its score is made of.

    ``captured``: the share of the span's link mass inside; ``owned``: the share of the mass
    inside that is the span's; ``covered``: the share of the span's words linked or alike inside.
    """
    here = slice(first, last + 1)
    mass, captured, received = inside.sum(), inside[here].sum(), total[here].sum()
    linked = evidence.links[content][:, here].max(axis=1)
    alike = evidence.alike[content][:, here].max(axis=1)
    return {
        "captured": float(captured / mass) if mass else 1.0,
        "owned": float(captured / received) if received else 1.0,
        "covered": float(np.minimum(1.0, np.maximum(linked, alike)).mean()),
    }
