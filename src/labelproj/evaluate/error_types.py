"""In what way predicted spans are wrong: the classes of nervaluate.

A predicted span is correct, incorrect (it overlaps a gold span but differs from it) or spurious,
a gold span that none was matched with is missing. What counts as a difference is for the scheme:
``strict`` (boundaries and label), ``exact`` (boundaries), ``partial`` (any overlap; what is not
exact counts as partial) and ``type`` (any overlap, and the label). These are SemEval-2013 task
9's, as nervaluate has them (https://github.com/MantisAI/nervaluate).
"""

from collections.abc import Sequence
from typing import Any

from labelproj.errors import DependencyError
from labelproj.records import Span

__all__ = ["CLASSES", "SCHEMES", "error_types"]

SCHEMES = ("strict", "exact", "partial", "type")
CLASSES = ("correct", "incorrect", "partial", "missing", "spurious")


def error_types(
    gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]
) -> dict[str, dict[str, int]]:
    """Return the number of spans of each class under each scheme.

    Spans are sets; those of one text are matched from left to right. Raises DependencyError.
    """
    try:
        from nervaluate import strategies
        from nervaluate.entities import Entity
    except ImportError as error:
        raise DependencyError(
            "error types need nervaluate", remedy="pip install 'labelproj[eval]'"
        ) from error
    schemes: dict[str, Any] = {
        "strict": strategies.StrictEvaluation(),
        "exact": strategies.ExactEvaluation(),
        "partial": strategies.PartialEvaluation(),
        "type": strategies.EntityTypeEvaluation(),
    }

    def entities(spans: Sequence[Span]) -> list[Any]:
        # Its last offset is that of the last character.
        unique = sorted({(s.start, s.end, s.label) for s in spans})
        return [Entity(label, start, end - 1) for start, end, label in unique]

    counts = {scheme: dict.fromkeys(CLASSES, 0) for scheme in SCHEMES}
    for wanted, found in zip(gold, predicted, strict=True):
        if not wanted and not found:
            continue
        true, ours = entities(wanted), entities(found)
        for scheme, strategy in schemes.items():
            result, _ = strategy.evaluate(true, ours, [])
            for name in CLASSES:
                counts[scheme][name] += getattr(result, "missed" if name == "missing" else name)
    return counts
