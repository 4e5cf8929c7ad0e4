"""Endless shuffled batches under a budget of words or tokens."""

import math
import random
from collections.abc import Callable, Iterator, Sequence

__all__ = ["compounding", "padded_batches", "word_batches"]


def compounding(start: float, stop: float, factor: float) -> Callable[[int], float]:
    """Return a budget that grows from ``start`` by ``factor`` (> 1) each step until ``stop``."""
    steps = math.log(stop / start, factor)
    return lambda step: start * factor**step if step < steps else stop


def word_batches(
    lengths: Sequence[int], budget: Callable[[int], float], rng: random.Random
) -> Iterator[list[int]]:
    """Yield lists of indices for ever, each of at most ``budget(step)`` words, or one index.

    Every index comes once in each pass over the data. ``lengths`` must not be empty.
    """
    step, batch, held = 0, list[int](), 0
    while True:
        order = list(range(len(lengths)))
        rng.shuffle(order)
        for index in order:
            if batch and held + lengths[index] > budget(step):
                yield batch
                step, batch, held = step + 1, [], 0
            batch.append(index)
            held += lengths[index]


def padded_batches(
    lengths: Sequence[int], budget: int, rng: random.Random, *, pool: int = 512
) -> Iterator[list[int]]:
    """Yield lists of indices for ever, each of at most ``budget`` tokens with its padding.

    Items of like length come together: ``pool`` shuffled items are sorted, cut, and the batches
    shuffled. ``lengths`` must not be empty.
    """
    while True:
        order = list(range(len(lengths)))
        rng.shuffle(order)
        for first in range(0, len(order), pool):
            batches: list[list[int]] = [[]]
            for index in sorted(order[first : first + pool], key=lambda i: (-lengths[i], i)):
                longest = lengths[batches[-1][0]] if batches[-1] else 0
                if batches[-1] and (len(batches[-1]) + 1) * longest > budget:
                    batches.append([])
                batches[-1].append(index)
            rng.shuffle(batches)
            yield from batches
