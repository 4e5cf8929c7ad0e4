"""Does it help the tagger to drop what a signal calls worst? F1 against the share kept.

    python bench/filter_gain.py --data DATA --out DIR [--limit 4000] [--steps 600]

DATA has `translations/conll-en-hau.train.jsonl.gz` (translations given) and
`ner/masakhaner2.hau.dev.conll.gz`. The units are projected and measured once; then, for each
signal and share, the best units by that signal are kept, or as many by chance, and the spaCy tagger
is trained on them and scored on the gold data, for each seed. Prints a Markdown table; a run that
was stopped goes on.
"""

import argparse
import json
import random
from pathlib import Path

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

SIGNALS = ("quality", "span_quality", "alignment", "span_alignment", "projection_score")


def projected(folder: Path, data: Path, limit: int) -> Path:
    """Run the stages up to the filter, with no threshold; return the folder of the outputs."""
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


def chosen(kept: pl.DataFrame, signal: str, share: float, seed: int) -> pl.DataFrame:
    """Return the best share of the units by a signal (unknown ones are good), or a random one."""
    count = round(share * len(kept))
    order = list(range(len(kept)))
    if signal == "random":
        random.Random(seed).shuffle(order)
    else:
        kind = FILTERS[signal]
        sign = 1 if issubclass(kind, Limited) and kind.lowest else -1
        values = [{s["name"]: s["value"] for s in row}[signal] for row in kept["signals"].to_list()]
        order.sort(key=lambda n: -1e9 if values[n] is None else -sign * values[n])
    return kept[sorted(order[:count])]


def score(
    rows: pl.DataFrame, outputs: Path, folder: Path, *, gold: Path, steps: int, seed: int
) -> float:
    """Build, train and evaluate on these units; return F1."""
    done = folder / "metrics.json"
    if not done.is_file():
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
            params=TrainParams(systems=("projected",), max_steps=steps, seed=seed),
            src="en",
            tgt="ha",
        )
        run_evaluate(
            models=folder / "models",
            gold_test=gold,
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
    parser.add_argument("--limit", type=int, default=4000)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--share", type=float, action="append")
    parser.add_argument("--signal", action="append")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    outputs = projected(options.out, options.data.resolve(), options.limit)
    kept = tables.read(outputs / "filtered" / "ner-ha" / "kept.parquet", tables.FILTERED)
    gold = options.data / "ner" / "masakhaner2.hau.dev.conll.gz"
    print(f"| signal | share kept | F1, mean of {options.seeds} | each |\n|---|---|---|---|")
    runs = [("random", 1.0)] + [
        (signal, share)
        for share in options.share or (0.9, 0.7, 0.5)
        for signal in ("random", *(options.signal or SIGNALS))
    ]
    for signal, share in runs:
        found = [
            score(
                chosen(kept, signal, share, seed),
                outputs,
                options.out / "runs" / f"{signal}-{share:g}-{seed}",
                gold=gold,
                steps=options.steps,
                seed=seed,
            )
            for seed in range(options.seeds)
        ]
        mean = sum(found) / len(found)
        print(f"| {signal} | {share:.0%} | {mean:.1f} | {json.dumps(found)} |", flush=True)


if __name__ == "__main__":
    main()
