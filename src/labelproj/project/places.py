"""One projection for each place: an entity in several roles is projected once."""

from collections.abc import Sequence
from dataclasses import replace

from labelproj.project.base import LabelledPair, Projector
from labelproj.records import Projection, Span

__all__ = ["project_places"]


def project_places(
    projector: Projector, pairs: Sequence[LabelledPair]
) -> list[tuple[Projection, ...]]:
    """Project the spans of every pair, those in the same place (start and end) only once.

    Returns what ``projector.project`` does: a projection for each span, in the spans' order.
    """
    places = [_places(pair.src_spans) for pair in pairs]
    once = [
        pair._replace(src_spans=tuple(own.values()))
        for pair, own in zip(pairs, places, strict=True)
    ]
    results = []
    for pair, own, found in zip(pairs, places, projector.project(once), strict=True):
        known = dict(zip(own, found, strict=True))
        results.append(
            tuple(
                replace(
                    known[span.start, span.end],
                    span_id=span.id,
                    label=span.label,
                    group=span.group,
                )
                for span in pair.src_spans
            )
        )
    return results


def _places(spans: Sequence[Span]) -> dict[tuple[int, int], Span]:
    places: dict[tuple[int, int], Span] = {}
    for span in spans:
        places.setdefault((span.start, span.end), span)
    return places
