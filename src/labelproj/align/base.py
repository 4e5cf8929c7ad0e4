"""What a word aligner must do.

An aligner takes pairs of token lists and gives links with probabilities. A pair that cannot be
aligned (a side is empty or too long) has no links and a status that says so; it never stops a
batch.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

__all__ = ["AlignedPair", "Aligner", "Corpus", "Link", "TokenPair", "pharaoh"]


class TokenPair(NamedTuple):
    """The words of a text and of its translation. No word is empty or has white space in it."""

    src: tuple[str, ...]
    tgt: tuple[str, ...]


class Link(NamedTuple):
    """Source word ``src`` and target word ``tgt`` (0-based) correspond, with a probability."""

    src: int
    tgt: int
    probability: float


@dataclass(frozen=True, slots=True)
class AlignedPair:
    """The links of one pair, sorted, and ``ok`` or what was the matter."""

    links: tuple[Link, ...]
    status: str = "ok"


#: A corpus that can be gone through more than once.
Corpus = Callable[[], Iterable[TokenPair]]


class Aligner(Protocol):
    """The protocol of all aligners."""

    name: str

    def fit(self, corpus: Corpus) -> None:
        """Learn from the job's own bitext. Aligners that come trained do nothing."""

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Align a batch: one result a pair, in order."""

    def params(self) -> dict[str, object]:
        """Return what shapes the links, as JSON values, for signatures."""


def pharaoh(links: Iterable[Link]) -> str:
    """Write links in the Pharaoh format: ``0-0 1-2``."""
    return " ".join(f"{link.src}-{link.tgt}" for link in links)
