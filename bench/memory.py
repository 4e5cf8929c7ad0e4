"""Peak memory of `labelproj project` on an input and on many times as much of it.

    python bench/memory.py INPUT --mt MODEL [--times 20] [--src en --tgt ha] [--json]

Prints the peak memory of the process and its children together (PSS: what they share counts once),
sampled every 50 ms, for the input once and for the input repeated, and their ratio.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from labelproj.config import PrepareParams
from labelproj.formats import write_documents
from labelproj.records import Document, Reject
from labelproj.stages.prepare import ReadDocuments

SAMPLE_SECONDS = 0.05


def repeated(source: str, *, times: int, lang: str, path: Path) -> int:
    """Write the documents of ``source`` to ``path``, ``times`` over, each with an id of its own."""
    documents = ReadDocuments([source], params=PrepareParams(), lang=lang)
    found = [item for _, item in documents if not isinstance(item, Reject)]
    return write_documents(
        (
            Document(f"{document.id}-{number}", document.lang, document.segments)
            for number in range(times)
            for document in found
        ),
        path,
    )


def peak_of(command: list[str]) -> tuple[float, float]:
    """Run ``command``; return its peak memory in MiB, with children, and its seconds."""
    started = time.monotonic()
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        total = 0
        try:
            for part in (process, *process.children(recursive=True)):
                total += part.memory_full_info().pss
        except psutil.NoSuchProcess:
            pass
        peak = max(peak, total)
        time.sleep(SAMPLE_SECONDS)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with status {process.returncode}")
    return peak / 2**20, time.monotonic() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("--mt", required=True)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--src", default="en")
    parser.add_argument("--tgt", default="ha")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, object] = {}
    peaks: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        for times in (1, options.times):
            path = Path(name) / f"times{times}.jsonl"
            documents = repeated(options.input, times=times, lang=options.src, path=path)
            command = [sys.executable, "-m", "labelproj", "project", str(path), "--mt", options.mt]
            command += ["--src", options.src, "--tgt", options.tgt, "--out", f"{path}.out"]
            if not peaks:  # once before, so that converting the model is not measured
                peak_of([*command, "--limit", "10"])
            peak, seconds = peak_of([*command, "--no-resume"])
            peaks.append(peak)
            figures[f"times {times}"] = {
                "documents": documents,
                "peak_mib": round(peak, 1),
                "seconds": round(seconds, 1),
            }
    figures["ratio"] = round(peaks[1] / peaks[0], 3)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for what, figure in figures.items():
            print(f"{what}: {figure}")


if __name__ == "__main__":
    main()
