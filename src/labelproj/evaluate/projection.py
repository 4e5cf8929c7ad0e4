"""Score a projection method on gold parallel texts: given translations, gold spans both sides."""

import re
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path

from labelproj.config import ProjectParams
from labelproj.errors import MissingInputError
from labelproj.evaluate.calibration import calibration
from labelproj.evaluate.given import given_proposers
from labelproj.evaluate.spans import SpanScores, score_spans, snap
from labelproj.formats.parallel import GoldPair, read_gold_pairs
from labelproj.progress import log
from labelproj.project import LabelledPair, Projector, member_names, open_projector
from labelproj.provenance import file_digest, signature
from labelproj.records import Projection, Reject, Span

__all__ = [
    "bench_projection",
    "labelled_pairs",
    "method_name",
    "project_gold",
    "read_gold",
    "score_projection",
    "snapped",
]

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


def labelled_pairs(gold: Iterable[GoldPair]) -> Iterator[LabelledPair]:
    """Yield what a method may see of gold pairs: the labels of their sources."""
    for pair in gold:
        yield LabelledPair(pair.src_text, pair.src_spans, pair.tgt_text)


def project_gold(gold: Sequence[GoldPair], projector: Projector) -> list[tuple[Projection, ...]]:
    """Return the projections of the source spans of each pair onto its translation."""
    found: list[tuple[Projection, ...]] = []
    for first in range(0, len(gold), BATCH):
        part = gold[first : first + BATCH]
        found += projector.project(list(labelled_pairs(part)))
    return found


def score_projection(
    gold: Sequence[GoldPair], found: Sequence[Sequence[Projection]]
) -> dict[str, object]:
    """Return :meth:`SpanScores.as_dict` of projections, and their ``calibration``.

    Calibration: what share of the spans of like score is right.
    """
    return _scores(gold, found).as_dict() | {"calibration": calibration(_judged(gold, found))}


def bench_projection(
    path: Path,
    *,
    params: ProjectParams,
    work: Path,
    device: str = "auto",
    mt: str | None = None,
    part: str = "all",
) -> dict[str, object]:
    """Return scores (0 to 100), speed, memory and calibration of a method on one gold file.

    The aligner's or a member's name may also be ``record:NAME`` (the alignments that the records
    carry) or ``pharaoh:FILE`` (a line a record); their tokens are those of the records. ``part``
    says which records count: ``all``, or the first, third, … (``even``, counted from 0) or the
    others (``odd``); all are learnt from. ``peak_mib`` is the most memory that this process had
    at any time, and its largest child (``ru_maxrss``), in MiB. Raises InputError when the records
    have no such alignments.
    """
    gold = read_gold(path)
    started = time.monotonic()
    projector = _open(gold, params, path=path, work=work, device=device, mt=mt)
    found = project_gold(gold, projector)
    seconds = time.monotonic() - started
    projected = sum(len(projections) for projections in found)
    counted = slice(0, None, 1) if part == "all" else slice(int(part == "odd"), None, 2)
    gold, found = gold[counted], found[counted]
    scores = _scores(gold, found)
    spans = sum(len(projections) for projections in found)
    placed = sum(p.start is not None for projections in found for p in projections)
    return {
        "name": path.name.removesuffix(".gz").removesuffix(".jsonl"),
        "set": path.parent.name,
        "pair": f"{gold[0].src_lang}-{gold[0].tgt_lang}" if gold else "",
        "part": part,
        "method": method_name(params),
        "exact_f1": round(100 * scores.exact.f1, 2),
        "precision": round(100 * scores.exact.precision, 2),
        "recall": round(100 * scores.exact.recall, 2),
        "overlap_f1": round(100 * scores.overlap.f1, 2),
        "projected": round(100 * placed / spans, 2) if spans else 0.0,
        "texts": len(gold),
        "spans": spans,
        "seconds": round(seconds, 2),
        "spans_per_second": round(projected / seconds, 1),
        "peak_mib": _peak_mib(),
        "calibration": calibration(_judged(gold, found)),
        "signature": signature(
            "bench", {**projector.params(), "gold": file_digest(path), "part": part}
        ),
    }


def method_name(params: ProjectParams) -> str:
    """Return the name of a method in results: with its aligner or members, where it has them."""
    names = member_names(params)
    return params.method if names == (params.method,) else f"{params.method}:{'+'.join(names)}"


def _peak_mib() -> float:
    """Return the highest resident memory of this process and of its largest child, in MiB."""
    own, ended = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    unit = 1 if sys.platform == "darwin" else 1024
    return round((own + max(ended, *map(_peak, active_children()), 0)) * unit / 2**20, 1)


def _peak(process: BaseProcess) -> int:
    """Return the highest resident memory of a process that runs, in KiB; 0 where nobody says."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) if found else 0


def _open(
    gold: Sequence[GoldPair],
    params: ProjectParams,
    *,
    path: Path,
    work: Path,
    device: str,
    mt: str | None,
) -> Projector:
    projector = open_projector(
        params,
        work=work,
        src_lang=gold[0].src_lang,
        tgt_lang=gold[0].tgt_lang,
        device=device,
        mt=mt,
        given=given_proposers(gold, member_names(params), path=path),
    )
    projector.fit(lambda: labelled_pairs(gold))
    return projector


def _scores(gold: Sequence[GoldPair], found: Sequence[Sequence[Projection]]) -> SpanScores:
    predicted: dict[str, list[Span]] = {}
    for pair, projections in zip(gold, found, strict=True):
        spans = [p.span() for p in projections if p.start is not None]
        predicted[pair.id] = [snapped(span, pair) for span in spans]
    return score_spans(
        predicted, {pair.id: [snapped(span, pair) for span in pair.tgt_spans] for pair in gold}
    )


def _judged(
    gold: Sequence[GoldPair], found: Sequence[Sequence[Projection]]
) -> Iterator[tuple[float, bool]]:
    """Yield the score of every placed span and whether its place and label are right."""
    for pair, projections in zip(gold, found, strict=True):
        right = {(s.start, s.end, s.label) for s in (snapped(g, pair) for g in pair.tgt_spans)}
        for projection in projections:
            if projection.start is not None:
                span = snapped(projection.span(), pair)
                yield projection.score, (span.start, span.end, span.label) in right


def snapped(span: Span, pair: GoldPair) -> Span:
    """Return where a target span is compared: on the tokens of the pair, where it has some."""
    return snap(span, pair.tgt_tokens, pair.tgt_text) if pair.tgt_tokens else span
