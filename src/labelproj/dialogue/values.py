"""The value map: what a value of the source language is called in the target language.

In this order: values that are the same in every language are kept; the target ontology, where one
is given; the surface that projection found in the translations; the value translated alone. What
none of them knows is *unmapped*: it keeps its source form and says so.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from anyascii import anyascii
from rapidfuzz.fuzz import ratio

from labelproj.dialogue.keep import is_kept
from labelproj.dialogue.ontology import ANY_SLOT, Ontology, fold

__all__ = ["METHODS", "Lexicon", "Mapped", "ValueMap", "likeness"]

#: How a value may have been mapped, the surest first.
METHODS = ("kept", "ontology", "matched", "projected", "corpus", "translated", "unmapped")
#: A value that is not in the words of its dialogue is mapped as elsewhere in the corpus only if
#: projection saw it there this often.
_VOTES = 2.0
#: A surface votes for a value of the target ontology that is at least this like it (0-1).
_LIKE = 0.6


@dataclass(frozen=True, slots=True)
class Mapped:
    """A source value and its target forms.

    ``target`` is the canonical form, which goes into states, acts, calls and rows; ``surfaces``
    are the forms in which it stands in the words of this dialogue, the most frequent first.
    """

    slot: str
    source: str
    target: str
    method: str
    surfaces: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether there is a target form at all."""
        return self.method != "unmapped"


def likeness(surface: str, value: str) -> float:
    """Return how like two forms are in letters (0-1), the surface whole or its likest word.

    Case, accents and script are set aside.
    """
    bare = anyascii(value).casefold()
    forms = (surface, *surface.split())
    return max(ratio(anyascii(form).casefold(), bare) for form in forms) / 100


@dataclass(slots=True)
class Lexicon:
    """What surfaces each source value was projected to in the whole corpus, with their weights."""

    counts: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    _matched: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def add(self, slot: str, value: str, surface: str, weight: float) -> None:
        """Count a surface, with the score of its projection as weight."""
        for key in ((fold(slot), fold(value)), (ANY_SLOT, fold(value))):
            self.counts.setdefault(key, Counter())[surface] += weight  # type: ignore[assignment]

    def surfaces(self, slot: str, value: str) -> Counter[str]:
        """Return the surfaces of a value: under its slot, or else under any."""
        for key in ((fold(slot), fold(value)), (ANY_SLOT, fold(value))):
            if key in self.counts:
                return self.counts[key]
        return Counter()

    def consensus(self, slot: str, value: str) -> str | None:
        """Return the surface with the most weight, whatever its case; None where there is none."""
        found = self.surfaces(slot, value)
        if not found:
            return None
        folded: Counter[str] = Counter()
        for surface, weight in found.items():
            folded[fold(surface)] += weight
        best = max(folded, key=lambda form: (folded[form], form))
        return max((s for s in found if fold(s) == best), key=lambda s: (found[s], s))

    def matched(self, slot: str, value: str, ontology: Ontology) -> str | None:
        """Return the value of the target ontology that most surfaces are like, or None."""
        key = (fold(slot), fold(value))
        if key not in self._matched:
            votes: Counter[str] = Counter()
            for surface, weight in self.surfaces(slot, value).items():
                likest = max(ontology.values(slot), key=lambda name: likeness(surface, name))
                if likeness(surface, likest) >= _LIKE:
                    votes[likest] += weight
            self._matched[key] = max(votes, key=lambda n: (votes[n], n)) if votes else None
        return self._matched[key]


class ValueMap:
    """The value map of one dialogue; ask it as often as you like, the answer stays the same.

    ``own`` are the surfaces of this dialogue, ``literal`` the values (folded) that stand in its
    source words, ``translated`` values (folded) that a model translated alone.
    """

    def __init__(
        self,
        *,
        own: Lexicon,
        literal: frozenset[str],
        corpus: Lexicon,
        ontology: Ontology,
        translated: Mapping[str, str],
    ):
        self._own = own
        self._literal = literal
        self._corpus = corpus
        self._ontology = ontology
        self._translated = translated
        self._mapped: dict[tuple[str, str], Mapped] = {}

    def __call__(self, slot: str, value: str) -> Mapped:
        """Return the forms of a value."""
        key = (slot, value)
        if key not in self._mapped:
            self._mapped[key] = self._map(slot, value)
        return self._mapped[key]

    def entries(self) -> tuple[Mapped, ...]:
        """Return all that was asked for, in order of slot and value."""
        return tuple(self._mapped[key] for key in sorted(self._mapped))

    def knows(self, slot: str, value: str) -> bool:
        """Say whether the dialogue or the ontology has a name for ``value`` (for rows)."""
        return fold(value) in self._literal or bool(self._ontology.lookup(slot, value))

    def _map(self, slot: str, value: str) -> Mapped:
        own = tuple(form for form, _ in self._own.surfaces(slot, value).most_common())
        if is_kept(value):
            return Mapped(slot, value, value, "kept", own)
        if names := self._ontology.lookup(slot, value):
            return Mapped(slot, value, names[0], "ontology", own)
        seen = sum(self._corpus.surfaces(slot, value).values())
        target: str | None
        if self._ontology.values(slot):
            # The ontology lists all there is: what is like none of it has no name there.
            target = self._corpus.matched(slot, value, self._ontology)
            enough = bool(own) or seen >= _VOTES
            method = "matched"
        else:
            target = self._corpus.consensus(slot, value)
            enough = bool(own) or seen >= _VOTES
            method = "projected" if own else "corpus"
            if (target is None or not enough) and fold(value) in self._literal:
                target, method = self._translated.get(fold(value)), "translated"
                enough = True
        if target is None or not enough:
            return Mapped(slot, value, value, "unmapped", own)
        return Mapped(slot, value, target, method, own)
