"""What the words of a job say of each other: a translation table that each pair is left out of.

A translation table (IBM model 1, Brown et al. 1993, over stems, in both directions) is learnt
from the job's own pairs. A pair is then judged by what the *other* pairs say: its own share of
the counts is taken out first. Otherwise the rare words of a wrong pair would vouch for each other.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelproj.align import TokenPair
from labelproj.align.stems import stem
from labelproj.align.wholes import merged
from labelproj.project.cognates import similarity
from labelproj.segmenter import whole_words
from labelproj.text import is_word

__all__ = ["LexicalModel", "Support"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Words are compared by so many letters: a stemmer for every language.
STEM = 5
ROUNDS = 6
#: Cells (source word times target word) learnt from at most, which bounds memory: of more, a
#: share of the pairs is taken that depends on their words alone. Longer pairs are not learnt from.
CELLS, LONGEST = 6_000_000, 200
#: Counts that a word's frequency is worth among the translations of another.
SMOOTH = 0.3
#: Words as alike as this are taken for the same name, number or cognate.
ALIKE = 0.75
#: One word says no more than this for or against a pair (natural logarithm).
MOST = 6.0
#: What is left to the empty word when a word's partner is looked for.
NOBODY = 0.3


@dataclass(frozen=True, slots=True)
class Support:
    """How well the words of a pair fit each other, by what the other pairs of the job say.

    ``forward[j]`` is the log-odds of target word j given the source, against its frequency;
    ``backward[i]`` that of source word i given the target; NaN for punctuation and for words
    that no other pair has. ``partners`` has shape (source words, target words): how far both
    directions agree that the two translate each other, 0 to 1.
    """

    forward: Floats
    backward: Floats
    partners: Floats

    def means(self) -> tuple[float | None, float | None]:
        """Return the mean log-odds of either direction; None where no word is known."""
        known = (side[~np.isnan(side)] for side in (self.forward, self.backward))
        forward, backward = (float(side.mean()) if len(side) else None for side in known)
        return forward, backward


class _Direction:
    """p(there | here) with 0 for the empty word, and the counts it was learnt from."""

    def __init__(self, pairs: list[tuple[Ints, Ints]], n_here: int, n_there: int):
        self._there = n_there
        shape = [(np.concatenate([[0], here]), there) for here, there in pairs]
        if not shape:  # one key that is never asked for, so that look-ups need no special case
            shape = [(np.zeros(1, dtype=np.int64), np.array([n_there - 1], dtype=np.int64))]
        sizes = [len(here) * len(there) for here, there in shape]
        cells, tokens = sum(sizes), sum(len(there) for _, there in shape)
        keys = np.empty(cells, dtype=np.int64)
        token = np.empty(cells, dtype=np.int32)
        first = word = 0
        for (here, there), size in zip(shape, sizes, strict=True):
            rows = slice(first, first + size)
            keys[rows] = (here[None, :] * n_there + there[:, None]).ravel()
            token[rows] = np.repeat(np.arange(word, word + len(there)), len(here))
            first, word = first + size, word + len(there)
        self._keys, index = np.unique(keys, return_inverse=True)
        owner = self._keys // n_there
        self._prob = np.ones(len(self._keys))
        for _ in range(ROUNDS):
            weight = self._prob[index]
            weight /= np.bincount(token, weight, minlength=tokens)[token]
            self._counts = np.bincount(index, weight, minlength=len(self._keys))
            self._totals = np.bincount(owner, self._counts, minlength=n_here)
            self._prob = self._counts / self._totals[owner]
        there_all = [there for _, there in pairs] or [np.zeros(0, dtype=np.int64)]
        self._seen = np.bincount(np.concatenate(there_all), minlength=n_there).astype(float)
        self._tokens = float(self._seen.sum())

    def look_up(self, here: Ints, there: Ints, *, own: bool) -> tuple[Floats, Floats, Floats]:
        """Return p(there | here), p(there), and how often ``there`` was seen elsewhere.

        The first has shape (1 + len(here), len(there)). ``own`` says that the pair itself was
        learnt from, so that its share is taken out.
        """
        rows = np.concatenate([[0], here])
        keys = rows[:, None] * self._there + there[None, :]
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        known = self._keys[place] == keys
        counts: Floats = np.where(known, self._counts[place], 0.0)
        totals: Floats = self._totals[rows]
        seen: Floats = self._seen[there]
        tokens = self._tokens
        if own:
            share = np.where(known, self._prob[place], 0.0)
            share = share / np.maximum(share.sum(axis=0), 1e-12)
            counts = (counts - _summed(keys, share)).clip(min=0.0)
            totals = (totals - _summed(rows, share.sum(axis=1))).clip(min=0.0)
            seen = (seen - _summed(there, np.ones(len(there)))).clip(min=0.0)
            tokens -= len(there)
        frequency = (seen + 0.1) / (max(1.0, tokens) + 0.1 * self._there)
        prob = (counts + SMOOTH * frequency[None, :]) / (totals[:, None] + SMOOTH)
        return prob, frequency, seen


def _summed(keys: Ints, values: Floats) -> Floats:
    """Return for each key the sum of the values under the same key."""
    _, index = np.unique(keys, return_inverse=True)
    sums = np.bincount(index.ravel(), values.ravel()).astype(np.float64)
    return sums[index].reshape(keys.shape)


class LexicalModel:
    """Translation tables of a job, learnt from pairs that can be gone through twice.

    Memory is bounded (see ``CELLS``) and does not grow with the job. Chinese and Japanese signs are
    put together into words first; each of them is told what is said of its word.
    """

    def __init__(self, corpus: Callable[[], Iterable[TokenPair]]):
        self._vocabulary: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._learnt: set[bytes] = set()
        total = sum(_cells(_whole(pair)[0]) for pair in corpus())
        share = min(1.0, CELLS / max(1, total))
        pairs = list(self._chosen(corpus(), share))
        sizes = [len(words) + 2 for words in self._vocabulary]
        self._forward = _Direction(pairs, *sizes)
        self._backward = _Direction([(tgt, src) for src, tgt in pairs], *reversed(sizes))

    def _chosen(self, corpus: Iterable[TokenPair], share: float) -> Iterator[tuple[Ints, Ints]]:
        for tokens in corpus:
            pair, _ = _whole(tokens)
            key = _key(pair)
            if not _cells(pair) or key in self._learnt:
                continue
            if int.from_bytes(key[:4], "little") >= share * 2**32:
                continue
            self._learnt.add(key)
            src, tgt = (
                np.array(
                    [words.setdefault(stem, len(words) + 1) for stem in _stems(side)],
                    dtype=np.int64,
                )
                for words, side in zip(self._vocabulary, pair, strict=True)
            )
            if len(src) and len(tgt):
                yield src, tgt

    def support(self, tokens: TokenPair) -> Support:
        """Return how well the words of a pair fit each other, the pair itself left out."""
        pair, (src, tgt) = _whole(tokens)
        found = self._support(pair)
        if pair is tokens:
            return found
        return Support(found.forward[tgt], found.backward[src], found.partners[np.ix_(src, tgt)])

    def _support(self, pair: TokenPair) -> Support:
        shape = len(pair.src), len(pair.tgt)
        result = Support(np.full(shape[1], np.nan), np.full(shape[0], np.nan), np.zeros(shape))
        places = [[n for n, word in enumerate(side) if is_word(word)] for side in pair]
        if not all(places):
            return result
        # Unknown words share one number past the vocabulary's end that nothing was counted for.
        src, tgt = (
            np.array([words.get(stem, len(words) + 1) for stem in _stems(side)], dtype=np.int64)
            for words, side in zip(self._vocabulary, pair, strict=True)
        )
        own = _key(pair) in self._learnt
        alike = similarity(
            [pair.src[n] for n in places[0]], [pair.tgt[n] for n in places[1]]
        ).astype(np.float64)
        alike[alike < ALIKE] = 0.0
        sides = (
            (self._forward, src, tgt, alike, result.forward, places[1]),
            (self._backward, tgt, src, alike.T, result.backward, places[0]),
        )
        posteriors = []
        for direction, here, there, same, odds, place in sides:
            prob, frequency, seen = direction.look_up(here, there, own=own)
            cognate = (same * (0.5 / len(here))).max(axis=0)
            with np.errstate(divide="ignore"):
                log_odds = np.log((prob.mean(axis=0) + cognate) / frequency)
            unknown = (seen < 1) & (cognate == 0)
            odds[place] = np.where(unknown, np.nan, np.clip(log_odds, -MOST, MOST))
            prob[0] *= NOBODY
            posteriors.append(prob[1:] / prob.sum(axis=0))
        result.partners[np.ix_(*places)] = np.sqrt(posteriors[0] * posteriors[1].T)
        return result


def _whole(tokens: TokenPair) -> tuple[TokenPair, tuple[list[int], list[int]]]:
    """Return the words that tokens make, and the number of the word of each token, by side.

    Where no signs make a word the pair itself comes back.
    """
    numbers = whole_words(tokens.src), whole_words(tokens.tgt)
    pair = merged(tokens, *numbers)
    return (tokens if pair == tokens else pair), numbers


def _stems(words: Iterable[str]) -> list[str]:
    return [stem(word.casefold(), STEM) for word in words if is_word(word)]


def _cells(pair: TokenPair) -> int:
    size = len(pair.src) * len(pair.tgt)
    return size if max(len(pair.src), len(pair.tgt)) <= LONGEST else 0


def _key(pair: TokenPair) -> bytes:
    text = "\t".join(" ".join(side) for side in pair)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
