"""Real events through the pipeline: PHEE to Spanish and Hausa with a small translation model.

    python bench/real_events.py --data DATA --mt MODEL --out DIR [--limit 600] [--tgt es ha]

DATA is a folder with `eae/phee.{train,dev}.jsonl.gz` and `bitext/en-{es,ha}/`; MODEL a model of
English to both. A project folder is made in DIR: the stages up to the report, the projection by
eflomal. For each language: how many triggers and arguments have a place, what the policy of
events kept, and on the same translations how often other methods say the same place. The tagger
of events is trained on the same English records (system `zero-shot`) and on the projected ones,
and scored on PHEE dev in English: there are no gold events in the targets here, so for
`zero-shot` the score only says that the model learns, and for `projected` what comes through.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import yaml

from labelproj import tables
from labelproj.config import ProjectParams
from labelproj.pipeline import STAGES, run_stage
from labelproj.shards import read_json
from labelproj.stages.project import run_project

BITEXT = {"es": "tico19.all.tsv.gz", "ha": "tico19.all.tsv.gz"}
#: Methods that are compared with the pipeline's own on the same translations.
OTHERS: dict[str, dict[str, object]] = {
    "systran": {"method": "alignment", "align": {"name": "systran"}},
    "ensemble": {"method": "ensemble", "members": ["eflomal", "systran"]},
}
SCORES = ("f1", "precision", "recall", "argument_attached_id", "argument_attached_cls")
Place = tuple[str, str]


def places(units: Path) -> Iterator[tuple[Place, bool, list[tuple[int, int]]]]:
    """Yield (unit, span), whether it is a trigger, and its places of all source spans."""
    for table in tables.iter_frames(units, tables.PROJECTED):
        rows = table.select("id", "projections").explode("projections").drop_nulls()
        for name, one in rows.iter_rows():
            found = [] if one["start"] is None else [(one["start"], one["end"])]
            yield (name, one["span_id"]), one["span_id"] == one["group"], found


def placed(units: Path) -> dict[Place, tuple[bool, frozenset[tuple[int, int]]]]:
    """Return of each span whether it is a trigger, and its places (several for its parts)."""
    found: dict[Place, tuple[bool, frozenset[tuple[int, int]]]] = {}
    for key, trigger, own in places(units):
        found[key] = (trigger, found.get(key, (trigger, frozenset()))[1] | frozenset(own))
    return found


def agreement(one: Path, other: Path) -> dict[str, object]:
    """Return how many spans two methods place, and how many of those of both in the same place."""
    counts: Counter[str] = Counter()
    left, right = placed(one), placed(other)
    for key, (_, own) in left.items():
        theirs = right[key][1]
        counts["own"] += bool(own)
        counts["other"] += bool(theirs)
        counts["both"] += bool(own and theirs)
        counts["same"] += bool(own) and own == theirs
        counts["touch"] += any(a < d and c < b for a, b in own for c, d in theirs)
    both = max(counts["both"], 1)
    return {
        "placed": counts["other"],
        "by both": counts["both"],
        "same place, %": round(100 * counts["same"] / both, 1),
        "overlapping, %": round(100 * counts["touch"] / both, 1),
    }


def result(root: Path, tgt: str, bitext: str) -> dict[str, object]:
    """Return the figures of one language."""
    outputs = root / "outputs"
    units = outputs / f"projected/eae-{tgt}/units.parquet"
    counts: Counter[tuple[bool, bool]] = Counter()
    for trigger, own in placed(units).values():
        counts[trigger, bool(own)] += 1
    built = read_json(outputs / f"dataset/eae-{tgt}/manifest.json")
    compared = {}
    for name, chosen in OTHERS.items():
        align = {**dict(chosen.get("align") or {}), "extra_bitext": [bitext]}  # type: ignore[call-overload]
        out = root / "others" / f"{name}-{tgt}"
        run_project(
            units=outputs / f"translated/eae-{tgt}/units.parquet",
            out=out,
            params=ProjectParams.model_validate({**chosen, "align": align}),
            src="en",
            tgt=tgt,
            work=root / ".labelproj" / f"{name}-{tgt}",
        )
        compared[name] = agreement(units, out / "units.parquet")
    systems = read_json(outputs / f"evaluation/eae-{tgt}/metrics.json")["systems"]
    filtered = read_json(outputs / f"filtered/eae-{tgt}/manifest.json")
    return {
        "tgt": tgt,
        "sentences": pl.scan_parquet(units).select(pl.len()).collect().item(),
        "sentences kept": filtered["counts"]["kept"],
        "triggers": counts[True, True] + counts[True, False],
        "triggers placed": counts[True, True],
        "arguments": counts[False, True] + counts[False, False],
        "arguments placed": counts[False, True],
        "items": built["items"],
        "methods": compared,
        "systems": {name: {key: one[key] for key in SCORES} for name, one in systems.items()},
    }


def main() -> None:
    """Run the stages and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--mt", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=600)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--tgt", nargs="+", default=list(BITEXT))
    options = parser.parse_args()
    data, root = options.data.resolve(), options.out.resolve()
    for tgt in options.tgt:
        folder = root / tgt
        folder.mkdir(parents=True, exist_ok=True)
        bitext = str(data / "bitext" / f"en-{tgt}" / BITEXT[tgt])
        content = {
            "languages": {"source": "en", "targets": [tgt]},
            "tasks": ["eae"],
            "mt": {"model": str(Path(options.mt).resolve())},
            "prepare": {
                "inputs": [str(data / "eae/phee.train.jsonl.gz")],
                "limit": options.limit,
            },
            "project": {"align": {"extra_bitext": [bitext]}},
            "gold": {tgt: {"test": str(data / "eae/phee.dev.jsonl.gz")}},
            "train": {
                "max_steps": options.steps,
                "patience": 8,
                "systems": ["projected", "zero-shot"],
            },
        }
        (folder / "params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        seconds = {}
        for stage in STAGES:
            task = "" if stage == "mt" else "eae"
            target = "" if stage == "prepare" else tgt
            made = run_stage(stage, params=folder / "params.yaml", task=task, target=target)
            seconds[stage] = made.get("seconds")
        print(json.dumps(result(folder, tgt, bitext) | {"seconds": seconds}, indent=2), flush=True)


if __name__ == "__main__":
    main()
