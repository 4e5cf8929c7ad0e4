"""``labelproj project`` from files to files, stopped hard and resumed, and with bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labelproj import tables
from labelproj.formats import read_documents
from labelproj.records import Document

NAMES = ("Amina", "Bello", "Musa", "Kano", "Zaria", "Lagos")


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "labelproj", *map(str, arguments)]


def run(*arguments: str | Path, cache: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"LABELPROJ_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = []
    for number in range(300):
        a, b = NAMES[number % 3], NAMES[3 + number // 3 % 3]
        text = f"{a} went to {b}. Rain fell in {b}, day {number}."
        start = text.index(b)
        spans = [
            {"start": 0, "end": len(a), "label": "PER"},
            {"start": start, "end": start + len(b), "label": "LOC"},
        ]
        lines.append(json.dumps({"id": f"d{number}", "text": text, "spans": spans}) + "\n")
    path = tmp_path_factory.mktemp("job") / "news.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def test_files_in_files_out(source: Path, tiny_mt: Path, cache: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("project", source, "--src", "en", "--tgt", "hau_Latn", "--mt", tiny_mt)
    done = run(*arguments, "--out", out, "--json", cache=cache)
    manifest = json.loads(done.stdout)
    assert manifest == json.loads((out / "manifest.json").read_text())
    counts = manifest["counts"]
    assert counts["records"]["in"] == 300
    kept = tables.read(out / "kept.parquet", tables.FILTERED)
    rejected = tables.read(out / "rejected.parquet", tables.FILTERED)
    assert len(kept) + len(rejected) == counts["units"]["in"] == 600
    assert (rejected["reasons"].list.len() > 0).all()
    assert counts["spans"]["spans"] == 600
    for row in kept.iter_rows(named=True):
        for place in row["projections"]:
            if place["start"] is not None:
                assert row["tgt_text"][place["start"] : place["end"]].strip()
    for name in ("news.ha.jsonl", "news.ha.conll"):
        documents = list(read_documents(str(out / name), lang="ha"))
        assert documents
        assert all(isinstance(document, Document) for document in documents)
    again = run(*arguments, "--out", out, cache=cache)
    assert "nothing to do" in again.stderr


def test_killed_at_any_moment_the_rows_are_the_same(
    source: Path, tiny_mt: Path, cache: Path, tmp_path: Path
) -> None:
    arguments = ("project", source, "--src", "en", "--tgt", "ha", "--mt", tiny_mt, "--out")
    started = time.monotonic()
    run(*arguments, tmp_path / "through", cache=cache)
    whole = time.monotonic() - started
    environment = os.environ | {"LABELPROJ_CACHE": str(cache)}
    for share in (0.3, 0.5, 0.7, 0.85):
        process = subprocess.Popen(
            command(*arguments, tmp_path / "killed"), stderr=subprocess.DEVNULL, env=environment
        )
        time.sleep(whole * share)
        process.send_signal(signal.SIGKILL)
        process.wait()
    run(*arguments, tmp_path / "killed", cache=cache)
    for name in ("kept.parquet", "rejected.parquet", "news.ha.jsonl", "news.ha.conll"):
        one, two = (tmp_path / folder / name for folder in ("through", "killed"))
        assert one.read_bytes() == two.read_bytes()


def test_given_translations_need_no_model(cache: Path, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "data" / "demo" / "ner" / "parallel.en-ha.jsonl"
    out = tmp_path / "out"
    run("project", source, "--src", "en", "--tgt", "ha", "--out", out, cache=cache)
    kept = tables.read(out / "kept.parquet", tables.FILTERED)
    assert set(kept["mt_status"]) == {"given"}


def test_projected_by_marks(source: Path, tiny_mt: Path, cache: Path, tmp_path: Path) -> None:
    arguments = ("project", source, "--src", "en", "--tgt", "ha", "--mt", tiny_mt, "--limit", "40")
    method = ("--method", "markers", "--markers", "brackets")
    done = run(*arguments, *method, "--out", tmp_path / "out", "--json", cache=cache)
    manifest = json.loads(done.stdout)
    assert manifest["params"]["translate"]["markers"] == "brackets"
    kept = tables.read(tmp_path / "out" / "kept.parquet", tables.FILTERED)
    rejected = tables.read(tmp_path / "out" / "rejected.parquet", tables.FILTERED)
    methods, reasons = set(), set()
    for row in [*kept.iter_rows(named=True), *rejected.iter_rows(named=True)]:
        assert not set("[]") & set(row["tgt_text"])
        methods |= {place["method"] for place in row["projections"]}
        reasons |= {place["reason"] for place in row["projections"] if place["start"] is None}
    assert methods == {"markers:brackets"}
    assert reasons <= {"no marks", "overlap", "empty mark"}
    given = Path(__file__).parents[2] / "data" / "demo" / "ner" / "parallel.en-ha.jsonl"
    failed = run(
        *("project", given, "--src", "en", "--tgt", "ha", "--method", "markers"),
        *("--out", tmp_path / "given"),
        cache=cache,
        code=2,
    )
    assert "needs translations of marked text" in failed.stderr


def test_a_dry_run_writes_nothing(source: Path, tiny_mt: Path, cache: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ("project", source, "--src", "en", "--tgt", "ha", "--mt", tiny_mt, "--out", out)
    counts = json.loads(run(*arguments, "--dry-run", "--json", cache=cache).stdout)
    assert (counts["records"], counts["units"], counts["spans"]) == (300, 600, 600)
    assert counts["seconds"] > 0
    assert not out.exists()


def test_mistakes_are_one_line(source: Path, tiny_mt: Path, cache: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    mistakes = {
        ("project", source, "--src", "en", "--tgt", "xq"): (2, "xq"),
        ("project", source, "--src", "en", "--tgt", "sw", "--mt", tiny_mt): (2, "hau_Latn"),
        ("project", source, "--src", "en", "--tgt", "ha"): (2, "--mt"),
        ("project", source, "--src", "en", "--tgt", "ha", "--mt", tmp_path / "no"): (5, "no"),
        ("project", empty, "--src", "en", "--tgt", "ha", "--mt", tiny_mt): (4, "empty.jsonl"),
        ("project", tmp_path / "x.conll", "--src", "en", "--tgt", "ha"): (4, "x.conll"),
        ("project", source, "--src", "en", "--tgt", "ha", "--aligner", "giza"): (2, "giza"),
    }
    for arguments, (code, part) in mistakes.items():
        extra = ("--mt", tiny_mt) if "giza" in arguments else ()
        done = run(*arguments, *extra, "--out", out, cache=cache, code=code)
        lines = [line for line in done.stderr.splitlines() if line.startswith("error:")]
        assert len(lines) == 1, done.stderr
        assert part in lines[0]


def test_what_is_wrong_is_found_before_anything_is_read(
    source: Path, tiny_mt: Path, cache: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    languages = ("--src", "en", "--tgt", "ha", "--out", out)
    swahili = ("--src", "en", "--tgt", "sw", "--out", out)
    mistakes = {
        ("project", source, tmp_path / "second.jsonl", "--mt", tiny_mt, *languages): 4,
        ("project", source, "--mt", tiny_mt, *swahili): 2,
        ("project", source, "--mt", tiny_mt, *swahili, "--dry-run"): 2,
        ("project", source, "--mt", tiny_mt, *languages, "--compute-type", "int3"): 7,
        ("project", source, "--mt", tmp_path / "no", *languages, "--dry-run"): 5,
    }
    for arguments, code in mistakes.items():
        run(*arguments, cache=cache, code=code)
        assert not out.exists()


def test_another_input_into_the_same_folder(cache: Path, tmp_path: Path) -> None:
    pair = {"src_text": "Amina came.", "tgt_text": "Amina ta zo.", "src_spans": []}
    for name in ("one", "two"):
        lines = [json.dumps(pair | {"id": f"{name}{i}"}) for i in range(3)] + ["not JSON"]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    out = tmp_path / "out"
    options = ("--src", "en", "--tgt", "ha", "--aligner", "systran", "--out", out)
    run("project", tmp_path / "one.jsonl", *options, cache=cache)
    (out / "notes.txt").write_text("the user's own")
    done = run("project", tmp_path / "two.jsonl", *options, cache=cache)
    assert not list(out.glob("one.*"))
    assert (out / "two.ha.jsonl").is_file()
    assert (out / "notes.txt").is_file()
    # What people are told to look at is there, and the first reason is told at once.
    assert str(out / "quarantine.parquet") in done.stderr
    assert "two.jsonl:4: not a JSON object" in done.stderr
    assert (out / "quarantine.parquet").is_file()


def test_nasty_records_stop_nothing(tiny_mt: Path, cache: Path, tmp_path: Path) -> None:
    source = tmp_path / "nasty.jsonl"
    long = "word " * 4000
    records = [
        {"id": "long", "text": long, "spans": [{"start": 0, "end": 4, "label": "PER"}]},
        {"id": "unbroken", "text": "x" * 20_000, "spans": []},
        {"id": "zero-width", "text": "A\u200bmina\u2060 came", "spans": []},
        {
            "id": "emoji",
            "text": "😀👩‍👩‍👧 Amina",
            "spans": [{"start": 7, "end": 12, "label": "PER"}],
        },
        {"id": "out", "text": "Amina", "spans": [{"start": 2, "end": 12, "label": "PER"}]},
        {"id": "punctuation", "text": "...", "spans": [{"start": 0, "end": 3, "label": "PER"}]},
    ]
    content = "".join(json.dumps(record, ensure_ascii=False) + "\r\n" for record in records)
    source.write_bytes(content.encode() + b'{"id": "bad", "text": "\xff\xfe"}\r\n')
    out = tmp_path / "out"
    run("project", source, "--src", "en", "--tgt", "ha", "--mt", tiny_mt, "--out", out, cache=cache)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["counts"]["records"] | {"units": 0, "spans": 0} == {
        "in": 7, "kept": 5, "rejected": 2, "failed": 0, "units": 0, "spans": 0,
    }  # fmt: skip
    rejected = tables.read(out / "quarantine.parquet", tables.REJECTS)
    assert set(rejected["line"]) == {5, 7}
