"""Stage translate, on a real tiny model."""

from pathlib import Path
from typing import Any

import pytest

from labelproj import tables
from labelproj.config import TranslateParams
from labelproj.errors import LabelprojError, ModelNotFoundError
from labelproj.provenance import file_digest
from labelproj.records import Span, Unit
from labelproj.stages.translate import run_translate
from labelproj.translate.engine import Engine

FAST = TranslateParams(beam_size=1, max_output_tokens=24, rows_per_shard=4, device="cpu")
TEXTS = ["Amina went to Lagos.", "Rain fell in Abuja.", "…", "Bello lives in Musa.", "Musa!"] * 2


def write_units(path: Path, *, given: dict[int, str] | None = None) -> Path:
    rows = []
    for i, text in enumerate(TEXTS):
        spans = (Span("s0", 0, 5, "PER"),) if text.startswith("Amina") else ()
        unit = Unit(f"d{i}.0", f"d{i}", "text", "text", 0, 0, len(text), "", text, spans)
        rows.append(tables.unit_row(unit, given=(given or {}).get(i), signature="prepare:1"))
    tables.write(tables.frame(rows, tables.UNITS), path, tables.UNITS)
    return path


def run(tmp_path: Path, model: Path | None, **changes: Any) -> dict[str, Any]:
    options: dict[str, Any] = {
        "units": tmp_path / "units.parquet",
        "model": model,
        "out": tmp_path / "out",
        "params": FAST,
        "src": "en",
        "tgt": "ha",
        "work": tmp_path / "work",
    }
    return run_translate(**options | changes)


def test_rows_come_out_as_they_went_in_with_translations(tmp_path: Path, tiny_mt: Path) -> None:
    units = write_units(tmp_path / "units.parquet", given={1: "An bayar"})
    manifest = run(tmp_path, tiny_mt)
    before = tables.read(units, tables.UNITS)
    after = tables.read(tmp_path / "out" / "units.parquet", tables.TRANSLATED)
    same = [name for name in tables.UNITS if name != "signature"]
    assert after.select(same).equals(before.select(same))
    assert set(after["signature"]) == {manifest["signature"]}
    assert after.row(1, named=True)["tgt_text"] == "An bayar"
    assert after.row(1, named=True)["mt_status"] == "given"
    assert after.row(1, named=True)["mt_score"] is None
    assert after.row(2, named=True)["mt_status"] == "copied"
    counts = manifest["counts"]
    assert counts["in"] == counts["kept"] + counts["rejected"] + counts["failed"] == 10
    assert sum(counts["status"].values()) == 10
    assert (tmp_path / "out" / "manifest.json").is_file()


def test_what_is_given_needs_no_model(tmp_path: Path) -> None:
    write_units(tmp_path / "units.parquet", given=dict(enumerate(TEXTS)))
    assert run(tmp_path, None)["counts"]["status"] == {"given": 10}
    write_units(tmp_path / "units.parquet", given={0: "x"})
    with pytest.raises(ModelNotFoundError, match="9 of 10 units have no translation"):
        run(tmp_path, None)


def test_an_empty_table_gives_an_empty_table(tmp_path: Path, tiny_mt: Path) -> None:
    tables.write(tables.frame([], tables.UNITS), tmp_path / "units.parquet", tables.UNITS)
    assert run(tmp_path, tiny_mt)["counts"]["in"] == 0
    assert len(tables.read(tmp_path / "out" / "units.parquet", tables.TRANSLATED)) == 0


def test_interrupted_and_resumed_gives_the_same_file(
    tmp_path: Path, tiny_mt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_units(tmp_path / "units.parquet")
    run(tmp_path, tiny_mt, out=tmp_path / "whole", work=tmp_path / "work-whole")
    original = Engine.translate
    calls = 0

    def failing(self: Engine, texts: Any, params: TranslateParams) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise LabelprojError("pulled the plug")
        return original(self, texts, params)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "translate", failing)
        with pytest.raises(LabelprojError, match="plug"):
            run(tmp_path, tiny_mt)
    assert not (tmp_path / "out" / "manifest.json").exists()
    manifest = run(tmp_path, tiny_mt)
    assert manifest["shards"] == {"computed": 1, "resumed": 2}
    digests = {file_digest(tmp_path / name / "units.parquet") for name in ("whole", "out")}
    assert len(digests) == 1


def test_the_signature_follows_what_shapes_the_result(tmp_path: Path, tiny_mt: Path) -> None:
    write_units(tmp_path / "units.parquet")
    first = run(tmp_path, tiny_mt)["signature"]
    batches = FAST.model_copy(update={"batch_tokens": 64})
    assert run(tmp_path, tiny_mt, params=batches)["signature"] == first
    beam = FAST.model_copy(update={"beam_size": 2})
    assert run(tmp_path, tiny_mt, params=beam)["signature"] != first


def test_labels_are_marked_for_translation(tmp_path: Path, tiny_mt: Path) -> None:
    write_units(tmp_path / "units.parquet", given={1: "An bayar"})
    plain = run(tmp_path, tiny_mt)["signature"]
    marking = FAST.model_copy(update={"markers": "brackets"})
    assert run(tmp_path, tiny_mt, params=marking)["signature"] != plain
    table = tables.read(tmp_path / "out" / "units.parquet", tables.TRANSLATED)
    for row in table.iter_rows(named=True):
        assert not set("[]") & set(row["tgt_text"])
        flagged = any(flag.startswith("marks-") for flag in row["mt_flags"])
        sent = bool(row["src_spans"]) and row["mt_status"] != "given"
        assert (row["marked"] is not None) == (sent and not flagged)
