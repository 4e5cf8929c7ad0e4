"""Teaching markers: trained, checked, converted, and resumed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labelproj.errors import MissingInputError, UsageError
from labelproj.stages.teach import run_teach
from labelproj.translate.batches import Batch, Stream
from labelproj.translate.engine import open_engine
from labelproj.translate.finetune import Teaching
from labelproj.translate.model import read_note

FEW = Teaching("brackets", steps=4, batch_tokens=150, checkpoint_every=2)
BITEXT = Path(__file__).parents[2] / "data" / "demo" / "bitext.en-ha.tsv"


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABELPROJ_CACHE", str(tmp_path_factory.getbasetemp() / "teach-cache"))


@pytest.fixture(scope="module")
def bitext(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("teach") / "few.en-ha.tsv"
    lines = BITEXT.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:60]), encoding="utf-8")
    return path


def run(model: Path, bitext: Path, out: Path, teaching: Teaching = FEW) -> dict[str, Any]:
    return run_teach(
        str(model), bitext=[bitext], src="en", tgt="ha", out=out, teaching=teaching, device="cpu"
    )


def test_a_model_is_taught_and_can_be_used(tiny_hf: Path, bitext: Path, tmp_path: Path) -> None:
    out = tmp_path / "taught"
    manifest = run(tiny_hf, bitext, out)
    counts = manifest["counts"]
    assert counts["in"] == 60 == counts["kept"] + counts["rejected"]
    note = read_note(out)
    assert note["markers"] == "brackets"
    assert note["finetuned_from"]["model"] == "hf"
    assert (out / "hf" / "model.safetensors").is_file()
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["before"]["verdict"]
    assert 0 <= metrics["after"]["top"] <= 100
    assert metrics["trained"] == metrics["parameters"]
    open_engine(out, src="en", tgt="ha", device="cpu")
    assert list(tmp_path.iterdir()) == [out]  # the work folder is gone
    assert run(tiny_hf, bitext, out) == manifest


def test_a_stopped_run_ends_with_the_same_weights(
    tiny_hf: Path, bitext: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = replace(FEW, markers="xml", last_layers=1)
    unbroken = run(tiny_hf, bitext, tmp_path / "unbroken", last)
    assert 0 < unbroken["training"]["trained"] < unbroken["training"]["parameters"]
    original = Stream.batches

    def dying(self: Stream, *, start: int, stop: int) -> Iterator[Batch]:
        for batch in original(self, start=start, stop=stop):
            if batch.step == 3:
                raise KeyboardInterrupt
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(Stream, "batches", dying)
        with pytest.raises(KeyboardInterrupt):
            run(tiny_hf, bitext, tmp_path / "broken", last)
    assert not (tmp_path / "broken").exists()
    run(tiny_hf, bitext, tmp_path / "broken", last)
    one, two = (
        (tmp_path / name / "hf" / "model.safetensors").read_bytes()
        for name in ("unbroken", "broken")
    )
    assert one == two


def test_low_rank_adapters_are_merged(tiny_hf: Path, bitext: Path, tmp_path: Path) -> None:
    found = run(tiny_hf, bitext, tmp_path / "lora", replace(FEW, steps=2, lora=True))
    assert found["training"]["trained"] < found["training"]["parameters"]
    assert (tmp_path / "lora" / "model.bin").is_file()


def test_mistakes(tiny_hf: Path, bitext: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no 5 last layers"):
        run(tiny_hf, bitext, tmp_path / "out", replace(FEW, last_layers=5))
    few = tmp_path / "few.tsv"
    few.write_text("".join(f"{'.' * n}\t{'!' * n}\n" for n in range(1, 13)))
    with pytest.raises(MissingInputError, match="hardly any words"):
        run(tiny_hf, few, tmp_path / "out")
