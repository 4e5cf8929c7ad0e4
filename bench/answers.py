"""Answers projected onto given translations: what the task `qa` makes of parallel gold.

    python bench/answers.py --gold xquad/en-es.test.jsonl.gz [--gold …] --out DIR

GOLD are gold pairs as for `labelproj bench projection`, each span with a label of its own and the
`question` that it answers. Each set is projected in DIR as `labelproj project --task qa` does, and
scored as by `labelproj evaluate answers`: texts, where dropped questions are wrong, and places. And
for each tier, how many answers it has and how many of them stand in the right place.
"""

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from labelproj.config import FilterParams, PrepareParams, ProjectParams, TranslateParams
from labelproj.evaluate.answers import score_answer_files
from labelproj.stages.job import run_job

Pair = dict[str, Any]


def document(pair: Pair, side: str, *, translated: bool) -> dict[str, object]:
    """Return one side of a pair, ``src`` or ``tgt``, as a context with its questions."""
    context = {
        "id": "context",
        "role": "context",
        "text": pair[f"{side}_text"],
        "spans": [
            {key: span[key] for key in ("start", "end")}
            | {"id": f"{span['label']}/0", "group": span["label"], "label": "answer"}
            for span in pair[f"{side}_spans"]
        ],
    }
    questions = [
        {"id": span["label"], "role": "question", "text": span["question"]}
        for span in pair[f"{side}_spans"]
    ]
    if translated:
        theirs = {span["label"]: span["question"] for span in pair["tgt_spans"]}
        context["tgt_text"] = pair["tgt_text"]
        questions = [own | {"tgt_text": theirs[own["id"]]} for own in questions]
    return {"id": pair["id"], "segments": [context, *questions]}


def write(documents: Sequence[dict[str, object]], path: Path) -> None:
    """Write documents as JSON Lines."""
    lines = (json.dumps(own, ensure_ascii=False) + "\n" for own in documents)
    path.write_text("".join(lines), encoding="utf-8")


def answers(squad: Path) -> Iterator[tuple[str, tuple[int, str], str]]:
    """Yield the question's id, start and text, and the tier of the answers of a SQuAD file."""
    for article in json.loads(squad.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                for own in question["answers"]:
                    yield question["id"], (own["answer_start"], own["text"]), question["tier"]


def measure(gold: Path, out: Path) -> dict[str, object]:
    """Project the answers of one set and score them."""
    with gzip.open(gold, "rt", encoding="utf-8") as stream:
        pairs: list[Pair] = [json.loads(line) for line in stream]
    src, tgt = pairs[0]["src_lang"], pairs[0]["tgt_lang"]
    english = out / f"{src}-{tgt}.jsonl"
    write([document(pair, "src", translated=True) for pair in pairs], english)
    wanted = out / f"gold.{tgt}.jsonl"
    write([document(pair, "tgt", translated=False) for pair in pairs], wanted)
    result = run_job(
        inputs=[str(english)],
        out=out / tgt,
        src=src,
        tgt=tgt,
        mt=None,
        task="qa",
        prepare=PrepareParams(),
        translate=TranslateParams(),
        project=ProjectParams(),
        filters=FilterParams(),
    )
    found = out / tgt / f"{english.stem}.{tgt}.squad.json"
    right = {
        span["label"]: (span["start"], pair["tgt_text"][span["start"] : span["end"]])
        for pair in pairs
        for span in pair["tgt_spans"]
    }
    placed = list(answers(found))
    number = Counter(tier for _, _, tier in placed)
    good = Counter(tier for name, place, tier in placed if place == right[name])
    tiers = {tier: [n, round(100 * good[tier] / n, 1)] for tier, n in sorted(number.items())}
    scores = score_answer_files(found, wanted, lang=tgt)
    return {"set": f"{src}-{tgt}", **scores, "tiers": tiers, "seconds": result["seconds"]}


def main() -> None:
    """Measure each set and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for gold in args.gold:
        print(json.dumps(measure(gold, args.out)))


if __name__ == "__main__":
    main()
