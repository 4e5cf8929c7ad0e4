"""The embedded English-Hausa demo corpus: reproducible, well formed, held out what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
LABELS = {"PER", "LOC", "ORG", "DATE"}
TASKS = ("ner", "eae", "qa", "tod")
LEAST = {
    "ner/train.en.jsonl": 800,
    "ner/dev.en.jsonl": 100,
    "ner/train.ha.jsonl": 400,
    "ner/dev.ha.jsonl": 80,
    "ner/test.ha.jsonl": 200,
    "ner/parallel.en-ha.jsonl": 300,
    **{f"{task}/train.en.jsonl": 200 for task in TASKS[1:]},
    **{f"{task}/dev.en.jsonl": 30 for task in TASKS[1:]},
    **{f"{task}/train.ha.jsonl": 150 for task in TASKS[1:]},
    **{f"{task}/dev.ha.jsonl": 30 for task in TASKS[1:]},
    **{f"{task}/test.ha.jsonl": 80 for task in TASKS[1:]},
    **{f"{task}/parallel.en-ha.jsonl": 80 for task in TASKS[1:]},
    "bitext.en-ha.tsv": 9000,
}
TRAINING_DOCUMENTS = tuple(
    f"ner/{part}.jsonl" for part in ("train.en", "dev.en", "train.ha", "dev.ha")
)
DOCUMENTS = (*TRAINING_DOCUMENTS, "ner/test.ha.jsonl")
PARALLEL = "ner/parallel.en-ha.jsonl"
BITEXT = "bitext.en-ha.tsv"
TAGS = {
    "ambiguous_name",
    "apostrophe",
    "brackets",
    "copied",
    "dropped",
    "hooked",
    "no_entity",
    "reordered",
    "repeated",
    "split",
    "translated",
}


@cache
def lines(name: str) -> tuple[str, ...]:
    return tuple((DEMO / name).read_text(encoding="utf-8").splitlines())


@cache
def rows(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in lines(name))


@cache
def bitext() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(line.split("\t")) for line in lines(BITEXT))


def labelled() -> list[tuple[str, list[dict[str, Any]]]]:
    """Every labelled text of the corpus with its spans."""
    found = [(row["text"], row["spans"]) for name in DOCUMENTS for row in rows(name)]
    for row in rows(PARALLEL):
        found += [(row["src_text"], row["src_spans"]), (row["tgt_text"], row["tgt_spans"])]
    return found


def tokens(text: str) -> str:
    """The words of a text in lower case, with a space before and after each."""
    return " " + " ".join(re.findall(r"\w[\w'-]*", text.casefold())) + " "


def training_texts() -> list[str]:
    return [text for pair in bitext() for text in pair] + [
        row["text"] for name in TRAINING_DOCUMENTS for row in rows(name)
    ]


def source(name: str) -> Any:
    return yaml.safe_load((DEMO / "source" / name).read_text(encoding="utf-8"))


def templates(folder: str) -> list[dict[str, str]]:
    paths = sorted((DEMO / "source" / "entities" / folder).glob("*.yaml"))
    return [
        t for path in paths for t in yaml.safe_load(path.read_text(encoding="utf-8"))["templates"]
    ]


def test_generating_again_gives_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(DEMO / "generate.py"), "--out", str(tmp_path)], check=True)
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert made == set(LEAST)
    for name in LEAST:
        assert (tmp_path / name).read_bytes() == (DEMO / name).read_bytes(), name


@pytest.mark.parametrize("name", LEAST)
def test_each_file_is_large_enough(name: str) -> None:
    assert len(lines(name)) >= LEAST[name]


@pytest.mark.parametrize("name", LEAST)
def test_each_file_is_nfc_with_unix_line_ends(name: str) -> None:
    text = (DEMO / name).read_bytes().decode("utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert "\r" not in text
    assert "  " not in text
    assert text.endswith("\n")


def test_each_line_of_the_bitext_has_two_columns_and_both_sides_are_distinct() -> None:
    assert {len(pair) for pair in bitext()} == {2}
    assert all(side and side == side.strip() for pair in bitext() for side in pair)
    assert (
        len({pair[0] for pair in bitext()}) == len({pair[1] for pair in bitext()}) == len(bitext())
    )


def test_every_span_lies_on_words() -> None:
    for text, spans in labelled():
        for span in spans:
            assert set(span) == {"id", "start", "end", "label"}
            assert span["label"] in LABELS
            assert 0 <= span["start"] < span["end"] <= len(text)
            covered = text[span["start"] : span["end"]]
            assert covered == covered.strip()
            assert not text[span["start"] - 1 : span["start"]].isalnum()
            assert not text[span["end"] : span["end"] + 1].isalnum()


def test_spans_come_in_order_and_do_not_overlap() -> None:
    for text, spans in labelled():
        for left, right in pairwise(spans):
            assert left["end"] <= right["start"], text


def test_ids_are_unique_and_documents_number_their_spans() -> None:
    for name in (*DOCUMENTS, PARALLEL):
        assert len({row["id"] for row in rows(name)}) == len(rows(name))
    for name in DOCUMENTS:
        for row in rows(name):
            assert set(row) == {"id", "text", "spans"}
            assert [span["id"] for span in row["spans"]] == [
                f"s{n}" for n in range(len(row["spans"]))
            ]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_label_occurs_in_every_file_of_documents(name: str) -> None:
    counts = Counter(span["label"] for row in rows(name) for span in row["spans"])
    assert set(counts) == LABELS
    assert min(counts.values()) >= 20


def test_target_spans_name_source_spans_of_the_same_label() -> None:
    for row in rows(PARALLEL):
        assert (row["src_lang"], row["tgt_lang"]) == ("en", "ha")
        known = {span["id"]: span["label"] for span in row["src_spans"]}
        assert len(known) == len(row["src_spans"])
        for span in row["tgt_spans"]:
            assert known[span["id"]] == span["label"]


def test_tags_say_what_the_spans_show() -> None:
    for row in rows(PARALLEL):
        sources = [span["id"] for span in row["src_spans"]]
        targets = [span["id"] for span in row["tgt_spans"]]
        tags = set(row["tags"])
        assert tags <= TAGS
        assert ("dropped" in tags) == (set(sources) != set(targets))
        assert ("split" in tags) == (len(set(targets)) < len(targets))
        assert ("no_entity" in tags) == (not sources)
        assert ("reordered" in tags) == (targets != sorted(targets, key=sources.index))
        assert ("brackets" in tags) == bool(re.search(r"[][()]", row["src_text"]))


def test_every_tag_occurs_at_least_ten_times_in_the_parallel_set() -> None:
    counts = Counter(tag for row in rows(PARALLEL) for tag in row["tags"])
    assert set(counts) == TAGS
    assert min(counts.values()) >= 10, counts


def test_the_parallel_set_mixes_known_and_new_templates() -> None:
    known, new = ({t["id"] for t in templates(folder)} for folder in ("train", "held_out"))
    used = [set(row["template"].split("+")) for row in rows(PARALLEL)]
    assert all(ids <= known or ids <= new for ids in used)
    assert sum(ids <= known for ids in used) >= 150
    assert sum(ids <= new for ids in used) >= 150


def test_no_text_occurs_twice_in_the_corpus() -> None:
    texts = [text for text, _ in labelled()] + [side for pair in bitext() for side in pair]
    repeated = [text for text, count in Counter(texts).items() if count > 1]
    assert repeated == []


def test_names_of_the_held_out_documents_are_absent_from_the_training_side() -> None:
    seen = "\n".join(tokens(text) for text in training_texts())
    names: set[str] = set()
    for row in rows("ner/test.ha.jsonl"):
        names |= {row["text"][s["start"] : s["end"]] for s in row["spans"] if s["label"] != "DATE"}
    for row in rows(PARALLEL):
        split = {
            s["id"]
            for s in row["tgt_spans"]
            if [t["id"] for t in row["tgt_spans"]].count(s["id"]) > 1
        }
        names |= {
            row["src_text"][s["start"] : s["end"]] for s in row["src_spans"] if s["label"] != "DATE"
        }
        names |= {
            row["tgt_text"][s["start"] : s["end"]]
            for s in row["tgt_spans"]
            if s["label"] != "DATE" and s["id"] not in split
        }
    # The first part of a split name ("Hukumar Zaɓe") is common to all names of that kind.
    generic = {entry.split(" | ")[0] for entry in organisation_heads()}
    assert len(names) > 500
    assert sorted(name for name in names - generic if tokens(name) in seen) == []


def organisation_heads() -> set[str]:
    entries = [
        e for s in source("organisations.yaml")["sections"] if s["held_out"] for e in s["names"]
    ]
    return {entry.split(" = ")[1] for entry in entries if " | " in entry}


def test_each_held_out_first_and_last_name_and_place_is_absent_from_the_training_side() -> None:
    seen = "\n".join(tokens(text) for text in training_texts())
    entries: list[str] = []
    for section in source("people.yaml")["sections"]:
        if section["held_out"]:
            entries += section["first_m"] + section["first_f"] + section["last"]
    for section in source("places.yaml")["sections"]:
        if section["held_out"]:
            entries += section["names"]
    names = {form.removeprefix("the ") for entry in entries for form in entry.split(" = ")}
    assert len(names) > 150
    assert sorted(name for name in names if tokens(name) in seen) == []


def test_lexicons_are_large_and_their_two_sides_share_no_name() -> None:
    def sides(name: str, keys: tuple[str, ...]) -> tuple[set[str], set[str]]:
        found: tuple[set[str], set[str]] = (set(), set())
        for section in source(name)["sections"]:
            for key in keys:
                found[section["held_out"]].update(section.get(key, []))
        return found

    for name, keys, least in (
        ("people.yaml", ("first_m", "first_f"), (120, 40)),
        ("people.yaml", ("last",), (120, 40)),
        ("places.yaml", ("names",), (90, 25)),
        ("organisations.yaml", ("names",), (70, 25)),
    ):
        known, new = sides(name, keys)
        assert (len(known), len(new)) >= least, (name, keys)
        assert len(new) >= least[1], (name, keys)
        assert {e for e in known & new if "{" not in e} == set(), (name, keys)


def test_held_out_templates_are_not_training_templates() -> None:
    known, new = templates("train"), templates("held_out")
    assert len(known) >= 130
    assert len(new) >= 45
    for side in ("id", "en", "ha"):
        assert len({t[side] for t in known} | {t[side] for t in new}) == len(known) + len(new)


def test_sentence_frames_of_the_test_documents_are_absent_from_the_training_side() -> None:
    known = {
        frame
        for name in ("ner/train.ha.jsonl", "ner/dev.ha.jsonl")
        for row in rows(name)
        for frame in frames(row)
    }
    new = {frame for row in rows("ner/test.ha.jsonl") for frame in frames(row)}
    assert len(new) > 45
    assert known & new == set()


def frames(row: dict[str, Any]) -> set[str]:
    """The sentences of a document with a label in the place of each span."""
    text = row["text"]
    for span in reversed(row["spans"]):
        text = text[: span["start"]] + span["label"] + text[span["end"] :]
    return set(re.split(r"(?<=[.?!]) ", text))
