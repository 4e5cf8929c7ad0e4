"""Time, memory and size of the report of a large job, and how fast a browser is with it.

    python bench/report.py [--units 100000] [--rows 20000 100000] [--task eae] [--keep DIR] [--json]

Makes a job of invented units (words drawn by Zipf's law, four labels, every kind of reason), writes
its report with the texts of so many rows, and, where there is a Chromium, opens it: seconds until
the rows can be used, seconds of a search through all of them, and the page's memory. With
`--task eae` the spans of a unit are an event, every unit is a document, and documents are drawn.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import psutil

from labelproj import tables
from labelproj.config import FilterParams
from labelproj.shards import read_json, write_manifest
from labelproj.stages.filter import run_filter
from labelproj.tasks import task_named

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from chromium import Browser, find_chromium

LABELS = ("PER", "LOC", "ORG", "DATE")
PIECE = 4000
SAMPLE_SECONDS = 0.02


def units(number: int, seed: int) -> Iterator[pl.DataFrame]:
    """Yield ``number`` invented rows of ``tables.PROJECTED`` in pieces."""
    draw = np.random.default_rng(seed)
    letters = np.array(list("abdefghijklmnorstuwyƙɗ"))
    known = ["".join(draw.choice(letters, draw.integers(2, 10))) for _ in range(20_000)]
    for first in range(0, number, PIECE):
        size = min(PIECE, number - first)
        rows = [row(draw, known, first + place) for place in range(size)]
        yield tables.frame(rows, tables.PROJECTED)


def row(draw: np.random.Generator, known: list[str], number: int) -> dict[str, object]:
    """Return one unit of 5 to 30 words with up to four spans, of which some have no place."""
    size = int(draw.integers(5, 31))
    picks = np.minimum(draw.zipf(1.3, 2 * size), len(known)) - 1
    sides = [[known[one] for one in picks[:size]], [known[one] for one in picks[size:]]]
    texts = [" ".join(side) for side in sides]
    spans, places = [], []
    for name in range(int(draw.integers(0, 5))):
        at = [int(draw.integers(0, size)) for _ in sides]
        start, found = (
            sum(len(word) + 1 for word in side[:place])
            for side, place in zip(sides, at, strict=True)
        )
        label = LABELS[name % 4]
        spans.append(
            {"id": f"s{name}", "start": start, "end": start + len(sides[0][at[0]]),
             "label": label, "group": "s0"}
        )  # fmt: skip
        placed = draw.random() > 0.02
        places.append(
            {"span_id": f"s{name}", "label": label, "group": "s0",
             "start": found if placed else None,
             "end": found + len(sides[1][at[1]]) if placed else None,
             "score": float(draw.beta(8, 2)) if placed else 0.0,
             "method": "alignment:eflomal", "reason": None if placed else "no link"}
        )  # fmt: skip
    copied = draw.random() < 0.03
    return {
        "id": f"d{number}/text/0", "document_id": f"d{number}", "segment_id": "text",
        "role": "text", "position": 0, "start": 0, "end": len(texts[0]), "lead": "", "trail": "",
        "src_text": texts[0], "src_spans": spans, "given": None, "signature": "bench:0",
        "tgt_text": texts[0] if copied else texts[1], "mt_score": -float(draw.gamma(2, 0.2)),
        "mt_status": "translated", "mt_flags": [], "projections": [] if copied else places,
    }  # fmt: skip


def job(folder: Path, number: int, task: str) -> None:
    """Write a filtered job of ``number`` invented units."""
    tables.write_frames(units(number, 13), folder / "units.parquet", tables.PROJECTED)
    params = task_named(task).filters(FilterParams())
    run_filter(units=folder / "units.parquet", out=folder, params=params, src="en", tgt="ha")
    tables.write_frames(documents(number), folder / "documents.parquet", tables.DOCUMENTS)
    said = read_json(folder / "manifest.json")
    write_manifest(folder / "manifest.json", said | {"params": said["params"] | {"task": task}})


def documents(number: int) -> Iterator[pl.DataFrame]:
    """Yield rows of ``tables.DOCUMENTS`` for as many units: one each."""
    segments = [{"id": "text", "role": "text", "n_units": 1}]
    same = {"lang": "en", "segments": segments, "payload": "{}", "source": "", "signature": ""}
    for first in range(0, number, PIECE):
        rows = [{"id": f"d{place}", **same} for place in range(first, min(first + PIECE, number))]
        yield tables.frame(rows, tables.DOCUMENTS)


def written(folder: Path, rows: int) -> dict[str, object]:
    """Write the report in a process of its own; return seconds, peak memory and size."""
    page = folder / f"report-{rows}.html"
    command = [sys.executable, "-m", "labelproj", "report", str(folder), "--out", str(page)]
    command += ["--rows", str(rows), "--src", "en", "--tgt", "ha"]
    started = time.monotonic()
    process = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.Error:
            break
        time.sleep(SAMPLE_SECONDS)
    assert process.wait() == 0
    return {
        "rows": rows,
        "seconds": round(time.monotonic() - started, 1),
        "peak_mib": round(peak / 2**20),
        "page_mib": round(page.stat().st_size / 2**20, 1),
    }


def opened(page: Path) -> dict[str, object]:
    """Open the page and use it; return seconds and the memory of its JavaScript."""
    with Browser(timeout=120) as browser:
        browser.size(1300, 900)
        started = time.monotonic()
        browser.open(f"file://{page.resolve()}")
        browser.wait("document.documentElement.dataset.ready === 'yes'")
        ready = time.monotonic() - started
        drawn = "document.getElementById('drawn-count').dataset.found > 0"
        browser.wait(f"document.getElementById('drawn').hidden || {drawn}")
        spent = browser.run(
            "(() => { const q = document.getElementById('filters').elements.q; q.value = 'abd';"
            "const t = performance.now(); q.form.dispatchEvent(new Event('input'));"
            "return new Promise((done) => { const look = () => location.hash.includes('q=abd')"
            "? requestAnimationFrame(() => done(performance.now() - t - 120))"
            ": setTimeout(look, 5); look(); }); })()"
        )
        memory = browser.run("performance.memory.usedJSHeapSize")
        assert browser.errors == [], browser.errors
        return {
            "ready_s": round(ready, 1),
            "search_ms": round(max(0.0, spent)),
            "heap_mib": round(memory / 2**20),
        }


def main() -> None:
    """Print a line of figures for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--task", choices=["ner", "eae"], default="ner")
    parser.add_argument("--keep", type=Path, help="keep the job and the pages here")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "kept.parquet").is_file():
            job(folder, options.units, options.task)
        for rows in options.rows:
            result = {"units": options.units} | written(folder, rows)
            if find_chromium():
                result |= opened(folder / f"report-{rows}.html")
            text = json.dumps(result) if options.json else ", ".join(
                f"{name} {value}" for name, value in result.items()
            )  # fmt: skip
            print(text, flush=True)


if __name__ == "__main__":
    main()
