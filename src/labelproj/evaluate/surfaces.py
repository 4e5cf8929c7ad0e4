"""Scores of spans by their text, for translations that differ from the gold translation.

Offsets cannot be compared there. A gold span is found where a projected span of the same text
unit has its label and its surface: the same but for case and edge punctuation (exact), or
nearly the same (fuzzy).
"""

from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist
from scipy.optimize import linear_sum_assignment

from labelproj.punctuation import strip_punctuation
from labelproj.records import Span

__all__ = ["surface_scores"]

#: Surfaces at least so alike (Levenshtein, 0 to 1) are nearly the same.
NEARLY = 0.7

Labelled = tuple[str, Sequence[Span]]


def surface_scores(pairs: Iterable[tuple[Labelled, Labelled]]) -> dict[str, float]:
    """Return ``exact_f1``, ``fuzzy_f1`` (0 to 100) and ``projected``, the share of spans placed.

    ``pairs`` are (gold text and spans, other text and the spans projected to it). Spans are
    matched one to one.
    """
    gold = found = exact = nearly = 0
    for (gold_text, gold_spans), (text, spans) in pairs:
        gold, found = gold + len(gold_spans), found + len(spans)
        alike = _alike(gold_text, gold_spans, text, spans)
        exact += _matched(alike >= 1.0)
        nearly += _matched(alike >= NEARLY)
    both = gold + found
    return {
        "exact_f1": round(200 * exact / both, 2) if both else 0.0,
        "fuzzy_f1": round(200 * nearly / both, 2) if both else 0.0,
        "projected": round(100 * found / gold, 2) if gold else 0.0,
    }


def _alike(
    gold_text: str, gold_spans: Sequence[Span], text: str, spans: Sequence[Span]
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Return likeness, 0 to 1, of shape (gold spans, spans); 0 for another label."""
    if not gold_spans or not spans:
        return np.zeros((len(gold_spans), len(spans)))
    ours = [_bare(gold_text, span) for span in gold_spans]
    theirs = [_bare(text, span) for span in spans]
    alike = cdist(ours, theirs, scorer=Levenshtein.normalized_similarity, dtype=np.float64)
    same = [[a.label == b.label for b in spans] for a in gold_spans]
    return np.where(np.array(same), alike, 0.0)


def _bare(text: str, span: Span) -> str:
    start, end = strip_punctuation(text, span.start, span.end)
    return text[start:end].casefold()


def _matched(good: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> int:
    if not good.size:
        return 0
    rows, columns = linear_sum_assignment(~good)
    return int(good[rows, columns].sum())
