"""Does it help the tagger to drop what a signal calls worst? F1 against the share kept.

    python bench/filter_gain.py --data DATA --out DIR [--steps 600] [--like] [--jobs 1]

DATA has `translations/conll-en-hau.train.jsonl.gz` (translations given) and
`ner/masakhaner2.hau.dev.conll.gz`. The units are projected and measured once; then, for each
signal and share, the best units by that signal are kept, or as many by chance, and the spaCy tagger
is trained on them and scored on the gold data, for each seed, `--jobs` of them side by side. Prints
a Markdown table; a run that was stopped goes on.
"""

import argparse
import json
import os
import random
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import polars as pl
import yaml

from labelproj import tables
from labelproj.config import BuildParams, EvaluateParams, TrainParams
from labelproj.filters import FILTERS
from labelproj.filters.base import Limited
from labelproj.pipeline import run_stage
from labelproj.shards import read_json
from labelproj.stages.build import run_build
from labelproj.stages.evaluate import run_evaluate
from labelproj.stages.train import run_train

#: The combiners (all signals together), and signals alone that need no model.
SIGNALS = (
    *("quality", "span_quality", "alignment", "linked", "length_ratio", "names"),
    *("missing_spans", "projection_score", "projection_margin", "span_alignment"),
)


class Run(NamedTuple):
    """One training: what chooses the units, how many of them, and by which seed."""

    signal: str
    share: float
    seed: int
    out: Path
    gold: Path
    steps: int
    like: bool


def projected(folder: Path, data: Path, limit: int) -> Path:
    """Run the stages up to the filter, with no threshold, if they have not been.

    Return the folder of the outputs.
    """
    if (folder / "outputs" / "filtered" / "ner-ha" / "manifest.json").is_file():
        return folder / "outputs"
    params = {
        "mt": {"given": True},
        "prepare": {
            "inputs": [str(data / "translations" / "conll-en-hau.train.jsonl.gz")],
            "limit": limit,
        },
        "filter": {"length_ratio": None, "copied": None, "repetition": None}
        | {"missing_spans": None, "duplicate": True},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    for stage in ("mt", "prepare", "translate", "project", "filter"):
        task = "" if stage == "mt" else "ner"
        target = "" if stage == "prepare" else "ha"
        run_stage(stage, params=folder / "params.yaml", task=task, target=target)
    return folder / "outputs"


def chosen(kept: pl.DataFrame, run: Run) -> pl.DataFrame:
    """Return the best share of the units by a signal, or a random one.

    Unknown values are good; among equal ones chance decides. With ``run.like`` the share is taken
    of the units with no span, of those with one and so on: without, a signal that is that of a
    unit's worst span keeps the units that have none, and a tagger learns that there is nothing.
    """
    order = list(range(len(kept)))
    random.Random(run.seed).shuffle(order)
    if run.signal != "random":
        kind = FILTERS[run.signal]
        sign = 1 if issubclass(kind, Limited) and kind.lowest else -1
        values = [
            {s["name"]: s["value"] for s in row}[run.signal] for row in kept["signals"].to_list()
        ]
        order.sort(key=lambda n: -1e9 if values[n] is None else -sign * values[n])
    groups: dict[int, list[int]] = {}
    spans = kept["src_spans"].list.len().to_list()
    for number in order:
        groups.setdefault(spans[number] if run.like else 0, []).append(number)
    best = [n for group in groups.values() for n in group[: round(run.share * len(group))]]
    return kept[sorted(best)]


def score(run: Run) -> float:
    """Build, train and evaluate on the units that a run chooses; return F1."""
    outputs = run.out / "outputs"
    kind = "like" if run.like else "any"
    folder = run.out / "runs" / f"{run.steps}-{kind}-{run.signal}-{run.share:g}-{run.seed}"
    done = folder / "metrics.json"
    if not done.is_file():
        kept = tables.read(outputs / "filtered" / "ner-ha" / "kept.parquet", tables.FILTERED)
        rows = chosen(kept, run)
        tables.write(rows, folder / "kept.parquet", tables.FILTERED)
        tables.write(rows[:0], folder / "rejected.parquet", tables.FILTERED)
        run_build(
            kept=folder / "kept.parquet",
            rejected=folder / "rejected.parquet",
            documents=outputs / "prepared" / "ner" / "documents.parquet",
            mt=None,
            attrition=outputs / "filtered" / "ner-ha" / "attrition.json",
            out=folder / "dataset",
            params=BuildParams(),
            task="ner",
            src="en",
            tgt="ha",
        )
        run_train(
            dataset=folder / "dataset",
            source_units=outputs / "prepared" / "ner" / "units.parquet",
            out=folder / "models",
            params=TrainParams(systems=("projected",), max_steps=run.steps, seed=run.seed),
            src="en",
            tgt="ha",
        )
        run_evaluate(
            models=folder / "models",
            gold_test=run.gold,
            out=folder,
            params=EvaluateParams(bootstrap=50, label_map={"DATE": None}),
            tgt="ha",
        )
    return float(read_json(done)["systems"]["projected"]["f1"])


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=20_000)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--share", type=float, action="append")
    parser.add_argument("--signal", action="append")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--like", action="store_true", help="among units with as many spans")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    # Each training has a core of its own.
    os.environ["OMP_NUM_THREADS"] = "1"
    projected(options.out, options.data.resolve(), options.limit)
    gold = options.data / "ner" / "masakhaner2.hau.dev.conll.gz"
    settings = [("random", 1.0)] + [
        (signal, share)
        for share in options.share or (0.9, 0.7, 0.5)
        for signal in ("random", *(options.signal or SIGNALS))
    ]
    runs = [
        Run(signal, share, seed, options.out, gold, options.steps, options.like)
        for signal, share in settings
        for seed in range(options.seeds)
    ]
    print(f"| signal | share kept | F1, {options.seeds} seeds | each |\n|---|---|---|---|")
    with ProcessPoolExecutor(options.jobs) as pool:
        scores = pool.map(score, runs)
        for signal, share in settings:
            found = [next(scores) for _ in range(options.seeds)]
            spread = stdev(found) if len(found) > 1 else 0.0
            print(
                f"| {signal} | {share:.0%} | {mean(found):.1f} ± {spread:.1f} "
                f"| {json.dumps([round(one, 1) for one in found])} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
