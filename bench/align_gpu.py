"""Speed of the embedding aligner on a GPU, and how much of it is the encoder.

    python bench/align_gpu.py DATA [--pairs 20000]

DATA is what `bench/align_speed.py` reads; its pairs are repeated up to --pairs. The encoder is a
BERT of base size with random weights, layer 8. For each compute type and matching: pairs per
second of `EmbeddingAligner.align`, subwords and links included, and the share of that time that
the encoder's forward passes take alone, on the same batches.
"""

import argparse
import json
import os
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import torch

from align_speed import LAYER, make_encoder, read_pairs
from labelproj.align import TokenPair
from labelproj.align.embedding import EmbeddingAligner
from labelproj.align.states import TorchStates

MATCHINGS = ("inter", "itermax", "softmax", "match")


class Recorded:
    """Keeps the batches that the encoder is given, to run its forward passes alone afterwards."""

    _NAME = "forward"

    def __init__(self) -> None:
        self._calls: list[tuple[Any, Any]] = []
        self._forward: Any = TorchStates.forward

    def __enter__(self) -> "Recorded":
        def forward(states: Any, rows: Any) -> Any:
            self._calls.append((states, rows))
            return self._forward(states, rows)

        setattr(TorchStates, self._NAME, forward)
        return self

    def __exit__(self, *_: object) -> None:
        setattr(TorchStates, self._NAME, self._forward)

    def seconds_alone(self) -> float:
        """Run all forward passes again, one after the other, and return the seconds."""
        torch.cuda.synchronize()
        started = time.perf_counter()
        for states, rows in self._calls:
            self._forward(states, rows)
        torch.cuda.synchronize()
        return time.perf_counter() - started


def measure(model: str, pairs: list[TokenPair], *, matching: str, dtype: str) -> dict[str, object]:
    """Align all pairs once and return the figures."""
    aligner = EmbeddingAligner(
        model=model,
        layer=LAYER,
        matching=matching,
        device="cuda",
        backend="torch",
        compute_type=dtype,
    )
    aligner.align(pairs[:2000])
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    with Recorded() as recorded:
        started = time.perf_counter()
        results = aligner.align(pairs)
        seconds = time.perf_counter() - started
    alone = recorded.seconds_alone()
    return {
        "compute_type": dtype,
        "matching": matching,
        "pairs_per_second": round(len(pairs) / seconds),
        "encoder_share": round(alone / seconds, 3),
        "peak_gpu_mib": round(torch.cuda.max_memory_allocated() / 2**20),
        "links": sum(len(result.links) for result in results),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--model")
    options = parser.parse_args()
    read = [pair for pair in read_pairs(options.data) if pair.src and pair.tgt]
    pairs = list(islice(cycle(read), options.pairs))
    with tempfile.TemporaryDirectory() as name:
        os.environ["LABELPROJ_CACHE"] = f"{name}/cache"
        model = options.model or str(make_encoder(read, Path(name) / "bert"))
        rows = [
            measure(model, pairs, matching=matching, dtype=dtype)
            for dtype in ("float32", "bfloat16")
            for matching in MATCHINGS
        ]
    figures = {"device": torch.cuda.get_device_name(), "pairs": len(pairs), "variants": rows}
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
