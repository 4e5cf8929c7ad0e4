"""Making training pairs of a bitext: markers round matching spans, and invented names.

A model that has seen ``[ ]`` round matching spans on both sides carries markers through a
translation (the mark-then-translate idea of EasyProject, Chen et al. 2023). No gold spans are
needed: words that stand on both sides unchanged, and words that nearly always occur together
(Dice), match well enough. A model that has seen invented names copied learns to copy names.
"""

import random
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from labelproj.text import words
from labelproj.translate.schemes import SCHEMES

__all__ = ["Augmenter", "Pair", "dice_lexicon"]

Pair = tuple[str, str]
_MAX_WORDS = 80
_BRACKETS = SCHEMES["brackets"]


def _words(text: str) -> list[str]:
    return [text[start:end] for start, end in words(text)]


def dice_lexicon(pairs: Sequence[Pair], *, min_count: int = 3, min_dice: float = 0.7) -> set[Pair]:
    """Return the lower-cased word pairs whose Dice coefficient over ``pairs`` is high enough.

    Dice is ``2 n(s, t) / (n(s) + n(t))`` over sentence pairs; the commonest 100 words of each
    side are left out, for they meet everything.
    """
    left: Counter[str] = Counter()
    right: Counter[str] = Counter()
    both: Counter[Pair] = Counter()
    sides = []
    for src, tgt in pairs:
        s = {w.lower() for w in _words(src)[:_MAX_WORDS] if w[0].isalpha()}
        t = {w.lower() for w in _words(tgt)[:_MAX_WORDS] if w[0].isalpha()}
        left.update(s)
        right.update(t)
        sides.append((s, t))
    rare_left = {w for w, n in left.items() if n >= min_count} - _common(left)
    rare_right = {w for w, n in right.items() if n >= min_count} - _common(right)
    for s, t in sides:
        # Sorted: a set's order changes from run to run.
        both.update((a, b) for a in sorted(s & rare_left) for b in sorted(t & rare_right))
    return {
        (a, b)
        for (a, b), n in both.items()
        if n >= min_count and 2 * n / (left[a] + right[b]) >= min_dice
    }


def _common(counts: Counter[str]) -> set[str]:
    return {word for word, _ in counts.most_common(min(100, len(counts) // 20))}


class Augmenter:
    """Variants of the pairs of a bitext. Same pairs and same random state, same variants."""

    def __init__(
        self, pairs: Sequence[Pair], *, marker_share: float = 1.0, rename_share: float = 1.0
    ):
        self._shares = (marker_share, rename_share)
        self._lexicon = dice_lexicon(pairs)
        starts: Counter[str] = Counter()
        links: dict[str, Counter[str]] = {}
        for src, tgt in pairs:
            for word in sorted(_copied_names(src, tgt)):
                pieces = [word[i : i + 2] for i in range(0, len(word), 2)]
                starts[pieces[0]] += 1
                for a, b in pairwise(pieces):
                    links.setdefault(a.lower(), Counter())[b] += 1
        self._starts = sorted(starts)
        self._links = {a: sorted(b) for a, b in links.items()}

    def vary(self, pair: Pair, rng: random.Random) -> Pair:
        """Return ``pair``, with invented names and with markers as often as the shares say."""
        markers, renames = self._shares
        new = self.renamed(pair, rng) if rng.random() < renames else pair
        return self.marked(new, rng) if rng.random() < markers else new

    def marked(self, pair: Pair, rng: random.Random, *, at_most: int = 3) -> Pair:
        """Return ``pair`` with ``[ ]`` round up to ``at_most`` matching spans of both sides.

        Comes back as it is when nothing matches, or when it has brackets of its own.
        """
        src, tgt = pair
        if any(_BRACKETS.escape(text) != text for text in pair):
            return pair
        matches = self._matches(src, tgt)
        if not matches:
            return pair
        chosen = rng.sample(matches, min(len(matches), rng.randint(1, at_most)))
        return (
            _BRACKETS.mark(src, [m[0] for m in chosen]),
            _BRACKETS.mark(tgt, [m[1] for m in chosen]),
        )

    def renamed(self, pair: Pair, rng: random.Random) -> Pair:
        """Return ``pair`` with every name that both sides share replaced by an invented one."""
        src, tgt = pair
        names = sorted(_copied_names(src, tgt))
        if not self._starts:
            return pair
        new = {name: self._invent(rng) for name in names}
        return _replace(src, new), _replace(tgt, new)

    def _invent(self, rng: random.Random) -> str:
        piece = rng.choice(self._starts)
        name = piece
        for _ in range(rng.randint(1, 4)):
            followers = self._links.get(piece.lower())
            if not followers:
                break
            # Now and then any piece at all, so that no pair of pieces is unheard of.
            piece = rng.choice(followers if rng.random() < 0.7 else self._starts).lower()
            name += piece
        return name

    def _matches(self, src: str, tgt: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
        """Return spans that match one to one and do not overlap, neighbours joined."""
        left, right = words(src), words(tgt)
        s = [src[a:b] for a, b in left]
        t = [tgt[a:b] for a, b in right]
        lowered_s, lowered_t = [w.lower() for w in s], [w.lower() for w in t]
        found: dict[int, int] = {}
        for i, word in enumerate(s):
            if lowered_s.count(lowered_s[i]) > 1:
                continue
            if (word[0].isupper() or word[0].isdigit()) and t.count(word) == 1:
                found[i] = t.index(word)
                continue
            partners = [j for j, w in enumerate(lowered_t) if (lowered_s[i], w) in self._lexicon]
            if len(partners) == 1:
                found[i] = partners[0]
        taken = Counter(found.values())
        spans: list[list[int]] = []
        for i, j in sorted(found.items()):
            if taken[j] > 1:
                continue
            if spans and spans[-1][1] == i and spans[-1][3] == j:
                spans[-1][1], spans[-1][3] = i + 1, j + 1
            else:
                spans.append([i, i + 1, j, j + 1])
        return [
            ((left[a][0], left[b - 1][1]), (right[c][0], right[d - 1][1])) for a, b, c, d in spans
        ]


def _copied_names(src: str, tgt: str) -> set[str]:
    """Return capitalised words (not the first) that stand on both sides unchanged."""
    first = _words(src)[:1]
    both = set(_words(src)) & set(_words(tgt))
    return {w for w in both if len(w) > 3 and w.istitle() and w.isalpha() and w not in first}


def _replace(text: str, new: dict[str, str]) -> str:
    out, last = [], 0
    for start, end in words(text):
        out += [text[last:start], new.get(text[start:end], text[start:end])]
        last = end
    return "".join([*out, text[last:]])
