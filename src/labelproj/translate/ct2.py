"""Opening models in CTranslate2, on the cores at hand."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

__all__ = ["open_ct2", "pick_threads"]


def open_ct2(
    kind: Any,
    folder: Path,
    *,
    device: str,
    compute_type: str = "default",
    threads: int | None = None,
    **options: object,
) -> Any:
    """Return a ``ctranslate2.Translator``, or another ``kind``, of a model folder.

    ``threads`` is the number of CPU cores to use, all by default. Raises what CTranslate2 does:
    RuntimeError and ValueError.
    """
    if device == "cpu":
        inter, intra = pick_threads(threads)
        options |= {"inter_threads": inter, "intra_threads": intra}
    # Opening sets OpenMP's number of threads for the thread that opens, also for other libraries:
    # PyTorch would be left with one core.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(
            kind, str(folder), device=device, compute_type=compute_type, **options
        ).result()


def pick_threads(threads: int | None = None) -> tuple[int, int]:
    """Return how many batches to translate at once, and with how many cores each.

    ``OMP_NUM_THREADS`` limits the number of cores where it is set. Up to four cores each take
    a batch of their own; beyond that a batch has four cores, as activations cost memory.
    """
    if threads is None:
        wish = os.environ.get("OMP_NUM_THREADS", "")
        available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
        threads = int(wish) if wish.isdigit() else available or os.cpu_count() or 1
    threads = max(1, threads)
    return (threads, 1) if threads <= 4 else (threads // 4, 4)
