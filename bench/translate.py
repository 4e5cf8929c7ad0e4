"""Throughput of the translation engine against calling CTranslate2 directly.

Both translate the same sentences with the same model, threads, beam and batches, in turn, in
one process. The direct call is what one would write by hand: tokenizer, ``translate_batch``,
decode. The ratio is that of the median times; 1.0 means that the engine costs nothing.

    python bench/translate.py --model outputs/mt/ha --src en --tgt ha --limit 2000 FILE

FILE is JSONL (``src_text`` or ``text``) or TSV (first column), gzip or not.
"""

import argparse
import gzip
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelproj.config import TranslateParams
from labelproj.translate.engine import Engine, open_engine
from labelproj.translate.split import clean, is_translatable


def read_texts(path: Path) -> Iterator[str]:
    """Yield the source texts of a JSONL or TSV file."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            if ".jsonl" in path.name:
                record = json.loads(line)
                yield record.get("src_text") or record["text"]
            else:
                yield line.rstrip("\n").split("\t")[0]


def direct(engine: Engine, texts: list[str], params: TranslateParams) -> list[str]:
    """Translate with nothing but the tokenizer and CTranslate2."""
    codec, tokenizer = engine.codec, engine.codec.tokenizer
    ids = tokenizer(texts, add_special_tokens=False)["input_ids"]
    tokens = [
        [*codec.head, *tokenizer.convert_ids_to_tokens(sentence), *codec.tail] for sentence in ids
    ]
    results = engine.translator.translate_batch(
        tokens,
        target_prefix=[list(codec.target_prefix)] * len(texts) if codec.target_prefix else None,
        batch_type="tokens",
        max_batch_size=params.batch_tokens,
        beam_size=params.beam_size,
        max_decoding_length=params.max_output_tokens,
        return_scores=True,
    )
    start = len(codec.target_prefix)
    found = [tokenizer.convert_tokens_to_ids(r.hypotheses[0][start:]) for r in results]
    decoded: list[str] = tokenizer.batch_decode(found, skip_special_tokens=True)
    return decoded


def main() -> None:
    """Run both in turn and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("input", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="a prepared model folder")
    parser.add_argument("--src", default="en")
    parser.add_argument("--tgt", default="ha")
    parser.add_argument("--limit", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--beam-size", type=int, default=4)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    params = TranslateParams(beam_size=args.beam_size, batch_tokens=args.batch_tokens)
    engine = open_engine(
        args.model, src=args.src, tgt=args.tgt, threads=args.threads, device=args.device
    )
    texts = [clean(t) for t in read_texts(args.input) if is_translatable(t)]
    # Over-long units are split by the engine and cut by the direct call: not the same work.
    counts = engine.count_tokens(texts)
    texts = [t for t, n in zip(texts, counts, strict=True) if n <= params.max_input_tokens]
    texts = texts[: args.limit]
    tokens = sum(engine.count_tokens(texts))
    engine.translate(texts[:50], params)
    times: dict[str, list[float]] = {"direct": [], "engine": []}
    same = 0
    for run in range(args.runs):
        # Turn about, so that a slow spell of the machine does not fall on one of them.
        for name in ("direct", "engine") if run % 2 == 0 else ("engine", "direct"):
            started = time.perf_counter()
            if name == "direct":
                plain = direct(engine, texts, params)
            else:
                ours = engine.translate(texts, params)
            times[name].append(time.perf_counter() - started)
        same = sum(a.strip() == b.text for a, b in zip(plain, ours, strict=True))
    medians = {name: statistics.median(values) for name, values in times.items()}
    result = {
        "sentences": len(texts),
        "tokens": tokens,
        "same": same,
        "seconds": {name: [round(v, 3) for v in values] for name, values in times.items()},
        "tokens_per_second": {name: round(tokens / v) for name, v in medians.items()},
        "ratio": round(medians["direct"] / medians["engine"], 3),
    }
    if args.json:
        print(json.dumps(result))
        return
    print(f"{len(texts)} sentences, {tokens} source tokens, {same} translations the same")
    for name, value in medians.items():
        print(f"{name:>7}: {value:8.3f} s  {tokens / value:8.0f} tokens/s")
    print(f"throughput against CTranslate2 alone: {result['ratio']:.3f}")


if __name__ == "__main__":
    main()
