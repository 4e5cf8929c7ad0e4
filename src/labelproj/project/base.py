"""What a projection method must do: propose places for spans, each with a weight.

Methods differ in what they propose (:class:`Proposer`); how all spans of a unit then get their
places is the same for all (:class:`labelproj.project.joint.JointProjector`).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from labelproj.records import Candidate, Projection, Span

__all__ = [
    "LabelledPair",
    "PairCorpus",
    "Place",
    "Projector",
    "Proposals",
    "Proposer",
    "Weighted",
]

#: Start and end in the translation, in code points, half-open.
Place = tuple[int, int]


class LabelledPair(NamedTuple):
    """A labelled text and its translation.

    ``marked`` is the translation with the marks that came through it, where it was made so.
    """

    src_text: str
    src_spans: tuple[Span, ...]
    tgt_text: str
    marked: str | None = None


#: Labelled texts and their translations, that can be gone through more than once.
PairCorpus = Callable[[], Iterable[LabelledPair]]


class Weighted(NamedTuple):
    """A candidate and the weight (log-odds) that ranks it among its rivals; null weighs 0."""

    candidate: Candidate
    weight: float


class Proposals(Protocol):
    """What a method proposes for the spans of one pair.

    ``candidates[k]`` are those of span k, best first, all with positive weight. ``problem`` is
    a reason for people (``not aligned: too-long``). Proposals may also have ``reasons``, one a
    span: why it has no candidate, where that is not ``no link``.
    """

    @property
    def candidates(self) -> Sequence[Sequence[Weighted]]:
        """The candidates of each span, best first."""

    @property
    def problem(self) -> str | None:
        """Why nothing could be proposed, where that was so."""

    def weigh(self, number: int, places: Sequence[Place]) -> list[Weighted]:
        """Return what the method thinks of ``places`` for span ``number``, in their order."""


class Proposer(Protocol):
    """The protocol of all methods that propose places.

    ``name`` is the method's (``alignment``), ``label`` what results are marked with
    (``alignment:eflomal``).
    """

    name: str
    label: str

    def fit(self, corpus: PairCorpus) -> None:
        """Learn from the job's own bitext, where the method does."""

    def propose(
        self,
        pairs: Sequence[LabelledPair],
        *,
        also: Sequence[Sequence[Sequence[Place]]] | None = None,
    ) -> Sequence[Proposals]:
        """Propose places for the spans of every pair, in order.

        ``also[pair][span]`` are places that others propose: the method must be able to weigh
        them as exactly as its own.
        """

    def params(self) -> dict[str, object]:
        """Return what shapes the result, as JSON values, for signatures."""


class Projector(Protocol):
    """The protocol of all projection methods."""

    name: str

    def fit(self, corpus: PairCorpus) -> None:
        """Learn from the job's own bitext, where the method does."""

    def project(self, pairs: Sequence[LabelledPair]) -> list[tuple[Projection, ...]]:
        """Give every span of every pair a place or an explicit null, in the spans' order."""

    def params(self) -> dict[str, object]:
        """Return what shapes the result, as JSON values, for signatures."""
