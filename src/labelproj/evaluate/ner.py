"""Score span predictions over texts: exact set-based F1 with intervals, strict seqeval, overlap."""

from collections.abc import Mapping, Sequence

from labelproj.config import EvaluateParams
from labelproj.errors import DependencyError
from labelproj.evaluate.bootstrap import f1_interval, f1_of, precision_recall, span_counts
from labelproj.evaluate.spans import score_spans
from labelproj.records import Span
from labelproj.tags import iob2_from_spans
from labelproj.text import words

__all__ = ["mapped_gold", "mapped_predictions", "percent", "score_system", "seqeval_f1"]

LabelMap = Mapping[str, str | None]


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


def score_system(
    texts: Sequence[str],
    gold: Sequence[Sequence[Span]],
    predicted: Sequence[Sequence[Span]],
    *,
    params: EvaluateParams,
) -> dict[str, object]:
    """Return all scores of one system, 0-100: the values of a system in ``metrics.json``.

    ``f1``, ``precision``, ``recall`` count exact matches of start, end and label; ``f1_low``
    and ``f1_high`` are the bootstrap interval; ``per_label`` has the same for each label of
    gold or predicted spans, with the number of gold ``spans`` and of ``predicted`` ones.
    """
    options = {
        "resamples": params.bootstrap,
        "confidence": params.confidence,
        "seed": params.seed,
    }

    def exact(label: str | None) -> dict[str, object]:
        counts = span_counts(predicted, gold, label=label)
        precision, recall = precision_recall(counts)
        low, high = f1_interval(counts, **options)  # type: ignore[arg-type]
        right, wrong, missed = (int(n) for n in counts.sum(axis=0))
        return {
            "f1": percent(float(f1_of(counts.sum(axis=0)))),
            "precision": percent(precision),
            "recall": percent(recall),
            "f1_low": percent(low),
            "f1_high": percent(high),
            "spans": right + missed,
            "predicted": right + wrong,
        }

    labels = sorted({span.label for side in (gold, predicted) for spans in side for span in spans})
    overlap = score_spans(
        {str(i): spans for i, spans in enumerate(predicted)},
        {str(i): spans for i, spans in enumerate(gold)},
    )
    return exact(None) | {
        "seqeval_f1": percent(seqeval_f1(texts, gold, predicted)),
        "overlap_f1": percent(overlap.overlap.f1),
        "documents": len(texts),
        "per_label": {label: exact(label) for label in labels},
    }
