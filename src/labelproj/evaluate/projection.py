"""Score a projection method on gold parallel texts: given translations, gold spans both sides."""

from pathlib import Path

from labelproj.config import ProjectParams
from labelproj.errors import MissingInputError
from labelproj.evaluate.spans import SpanScores, score_spans, snap
from labelproj.formats.parallel import GoldPair, read_gold_pairs
from labelproj.progress import log
from labelproj.project import LabelledPair, open_projector
from labelproj.records import Reject, Span

__all__ = ["read_gold", "score_projection"]

BATCH = 1024


def read_gold(path: Path) -> list[GoldPair]:
    """Read gold pairs; bad lines are reported and left out.

    Raises MissingInputError when none is left.
    """
    pairs = []
    for item in read_gold_pairs(path):
        if isinstance(item, Reject):
            log.warning("%s:%s: %s", item.source, item.line, item.reason)
        else:
            pairs.append(item)
    if not pairs:
        raise MissingInputError("no gold pair in it", where=str(path))
    return pairs


def score_projection(
    path: Path, *, params: ProjectParams, work: Path, device: str = "auto"
) -> SpanScores:
    """Project the source spans of a gold file onto its translations and score them."""
    gold = read_gold(path)
    projector = open_projector(
        params, work=work, src_lang=gold[0].src_lang, tgt_lang=gold[0].tgt_lang, device=device
    )
    projector.fit(lambda: ((pair.src_text, pair.tgt_text) for pair in gold))
    predicted: dict[str, list[Span]] = {}
    for first in range(0, len(gold), BATCH):
        batch = gold[first : first + BATCH]
        found = projector.project(
            [LabelledPair(pair.src_text, pair.src_spans, pair.tgt_text) for pair in batch]
        )
        for pair, projections in zip(batch, found, strict=True):
            spans = [p.span() for p in projections if p.start is not None]
            predicted[pair.id] = [_snapped(span, pair) for span in spans]
    return score_spans(
        predicted, {pair.id: [_snapped(span, pair) for span in pair.tgt_spans] for pair in gold}
    )


def _snapped(span: Span, pair: GoldPair) -> Span:
    return snap(span, pair.tgt_tokens, pair.tgt_text) if pair.tgt_tokens else span
