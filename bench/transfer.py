"""Systems and training options side by side, on gold pairs and a small encoder made from bitext.

    python bench/transfer.py --gold en-es.jsonl.gz --bitext en-es.tsv --out DIR [--other FILE]

Even records (from 0) are the labelled English with its translation given, and gold data in the
other language; the odd ones are the test, with their English in the place of a translation, so
errors of translation are in no figure of translate-test. The encoder is a BERT of two layers
from nothing, its vocabulary that of the bitext; `adapted` has read the bitext for --reading
updates. --other adds its even records to `multi-source`. Prints rows of a Markdown table: exact
span F1 with its interval, and the seconds of a variant.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from labelproj.evaluate.projection import read_gold
from labelproj.formats.bitext import read_bitext
from labelproj.formats.parallel import GoldPair
from labelproj.pipeline import run_stage
from labelproj.records import Span
from labelproj.shards import read_json
from labelproj.train.encoder import TAGS, tiny_encoder
from labelproj.translate.model import write_hf

SYSTEMS = ["projected", "zero-shot", "translate-test", "ensemble", "gold"]


def write(path: Path, pairs: Sequence[GoldPair], *, side: str) -> str:
    """Write pairs as labelled texts of one ``side`` (src, tgt) with the other as translation."""
    other = "tgt" if side == "src" else "src"

    def spans(found: Sequence[Span]) -> list[dict[str, object]]:
        return [{"start": s.start, "end": s.end, "label": s.label} for s in found]

    rows = (
        {
            "id": pair.id,
            "src_lang": getattr(pair, f"{side}_lang"),
            "src_text": getattr(pair, f"{side}_text"),
            "tgt_text": getattr(pair, f"{other}_text"),
            "src_spans": spans(getattr(pair, f"{side}_spans")),
        }
        for pair in pairs
    )
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path.name


def main() -> None:
    """Make a project, train each variant, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--bitext", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--other", type=Path)
    parser.add_argument("--pairs", type=int, default=20000)
    parser.add_argument("--reading", type=int, default=400)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--variant", action="append", help="all, if none is named")
    args = parser.parse_args()
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    pairs = read_gold(args.gold)
    src, tgt = pairs[0].src_lang, pairs[0].tgt_lang
    gold = {"train": write(out / "train.jsonl", pairs[0::2], side="tgt")}
    gold["test"] = write(out / "test.jsonl", pairs[1::2], side="tgt")
    source = write(out / "source.jsonl", pairs[0::2], side="src")
    bitext = [pair for pair, _ in zip(read_bitext(args.bitext), range(args.pairs), strict=False)]
    lines = [text for pair in bitext for text in pair]
    (out / "bitext.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    model, tokenizer = tiny_encoder(lines, TAGS, ["O"], max_length=128, dropout=0.1, seed=13)
    write_hf(model, tokenizer, out / "encoder")
    reading = {"texts": ["bitext.txt"], "steps": args.reading, "batch_words": 2000}
    reading["learning_rate"] = 1e-3
    adapted: dict[str, Any] = {"adapt": reading, "learning_rate": 3e-4}
    few = {"systems": SYSTEMS[:2]}
    parts = [{"data": "projected"}, {"data": "source"}]
    if args.other:
        write(out / "other.jsonl", read_gold(args.other)[0::2], side="tgt")
        parts.append({"data": "other.jsonl"})
    variants: dict[str, dict[str, Any]] = {
        "from nothing": {"learning_rate": 1e-3},
        "adapted": adapted,
        "adapted, multi-source": adapted | {"systems": ["multi-source"], "mix": {"parts": parts}},
        "adapted, adapters": adapted | few | {"lora": {}, "learning_rate": 3e-3},
        "trimmed, then adapted": adapted | few | {"trim": {}},
    }
    train = {"backend": "transformers", "model": str(out / "encoder"), "max_steps": args.steps}
    for name in args.variant or variants:
        options = variants[name]
        params: dict[str, Any] = {
            "languages": {"source": src, "targets": [tgt]},
            "mt": {"given": True},
            "prepare": {"inputs": [source]},
            "gold": {tgt: gold},
            "train": {"systems": SYSTEMS, **train, **options},
        }
        (out / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
        started = time.monotonic()
        for stage in ("mt", "prepare", "translate", "project", "filter", "build", "train"):
            of = "" if stage == "mt" else "ner"
            made = run_stage(
                stage, params=out / "params.yaml", task=of, target="" if stage == "prepare" else tgt
            )
        run_stage("evaluate", params=out / "params.yaml", task="ner", target=tgt)
        print(json.dumps({"variant": name, "start": made["start"]}))
        scores = read_json(out / f"outputs/evaluation/ner-{tgt}/metrics.json")["systems"]
        seconds = round(time.monotonic() - started)
        for system, one in scores.items():
            interval = f"{one['f1']} ({one['f1_low']} to {one['f1_high']})"
            print(f"| {name} | {system} | {interval} | {seconds} |", flush=True)


if __name__ == "__main__":
    main()
