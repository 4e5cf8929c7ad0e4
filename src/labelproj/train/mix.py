"""Training data of several sources in chosen proportions.

A source of ``n`` words with the weight ``w`` gets a share of ``w * n ** (1 / temperature)``: as
they are with 1, more alike the higher it is (Arivazhagan et al. 2019,
https://arxiv.org/abs/1907.05019). Nothing is left out for that: small sources are repeated.
"""

from collections.abc import Sequence

from labelproj.provenance import text_digest
from labelproj.records import Document
from labelproj.text import words

__all__ = ["mixed", "repetitions"]


def repetitions(
    sizes: Sequence[int], *, weights: Sequence[float], temperature: float
) -> list[float]:
    """Return how often each source is to be gone through, the least 1.0; sizes are positive."""
    shares = [
        weight * size ** (1 / temperature) for size, weight in zip(sizes, weights, strict=True)
    ]
    rates = [share / size for share, size in zip(shares, sizes, strict=True)]
    return [rate / min(rates) for rate in rates]


def mixed(
    sources: Sequence[Sequence[Document]], *, weights: Sequence[float], temperature: float
) -> tuple[list[Document], list[float]]:
    """Return the documents of all sources, repeated, and how often each source is in it.

    Of a source that is to be there 2.3 times, three tenths of the documents, drawn by their ids,
    come a third time. No source may be without words.
    """
    sizes = [sum(len(words(s.text)) for d in source for s in d.segments) for source in sources]
    times = repetitions(sizes, weights=weights, temperature=temperature)
    together: list[Document] = []
    for source, often in zip(sources, times, strict=True):
        whole = int(often)
        together += list(source) * whole
        drawn = sorted(source, key=lambda one: text_digest("mix", one.id))
        together += drawn[: round((often - whole) * len(source))]
    return together, times
