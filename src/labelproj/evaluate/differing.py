"""Texts where projection methods differ: how many, and examples of every kind."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from labelproj.formats.parallel import GoldPair
from labelproj.records import Projection, Span
from labelproj.train.data import span_values

__all__ = ["EXAMPLES", "Outcome", "differing", "patterns"]

#: Examples kept, of all kinds together.
EXAMPLES = 16

#: Start, end and label.
Key = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a method made of one pair: its projections, the places to compare, and the gold."""

    projections: tuple[Projection, ...]
    places: tuple[Key | None, ...]
    gold: frozenset[Key]

    @classmethod
    def of(
        cls,
        pair: GoldPair,
        projections: Sequence[Projection],
        snap: Callable[[Span, GoldPair], Span],
    ) -> "Outcome":
        """Return the outcome of a pair; ``snap`` puts a span where it is compared."""
        spans = [None if p.start is None else snap(p.span(), pair) for p in projections]
        places = tuple(None if s is None else (s.start, s.end, s.label) for s in spans)
        gold = frozenset((s.start, s.end, s.label) for s in (snap(g, pair) for g in pair.tgt_spans))
        return cls(tuple(projections), places, gold)

    @property
    def right(self) -> bool:
        """Whether all spans are where the gold ones are, and no other."""
        return frozenset(filter(None, self.places)) == self.gold

    def values(self) -> dict[str, object]:
        """Return placed spans (with ``score`` and ``right``) and missing ones, as JSON values."""
        spans, missing = [], []
        for projection, place in zip(self.projections, self.places, strict=True):
            if place is None:
                missing.append({"label": projection.label, "reason": projection.reason})
            else:
                (value,) = span_values((projection.span(),))
                score = round(projection.score, 4)
                spans.append({**value, "score": score, "right": place in self.gold})
        return {"right": self.right, "spans": spans, "missing": missing}


def patterns(found: Mapping[str, Sequence[Outcome]]) -> list[dict[str, object]]:
    """Count texts by which methods have them wholly right (``right``: names), most first."""
    counts = Counter(
        tuple(name for name, one in zip(found, row, strict=True) if one.right)
        for row in zip(*found.values(), strict=True)
    )
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"right": list(names), "texts": number} for names, number in ordered]


def differing(
    gold: Sequence[GoldPair], found: Mapping[str, Sequence[Outcome]], *, limit: int = EXAMPLES
) -> list[dict[str, object]]:
    """Return at most ``limit`` texts where the methods' spans are not the same.

    Every kind (which methods are right) has its turn, the first texts of each first; the result
    is in the order of ``gold``.
    """
    kinds: dict[tuple[bool, ...], list[int]] = {}
    for number, row in enumerate(zip(*found.values(), strict=True)):
        if len({one.places for one in row}) > 1:
            kinds.setdefault(tuple(one.right for one in row), []).append(number)
    queues = [kinds[kind] for kind in sorted(kinds)]
    turns = [(turn, q) for q, queue in enumerate(queues) for turn in range(len(queue))]
    chosen = sorted(queues[q][turn] for turn, q in sorted(turns)[:limit])
    return [
        {
            "id": gold[number].id,
            "src_text": gold[number].src_text,
            "src_spans": span_values(gold[number].src_spans),
            "tgt_text": gold[number].tgt_text,
            "gold": span_values(gold[number].tgt_spans),
            "methods": {name: outcomes[number].values() for name, outcomes in found.items()},
        }
        for number in chosen
    ]
