"""Speed of the embedding aligner against simalign, on one encoder, in one run.

    python bench/align_speed.py DATA [--pairs 1000] [--model FOLDER] [--threads 2] [--json]

DATA is JSONL with `src_text` and `tgt_text`, or TSV with source, TAB, target; gzip or not. The
encoder is a BERT of base size (12 layers of 768 dimensions, random weights, a vocabulary learnt
from DATA) unless --model gives one; layer 8 is used. Both align the same pairs in turn, part by
part, so that a busy machine slows both. Printed for each variant: milliseconds a pair, how many
times as fast as simalign with the same matching, the share of pairs with the very same links,
and the share of links that both have (F1).
"""

import argparse
import gzip
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from labelproj.align import AlignedPair, Aligner, TokenPair, token_pair

LAYER = 8
PARTS = 4
#: Matching, and what computes ours: backend and compute type.
VARIANTS = {
    "itermax": (("ct2", "float32"), ("ct2", "int8"), ("torch", "float32")),
    "match": (("ct2", "float32"), ("ct2", "int8")),
}


def read_pairs(path: Path) -> Iterator[TokenPair]:
    """Yield the pairs of a JSONL or TSV file."""
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            if ".jsonl" in path.name:
                record = json.loads(line)
                yield token_pair(record["src_text"], record["tgt_text"])
            else:
                yield token_pair(*line.rstrip("\n").split("\t")[:2])


def make_encoder(pairs: Sequence[TokenPair], folder: Path) -> Path:
    """Write a BERT of base size with random weights and a vocabulary of these pairs."""
    import torch
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import BertConfig, BertModel, BertTokenizerFast

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(
        vocab_size=8000, special_tokens=special, show_progress=False
    )
    tokenizer.train_from_iterator((" ".join(side) for pair in pairs for side in pair), trainer)
    BertTokenizerFast(tokenizer_object=tokenizer, do_lower_case=False).save_pretrained(folder)
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=tokenizer.get_vocab_size())).save_pretrained(folder)
    return folder


def compare(model: str, pairs: Sequence[TokenPair], *, matching: str) -> list[dict[str, object]]:
    """Align with simalign and with each of our variants, in turn."""
    from labelproj.align.embedding import EmbeddingAligner
    from labelproj.align.simalign import SimAlignAligner

    aligners: dict[str, Aligner] = {
        "simalign": SimAlignAligner(model=model, layer=LAYER, matching=matching)
    }
    for backend, compute_type in VARIANTS[matching]:
        aligners[f"{backend} {compute_type}"] = EmbeddingAligner(
            model=model,
            layer=LAYER,
            matching=matching,
            device="cpu",
            backend=backend,
            compute_type=compute_type,
        )
    seconds = dict.fromkeys(aligners, 0.0)
    results: dict[str, list[AlignedPair]] = {name: [] for name in aligners}
    for aligner in aligners.values():
        aligner.align(pairs[:4])
    size = -(-len(pairs) // PARTS)
    for first in range(0, len(pairs), size):
        for name, aligner in aligners.items():
            started = time.perf_counter()
            results[name] += aligner.align(pairs[first : first + size])
            seconds[name] += time.perf_counter() - started
    rows: list[dict[str, object]] = []
    for name in aligners:
        same, share = agreement(results["simalign"], results[name])
        rows.append(
            {
                "matching": matching,
                "aligner": name,
                "ms_per_pair": round(1000 * seconds[name] / len(pairs), 2),
                "times_simalign": round(seconds["simalign"] / seconds[name], 2),
                "same_pairs": round(same, 4),
                "same_links": round(share, 4),
            }
        )
    return rows


def agreement(one: Sequence[AlignedPair], other: Sequence[AlignedPair]) -> tuple[float, float]:
    """Return the share of pairs with the same links, and the F1 of the links."""
    sides = [[{(link.src, link.tgt) for link in p.links} for p in side] for side in (one, other)]
    same = sum(a == b for a, b in zip(*sides, strict=True))
    both = sum(len(a & b) for a, b in zip(*sides, strict=True))
    return same / len(one), 2 * both / sum(len(links) for side in sides for links in side)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--model")
    parser.add_argument("--matching", choices=sorted(VARIANTS), action="append")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    pairs = [pair for pair in read_pairs(options.data) if pair.src and pair.tgt][: options.pairs]
    with tempfile.TemporaryDirectory() as name:
        os.environ["LABELPROJ_CACHE"] = f"{name}/cache"
        model = options.model or str(make_encoder(pairs, Path(name) / "bert"))
        rows = [
            row
            for matching in options.matching or VARIANTS
            for row in compare(model, pairs, matching=matching)
        ]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    figures = {"pairs": len(pairs), "threads": options.threads, "load": load, "variants": rows}
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    print(f"{len(pairs)} pairs, {options.threads} threads, load {load}")
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
