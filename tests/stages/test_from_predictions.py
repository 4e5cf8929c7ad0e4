"""Translate-test: the labels of a model's predictions come back onto the texts they are of."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import NAMES, PATTERNS
from labelproj import tables
from labelproj.config import (
    BuildParams,
    FilterParams,
    PrepareParams,
    ProjectParams,
    TrainParams,
    TranslateParams,
)
from labelproj.errors import UsageError
from labelproj.formats import read_documents
from labelproj.progress import Silent
from labelproj.records import Document, Segment, Span
from labelproj.stages.estimate import estimate
from labelproj.stages.from_predictions import UNFILTERED, plain_inputs, run_from_predictions
from labelproj.stages.label import run_label, unlabelled, whole_units
from labelproj.stages.prepare import run_prepare
from labelproj.stages.translate import run_translate
from labelproj.tasks import task_named
from labelproj.tasks.policy import UsableDocuments
from labelproj.train import CARD
from labelproj.train.labeller import Labeller
from labelproj.train.spacy_ner import SpacyTagger

PAIRS = [
    (src.format(a=a, b=b), tgt.format(a=a, b=b))
    for src, tgt in PATTERNS
    for a in NAMES[:4]
    for b in NAMES[4:]
]
NER = {"method": "alignment", "align": {"name": "systran"}}


class ByName:
    """A labeller that knows the names of the invented pairs: a model that makes no mistakes."""

    labels = ("LOC", "PER")

    def predict(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        return [english(text) for text in texts]


def english(text: str) -> tuple[Span, ...]:
    found = [
        Span(f"p{number}", text.index(name), text.index(name) + len(name), label)
        for number, (name, label) in enumerate(
            (name, "PER" if name in NAMES[:4] else "LOC") for name in NAMES
        )
        if name in text
    ]
    return tuple(sorted(found, key=lambda span: span.start))


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the train stage writes it: a spaCy tagger of the English sentences."""
    folder = tmp_path_factory.mktemp("models") / "zero-shot"
    documents = [
        Document(f"d{i}", "en", (Segment("text", "text", src, english(src)),))
        for i, (src, _) in enumerate(PAIRS)
    ]
    tagger = SpacyTagger(TrainParams(max_steps=80, eval_every=20, batch_words=150, dropout=0.0))
    tagger.fit(documents, documents[::4], progress=Silent())
    tagger.save(folder)
    (folder / CARD).write_text(json.dumps({"backend": "spacy"}))
    return folder


def job(inputs: Sequence[Path], out: Path, **options: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "mt": None,
        "model": None,
        "prepare": PrepareParams(),
        "translate": TranslateParams(rows_per_shard=8),
        "project": ProjectParams.model_validate(NER),
    }
    return run_from_predictions(
        inputs=[str(path) for path in inputs], out=out, src="en", tgt="ha", **(settings | options)
    )


def exported(path: Path) -> list[Document]:
    found = list(read_documents(str(path), lang="ha"))
    assert all(isinstance(one, Document) for one in found)
    return [one for one in found if isinstance(one, Document)]


