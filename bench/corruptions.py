"""How many corrupted copies of gold pairs do the filters catch, when 95 % of the good are kept?

    python bench/corruptions.py --gold FILE [--foreign FILE] [--first N | --skip N]

FILE holds gold pairs (docs/formats.md). Half of the pairs are left as they are, half are
corrupted, and the other way round (see labelproj.evaluate.corruptions). `--foreign` is a gold
file in another target language that `language` takes its texts from: those with the same ids, or
any. The thresholds of `quality` and `span_quality` keep 95 % of what is good on one half of the
good rows; what is kept of the other half, and what is caught, is printed as a row of Markdown.
The last two columns are caught at a threshold that keeps 95 % of all the good.

`--learn OUT` writes the combiner learnt from all files instead (the one that comes with
labelproj: the first 1,000 of ABSA en-es, xSID en-it and en-tr).
"""

import argparse
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from labelproj.config import AlignParams, FilterParams
from labelproj.evaluate.corruptions import GROSS, corrupted_job
from labelproj.evaluate.projection import read_gold
from labelproj.evaluate.thresholds import Sample, for_kept
from labelproj.filters.combine import GOOD, UNIT_FACTS, Combiner, Logistic, load_combiner
from labelproj.filters.places import PLACE_FACTS
from labelproj.formats.parallel import GoldPair
from labelproj.stages.measure import measure_job

KEEP = 0.95


@dataclass
class Facts:
    """Facts and kinds of the units and spans of one set."""

    units: list[list[float | None]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    places: list[list[float | None]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)


def measured(pairs: list[GoldPair], foreign: dict[str, str], *, seed: int) -> Facts:
    """Return the facts of both folds of a set."""
    found = Facts()
    for fold in (0, 1):
        with tempfile.TemporaryDirectory(prefix="labelproj-bench-") as name:
            folder = Path(name)
            units, align = folder / "units.parquet", AlignParams()
            work = folder / "project"
            done = corrupted_job(
                pairs, fold=fold, seed=seed, out=units, align=align, work=work, foreign=foreign
            )
            rows = measure_job(
                units=units,
                params=FilterParams(),
                src=pairs[0].src_lang,
                tgt=pairs[0].tgt_lang,
                work=folder / "filter",
                align=align,
                align_work=work,
            )
            for table in rows.frames():
                columns = ("id", "facts", "place_facts")
                for unit, facts, places in table.select(columns).iter_rows():
                    found.units.append(facts)
                    found.kinds.append(done.units[unit])
                    for mark, place in zip(done.spans[unit], places, strict=True):
                        if mark and place:
                            found.places.append(place)
                            found.marks.append(mark)
    return found


def caught(values: list[float], kinds: list[str], good: set[str], bad: set[str]) -> list[float]:
    """Return kept and caught at a threshold from half of the good, and caught at one from all."""
    scores, names = np.array(values), np.array(kinds)
    is_good, is_bad = np.isin(names, list(good)), np.isin(names, list(bad))
    order = np.flatnonzero(is_good)
    half = order[::2]

    def threshold(rows: npt.NDArray[np.intp]) -> float:
        sample = Sample([float(v) for v in scores[rows]], [True] * len(rows), lowest=True)
        return for_kept({"one": sample}, keep=KEEP)["one"]

    cut, whole = threshold(half), threshold(order)
    kept = float((scores[order[1::2]] >= cut).mean())
    return [kept, float((scores[is_bad] < cut).mean()), float((scores[is_bad] < whole).mean())]


def row(name: str, facts: Facts, combiner: Combiner) -> str:
    """Return the row of one set."""
    units = [float(v) for v in combiner.unit.good(facts.units)]
    spans = [float(v) for v in combiner.span.good(facts.places)]
    texts = {GOOD, "shifted"}
    gross = caught(units, facts.kinds, texts, set(GROSS))
    each = [caught(units, facts.kinds, texts, {kind})[2] for kind in GROSS]
    shifted = caught(spans, facts.marks, {GOOD}, {"shifted"})
    links = [-float(place[0] or 0) for place in facts.places]
    alone = caught(links, facts.marks, {GOOD}, {"shifted"})
    numbers = [gross[0], *gross[1:2], shifted[0], shifted[1], *each, gross[2], shifted[2], alone[2]]
    counts = f"{len(facts.kinds) // 2} | {facts.marks.count('shifted')}"
    return f"| {name} | {counts} | " + " | ".join(f"{100 * n:.1f}" for n in numbers) + " |"


def main() -> None:
    """Measure and print, or learn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gold", type=Path, required=True, action="append")
    parser.add_argument("--foreign", type=Path)
    parser.add_argument("--first", type=int)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--learn", type=Path)
    options = parser.parse_args()
    foreign = {p.id: p.tgt_text for p in read_gold(options.foreign)} if options.foreign else {}
    sets: list[Facts] = []
    for path in options.gold:
        pairs = read_gold(path)[options.skip : options.first]
        texts = list(foreign.values())
        other = dict(foreign)
        if texts and not other.keys() & {pair.id for pair in pairs}:
            other = {pair.id: texts[n % len(texts)] for n, pair in enumerate(pairs)}
        sets.append(measured(pairs, other, seed=options.seed))
        if not options.learn:
            print(
                row(f"{path.parent.name} {path.name.split('.')[0]}", sets[-1], load_combiner(None))
            )
    if options.learn:
        rows = [(facts, len(facts.kinds), len(facts.places)) for facts in sets]
        weights = [1 / n for facts, n, _ in rows for _ in facts.kinds]
        places = [1 / n for facts, _, n in rows for _ in facts.places]
        kinds = [GOOD if k == "shifted" else k for facts in sets for k in facts.kinds]
        marks = [GOOD if m == GOOD else "wrong" for facts in sets for m in facts.marks]
        combiner = Combiner(
            Logistic.fit(
                UNIT_FACTS,
                [one for facts in sets for one in facts.units],
                kinds,
                [w * len(weights) / sum(weights) for w in weights],
            ),
            Logistic.fit(
                PLACE_FACTS,
                [one for facts in sets for one in facts.places],
                marks,
                [w * len(places) / sum(places) for w in places],
            ),
            f"corrupted copies of {', '.join(path.name for path in options.gold)}",
        )
        options.learn.write_text(json.dumps(combiner.as_dict(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
