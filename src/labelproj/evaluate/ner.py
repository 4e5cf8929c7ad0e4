"""Score span predictions over texts: exact set-based F1 with intervals, strict seqeval, overlap."""

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

import numpy as np

from labelproj.config import EvaluateParams
from labelproj.errors import DependencyError
from labelproj.evaluate.bootstrap import (
    Ints,
    f1_interval,
    f1_of,
    mean_f1,
    precision_recall,
    span_counts,
)
from labelproj.evaluate.error_types import error_types
from labelproj.evaluate.spans import score_spans
from labelproj.records import Span
from labelproj.tags import iob2_from_spans
from labelproj.text import words

__all__ = [
    "LENGTHS",
    "TEXT_LENGTHS",
    "count_scores",
    "lengths_of",
    "mapped_gold",
    "mapped_predictions",
    "percent",
    "score_runs",
    "score_system",
    "seqeval_f1",
    "texts_by_length",
]

LabelMap = Mapping[str, str | None]
Scores = dict[str, object]
#: Lengths of spans in words.
LENGTHS = ("1", "2", "3", "4+")
#: Lengths of texts in words, each name with the most words it stands for.
TEXT_LENGTHS = {"1-10": 10, "11-20": 20, "21-30": 30, "31-40": 40, "41+": sys.maxsize}


def percent(share: float) -> float:
    """Return a share (0-1) as a number of 0-100 with two decimals."""
    return round(100.0 * float(share), 2)


def _renamed(span: Span, label: str) -> Span:
    return Span(span.id, span.start, span.end, label, span.group)


def mapped_gold(spans: Sequence[Span], label_map: LabelMap) -> tuple[Span, ...]:
    """Rename labels as ``label_map`` says; spans whose label maps to null are left out."""
    named = ((span, label_map.get(span.label, span.label)) for span in spans)
    return tuple(_renamed(span, label) for span, label in named if label)


def mapped_predictions(spans: Sequence[Span], label_map: LabelMap) -> tuple[Span, ...]:
    """Bring predictions to the labels of the mapped gold data.

    A model may have been trained with the names of either side. A label that some gold label is
    mapped to stays; another one is mapped, or dropped, as gold is: what the gold data no longer
    mark is not counted against a model.
    """
    kept = {label for label in label_map.values() if label}
    return mapped_gold(spans, {k: v for k, v in label_map.items() if k not in kept})


def seqeval_f1(
    texts: Sequence[str], gold: Sequence[Sequence[Span]], predicted: Sequence[Sequence[Span]]
) -> float:
    """Return the micro F1 (0-1) of seqeval in strict mode over the words of the texts.

    Spans become IOB2 tags over :func:`labelproj.text.words`; of overlapping spans the longest
    is kept (https://github.com/chakki-works/seqeval). Raises DependencyError.
    """
    try:
        from seqeval.metrics import f1_score
        from seqeval.scheme import IOB2
    except ImportError as error:
        raise DependencyError(
            "scoring needs seqeval", remedy="pip install 'labelproj[eval]'"
        ) from error
    tokens = [words(text) for text in texts]
    tags = [
        [iob2_from_spans(spans, t)[0] for spans, t in zip(side, tokens, strict=True)]
        for side in (gold, predicted)
    ]
    # seqeval cannot score data without any span on either side.
    if not any(tag != "O" for side in tags for sequence in side for tag in sequence):
        return 0.0
    return float(f1_score(*tags, mode="strict", scheme=IOB2, zero_division=0))


def count_scores(counts: Ints, *, params: EvaluateParams) -> dict[str, object]:
    """Return F1, precision and recall (0-100) of ``counts`` (runs, documents, 3).

    The three are right, wrong and missed things; ``f1_low`` and ``f1_high`` are the bootstrap
    interval over documents and runs, ``f1_sd`` the standard deviation over several runs,
    ``spans`` and ``predicted`` how many things there are and were given in a run.
    """
    low, high = f1_interval(
        counts, resamples=params.bootstrap, confidence=params.confidence, seed=params.seed
    )
    each = [precision_recall(run) for run in counts]
    scores = f1_of(counts.sum(axis=1))
    right, wrong, missed = counts.sum(axis=(0, 1)).tolist()
    return {
        "f1": percent(mean_f1(counts)),
        "precision": percent(fmean(precision for precision, _ in each)),
        "recall": percent(fmean(recall for _, recall in each)),
        "f1_low": percent(low),
        "f1_high": percent(high),
        **({"f1_sd": percent(stdev(scores.tolist()))} if len(counts) > 1 else {}),
        "spans": (right + missed) // len(counts),
        "predicted": _mean([right + wrong], len(counts)),
    }


def score_system(
    texts: Sequence[str],
    gold: Sequence[Sequence[Span]],
    predicted: Sequence[Sequence[Span]],
    *,
    params: EvaluateParams,
) -> dict[str, object]:
    """Return all scores of one system, 0-100; see :func:`score_runs`."""
    return score_runs(texts, gold, [predicted], params=params)