def test_texts_are_labelled_and_stay_what_they_are(
    back_mt: Path, system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABELPROJ_CACHE", str(tmp_path / "cache"))
    texts = [f"  {a}  {b} " for (_, a), (_, b) in zip(PAIRS, PAIRS[5:], strict=False)]
    source = tmp_path / "ha.txt"
    source.write_bytes("\r\n".join([*texts, "", "..."]).encode() + b"\n\xff\n")
    out = tmp_path / "out"
    options = {"mt": str(back_mt), "model": str(system)}
    manifest = job([source], out, **options)
    documents = exported(out / "ha.ha.jsonl")
    assert [document.segments[0].text for document in documents] == [*texts, "..."]
    right = found = 0
    for document in documents:
        ids = [span.id for _, span in document.spans()]
        assert len(set(ids)) == len(ids)
        for segment, span in document.spans():
            found += 1
            names = NAMES[:4] if span.label == "PER" else NAMES[4:]
            right += span.surface(segment.text) in names
    assert found > 40
    assert right / found > 0.8
    assert manifest["labeller"]["name"] == "zero-shot"
    assert manifest["mt"]["tgt" if "tgt" in manifest["mt"] else "digest"]
    assert list(manifest["stages"]) == ["prepare", "translate", "label", "project", "filter"]
    assert manifest["counts"]["records"]["rejected"] == 1
    units = tables.read(out / "kept.parquet", tables.FILTERED)
    assert set(units["tgt_text"]) <= {text for _, text in PAIRS} | {"..."}
    # The very same work is found done; another model is other work.
    assert job([source], out, **options) == manifest
    again = job([source], tmp_path / "again", **options)
    assert again["outputs"] == manifest["outputs"]


def records(path: Path, *, spans: bool, count: int = 48) -> Path:
    lines = []
    for number, (src, tgt) in enumerate(PAIRS[:count]):
        record: dict[str, Any] = {"id": f"r{number}", "src_text": src, "tgt_text": tgt}
        if spans:
            record["src_spans"] = [
                {"start": s.start, "end": s.end, "label": s.label} for s in english(src)
            ]
        lines.append(json.dumps(record) + "\n")
    path.write_text("".join(lines))
    return path


def test_translations_and_predictions_that_are_there(system: Path, tmp_path: Path) -> None:
    given = job([records(tmp_path / "given.jsonl", spans=True)], tmp_path / "given")
    assert "label" not in given["stages"]
    made = job(
        [records(tmp_path / "made.jsonl", spans=True)],
        tmp_path / "made",
        model=str(system),
        prepare=PrepareParams(label_map={"PER": "NAME"}),
    )
    found: dict[str, set[str]] = {}
    for name, labels in (("given", {"LOC", "PER"}), ("made", {"LOC", "NAME"})):
        documents = exported(tmp_path / name / f"{name}.ha.jsonl")
        assert [d.segments[0].text for d in documents] == [tgt for _, tgt in PAIRS[:48]]
        spans = [(segment, span) for document in documents for segment, span in document.spans()]
        assert {span.label for _, span in spans} == labels
        found[name] = {f"{s.surface(segment.text)}:{s.start}" for segment, s in spans}
    assert len(found["given"] & found["made"]) > 10
    assert made["stages"]["label"]["counts"]["spans"].keys() == {"LOC", "NAME"}


@pytest.mark.parametrize("method", ["constrained", "ensemble"])
def test_other_methods_ask_a_model_of_the_other_direction(
    method: str, tiny_hf: Path, tmp_path: Path
) -> None:
    members = ("systran", "constrained") if method == "ensemble" else ()
    project = ProjectParams.model_validate(
        NER | {"method": method, "members": members, "constrained": {"model": str(tiny_hf)}}
    )
    source = records(tmp_path / "given.jsonl", spans=True, count=12)
    manifest = job([source], tmp_path / "out", project=project)
    assert manifest["stages"]["project"]["counts"]["projected"] > 12
    kept = tables.read(tmp_path / "out" / "kept.parquet", tables.FILTERED)
    assert kept["tgt_text"].to_list() == [tgt for _, tgt in PAIRS[:12]]


def test_rejected_units_lose_their_labels_not_their_text(tmp_path: Path) -> None:
    source = records(tmp_path / "given.jsonl", spans=True)
    strict = FilterParams(missing_spans=0.0, projection_score=0.97, copied=None)
    manifest = job([source], tmp_path / "out", filters=strict)
    counts = manifest["counts"]["units"]
    assert counts["rejected"] > 0
    rejected = set(
        tables.read(tmp_path / "out" / "rejected.parquet", tables.FILTERED)["document_id"]
    )
    for document in exported(tmp_path / "out" / "given.ha.jsonl"):
        if document.id in rejected:
            assert not list(document.spans())
            rejected.remove(document.id)
    assert not rejected


class Stopping(ByName):
    def __init__(self, after: int):
        self._left = after

    def predict(self, texts: Sequence[str]) -> list[tuple[Span, ...]]:
        self._left -= 1
        if self._left < 0:
            raise KeyboardInterrupt
        return super().predict(texts)


def labeller(tagger: object) -> Labeller:
    assert isinstance(tagger, ByName)
    return Labeller(tagger, "by-name", None, "d")  # type: ignore[arg-type]


def translated(folder: Path, source: Path) -> Path:
    run_prepare(
        inputs=[str(source)], out=folder / "prepared", params=PrepareParams(), lang="ha",
        reshape=unlabelled("ha"),
    )  # fmt: skip
    run_translate(
        units=folder / "prepared" / "units.parquet", model=None, out=folder / "translated",
        params=TranslateParams(), src="ha", tgt="en", work=folder / "work",
    )  # fmt: skip
    return folder / "translated" / "units.parquet"


def label(units: Path, out: Path, tagger: object, work: Path) -> dict[str, Any]:
    return run_label(
        units=units, out=out, labeller=labeller(tagger), label_map={}, work=work, rows_per_shard=7
    )


def test_labelling_goes_on_where_it_stopped(tmp_path: Path) -> None:
    units = translated(tmp_path, records(tmp_path / "given.jsonl", spans=False))
    with pytest.raises(KeyboardInterrupt):
        label(units, tmp_path / "out", Stopping(3), tmp_path / "shards")
    manifest = label(units, tmp_path / "out", ByName(), tmp_path / "shards")
    assert manifest["shards"] == {"computed": 4, "resumed": 3}
    fresh = label(units, tmp_path / "fresh", ByName(), tmp_path / "fresh-shards")
    one, two = (tmp_path / name / "units.parquet" for name in ("out", "fresh"))
    assert one.read_bytes() == two.read_bytes()
    assert fresh["signature"] == manifest["signature"]
    before, after = tables.read(units, tables.TRANSLATED), tables.read(one, tables.TRANSLATED)
    assert after["tgt_text"].equals(before["src_text"].alias("tgt_text"))
    assert after["src_text"].equals(before["tgt_text"].alias("src_text"))
    for row in after.iter_rows(named=True):
        spans = [(s["start"], s["end"], s["label"]) for s in row["src_spans"]]
        assert spans == [(s.start, s.end, s.label) for s in english(row["src_text"])]


CHARACTERS = st.sampled_from("Ab. 。!?\n\t\u3000中文'\"") | st.characters(codec="utf-8")
TEXT = st.text(CHARACTERS, max_size=60).filter(lambda text: bool(text.strip()))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(TEXT, min_size=1, max_size=3),
    tgt=st.sampled_from(["ha", "zh"]),
)
def test_whatever_a_text_is_it_comes_back(texts: list[str], tgt: str, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    run_prepare(
        inputs=[str(source)], out=tmp_path, params=PrepareParams(), lang=tgt,
        reshape=unlabelled(tgt),
    )  # fmt: skip
    units = tables.read(tmp_path / "units.parquet", tables.UNITS).with_columns(
        pl.col("src_text").alias("tgt_text"),
        pl.lit(None, dtype=pl.String).alias("marked"),
        pl.lit(None, dtype=pl.Float64).alias("mt_score"),
        pl.lit("translated").alias("mt_status"),
        pl.lit([], dtype=pl.List(pl.String)).alias("mt_flags"),
        pl.lit([], dtype=tables.PROJECTED["projections"]).alias("projections"),
        pl.lit([], dtype=tables.FILTERED["signals"]).alias("signals"),
        pl.lit("accept").alias("verdict"),
        pl.lit([], dtype=pl.List(pl.String)).alias("reasons"),
    )
    projected = tmp_path / "projected.parquet"
    tables.write(units.select(list(tables.PROJECTED)), projected, tables.PROJECTED)
    table = units.select(list(tables.FILTERED))
    # Every second unit is rejected: no text is lost for that.
    for name, rest in (("kept", 0), ("rejected", 1)):
        part = table.gather_every(2, rest) if len(table) > rest else table.head(0)
        tables.write(part, tmp_path / f"{name}.parquet", tables.FILTERED)
    whole_units(
        projected,
        kept=tmp_path / "kept.parquet",
        rejected=tmp_path / "rejected.parquet",
        out=tmp_path / "whole.parquet",
    )
    usable = UsableDocuments(
        kept=tmp_path / "whole.parquet",
        rejected=None,
        documents=tmp_path / "documents.parquet",
        task=task_named("ner"),
        params=BuildParams(),
        tgt=tgt,
    )
    assert [one.one.document.segments[0].text for one in usable] == texts


def test_what_cannot_work_is_said_at_once(system: Path, tmp_path: Path) -> None:
    text = tmp_path / "ha.txt"
    text.write_text("Amina ta zo.\n")
    given = records(tmp_path / "given.jsonl", spans=False)
    marking = ProjectParams(method="markers")
    searching = ProjectParams(method="constrained")
    mistakes: list[tuple[Path, dict[str, Any], str]] = [
        (text, {"model": str(system)}, "no MT model is given"),
        (text, {}, "no model that makes them"),
        (given, {"project": marking}, "before they are translated"),
        (given, {"project": searching}, "--constrained-model"),
        (given, {"model": str(system.parent)}, "one folder further"),
    ]
    for source, options, part in mistakes:
        with pytest.raises(UsageError) as caught:
            job([source], tmp_path / "out", **options)
        assert part in str(caught.value)
        assert not (tmp_path / "out" / "manifest.json").exists()
    assert UNFILTERED.missing_spans is None


def test_a_dry_run_counts_the_original_texts(tmp_path: Path) -> None:
    texts = tmp_path / "ha.txt"
    texts.write_text("Amina ta zo. An yi ruwa.\n")
    counts = estimate(
        plain_inputs([str(texts), str(records(tmp_path / "in.jsonl", spans=True))], format=None),
        src="ha", tgt="en", mt=None, prepare=PrepareParams(), translate=TranslateParams(),
        reshape=unlabelled("ha"),
    )  # fmt: skip
    assert (counts["records"], counts["units"], counts["spans"]) == (49, 50, 0)
    assert counts["tokens"] == 8


def test_the_command(system: Path, tmp_path: Path) -> None:
    source = records(tmp_path / "given.jsonl", spans=False, count=12)
    options = ("--src", "en", "--tgt", "ha", "--out", tmp_path / "out", "--aligner", "systran")

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "labelproj", "project", source, *options, *arguments]
        return subprocess.run(
            [*map(str, command)], capture_output=True, text=True, check=False, env={**os.environ}
        )

    done = run("--from-predictions", "--model", system, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["stages"]["label"]["counts"]["in"] == 12
    assert (tmp_path / "out" / "given.ha.conll").is_file()
    wrong = run("--model", system)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "is for --from-predictions" in wrong.stderr
