"""Parallel gold lines and bitext."""

import gzip
import json
from pathlib import Path

import pytest

from labelproj.errors import FormatError, MissingInputError
from labelproj.formats.bitext import read_bitext
from labelproj.formats.parallel import GoldPair, read_gold_pairs
from labelproj.records import Reject, Span

LINE: dict[str, object] = {
    "id": "g0",
    "src_lang": "en",
    "tgt_lang": "ha",
    "src_text": "Egypt won.",
    "tgt_text": "Masar ta ci.",
    "src_spans": [{"id": "s0", "start": 0, "end": 5, "label": "LOC"}],
    "tgt_spans": [{"start": 0, "end": 5, "label": "LOC"}],
    "tgt_tokens": [[0, 5], [6, 8], [9, 11], [11, 12]],
    "alignments": {"hand": "0-0 1-2"},
}


def read(path: Path, *lines: dict[str, object]) -> list[GoldPair | Reject]:
    file = path / "gold.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(json.dumps(line) for line in lines).encode()))
    return list(read_gold_pairs(file))


def test_a_gold_pair(tmp_path: Path) -> None:
    assert read(tmp_path, LINE) == [
        GoldPair(
            id="g0",
            src_lang="en",
            tgt_lang="ha",
            src_text="Egypt won.",
            tgt_text="Masar ta ci.",
            src_spans=(Span("s0", 0, 5, "LOC"),),
            tgt_spans=(Span("s0", 0, 5, "LOC"),),
            tgt_tokens=((0, 5), (6, 8), (9, 11), (11, 12)),
            alignments={"hand": "0-0 1-2"},
        )
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "g0"}, "duplicate id 'g0'"),
        ({"tgt_text": "Ma"}, "outside its text"),
        ({"tgt_spans": None, "src_lang": 4}, "'src_lang' is not a string"),
        ({"tgt_tokens": [[0, 5], [3, 8]]}, "tgt_tokens[1] is not"),
        ({"tgt_tokens": 3}, "tgt_tokens[0] is not"),
        ({"alignments": {"a": 3}}, "'alignments' is not"),
    ],
)
def test_bad_pairs_are_rejected(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    good, bad, also_good = read(tmp_path, LINE, LINE | {"id": "g1"} | change, LINE | {"id": "g2"})
    assert isinstance(good, GoldPair) and isinstance(also_good, GoldPair)
    assert isinstance(bad, Reject)
    assert reason in bad.reason and bad.line == 2


def test_files_without_gold_are_refused(tmp_path: Path) -> None:
    line = {key: value for key, value in LINE.items() if key != "tgt_spans"}
    with pytest.raises(FormatError, match=r"gold\.jsonl\.gz:1: .*no 'tgt_spans'"):
        read(tmp_path, line)


def test_bitext_passes_bad_lines_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(
        b"\xef\xbb\xbfone\tdaya\r\n\r\nno tab\nempty\t \nbad\t\xff\n two \tbiyu\t0-0\n"
    )
    assert list(read_bitext(path)) == [("one", "daya"), ("two", "biyu")]


def test_bitext_without_pairs(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("one\n")
    with pytest.raises(FormatError, match="no pair of sentences"):
        list(read_bitext(path))
    path.write_text("")
    with pytest.raises(MissingInputError):
        list(read_bitext(path))
    with pytest.raises(MissingInputError):
        list(read_bitext(tmp_path / "nope.tsv"))
