"""Texts with spans whose places in the translation are known, to check a model's markers on."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelproj.errors import MissingInputError
from labelproj.evaluate.projection import read_gold
from labelproj.formats.parallel import GoldPair
from labelproj.records import Span
from labelproj.translate.bitext_spans import SpanPair, aligned_spans, choose, places
from labelproj.translate.markers import Pair

__all__ = ["Sample", "bitext_samples", "gold_samples", "samples_of"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, its translation, and spans with their counterparts, of the same ids."""

    src_text: str
    tgt_text: str
    src_spans: tuple[Span, ...]
    tgt_spans: tuple[Span, ...]


def gold_samples(path: Path) -> list[Sample]:
    """Return the pairs of a gold file whose spans are known to correspond.

    By their ids where the translation's spans carry those of the source, else by their labels
    where each label is there once. Raises MissingInputError when there is none.
    """
    samples = [sample for pair in read_gold(path) if (sample := _paired(pair)).src_spans]
    if not samples:
        raise MissingInputError(
            "no span that is known to correspond to one of the translation",
            where=str(path),
            remedy="give the spans of the translation the ids of the source's, or use --bitext",
        )
    return samples


def _paired(pair: GoldPair) -> Sample:
    ids = {span.id: span for span in pair.src_spans}
    partners: dict[str, Span] = {}
    if all(
        ids.get(span.id, span).label == span.label and span.id in ids for span in pair.tgt_spans
    ):
        names = [span.id for span in pair.tgt_spans]
        partners = {span.id: span for span in pair.tgt_spans if names.count(span.id) == 1}
    else:
        for span in pair.src_spans:
            same = [other for other in pair.tgt_spans if other.label == span.label]
            if len(same) == 1 and sum(s.label == span.label for s in pair.src_spans) == 1:
                partners[span.id] = same[0]
    src = tuple(span for span in pair.src_spans if span.id in partners)
    if len({span.id for span in src}) < len(src):
        src = ()  # a span in parts
    tgt = tuple(Span(s.id, partners[s.id].start, partners[s.id].end, s.label) for s in src)
    return Sample(pair.src_text, pair.tgt_text, src, tgt)


def bitext_samples(
    pairs: Sequence[Pair], *, src: str, tgt: str, work: Path, number: int, seed: int = 13
) -> list[Sample]:
    """Return ``number`` pairs of a bitext with one to three spans that align confidently.

    Raises MissingInputError when there is none.
    """
    spans = aligned_spans(pairs, src=src, tgt=tgt, work=work)
    samples = samples_of(spans, number=number, seed=seed)
    if not samples:
        raise MissingInputError(
            "no words of this bitext align confidently",
            remedy="give more bitext of these two languages",
        )
    return samples


def samples_of(spans: dict[Pair, list[SpanPair]], *, number: int, seed: int = 13) -> list[Sample]:
    """Return samples of at most ``number`` of the pairs, each with one to three of its spans."""
    rng = random.Random(seed)
    samples = []
    for pair in rng.sample(sorted(spans), min(number, len(spans))):
        chosen = choose(spans[pair], rng, at_most=3, nested=False)
        sides = [
            tuple(
                Span(f"s{k}", start, end, "SPAN")
                for k, (start, end) in enumerate(places(pair[side], [one[side] for one in chosen]))
            )
            for side in (0, 1)
        ]
        samples.append(Sample(*pair, *sides))
    return samples
