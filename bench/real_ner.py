"""English NER to Hausa on real data: project, train, score on MasakhaNER 2 beside the baselines.

    python bench/real_ner.py --data DATA --mt MODEL --out DIR [--steps 1500]

DATA is a folder with `ner/gmb.en.conll.gz`, `ner/masakhaner2.hau.{train,dev}.conll.gz` and
`translations/conll-en-hau.train.jsonl.gz`; MODEL an English-Hausa model for the first run (the
second brings its translations). Two project folders are made in DIR; prints one row a system.
"""

import argparse
import json
from pathlib import Path

import yaml

from labelproj.pipeline import STAGES, collect_results, run_stage
from labelproj.shards import read_manifest

RUNS: dict[str, dict[str, object]] = {
    "gmb": {
        "inputs": "ner/gmb.en.conll.gz",
        "label_map": {"geo": "LOC", "per": "PER", "org": "ORG", "tim": "DATE", "*": None},
        "limit": 2000,
    },
    "conll": {"inputs": "translations/conll-en-hau.train.jsonl.gz"},
}


def params(run: str, *, data: Path, mt: str, steps: int) -> dict[str, object]:
    """Return the params.yaml of one run."""
    prepare = dict(RUNS[run])
    prepare["inputs"] = [str(data / str(prepare["inputs"]))]
    gold = {
        "train": str(data / "ner" / "masakhaner2.hau.train.conll.gz"),
        "test": str(data / "ner" / "masakhaner2.hau.dev.conll.gz"),
    }
    return {
        "mt": {"model": mt} if run == "gmb" else {"given": True},
        "prepare": prepare,
        "gold": {"ha": gold},
        "train": {"max_steps": steps, "patience": 8},
        "evaluate": {"label_map": {} if run == "gmb" else {"DATE": None}},
    }


def main() -> None:
    """Run both and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--mt", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--run", choices=sorted(RUNS), action="append")
    options = parser.parse_args()
    for run in options.run or RUNS:
        folder = options.out / run
        folder.mkdir(parents=True, exist_ok=True)
        content = params(run, data=options.data.resolve(), mt=options.mt, steps=options.steps)
        (folder / "params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        for stage in STAGES:
            task = "" if stage == "mt" else "ner"
            target = "" if stage == "prepare" else "ha"
            run_stage(stage, params=folder / "params.yaml", task=task, target=target)
        (result,) = collect_results(folder / "params.yaml")
        seconds = {
            path.parent.relative_to(folder / "outputs").as_posix(): (read_manifest(path) or {})[
                "seconds"
            ]
            for path in sorted((folder / "outputs").rglob("manifest.json"))
        }
        print(json.dumps({"run": run, **result, "seconds": seconds}, indent=2))


if __name__ == "__main__":
    main()
