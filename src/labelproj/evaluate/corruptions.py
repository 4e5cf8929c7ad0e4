"""Gold pairs and corrupted copies of them, as a job for the filters: what should be caught?

Half of the pairs are left as they are, with the gold spans as projections; the others go wrong in
one of five ways. The texts of four of them are wrong as a whole, and their spans are projected
onto the wrong text, as a run of the pipeline would do:

``shuffled``   the translation is that of another pair
``truncated``  only the first 30 to 60 % of the words are left
``language``   the text is in another language
``copied``     the source, untranslated
``shifted``    the text is right, but every span stands one to three words off
"""

import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelproj import tables
from labelproj.config import AlignParams, ProjectParams
from labelproj.formats.parallel import GoldPair
from labelproj.project import LabelledPair, open_projector
from labelproj.records import Projection, Span, Unit
from labelproj.text import words

__all__ = ["GROSS", "KINDS", "Corrupted", "corrupted_job"]

GROSS = ("shuffled", "truncated", "language", "copied")
KINDS = (*GROSS, "shifted")
#: Spans of one label that are matched by trying all orders.
_MOST = 6
_STEPS = (-3, -2, -1, 1, 2, 3)

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Corrupted:
    """What was done: the kind of each unit, and of each of its projections.

    ``units[id]`` is ``good`` or one of ``KINDS``; ``spans[id]`` has ``good``, ``shifted`` or
    None (the text is wrong, or no gold span goes with it) for each projection.
    """

    units: Mapping[str, str]
    spans: Mapping[str, Sequence[str | None]]


def corrupted_job(
    gold: Sequence[GoldPair],
    *,
    fold: int,
    seed: int,
    out: Path,
    align: AlignParams,
    work: Path,
    foreign: Mapping[str, str] | None = None,
) -> Corrupted:
    """Write a job (``tables.PROJECTED``) of which every second pair is corrupted, to ``out``.

    ``fold`` 0 or 1 says which half is; over both folds each pair is once good and once not.
    ``foreign`` has texts in another language by the id of the pair; for any other pair the text
    is the source of another one. ``work`` is for the aligner. The same seed does the same.
    """
    rng = random.Random(f"{seed}-{fold}")
    kinds = _kinds(gold, fold, rng)
    shuffled = [n for n, kind in kinds.items() if kind == "shuffled"]
    partner = dict(zip(shuffled, shuffled[1:] + shuffled[:1], strict=True))
    texts = []
    for n, pair in enumerate(gold):
        kind = kinds.get(n)
        if kind == "shuffled":
            texts.append(gold[partner[n]].tgt_text)
        elif kind == "truncated":
            offsets = pair.tgt_tokens or words(pair.tgt_text)
            kept = max(1, int(len(offsets) * rng.uniform(0.3, 0.6)))
            texts.append(pair.tgt_text[: offsets[kept - 1][1]] if offsets else pair.tgt_text)
        elif kind == "language":
            other = (foreign or {}).get(pair.id)
            texts.append(other or gold[rng.randrange(len(gold))].src_text)
        else:
            texts.append(pair.src_text if kind == "copied" else pair.tgt_text)
    projector = open_projector(
        ProjectParams(align=align), work=work, src_lang=gold[0].src_lang, tgt_lang=gold[0].tgt_lang
    )
    pairs = [
        LabelledPair(pair.src_text, pair.src_spans, text)
        for pair, text in zip(gold, texts, strict=True)
    ]
    projector.fit(lambda: pairs)
    found = projector.project(pairs)
    units: dict[str, str] = {}
    spans: dict[str, list[str | None]] = {}
    rows = []
    for n, (pair, text, projections) in enumerate(zip(gold, texts, found, strict=True)):
        kind = kinds.get(n, "good")
        marks: list[str | None] = [None] * len(projections)
        placed = list(projections)
        if kind in ("good", "shifted"):
            truth = _true_places(pair, projections)
            moved = False
            for k, (span, projection) in enumerate(zip(pair.src_spans, projections, strict=True)):
                place = truth.get(span.id)
                if place is None:
                    continue
                other_place = _shifted(pair, place, rng) if kind == "shifted" else None
                marks[k] = "shifted" if other_place else "good"
                moved = moved or other_place is not None
                placed[k] = _at(projection, other_place or place)
            kind = kind if moved else "good"
        units[pair.id], spans[pair.id] = kind, marks
        rows.append(_row(pair, n, text, placed))
    tables.write(tables.frame(rows, tables.PROJECTED), out, tables.PROJECTED)
    return Corrupted(units, spans)


def _kinds(gold: Sequence[GoldPair], fold: int, rng: random.Random) -> dict[int, str]:
    """Give every second pair a kind; spans can only be shifted where there are some."""
    chosen = [n for n in range(len(gold)) if n % 2 == fold]
    rng.shuffle(chosen)
    chosen.sort(key=lambda n: not gold[n].tgt_spans)
    fifth = len(chosen) // len(KINDS)
    kinds = dict.fromkeys(chosen[:fifth], "shifted")
    others = chosen[fifth:]
    rng.shuffle(others)
    return kinds | {n: GROSS[k % len(GROSS)] for k, n in enumerate(others)}


def _true_places(pair: GoldPair, projections: Sequence[Projection]) -> dict[str, Place]:
    """Return the gold place of each source span, by label and nearness to the projection."""
    found = {p.span_id: (p.start, p.end) for p in projections if p.start is not None}
    places: dict[str, Place] = {}
    for label in dict.fromkeys(span.label for span in pair.src_spans):
        mine = [span for span in pair.src_spans if span.label == label]
        theirs = [span for span in pair.tgt_spans if span.label == label]
        if len(mine) != len(theirs) or len(mine) > _MOST:
            continue

        def common(order: Sequence[Span], mine: Sequence[Span] = mine) -> int:
            shared = 0
            for span, gold in zip(mine, order, strict=True):
                start, end = found.get(span.id, (None, None))
                if start is not None and end is not None:
                    shared += max(0, min(end, gold.end) - max(start, gold.start))
            return shared

        best = max(itertools.permutations(theirs), key=common)
        places |= {span.id: (gold.start, gold.end) for span, gold in zip(mine, best, strict=True)}
    return places


def _shifted(pair: GoldPair, place: Place, rng: random.Random) -> Place | None:
    """Return the place one to three words further left or right, where there is room."""
    offsets = pair.tgt_tokens or words(pair.tgt_text)
    own = [n for n, (start, end) in enumerate(offsets) if start < place[1] and place[0] < end]
    steps = [s for s in _STEPS if own and own[0] + s >= 0 and own[-1] + s < len(offsets)]
    if not steps:
        return None
    step = rng.choice(steps)
    return offsets[own[0] + step][0], offsets[own[-1] + step][1]


def _at(projection: Projection, place: Place) -> Projection:
    return Projection(
        projection.span_id,
        projection.label,
        *place,
        projection.score,
        projection.method,
        None,
        projection.group,
    )


def _row(
    pair: GoldPair, number: int, text: str, projections: Sequence[Projection]
) -> dict[str, object]:
    unit = Unit(
        pair.id, pair.id, "text", "text", number, 0, len(pair.src_text), "",
        pair.src_text, pair.src_spans,
    )  # fmt: skip
    return tables.unit_row(unit, given=text, signature="gold") | {
        "tgt_text": text,
        "mt_score": None,
        "mt_status": "given",
        "mt_flags": [],
        "projections": [tables.projection_row(one) for one in projections],
    }
