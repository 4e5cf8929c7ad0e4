"""English NER to Hausa and Swahili on real data: project, train, score on MasakhaNER 2.

    python bench/real_ner.py --data DATA --mt MODEL --out DIR [--steps 1500] [--seed 13 …]

DATA is a folder with `ner/gmb.en.conll.gz`, `ner/masakhaner2.{hau,swa}.{train,dev}.conll.gz` and
`translations/conll-en-{hau,swa}.train.jsonl.gz`; MODEL an English-Hausa model for the run `gmb`
(the others bring their translations). A project folder for each run is made in DIR; prints the
tables of `labelproj results --format markdown` and the seconds of each stage.
"""

import argparse
import json
from pathlib import Path

import yaml

from labelproj.evaluate.result_tables import as_markdown, result_tables
from labelproj.pipeline import STAGES, run_stage
from labelproj.results import collect_results
from labelproj.shards import read_manifest
from labelproj.train.systems import NAMES

RUNS: dict[str, dict[str, object]] = {
    "gmb": {
        "inputs": "ner/gmb.en.conll.gz",
        "label_map": {"geo": "LOC", "per": "PER", "org": "ORG", "tim": "DATE", "*": None},
        "limit": 2000,
    },
    "conll": {"inputs": "translations/conll-en-hau.train.jsonl.gz"},
    "conll-swahili": {"inputs": "translations/conll-en-swa.train.jsonl.gz"},
}
#: Where the gold data of a run lie, and its language; Hausa unless named.
LANGUAGES = {"conll-swahili": ("swa", "sw")}


def params(
    run: str,
    *,
    data: Path,
    mt: str,
    steps: int,
    seeds: list[int],
    systems: list[str],
    methods: list[str],
) -> dict[str, object]:
    """Return the params.yaml of one run."""
    prepare = dict(RUNS[run])
    prepare["inputs"] = [str(data / str(prepare["inputs"]))]
    named, tgt = LANGUAGES.get(run, ("hau", "ha"))
    gold = {
        "train": str(data / "ner" / f"masakhaner2.{named}.train.conll.gz"),
        "test": str(data / "ner" / f"masakhaner2.{named}.dev.conll.gz"),
    }
    return {
        "languages": {"source": "en", "targets": [tgt]},
        "mt": {"model": mt} if run == "gmb" else {"given": True},
        "prepare": prepare,
        "gold": {tgt: gold},
        "train": {
            "max_steps": steps,
            "patience": 8,
            "seeds": seeds,
            "systems": systems,
            "augment": {"methods": methods},
        },
        "evaluate": {"label_map": {} if run == "gmb" else {"DATE": None}},
    }


def main() -> None:
    """Run both and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--mt", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, action="append", help="may be repeated")
    parser.add_argument("--system", choices=NAMES, action="append", help="may be repeated")
    parser.add_argument("--augment", action="append", help="method; may be repeated")
    parser.add_argument("--run", choices=sorted(RUNS), action="append")
    options = parser.parse_args()
    for run in options.run or RUNS:
        folder = options.out / run
        folder.mkdir(parents=True, exist_ok=True)
        content = params(
            run,
            data=options.data.resolve(),
            mt=options.mt,
            steps=options.steps,
            seeds=options.seed or [],
            systems=options.system or ["projected", "zero-shot", "gold"],
            methods=options.augment or ["code-switch"],
        )
        tgt = LANGUAGES.get(run, ("", "ha"))[1]
        (folder / "params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        for stage in STAGES:
            task = "" if stage == "mt" else "ner"
            target = "" if stage == "prepare" else tgt
            run_stage(stage, params=folder / "params.yaml", task=task, target=target)
        (result,) = collect_results(folder / "params.yaml")
        seconds = {
            path.parent.relative_to(folder / "outputs").as_posix(): (read_manifest(path) or {})[
                "seconds"
            ]
            for path in sorted((folder / "outputs").rglob("manifest.json"))
        }
        tables = result_tables(result["systems"], result["differences"], title=run)
        counts = {name: result[name] for name in ("in", "kept", "rejected")}
        print(as_markdown(tables), json.dumps(counts), json.dumps(seconds), sep="\n\n")


if __name__ == "__main__":
    main()
