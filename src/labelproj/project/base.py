"""What a projection method must do."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from labelproj.records import Projection, Span

__all__ = ["LabelledPair", "PairCorpus", "Projector"]


class LabelledPair(NamedTuple):
    """A labelled text and its translation.

    ``tokens`` are the offsets of the words of both texts, where they are not to be found here.
    """

    src_text: str
    src_spans: tuple[Span, ...]
    tgt_text: str
    tokens: tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]] | None = None


#: Texts and their translations, that can be gone through more than once.
PairCorpus = Callable[[], Iterable[tuple[str, str]]]


class Projector(Protocol):
    """The protocol of all projection methods."""

    name: str

    def fit(self, corpus: PairCorpus) -> None:
        """Learn from the job's own bitext, where the method does."""

    def project(self, pairs: Sequence[LabelledPair]) -> list[tuple[Projection, ...]]:
        """Give every span of every pair a place or an explicit null, in the spans' order."""

    def params(self) -> dict[str, object]:
        """Return what shapes the result, as JSON values, for signatures."""
