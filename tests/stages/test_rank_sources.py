"""``labelproj rank-sources`` from files to a ranking."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labelproj.cli import app
from labelproj.errors import MissingInputError, UsageError
from labelproj.stages.rank_sources import run_rank_sources


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = {
        "en": ["Amina went to Kano.", "Rain fell in Zaria."],
        "fr": ["Il pleut à Paris."],
        "mt": ["The market of Kano is open."],
    }
    for name, texts in rows.items():
        lines = [
            json.dumps({"id": f"{n}", "text": t, "spans": [{"start": 0, "end": 2, "label": "X"}]})
            for n, t in enumerate(texts)
        ]
        (tmp_path / f"{name}.jsonl").write_text("\n".join([*lines, "{"]), encoding="utf-8")
    (tmp_path / "ha.txt").write_text("Amina ta tafi Kano.\nAn yi ruwa a Zaria.\n", encoding="utf-8")
    return tmp_path


def test_datasets_are_ranked_by_what_is_known(data: Path, tiny_hf: Path) -> None:
    found = run_rank_sources(
        tgt="hau",
        data=[("en", str(data / "en.jsonl")), ("fr", str(data / "fr.jsonl"))],
        text=str(data / "ha.txt"),
        tokenizer=str(tiny_hf),
    )
    assert found["tgt"] == "ha"
    assert [one["name"] for one in found["sources"]] == ["en", "fr"]
    english, french = found["sources"]
    assert set(found["weights"]) == {"script", "subwords", "domain", "size"}
    assert english["features"]["domain"] > french["features"]["domain"]
    assert english["features"]["size"] == 1.0
    assert english["counts"] == {"documents": 2, "words": 10, "spans": 2, "labels": {"X": 2}}
    total = sum(english["features"][name] for name in found["weights"])
    assert english["score"] == pytest.approx(total / 4, abs=1e-4)


def test_what_is_missing_is_said_and_does_not_count(data: Path) -> None:
    found = run_rank_sources(
        tgt="ha",
        candidates=["en", "ar"],
        data=[("en", str(data / "en.jsonl")), ("en", str(data / "mt.jsonl"))],
        text=str(data / "ha.txt"),
    )
    assert [one["name"] for one in found["sources"]] == ["en: en", "en: mt", "ar"]
    assert found["formula"] == "score = (1 x script) / 1"
    assert found["left_out"] == {
        "typology": "no lang2vec data (--lang2vec)",
        "subwords": "no tokenizer (--tokenizer)",
        "domain": "not known of ar",
        "size": "no labelled spans of ar",
    }
    assert found["sources"][0]["features"]["domain"] > 0
    bare = run_rank_sources(tgt="ha", candidates=["en", "fr", "en"])
    assert [one["name"] for one in bare["sources"]] == ["en", "fr"]


def test_translations_are_compared_where_there_are_some(data: Path) -> None:
    row = {"src_text": "Rain fell.", "tgt_text": "An yi ruwa a Zaria.", "src_spans": []}
    (data / "given.jsonl").write_text(json.dumps(row), encoding="utf-8")
    given = {"tgt": "ha", "text": str(data / "ha.txt")}
    found = run_rank_sources(data=[("en", str(data / "given.jsonl"))], **given)  # type: ignore[arg-type]
    assert found["domain_by"] == "translations"
    assert found["sources"][0]["features"]["domain"] == pytest.approx(5 / 9, abs=1e-4)
    for lang in ("sw", "?"):  # translations, but into another language
        (data / "given.jsonl").write_text(json.dumps(row | {"tgt_lang": lang}), encoding="utf-8")
        found = run_rank_sources(data=[("en", str(data / "given.jsonl"))], **given)  # type: ignore[arg-type]
        assert found["domain_by"] == "words"
        assert found["sources"][0]["features"]["domain"] == 0.0


def test_no_candidate_and_files_that_are_not_there(data: Path) -> None:
    with pytest.raises(UsageError, match="no candidate"):
        run_rank_sources(tgt="ha")
    with pytest.raises(UsageError, match="given twice"):
        run_rank_sources(tgt="ha", data=[("en", str(data / "en.jsonl"))] * 2)
    with pytest.raises(MissingInputError):
        run_rank_sources(tgt="ha", data=[("en", str(data / "none.jsonl"))])
    (data / "words.conll").write_text("Kano\tB\n\n", encoding="utf-8")
    with pytest.raises(MissingInputError):
        run_rank_sources(tgt="ha", data=[("en", str(data / "words.conll"))])


def test_the_command_shows_the_formula_and_what_does_not_count(data: Path) -> None:
    command = ["rank-sources", "--tgt", "ha", "--candidates", "en, fr", "--weight", "script=2"]
    command += ["--data", f"en={data / 'en.jsonl'}"]
    found = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert found["formula"] == "score = (2 x script) / 2"
    assert CliRunner().invoke(app, command).exit_code == 0
    for wrong in (["--data", "en"], ["--weight", "script=x"]):
        assert CliRunner().invoke(app, [*command, *wrong]).exit_code == 2
