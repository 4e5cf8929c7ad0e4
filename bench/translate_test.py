"""Translate-test on gold pairs: the texts' given English in the place of a translation.

    python bench/translate_test.py --gold en-es.jsonl.gz --out DIR [--constrained-model M]

Even records (from 0) train an English tagger (spaCy, 400 steps, a tenth of them for the choice of
the best). On the odd ones, exact span F1 of: the tagger on the English text; the same tagger on
the other text as it is (zero-shot); its predictions on the English text, projected back; and
English gold labels projected back, which is the most that translate-test can reach.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from labelproj.config import PrepareParams, ProjectParams, TrainParams, TranslateParams
from labelproj.evaluate.projection import read_gold
from labelproj.evaluate.spans import score_files, score_spans
from labelproj.formats.parallel import GoldPair
from labelproj.records import Document, Segment, Span
from labelproj.stages.from_predictions import run_from_predictions
from labelproj.train import load_tagger
from labelproj.train.systems import System, train_system


def spans(found: Sequence[Span]) -> list[dict[str, object]]:
    """Return spans as JSON values."""
    return [{"start": s.start, "end": s.end, "label": s.label} for s in found]


def write(pairs: Sequence[GoldPair], path: Path, *keys: str) -> str:
    """Write pairs with both texts and the spans of ``keys``."""
    lines = []
    for pair in pairs:
        record: dict[str, object] = {name: getattr(pair, name) for name in ("id", "src_text")}
        record |= {"tgt_text": pair.tgt_text, "src_lang": pair.src_lang, "tgt_lang": pair.tgt_lang}
        record |= {key: spans(getattr(pair, key)) for key in keys}
        if "tgt_spans" in keys and pair.tgt_tokens:
            record["tgt_tokens"] = pair.tgt_tokens
        lines.append(json.dumps(record, ensure_ascii=False) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


def main() -> None:
    """Train, label, project back and print the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--constrained-model")
    args = parser.parse_args()
    pairs = read_gold(args.gold)
    args.out.mkdir(parents=True, exist_ok=True)
    taught = [
        Document(p.id, p.src_lang, (Segment("text", "text", p.src_text, p.src_spans),))
        for p in pairs[0::2]
    ]
    tenth = len(taught) // 10
    system = System("english", taught[tenth:], taught[:tenth])
    params = TrainParams(max_steps=400)
    model, _ = train_system(system, params=params, work=args.out / "models")
    test = pairs[1::2]
    tagger = load_tagger(model)
    for side, name in (("src", "tagger on the English text"), ("tgt", "tagger, zero-shot")):
        found = tagger.predict([getattr(pair, f"{side}_text") for pair in test])
        predicted = {pair.id: own for pair, own in zip(test, found, strict=True)}
        gold = {pair.id: getattr(pair, f"{side}_spans") for pair in test}
        print(f"{name}: {100 * score_spans(predicted, gold).exact.f1:.2f}")
    gold_file = Path(write(test, args.out / "gold.jsonl", "src_spans", "tgt_spans"))
    inputs = {
        "predictions": write(test, args.out / "predictions.jsonl"),
        "gold": write(test, args.out / "labels.jsonl", "src_spans"),
    }
    methods = {"alignment": ProjectParams()}
    if args.constrained_model:
        methods["constrained"] = ProjectParams.model_validate(
            {"method": "constrained", "constrained": {"model": args.constrained_model}}
        )
    for method, project in methods.items():
        for name, path in inputs.items():
            out = args.out / f"{method}-{name}"
            tgt = test[0].tgt_lang
            result = run_from_predictions(
                inputs=[path],
                out=out,
                src=test[0].src_lang,
                tgt=tgt,
                mt=None,
                model=str(model) if name == "predictions" else None,
                prepare=PrepareParams(),
                translate=TranslateParams(),
                project=project,
            )
            f1 = score_files(out / f"{Path(path).stem}.{tgt}.jsonl", gold_file).exact.f1
            print(f"{method}, {name} projected back: {100 * f1:.2f} ({result['seconds']} s)")


if __name__ == "__main__":
    main()
