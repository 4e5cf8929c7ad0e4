"""The projection benchmark, through its command."""

import itertools
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from labelproj.cli import app
from labelproj.errors import InputError, StorageError
from labelproj.evaluate.calibration import calibration
from labelproj.evaluate.calibration_plot import calibration_svg

DEMO = Path(__file__).parents[2] / "data" / "demo" / "ner" / "parallel.en-ha.jsonl"


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold" / "mini.en-ha.jsonl"
    path.parent.mkdir()
    lines = []
    for number, name in enumerate(("Amina", "Bala", "Chidi", "Dele")):
        record = {
            "id": str(number),
            "src_lang": "en",
            "tgt_lang": "ha",
            "src_text": f"Today {name} came .",
            "tgt_text": f"{name} ya zo yau .",
            "src_spans": [{"id": "s0", "start": 6, "end": 6 + len(name), "label": "PER"}],
            "tgt_spans": [{"start": 0, "end": len(name), "label": "PER"}],
            "src_tokens": [[0, 5], [6, 6 + len(name)], [7 + len(name), 11 + len(name)]],
            "alignments": {"people": "0-3 1-0 2-2", "nobody": ""},
        }
        lines.append(json.dumps(record) + "\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def bench(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(app, ["bench", "projection", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)["sets"]
    assert isinstance(row, dict)
    return row


def test_links_of_the_record(gold: Path) -> None:
    row = bench("--gold", str(gold), "--aligner", "record:people")
    assert row["exact_f1"] == row["projected"] == 100.0
    assert (row["set"], row["pair"], row["spans"]) == ("gold", "en-ha", 4)
    with pytest.raises(InputError, match="people"):
        CliRunner().invoke(
            app,
            ["bench", "projection", "--gold", str(gold), "--aligner", "record:x"],
            catch_exceptions=False,
        )


def test_links_of_a_file(gold: Path, tmp_path: Path) -> None:
    links = tmp_path / "links"
    links.write_text("0-3 1-0 2-2\n" * 4)
    row = bench("--gold", str(gold), "--aligner", f"pharaoh:{links}")
    assert row["exact_f1"] == 100.0


def test_the_default_on_the_demo() -> None:
    row = bench("--gold", str(DEMO))
    assert isinstance(row["exact_f1"], float)
    assert row["exact_f1"] > 70
    bins = row["calibration"]
    assert isinstance(bins, list)
    assert sum(part["number"] for part in bins) <= float(str(row["spans"]))


def test_a_markdown_table(gold: Path) -> None:
    result = CliRunner().invoke(
        app,
        ["bench", "projection", "--gold", str(gold), "--aligner", "record:people", "--markdown"],
    )
    assert result.stdout.startswith("| set | name | method | exact_f1 |")


def test_calibration_bins() -> None:
    bins = calibration([(1.0, True), (0.95, False), (0.11, True)])
    assert [(part["number"], part["right"]) for part in bins] == [(1, 1.0), (2, 0.5)]


def test_an_ensemble_and_its_picture(gold: Path, tmp_path: Path) -> None:
    links = tmp_path / "links"
    links.write_text("0-3 1-0 2-2\n" * 4)
    row = bench(
        *("--gold", str(gold), "--method", "ensemble", "--plot", str(tmp_path / "plots")),
        *("--member", "record:people", "--member", f"pharaoh:{links}", "--part", "odd"),
    )
    assert (row["method"], row["spans"]) == (f"ensemble:record:people+pharaoh:{links}", 2)
    assert row["exact_f1"] == 100.0
    assert isinstance(row["peak_mib"], float)
    assert row["peak_mib"] > 20
    (picture,) = (tmp_path / "plots").iterdir()
    assert picture.name.startswith("gold-mini.en-ha-odd-records-ensemble-record-people+pharaoh")
    root = ElementTree.fromstring(picture.read_text(encoding="utf-8"))
    assert len(root.findall(".//{*}circle")) == len(list(row["calibration"]))  # type: ignore[call-overload]


def test_a_picture_that_cannot_be_written(gold: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="picture"):
        CliRunner().invoke(
            app,
            [
                *("bench", "projection", "--gold", str(gold), "--aligner", "record:people"),
                *("--plot", str(tmp_path / "file")),
            ],
            catch_exceptions=False,
        )


def test_a_picture_is_made_of_its_bins() -> None:
    bins = [{"score": 0.5, "right": 0.4, "number": 10}, {"score": 0.9, "right": 1.0, "number": 90}]
    picture = calibration_svg(bins, title="a & b", subtitle="<method>")
    assert picture == calibration_svg(bins, title="a & b", subtitle="<method>")
    root = ElementTree.fromstring(picture)
    assert "a & b" in {text.text for text in root.iter("{*}text")} or "a &amp; b" in picture
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


ODD = ["", "😀", "a\u200bb \u200d", "Ñandú ქართული 北京 ไทย", "w " * 2000, "\ufeff", "نص عربي"]


@pytest.mark.parametrize("method", [("alignment",), ("ensemble", "eflomal", "systran")])
def test_texts_made_to_break_things(tmp_path: Path, method: tuple[str, ...]) -> None:
    lines = []
    for number, (src, tgt) in enumerate(itertools.product(ODD[1:], ODD)):
        spans = [{"id": "s0", "start": 0, "end": len(src.rstrip()), "label": "X"}]
        record: dict[str, object] = {
            "id": str(number),
            "src_lang": "en",
            "tgt_lang": "ha",
            "src_text": src,
        }
        record |= {"tgt_text": tgt, "src_spans": spans, "tgt_spans": []}
        lines.append(json.dumps(record) + "\n")
    path = tmp_path / "odd.en-ha.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    members = [option for name in method[1:] for option in ("--member", name)]
    row = bench("--gold", str(path), "--method", method[0], *members)
    assert row["texts"] == row["spans"]
    assert isinstance(row["spans"], int)
    assert row["spans"] > 30
