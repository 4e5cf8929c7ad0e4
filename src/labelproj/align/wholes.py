"""From tokens to the words they are parts of, and from links between words back to tokens."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from labelproj.align.base import Link, TokenPair

__all__ = ["blended", "merged", "merged_words"]


def merged(pair: TokenPair, src: Sequence[int], tgt: Sequence[int]) -> TokenPair:
    """Return ``pair`` with the tokens of one number put together; numbers ascend from 0."""
    return TokenPair(merged_words(pair.src, src), merged_words(pair.tgt, tgt))


def merged_words(tokens: Sequence[str], numbers: Sequence[int]) -> tuple[str, ...]:
    """Return the words that tokens make, by the number of the word of each."""
    words = [""] * (numbers[-1] + 1 if numbers else 0)
    for token, number in zip(tokens, numbers, strict=True):
        words[number] += token
    return tuple(words)


def blended(
    tokens: Iterable[Link],
    words: Iterable[Link],
    numbers: tuple[Sequence[int], Sequence[int]],
    *,
    weight: float,
) -> dict[tuple[int, int], float]:
    """Return the probabilities of links between tokens: those found, and those of their words.

    ``numbers`` has the number of the word of each token, by side; ``weight`` is the words' part.
    """
    found = {(link.src, link.tgt): (1 - weight) * link.probability for link in tokens}
    parts: tuple[dict[int, list[int]], dict[int, list[int]]] = defaultdict(list), defaultdict(list)
    for side, own in zip(parts, numbers, strict=True):
        for token, number in enumerate(own):
            side[number].append(token)
    for link in words:
        for i in parts[0][link.src]:
            for j in parts[1][link.tgt]:
                found[i, j] = found.get((i, j), 0.0) + weight * link.probability
    return found
