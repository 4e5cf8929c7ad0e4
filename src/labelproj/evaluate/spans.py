"""Span F1: exact and by overlap, with labels, over sets of (document, start, end, label).

Exact: a predicted span is right when a gold span has the same place and label. Overlap: when it
shares at least one character with a gold span of its label; each span is matched at most once,
those that share most first. Where the gold data are tokenised, both sides are first snapped to
the tokens, which makes scores comparable with token-level ones (García-Ferrero et al., "Model
and Data Transfer for Cross-Lingual Sequence Labelling in Zero-Resource Settings", 2022).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from labelproj.errors import FormatError, RecordError
from labelproj.formats import check_inputs, format_of, read_documents, split_spec
from labelproj.formats.base import joined_text
from labelproj.formats.json_values import json_records
from labelproj.formats.parallel import GoldPair, read_gold_pairs
from labelproj.progress import log
from labelproj.punctuation import is_punctuation
from labelproj.records import Document, Reject, Span

__all__ = [
    "Score",
    "SpanCounts",
    "SpanScores",
    "count_spans",
    "is_parallel",
    "score_files",
    "score_spans",
    "snap",
]

Offsets = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class SpanCounts:
    """How many spans were predicted, are gold, and are right; counts add up."""

    predicted: int = 0
    gold: int = 0
    exact: int = 0
    overlap: int = 0

    def __add__(self, other: "SpanCounts") -> "SpanCounts":
        return SpanCounts(
            self.predicted + other.predicted,
            self.gold + other.gold,
            self.exact + other.exact,
            self.overlap + other.overlap,
        )


@dataclass(frozen=True, slots=True)
class Score:
    """Precision, recall and F1, each between 0 and 1 (0 where there is nothing to divide by)."""

    precision: float
    recall: float
    f1: float

    @classmethod
    def of(cls, right: int, predicted: int, gold: int) -> "Score":
        """Return the score of ``right`` among the ``predicted`` and the ``gold`` spans."""
        precision = right / predicted if predicted else 0.0
        recall = right / gold if gold else 0.0
        return cls(precision, recall, 2 * right / (predicted + gold) if right else 0.0)

    def as_dict(self) -> dict[str, float]:
        """Return the three numbers from 0 to 100, rounded to 2 places."""
        return {
            "precision": round(100 * self.precision, 2),
            "recall": round(100 * self.recall, 2),
            "f1": round(100 * self.f1, 2),
        }


@dataclass(frozen=True, slots=True)
class SpanScores:
    """Scores over all labels (micro), and the counts they come from, for each label too."""

    counts: SpanCounts
    per_label: Mapping[str, SpanCounts] = field(default_factory=dict)

    @property
    def exact(self) -> Score:
        """The micro score with place and label exact."""
        return Score.of(self.counts.exact, self.counts.predicted, self.counts.gold)

    @property
    def overlap(self) -> Score:
        """The micro score with label exact and at least one character shared."""
        return Score.of(self.counts.overlap, self.counts.predicted, self.counts.gold)

    @property
    def support(self) -> int:
        """The number of gold spans."""
        return self.counts.gold

    def as_dict(self) -> dict[str, object]:
        """Return scores from 0 to 100, rounded to 2 places, and counts, as JSON values."""
        per_label = {
            label: SpanScores(counts)._scores() for label, counts in sorted(self.per_label.items())
        }
        return self._scores() | {"per_label": per_label}

    def _scores(self) -> dict[str, object]:
        return {
            "exact": self.exact.as_dict(),
            "overlap": self.overlap.as_dict(),
            "support": self.counts.gold,
            "predicted": self.counts.predicted,
        }


def snap(span: Span, tokens: Offsets, text: str) -> Span:
    """Return ``span`` widened or narrowed to the ``tokens`` of ``text`` that belong to it.

    A token belongs to a span when they share a character that is neither punctuation nor white
    space; when no token does, those that share any character. A span that touches no token is
    returned as it is. ``tokens`` are (start, end) in the order of the text.
    """
    first = bisect_right(tokens, span.start, key=lambda token: token[1])
    after = bisect_left(tokens, span.end, key=lambda token: token[0])
    touched = tokens[first:after]
    belonging = [
        (start, end)
        for start, end in touched
        if _has_substance(text[max(start, span.start) : min(end, span.end)])
    ]
    own = belonging or touched
    return replace(span, start=own[0][0], end=own[-1][1]) if own else span


def _has_substance(text: str) -> bool:
    return any(not is_punctuation(character) and not character.isspace() for character in text)


def count_spans(predicted: Iterable[Span], gold: Iterable[Span]) -> dict[str, SpanCounts]:
    """Return the counts of one document for each label, as sets of places."""
    labels: dict[str, tuple[set[tuple[int, int]], set[tuple[int, int]]]] = {}
    for side, spans in enumerate((predicted, gold)):
        for span in spans:
            labels.setdefault(span.label, (set(), set()))[side].add((span.start, span.end))
    return {
        label: SpanCounts(len(found), len(true), len(found & true), _overlaps(found, true))
        for label, (found, true) in labels.items()
    }


def _overlaps(found: set[tuple[int, int]], true: set[tuple[int, int]]) -> int:
    """Return how many pairs of overlapping places can be made, the largest overlaps first.

    Equal places go before others that share as much, so that this is never below exact.
    """
    pairs = []
    for one in found:
        for other in true:
            shared = min(one[1], other[1]) - max(one[0], other[0])
            if shared > 0:
                pairs.append((-shared, one != other, one, other))
    used_found: set[tuple[int, int]] = set()
    used_true: set[tuple[int, int]] = set()
    for _, _, one, other in sorted(pairs):
        if one not in used_found and other not in used_true:
            used_found.add(one)
            used_true.add(other)
    return len(used_found)


def score_spans(
    pred: Mapping[str, Sequence[Span]], gold: Mapping[str, Sequence[Span]]
) -> SpanScores:
    """Score predicted against gold spans; both map a document's id to its spans.

    A document that only one of them has counts as one without spans in the other.
    """
    per_label: dict[str, SpanCounts] = {}
    for name in gold.keys() | pred.keys():
        for label, counts in count_spans(pred.get(name, ()), gold.get(name, ())).items():
            per_label[label] = per_label.get(label, SpanCounts()) + counts
    return SpanScores(sum(per_label.values(), SpanCounts()), per_label)


@dataclass(frozen=True, slots=True)
class _Read:
    """One document to score: its text, spans, and tokens where they are known."""

    text: str
    spans: Sequence[Span]
    tokens: Offsets | None = None


def score_files(
    pred: Path, gold: Path, *, label_map: Mapping[str, str | None] | None = None
) -> SpanScores:
    """Score the spans of one file against those of another.

    Each is in any readable format, or in the line format of parallel gold data, of which the
    target side is read. Documents are matched by id, or by their place when the two files share
    no id and have as many documents. Where gold has ``tgt_tokens``, both sides are snapped to
    them. A gold document without a prediction counts as one in which nothing was predicted; a
    prediction for a document that gold does not have is left out with a warning. ``label_map``
    renames labels on both sides (null drops them; labels not in it stay).

    Raises what reading raises, RecordError for a bad record, and FormatError when the files have
    no document in common or their texts differ.
    """
    found, true = _read_all(pred, label_map or {}), _read_all(gold, label_map or {})
    if not found.keys() & true.keys():
        if len(found) != len(true):
            raise FormatError(
                f"no id in common with {gold}, and {len(found)} documents, not {len(true)}",
                where=str(pred),
                remedy="give both files the same document ids",
            )
        found = dict(zip(true, found.values(), strict=True))
    extra = found.keys() - true.keys()
    if extra:
        log.warning("%s: left out %d documents that are not in %s", pred, len(extra), gold)
    pred_spans: dict[str, Sequence[Span]] = {}
    gold_spans: dict[str, Sequence[Span]] = {}
    for name, document in true.items():
        predicted = found.get(name, _Read(document.text, ()))
        if predicted.text != document.text:
            raise FormatError(
                f"its text is not that of {gold}: {predicted.text[:60]!r}, {document.text[:60]!r}",
                where=f"{pred}: {name}",
                remedy="offsets can only be compared over the same text",
            )
        pred_spans[name] = _snapped(predicted.spans, document)
        gold_spans[name] = _snapped(document.spans, document)
    return score_spans(pred_spans, gold_spans)


def _snapped(spans: Sequence[Span], document: _Read) -> Sequence[Span]:
    if document.tokens is None:
        return spans
    return [snap(span, document.tokens, document.text) for span in spans]


def _read_all(path: Path, label_map: Mapping[str, str | None]) -> dict[str, _Read]:
    check_inputs([str(path)])
    records: Iterator[GoldPair | Document | Reject]
    records = read_gold_pairs(path) if is_parallel(path) else read_documents(str(path), lang="xx")
    found: dict[str, _Read] = {}
    for record in records:
        if isinstance(record, Reject):
            raise RecordError(
                record.reason,
                where=f"{record.source}:{record.line}" if record.line else record.source,
                remedy="mend this record; a score is over all of a file",
            )
        if record.id in found:
            raise RecordError(
                f"duplicate id {record.id!r}", where=str(path), remedy="make its ids unique"
            )
        if isinstance(record, GoldPair):
            text, spans, tokens = record.tgt_text, record.tgt_spans, record.tgt_tokens
        else:
            joined = joined_text(record)
            text, spans, tokens = joined[0], tuple(joined[1]), None
        mapped = [(span, label_map.get(span.label, span.label)) for span in spans]
        kept = [replace(span, label=label) for span, label in mapped if label is not None]
        found[record.id] = _Read(text, kept, tokens)
    return found


def is_parallel(path: Path) -> bool:
    """Say whether a file's first record has a target side with spans."""
    if format_of(str(path)) != "jsonl":
        return False
    for _, _, record in json_records(Path(split_spec(str(path))[1])):
        if not isinstance(record, Reject):
            return "tgt_text" in record and "tgt_spans" in record
    return False
