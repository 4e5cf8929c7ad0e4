"""How far the members of an ensemble can be trusted that no gold was measured for.

An encoder is as good as its model, links from a file as what made them. All members give places
to spans invented in the job's own bitext, and each one's share of right places is estimated
together with what is right (Dawid & Skene 1979, "Maximum likelihood estimation of observer
error-rates using the EM algorithm"): here a span's answer is one of the places proposed or none
of them, and a member that errs is as likely to give any other. Members that have been measured
keep their shares: they are what the others are compared with. Only who hardly ever agrees with
the most trusted member has no say in this job, whatever it was worth elsewhere.
"""

import hashlib
import math
import random
from collections.abc import Iterator, Sequence

from labelproj.project.base import LabelledPair, PairCorpus, Place
from labelproj.records import Span
from labelproj.text import is_word, words

__all__ = ["Tops", "heard", "invented_pairs", "posteriors", "reliabilities"]

#: The place each member gives to one span, in the members' order; None where it gives none.
Tops = Sequence[Place | None]

#: Pairs of the corpus that get invented spans, spans in a pair, and words in a span at most.
PAIRS, SPANS, LONGEST = 200, 3, 3
#: A span begins and ends with a word of so many characters: function words belong nowhere.
LETTERS = 4
ITERATIONS = 30
#: How much the share that a member begins with counts, as a multiple of what is seen.
PRIOR = 0.25
#: No member is trusted or mistrusted beyond this.
LOWEST, HIGHEST = 0.05, 0.99
#: A member that shares fewer of the most trusted one's places is not heard, where there are so
#: many spans to judge by.
AGREED, ENOUGH = 0.3, 50


def invented_pairs(corpus: PairCorpus) -> list[LabelledPair]:
    """Return pairs of the corpus with invented spans; the same ones for the same corpus.

    The pairs are those with the lowest digest of their source, so that their order makes no
    difference.
    """
    chosen: dict[str, tuple[str, str]] = {}
    worst = ""
    for src, _, tgt, _ in corpus():
        if not (src.strip() and tgt.strip()):
            continue
        key = hashlib.blake2b(src.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        if len(chosen) >= PAIRS and key >= worst:
            continue
        chosen.setdefault(key, (src, tgt))
        if len(chosen) > PAIRS:
            del chosen[max(chosen)]
        worst = max(chosen)
    pairs = (
        LabelledPair(src, tuple(_invented(src, seed=key)), tgt)
        for key, (src, tgt) in sorted(chosen.items())
    )
    return [pair for pair in pairs if pair.src_spans]


def _invented(text: str, *, seed: str) -> Iterator[Span]:
    offsets = words(text)
    runs = [
        (offsets[first][0], offsets[last][1])
        for first in range(len(offsets))
        for last in range(first, min(first + LONGEST, len(offsets)))
        if all(is_word(text[slice(*word)]) for word in offsets[first : last + 1])
        and min(end - start for start, end in (offsets[first], offsets[last])) >= LETTERS
    ]
    # Texts of scripts without spaces have no word of that length, but runs of words.
    runs = runs or [(start, end) for start, end in offsets if is_word(text[start:end])]
    chosen = random.Random(seed).sample(runs, min(SPANS, len(runs)))
    for number, (start, end) in enumerate(sorted(chosen)):
        yield Span(f"invented{number}", start, end, "")


def reliabilities(
    tops: Sequence[Tops], measured: Sequence[float | None], *, otherwise: float
) -> list[float]:
    """Return each member's share of right places, 0 to 1, from the places they gave.

    ``measured`` are the shares of members that have been measured elsewhere: they stay. The
    others begin at ``otherwise``, which also counts a little in the end.
    """
    known = [otherwise if share is None else share for share in measured]
    answered = [any(top[member] is not None for top in tops) for member in range(len(known))]
    # Nothing is seen of a member without any place (markers are in no invented pair).
    measured = [
        share if saw or share is not None else otherwise
        for saw, share in zip(answered, measured, strict=True)
    ]
    if not tops or None not in measured:
        return known
    for _ in range(ITERATIONS):
        right = [0.0] * len(known)
        for top in tops:
            probable = posteriors(top, known)
            for member, place in enumerate(top):
                if place is not None:
                    right[member] += probable[place]
        known = [
            min(HIGHEST, max(LOWEST, (own / len(tops) + PRIOR * otherwise) / (1 + PRIOR)))
            if share is None
            else share
            for own, share in zip(right, measured, strict=True)
        ]
    return known


def heard(tops: Sequence[Tops], reliable: Sequence[float]) -> list[bool]:
    """Say which members have a say: the most trusted one and those that often agree with it."""
    trusted = max(range(len(reliable)), key=lambda member: (reliable[member], -member))
    counts = [0] * len(reliable)
    for top in tops:
        for member, place in enumerate(top):
            counts[member] += place is not None and place == top[trusted]
    answered = [any(top[member] is not None for top in tops) for member in range(len(reliable))]
    return [
        member == trusted
        or len(tops) < ENOUGH
        or not answered[member]  # markers, say, which nobody put into the invented pairs
        or count >= AGREED * counts[trusted]
        for member, count in enumerate(counts)
    ]


def posteriors(tops: Tops, reliable: Sequence[float]) -> dict[Place, float]:
    """Return how probable each of the proposed places of a span is to be the right one."""
    options = sorted({place for place in tops if place is not None})
    others = len(options) + 1
    logs = [
        sum(
            math.log(share if top == option else (1 - share) / others)
            for top, share in zip(tops, reliable, strict=True)
        )
        for option in [*options, ()]  # the last: none of them is right
    ]
    highest = max(logs)
    shares = [math.exp(value - highest) for value in logs]
    return {place: share / sum(shares) for place, share in zip(options, shares, strict=False)}
