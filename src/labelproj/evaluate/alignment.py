"""Score a word aligner on gold links: alignment error rate, precision, recall, F1.

A line of gold is source, TAB, target, TAB, links in the Pharaoh format; the words are those that
spaces divide. ``i-j`` (0-based) is a sure link and ``ipj`` a possible one. After Och & Ney (2003),
a sure link is possible, too; precision counts against the possible links, recall against the
sure ones.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelproj.align import AlignedPair, Aligner, TokenPair, open_aligner
from labelproj.config import AlignParams
from labelproj.errors import FormatError
from labelproj.formats.lines import numbered_lines, stem_of
from labelproj.progress import log
from labelproj.provenance import signature

__all__ = [
    "AlignmentScores",
    "GoldLinks",
    "bench_alignment",
    "pair_of",
    "read_gold_links",
    "score_links",
]

WordLinks = frozenset[tuple[int, int]]

_LINK = re.compile(r"([0-9]{1,9})([-p])([0-9]{1,9})")
_PAIR = re.compile(r"(?<![a-z])([a-z]{2,3})-([a-z]{2,3})(?![a-z])")
BATCH = 1024


@dataclass(frozen=True, slots=True)
class GoldLinks:
    """The words of a pair and its links; ``possible`` has the sure ones in it."""

    pair: TokenPair
    sure: WordLinks
    possible: WordLinks


@dataclass(frozen=True, slots=True)
class AlignmentScores:
    """Scores over all links of a set, in 0 to 100; ``failed`` pairs have no links."""

    aer: float
    precision: float
    recall: float
    f1: float
    pairs: int
    links: int
    failed: int

    def as_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return {
            name: round(value, 2) if isinstance(value := getattr(self, name), float) else value
            for name in self.__slots__
        }


def read_gold_links(path: Path) -> list[GoldLinks]:
    """Read gold links (gzip too); lines that are none are reported and left out.

    Raises MissingInputError (not there; nothing in it) and FormatError when no line is good.
    """
    gold = []
    problems = []
    for line in numbered_lines(path):
        parsed = line.problem or _parse(line.text)
        if isinstance(parsed, GoldLinks):
            gold.append(parsed)
        elif line.text.strip():
            problems.append(f"line {line.number}: {parsed}")
    if not gold:
        raise FormatError(
            f"no gold links ({problems[0]})",
            where=str(path),
            remedy="each line is source words, TAB, target words, TAB, links such as 0-0 1-2",
        )
    if problems:
        log.warning("%s: %d lines were left out (%s)", path, len(problems), problems[0])
    return gold


def _parse(text: str) -> GoldLinks | str:
    columns = text.split("\t")
    if len(columns) < 3:
        return f"{len(columns)} columns, not 3"
    pair = TokenPair(tuple(columns[0].split()), tuple(columns[1].split()))
    sure, possible = set(), set()
    for name in columns[2].split():
        match = _LINK.fullmatch(name)
        if match is None:
            return f"{name[:40]!r} is no link"
        link = int(match[1]), int(match[3])
        if link[0] >= len(pair.src) or link[1] >= len(pair.tgt):
            return f"the link {name} points at no word"
        possible.add(link)
        if match[2] == "-":
            sure.add(link)
    return GoldLinks(pair, frozenset(sure), frozenset(possible))


def score_links(
    aligned: Sequence[AlignedPair], gold: Sequence[GoldLinks], *, min_probability: float = 0.0
) -> AlignmentScores:
    """Score the links of each pair that are at least so probable."""
    links = sure = possible = hits_sure = hits_possible = 0
    for result, right in zip(aligned, gold, strict=True):
        found = {
            (link.src, link.tgt) for link in result.links if link.probability >= min_probability
        }
        links += len(found)
        sure += len(right.sure)
        possible += len(right.possible)
        hits_sure += len(found & right.sure)
        hits_possible += len(found & right.possible)
    precision = hits_possible / links if links else 0.0
    recall = hits_sure / sure if sure else 0.0
    both = precision + recall
    error = 1 - (hits_sure + hits_possible) / (links + sure) if links + sure else 0.0
    return AlignmentScores(
        aer=100 * error,
        precision=100 * precision,
        recall=100 * recall,
        f1=200 * precision * recall / both if both else 0.0,
        pairs=len(gold),
        links=links,
        failed=sum(result.status != "ok" for result in aligned),
    )


def pair_of(path: Path) -> tuple[str, str] | None:
    """Return the languages in a file's name: ``xlwa.en-es.dev.tsv`` is en, es."""
    match = _PAIR.search(stem_of(path))
    return (match[1], match[2]) if match else None


def bench_alignment(
    path: Path,
    *,
    params: AlignParams,
    work: Path,
    pair: tuple[str, str] | None = None,
    min_probability: float = 0.0,
    device: str = "auto",
) -> dict[str, object]:
    """Fit an aligner on the pairs of a gold file, align them and score the links.

    ``pair`` are the languages; those in the file's name by default. Returns ``name``, ``pair``,
    ``aligner``, the scores, ``seconds`` (fitting and aligning), ``pairs_per_second`` and a
    ``signature`` of aligner and gold. Raises what reading and opening raise.
    """
    gold = read_gold_links(path)
    pairs = [one.pair for one in gold]
    src, tgt = pair or pair_of(path) or ("", "")
    aligner: Aligner = open_aligner(params, work=work, src_lang=src, tgt_lang=tgt, device=device)
    started = time.perf_counter()
    aligner.fit(lambda: pairs)
    aligned: list[AlignedPair] = []
    for first in range(0, len(pairs), BATCH):
        aligned.extend(aligner.align(pairs[first : first + BATCH]))
    seconds = time.perf_counter() - started
    scores = score_links(aligned, gold, min_probability=min_probability)
    return {
        "name": stem_of(path),
        "pair": f"{src}-{tgt}" if src else None,
        "aligner": aligner.name,
        **scores.as_dict(),
        "seconds": round(seconds, 2),
        "pairs_per_second": round(len(pairs) / seconds, 1),
        "signature": signature(
            "bench-alignment",
            {"aligner": aligner.params(), "gold": stem_of(path), "min": min_probability},
        ),
    }
