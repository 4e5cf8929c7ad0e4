"""Speed of the embedding aligner on a GPU, and how much of it is the encoder.

    python bench/align_gpu.py DATA [--pairs 20000] [--device cuda] [--json]

DATA is what `bench/align_speed.py` reads; its pairs are repeated up to --pairs. The encoder is a
BERT of base size with random weights, layer 8. For each compute type and matching: pairs per
second of `EmbeddingAligner.align`, subwords and links included, and the share of that time in
which the encoder's forward pass ran, by the device's own events.
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


class Timed:
    """Marks the beginning and end of every forward pass on the device."""

    _NAME = "forward"

    def __init__(self) -> None:
        self.marks: list[tuple[Any, Any]] = []
        self._forward: Any = TorchStates.forward

    def __enter__(self) -> "Timed":
        timed = self

        def forward(states: Any, rows: Any) -> Any:
            first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            first.record()
            found = timed._forward(states, rows)
            last.record()
            timed.marks.append((first, last))
            return found

        setattr(TorchStates, self._NAME, forward)
        return self

    def __exit__(self, *_: object) -> None:
        setattr(TorchStates, self._NAME, self._forward)

    def seconds(self) -> float:
        """Return how long any forward pass was under way; passes of threads may overlap."""
        origin = self.marks[0][0]
        torch.cuda.synchronize()
        spans = sorted((origin.elapsed_time(a), origin.elapsed_time(b)) for a, b in self.marks)
        total, until = 0.0, float("-inf")
        for start, end in spans:
            total += max(0.0, end - max(start, until))
            until = max(until, end)
        return total / 1000


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
    with Timed() as timed:
        started = time.perf_counter()
        results = aligner.align(pairs)
        seconds = time.perf_counter() - started
        encoder = timed.seconds()
    return {
        "compute_type": dtype,
        "matching": matching,
        "pairs_per_second": round(len(pairs) / seconds),
        "encoder_share": round(encoder / seconds, 3),
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
