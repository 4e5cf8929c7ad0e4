"""Speed of constrained search on a GPU, with a model of the size of a distilled NLLB-600M.

    python bench/constrained_gpu.py --gold GOLD.jsonl.gz --model HF_FOLDER [--units 500]

The tokenizer is that of HF_FOLDER (M2M-100 or NLLB); the weights are random, of NLLB-200 distilled
600M's shape (12 + 12 layers of 1,024, a vocabulary of 256,206), so only the time means anything.
With random weights nothing is improbable, so hardly anything is pruned and a search is longer than
with a trained model. Measured for each compute type and batch size: spans per second, the
highest memory, the share of the device's time in matrix products, and the longest kernels.
`--trained` measures HF_FOLDER itself instead.
"""

import argparse
import json
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from constrained import Spans
from labelproj.config import ConstrainedParams
from labelproj.evaluate.projection import read_gold
from labelproj.project.constrained.scorer import TorchScorer
from labelproj.project.constrained.texts import Tokens
from labelproj.translate.engine import check_model
from labelproj.translate.schemes import scheme

_PRODUCTS = re.compile(r"gemm|gemv|cutlass|nvjet|xmma|splitK", re.IGNORECASE)
_ATTENTION = re.compile(r"flash|fmha|attention", re.IGNORECASE)


def large_model(tokenizer: Path, out: Path) -> Path:
    """Write a model of NLLB-600M's shape with random weights and the tokenizer of another."""
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    config: Any = AutoConfig.from_pretrained(tokenizer)
    config.update(
        {"vocab_size": 256_206, "d_model": 1024, "encoder_layers": 12, "decoder_layers": 12}
        | {"encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096}
        | {"encoder_attention_heads": 16, "decoder_attention_heads": 16}
    )
    shutil.copytree(tokenizer, out, ignore=shutil.ignore_patterns("*.safetensors", "*.bin"))
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model: Any = AutoModelForSeq2SeqLM.from_config(config)
    model.to(torch.bfloat16).save_pretrained(out)
    return out


def measure(spans: Spans, scorer: TorchScorer) -> dict[str, object]:
    """Search for all spans twice, the second time with the clock, and a part with a profile."""
    queries = spans.queries()
    spans.search(queries, scorer)
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    started = time.perf_counter()
    spans.search(queries, scorer)
    torch.cuda.synchronize()
    seconds = time.perf_counter() - started
    part = queries[:160]
    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as profiled:
        started = time.perf_counter()
        spans.search(part, scorer)
        torch.cuda.synchronize()
        profiled_seconds = time.perf_counter() - started
    kernels = [
        (event.key, event.self_device_time_total / 1e6)
        for event in profiled.key_averages()
        if event.self_device_time_total > 0 and event.device_type.name == "CUDA"
    ]
    device = sum(own for _, own in kernels)
    products = sum(own for name, own in kernels if _PRODUCTS.search(name))
    attention = sum(own for name, own in kernels if _ATTENTION.search(name))
    longest = sorted(kernels, key=lambda kernel: -kernel[1])[:12]
    return {
        "batch_tokens": spans.limits.batch_tokens,
        "spans_per_second": round(len(queries) / seconds, 1),
        "peak_gpu_mib": round(torch.cuda.max_memory_allocated() / 2**20),
        "device_busy": round(device / profiled_seconds, 3),
        "products_share": round(products / device, 3),
        "attention_share": round(attention / device, 3),
        "longest": [[name[:90], round(own / device, 3)] for name, own in longest],
    }


def main() -> None:
    """Measure and print JSON, a line for each setting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gold", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--units", type=int, default=500)
    parser.add_argument("--trained", action="store_true")
    parser.add_argument("--compute-type", action="append")
    parser.add_argument("--batch-tokens", type=int, action="append")
    args = parser.parse_args()
    pairs = read_gold(args.gold)[: args.units]
    src, tgt = pairs[0].src_lang, pairs[0].tgt_lang
    with tempfile.TemporaryDirectory() as name:
        folder = args.model if args.trained else large_model(args.model, Path(name) / "model")
        tokens = Tokens(check_model(folder, src=src, tgt=tgt), scheme("brackets"), where="model")
        print(json.dumps({"device": torch.cuda.get_device_name(), "units": len(pairs)}))
        for dtype in args.compute_type or ("bfloat16", "float32"):
            scorer = TorchScorer(folder, device="cuda", dtype=dtype)
            for size in args.batch_tokens or (3072, 12288):
                spans = Spans(pairs, tokens, ConstrainedParams(batch_tokens=size))
                found = {"compute_type": dtype, **measure(spans, scorer)}
                print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