def score_runs(
    texts: Sequence[str],
    gold: Sequence[Sequence[Span]],
    runs: Sequence[Sequence[Sequence[Span]]],
    *,
    params: EvaluateParams,
) -> dict[str, object]:
    """Return all scores of one system, 0-100: the values of a system in ``metrics.json``.

    ``runs`` are its predictions, for each seed it was trained with; scores and numbers of spans
    are means over them. ``f1``, ``precision``, ``recall`` count exact matches of start, end and
    label; ``f1_low`` and ``f1_high`` are the bootstrap interval over documents and runs;
    ``f1_sd`` is the standard deviation of the runs' F1, where there are several. ``per_label``
    has the same for each label of gold or predicted spans, with the number of gold ``spans`` and
    of ``predicted`` ones, ``per_length`` for each length of a span in words (1, 2, 3, 4 and
    more), ``per_text_length`` for the texts of each length in words that have spans
    (:data:`TEXT_LENGTHS`), with the number of ``documents``. ``error_types`` has the number of
    spans of each class under each scheme of
    :func:`labelproj.evaluate.error_types.error_types`.
    """

    def exact(truth: Sequence[Sequence[Span]], found: Sequence[Sequence[Sequence[Span]]]) -> Scores:
        return count_scores(np.stack([span_counts(run, truth) for run in found]), params=params)

    labels = sorted({s.label for side in (gold, *runs) for spans in side for s in spans})
    true_lengths = lengths_of(texts, gold)
    run_lengths = [lengths_of(texts, run) for run in runs]
    overlaps = [
        score_spans(
            {str(i): spans for i, spans in enumerate(run)},
            {str(i): spans for i, spans in enumerate(gold)},
        ).overlap.f1
        for run in runs
    ]
    errors = [error_types(gold, run) for run in runs]
    by_text = {
        name: exact(_rows(gold, rows), [_rows(run, rows) for run in runs])
        | {"documents": len(rows)}
        for name, rows in texts_by_length(texts).items()
        if any(side[row] for side in (gold, *runs) for row in rows)
    }
    return exact(gold, runs) | {
        "seqeval_f1": percent(fmean(seqeval_f1(texts, gold, run) for run in runs)),
        "overlap_f1": percent(fmean(overlaps)),
        "documents": len(texts),
        "per_label": {
            label: exact(_only(gold, label), [_only(run, label) for run in runs])
            for label in labels
        },
        "per_length": {
            length: exact(
                true_lengths.get(length, none), [run.get(length, none) for run in run_lengths]
            )
            for none in [[()] * len(texts)]
            for length in LENGTHS
            if any(length in one for one in (true_lengths, *run_lengths))
        },
        "per_text_length": by_text,
        "error_types": {
            scheme: {name: _mean([one[scheme][name] for one in errors], len(runs)) for name in own}
            for scheme, own in errors[0].items()
        },
    }


def lengths_of(
    texts: Sequence[str], side: Sequence[Sequence[Span]]
) -> dict[str, list[tuple[Span, ...]]]:
    """Return the spans of each text by their length, a name of :data:`LENGTHS`.

    A span is as long as the number of words of its text that it touches, at least 1.
    """
    found: dict[str, list[tuple[Span, ...]]] = {}
    for row, (text, spans) in enumerate(zip(texts, side, strict=True)):
        tokens = words(text) if spans else []
        starts, ends = [start for start, _ in tokens], [end for _, end in tokens]
        for span in spans:
            number = bisect_left(starts, span.end) - bisect_right(ends, span.start)
            name = LENGTHS[min(max(number, 1), len(LENGTHS)) - 1]
            rows = found.setdefault(name, [()] * len(texts))
            rows[row] = (*rows[row], span)
    return found


def texts_by_length(texts: Sequence[str]) -> dict[str, list[int]]:
    """Return the numbers of the texts of each length, a name of :data:`TEXT_LENGTHS`, in order."""
    names, limits = list(TEXT_LENGTHS), list(TEXT_LENGTHS.values())
    found: dict[str, list[int]] = {name: [] for name in names}
    for row, text in enumerate(texts):
        found[names[bisect_left(limits, len(words(text)))]].append(row)
    return {name: rows for name, rows in found.items() if rows}


def _rows(side: Sequence[Sequence[Span]], rows: Sequence[int]) -> list[Sequence[Span]]:
    return [side[row] for row in rows]


def _only(side: Sequence[Sequence[Span]], label: str) -> list[tuple[Span, ...]]:
    return [tuple(span for span in spans if span.label == label) for spans in side]


def _mean(values: Sequence[int], runs: int) -> float:
    """Return the mean of whole numbers, as a whole number where it is one."""
    total = sum(values)
    return total // runs if total % runs == 0 else round(total / runs, 2)
