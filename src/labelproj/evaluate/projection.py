"""Score a projection method on gold parallel texts: given translations, gold spans both sides."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from labelproj.align import TokenPair
from labelproj.align.record import GivenAligner, read_pharaoh
from labelproj.config import ProjectParams
from labelproj.errors import InputError, MissingInputError
from labelproj.evaluate.calibration import calibration
from labelproj.evaluate.spans import SpanScores, score_spans, snap
from labelproj.formats.parallel import GoldPair, read_gold_pairs
from labelproj.progress import log
from labelproj.project import LabelledPair, Projector, open_projector
from labelproj.project.alignment import AlignmentProposer
from labelproj.project.joint import JointProjector
from labelproj.project.propose import Tuning
from labelproj.provenance import file_digest, signature
from labelproj.records import Projection, Reject, Span
from labelproj.text import words

__all__ = ["bench_projection", "read_gold", "score_projection"]

BATCH = 1024
#: Aligner names that say where links come from: ``record:awesome``, ``pharaoh:FILE``.
RECORD, PHARAOH = "record:", "pharaoh:"

Offsets = Sequence[tuple[int, int]]


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
    path: Path,
    *,
    params: ProjectParams,
    work: Path,
    device: str = "auto",
    mt: str | None = None,
) -> SpanScores:
    """Project the source spans of a gold file onto its translations and score them."""
    gold = read_gold(path)
    projector = _open(gold, params, work=work, device=device, mt=mt)
    found = list(_projected(gold, projector, given_tokens=False))
    return _scores(gold, found)


def bench_projection(
    path: Path,
    *,
    params: ProjectParams,
    work: Path,
    device: str = "auto",
    mt: str | None = None,
) -> dict[str, object]:
    """Return scores (0 to 100), speed, memory and calibration of a method on one gold file.

    ``params.align.name`` may also be ``record:NAME`` (the alignments that the records carry) or
    ``pharaoh:FILE`` (a line a record); tokens are then those of the records. ``peak_mib`` is the
    resident memory of this process when it was done. Raises InputError when the records have no
    such alignments or no tokens.
    """
    gold = read_gold(path)
    name = params.align.name
    given = params.method == "alignment" and name.startswith((RECORD, PHARAOH))
    started = time.monotonic()
    if given:
        # Links without probabilities: a word with none does not say that its mass is elsewhere.
        projector: Projector = JointProjector(
            AlignmentProposer(_given(gold, name, path), tuning=Tuning(missing=0.0))
        )
    else:
        projector = _open(gold, params, work=work, device=device, mt=mt)
    found = list(_projected(gold, projector, given_tokens=given))
    seconds = time.monotonic() - started
    scores = _scores(gold, found)
    spans = sum(len(projections) for projections in found)
    placed = sum(p.start is not None for projections in found for p in projections)
    return {
        "name": path.name.removesuffix(".gz").removesuffix(".jsonl"),
        "set": path.parent.name,
        "pair": f"{gold[0].src_lang}-{gold[0].tgt_lang}",
        "method": f"{params.method}:{name}" if params.method == "alignment" else params.method,
        "exact_f1": round(100 * scores.exact.f1, 2),
        "precision": round(100 * scores.exact.precision, 2),
        "recall": round(100 * scores.exact.recall, 2),
        "overlap_f1": round(100 * scores.overlap.f1, 2),
        "projected": round(100 * placed / spans, 2) if spans else 0.0,
        "texts": len(gold),
        "spans": spans,
        "seconds": round(seconds, 2),
        "spans_per_second": round(spans / seconds, 1),
        "peak_mib": round(psutil.Process().memory_info().rss / 2**20, 1),
        "calibration": calibration(_judged(gold, found)),
        "signature": signature("bench", {**projector.params(), "gold": file_digest(path)}),
    }


def _open(
    gold: Sequence[GoldPair], params: ProjectParams, *, work: Path, device: str, mt: str | None
) -> Projector:
    languages = {"src_lang": gold[0].src_lang, "tgt_lang": gold[0].tgt_lang}
    projector = open_projector(params, work=work, device=device, mt=mt, **languages)
    projector.fit(lambda: ((pair.src_text, pair.tgt_text) for pair in gold))
    return projector


def _projected(
    gold: Sequence[GoldPair], projector: Projector, *, given_tokens: bool
) -> Iterator[tuple[Projection, ...]]:
    for first in range(0, len(gold), BATCH):
        yield from projector.project(
            [
                LabelledPair(
                    pair.src_text,
                    pair.src_spans,
                    pair.tgt_text,
                    _offsets(pair) if given_tokens else None,
                )
                for pair in gold[first : first + BATCH]
            ]
        )


def _offsets(pair: GoldPair) -> tuple[Offsets, Offsets]:
    return pair.src_tokens or words(pair.src_text), pair.tgt_tokens or words(pair.tgt_text)


def _given(gold: Sequence[GoldPair], name: str, path: Path) -> GivenAligner:
    pairs = []
    for pair in gold:
        src, tgt = _offsets(pair)
        pairs.append(
            TokenPair(
                tuple(pair.src_text[start:end] for start, end in src),
                tuple(pair.tgt_text[start:end] for start, end in tgt),
            )
        )
    if name.startswith(PHARAOH):
        return GivenAligner(name, read_pharaoh(Path(name.removeprefix(PHARAOH)), pairs))
    key = name.removeprefix(RECORD)
    known = {aligner for pair in gold for aligner in pair.alignments}
    if key not in known:
        raise InputError(
            f"the records have no alignments named {key!r}",
            where=str(path),
            remedy=f"there are {', '.join(sorted(known)) or 'none'}",
        )
    links = {
        tokens: pair.alignments[key]
        for tokens, pair in zip(pairs, gold, strict=True)
        if key in pair.alignments
    }
    return GivenAligner(name, links)


def _scores(gold: Sequence[GoldPair], found: Sequence[Sequence[Projection]]) -> SpanScores:
    predicted: dict[str, list[Span]] = {}
    for pair, projections in zip(gold, found, strict=True):
        spans = [p.span() for p in projections if p.start is not None]
        predicted[pair.id] = [_snapped(span, pair) for span in spans]
    return score_spans(
        predicted, {pair.id: [_snapped(span, pair) for span in pair.tgt_spans] for pair in gold}
    )


def _judged(
    gold: Sequence[GoldPair], found: Sequence[Sequence[Projection]]
) -> Iterator[tuple[float, bool]]:
    """Yield the score of every placed span and whether its place and label are right."""
    for pair, projections in zip(gold, found, strict=True):
        right = {(s.start, s.end, s.label) for s in (_snapped(g, pair) for g in pair.tgt_spans)}
        for projection in projections:
            if projection.start is not None:
                span = _snapped(projection.span(), pair)
                yield projection.score, (span.start, span.end, span.label) in right


def _snapped(span: Span, pair: GoldPair) -> Span:
    return snap(span, pair.tgt_tokens, pair.tgt_text) if pair.tgt_tokens else span
