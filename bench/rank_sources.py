"""Does `labelproj rank-sources` put first what a tagger is best taught by? NER, zero-shot.

    python bench/rank_sources.py --tgt ha --train FILE --gold FILE --data en=FILE … --out DIR

Ranks the --data for the language --tgt by the text of --train (labels unused), then trains the
same tagger on each of them alone (system zero-shot) and scores it on --gold. Prints a Markdown
table in the order of the ranking, and Spearman's rank correlation of score and F1.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from scipy.stats import spearmanr

from labelproj.config import EvaluateParams, PrepareParams, TrainParams
from labelproj.stages.evaluate import run_evaluate
from labelproj.stages.prepare import run_prepare
from labelproj.stages.rank_sources import run_rank_sources
from labelproj.stages.train import run_train

LABELS = ("PER", "LOC", "ORG")
#: The names that these have in GMB and WNUT-17; other labels are dropped on both sides.
NAMES: dict[str, str | None] = {
    "per": "PER", "geo": "LOC", "org": "ORG",
    "person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG",
}  # fmt: skip


def zero_shot(
    lang: str, spec: str, *, tgt: str, gold: str, out: Path, steps: int, seeds: tuple[int, ...]
) -> Any:
    """Return the scores of a tagger trained on one dataset."""
    prepare = PrepareParams(label_map=NAMES, labels=LABELS)
    run_prepare(inputs=[spec], out=out / "prepared", params=prepare, lang=lang)
    run_train(
        dataset=out / "none",
        source_units=out / "prepared" / "units.parquet",
        out=out / "models",
        params=TrainParams(systems=("zero-shot",), max_steps=steps, patience=8, seeds=seeds),
        src=lang,
        tgt=tgt,
    )
    params = EvaluateParams(label_map={"DATE": None})
    run_evaluate(models=out / "models", gold_test=gold, out=out / "scores", params=params, tgt=tgt)
    metrics = json.loads((out / "scores" / "metrics.json").read_text(encoding="utf-8"))
    return metrics["systems"]["zero-shot"]


def main() -> None:
    """Rank, train, score, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tgt", required=True)
    parser.add_argument("--train", required=True)
    parser.add_argument("--gold", required=True)
    parser.add_argument("--data", required=True, action="append", help="LANG=FILE, may be repeated")
    parser.add_argument("--tokenizer")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, action="append", help="may be repeated")
    options = parser.parse_args()
    data = [(one.partition("=")[0], one.partition("=")[2]) for one in options.data]
    ranking = run_rank_sources(
        tgt=options.tgt, data=data, text=options.train, tokenizer=options.tokenizer
    )
    f1 = {}
    for number, (lang, spec) in enumerate(data):
        f1[spec] = zero_shot(
            lang,
            spec,
            tgt=options.tgt,
            gold=options.gold,
            out=options.out / str(number),
            steps=options.steps,
            seeds=tuple(options.seed or (1,)),
        )
    print(ranking["formula"])
    names = list(ranking["weights"])
    print("| source | score |", " | ".join(names), "| zero-shot F1 |")
    print("|---|---|" + "---|" * (len(names) + 1))
    scores = []
    for source in ranking["sources"]:
        one = f1[source["data"]]
        scores.append((source["score"], one["f1"]))
        parts = " | ".join(f"{source['features'][name]:.3f}" for name in names)
        spread = f"{one['f1']:.1f} ± {one.get('f1_sd', 0.0):.1f}"
        interval = f"({one['f1_low']:.1f} to {one['f1_high']:.1f})"
        print(f"| {source['name']} | {source['score']:.3f} | {parts} | {spread} {interval} |")
    correlation, _ = spearmanr(*zip(*scores, strict=True))
    print(f"Spearman's rank correlation of score and F1: {correlation:.2f}")


if __name__ == "__main__":
    main()
