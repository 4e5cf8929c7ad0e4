"""Releases of trained models: they load from their folder, and their card says what they are."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from hub_server import TOKEN, running_hub
from invented import invented_questions
from labelproj.config import TrainParams
from labelproj.errors import LabelprojError, MissingInputError, UsageError
from labelproj.progress import Silent
from labelproj.records import Document, Segment, Span
from labelproj.release.check import check_release
from labelproj.release.hub import HubTarget
from labelproj.release.local import FolderTarget
from labelproj.release.models import build_model_release
from labelproj.release.push import push_release
from labelproj.train import BACKENDS, READERS

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
TEXTS = ("Amina ta isa Kano.", "Musa ya isa Jos.", "Ladi ta bar Kano.")


def documents() -> list[Document]:
    found = []
    for number, text in enumerate(TEXTS):
        name, place = text.split()[0], text.split()[-1].strip(".")
        start = text.index(place)
        spans = (
            Span("a", 0, len(name), "PER"),
            Span("b", start, start + len(place), "LOC"),
        )
        found.append(Document(f"d{number}", "ha", (Segment("0", "text", text, spans),)))
    return found


@pytest.fixture(scope="module", params=["spacy", "transformers"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with trained systems ``projected`` and ``gold``, and scores."""
    backend = request.param
    root = tmp_path_factory.mktemp(backend)
    params = TrainParams(backend=backend, max_steps=3, eval_every=3, max_length=32)
    tagger = BACKENDS[backend](params)
    tagger.fit(documents(), documents()[:1], progress=Silent())
    models = root / "outputs/models/ner-ha"
    note = {"backend": backend, "system": "projected", "labels": list(tagger.labels)}
    tagger.save(models / "projected")
    (models / "projected/labelproj.json").write_text(json.dumps(note | {"signature": "train:1"}))
    shutil.copytree(models / "projected", models / "gold")
    known: dict[str, object] = {
        "documents": 3,
        "dev_documents": 1,
        "spans": 6,
        "steps": 3,
        "best_step": 3,
    }
    known.update({"dev_f1": 50.0, "seconds": 1.0, "resumed": False})
    manifest = {"params": params.model_dump(), "systems": {"projected": known, "gold": known}}
    (models / "manifest.json").write_text(json.dumps(manifest))
    score = {"f1": 61.5, "f1_low": 55.0, "f1_high": 66.0, "precision": 60.0, "recall": 63.0}
    metrics = root / "outputs/evaluation/ner-ha/metrics.json"
    metrics.parent.mkdir(parents=True)
    metrics.write_text(json.dumps({"systems": {"projected": score}}))
    mt = root / "outputs/mt/ha/mt.json"
    mt.parent.mkdir(parents=True)
    mt.write_text(json.dumps({"model": "invented/en-ha", "licence": "cc-by-nc-4.0"}))
    config = {
        "build": {
            "name": "invented",
            "source_name": "Invented news",
            "source_licence": "cc-by-4.0",
        },
        "train": {"backend": backend},
    }
    (root / "params.yaml").write_text(yaml.safe_dump(config))
    return root


def build(root: Path, out: Path, system: str = "projected", **options: Any) -> dict[str, Any]:
    version = options.pop("version", "1.0.0")
    return build_model_release(
        system, out=out, params=root / "params.yaml", version=version, **options
    )


def test_a_model_is_released_with_its_card(trained: Path, tmp_path: Path) -> None:
    facts = build(trained, tmp_path / "m", authors=["A. Person"])
    assert check_release(tmp_path / "m") == []
    text = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["license"] == facts["licence"]["licence"] == "cc-by-nc-4.0"
    assert head["library_name"] == facts["backend"]
    assert head["pipeline_tag"] == "token-classification"
    assert head["model-index"][0]["results"][0]["metrics"][0]["value"] == 61.5
    for said in ("| projected | 61.5 | 55.0 | 66.0 |", "LOC, PER", "A. Person", "invented/en-ha"):
        assert said in text
    code = text.split("```python\n")[1].split("```")[0]
    compile(code, "card", "exec")


def test_a_reader_is_released_as_what_it_is(trained: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(trained, root)
    folder = root / "outputs/models/ner-ha/projected"
    params = TrainParams(backend="transformers", max_steps=2, max_length=32)
    reader = READERS["transformers-qa"](params)
    reader.fit(invented_questions(6), [], progress=Silent())
    shutil.rmtree(folder)
    reader.save(folder)
    note = {"backend": "transformers-qa", "system": "projected", "labels": ["answer"]}
    (folder / "labelproj.json").write_text(json.dumps(note | {"signature": "train:1"}))
    build(root, tmp_path / "m")
    assert check_release(tmp_path / "m") == []
    text = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(text.split("---\n")[1])
    assert (head["library_name"], head["pipeline_tag"]) == ("transformers", "question-answering")
    assert "A reader in Hausa" in text
    compile(text.split("```python\n")[1].split("```")[0], "card", "exec")


def test_what_was_published_loads_with_its_library(trained: Path, tmp_path: Path) -> None:
    facts = build(trained, tmp_path / "m")
    push_release(tmp_path / "m", FolderTarget(tmp_path / "all"))
    folder = tmp_path / "all" / "v1.0.0"
    if facts["backend"] == "spacy":
        import spacy

        assert spacy.load(folder).pipe_names == ["ner"]
    else:
        from transformers import AutoModelForTokenClassification, AutoTokenizer

        model = AutoModelForTokenClassification.from_pretrained(folder)
        assert set(model.config.id2label.values()) == {"O", "B-LOC", "I-LOC", "B-PER", "I-PER"}
        assert AutoTokenizer.from_pretrained(folder)("Kano").input_ids


def test_a_model_goes_to_a_model_repository(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with running_hub() as hub:
        target = HubTarget("tester/tagger", endpoint=hub.url, token=TOKEN, pause=0.0)
        build(trained, tmp_path / "m")
        assert push_release(tmp_path / "m", target).url == f"{hub.url}/tester/tagger/tree/v1.0.0"
        build(trained, tmp_path / "m", version="1.1.0", name="tagger")
        done = push_release(tmp_path / "m", target)
        assert "The same model; F1 on gold test data 61.5 to 61.5." in done.changelog
        assert list(hub.repos["model", "tester/tagger"].tags) == ["v1.0.0", "v1.1.0"]
        card = hub.repos["model", "tester/tagger"].tree("v1.1.0")["README.md"].decode()
        assert '"tester/tagger"' in card and "path/to/this/folder" not in card


def test_defects_of_a_model_are_found(trained: Path, tmp_path: Path) -> None:
    build(trained, tmp_path / "m")
    (tmp_path / "m" / "labelproj.json").write_text("{}")
    text = "\n".join(what for _, what in check_release(tmp_path / "m"))
    assert "has changed since it was built" in text
    assert "the model cannot be used" in text


@pytest.mark.parametrize(
    ("system", "options", "kind", "said"),
    [
        ("zero-shot", {}, MissingInputError, "no trained system 'zero-shot'"),
        ("gold", {}, UsageError, "licence of the gold training data is not known"),
        ("projected", {"source_licence": "unknown"}, UsageError, "source data"),
        ("projected", {"licence": "cc-by-4.0"}, LabelprojError, "forbids commercial use"),
        ("projected", {"tgt": "sw"}, MissingInputError, "run the train stage first"),
        ("projected", {"version": "x"}, UsageError, "is not a version"),
        ("ensemble", {}, UsageError, "no model of its own"),
    ],
)
def test_what_is_wrong_is_said(
    trained: Path,
    tmp_path: Path,
    system: str,
    options: dict[str, Any],
    kind: type[LabelprojError],
    said: str,
) -> None:
    with pytest.raises(kind, match=said):
        build(trained, tmp_path / "m", system, **options)
    assert not (tmp_path / "m").exists()


def test_a_mixture_is_bound_by_all_its_parts(trained: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(trained, tmp_path / "copy"))
    models = root / "outputs/models/ner-ha"
    shutil.copytree(models / "projected", models / "multi-source")
    manifest = json.loads((models / "manifest.json").read_text())
    manifest["systems"]["multi-source"] = manifest["systems"]["projected"]
    (models / "manifest.json").write_text(json.dumps(manifest))
    config = yaml.safe_load((root / "params.yaml").read_text())
    part = {"data": "data/fr.conll", "lang": "fr"}
    config["train"]["mix"] = {"parts": [{"data": "source"}, part]}
    (root / "params.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(UsageError, match=r"data 2 \(data/fr.conll\) is not known.*train.mix"):
        build(root, tmp_path / "m", "multi-source")
    part["licence"] = "cc-by-sa-4.0"
    (root / "params.yaml").write_text(yaml.safe_dump(config))
    facts = build(root, tmp_path / "m", "multi-source")
    # Nothing in it was translated.
    assert list(facts["licence"]["inputs"]) == [
        "training data 2 (data/fr.conll)",
        "source data (Invented news)",
    ]
    assert facts["licence"]["licence"] == "cc-by-sa-4.0"


def test_an_encoder_has_a_licence_too(trained: Path, tmp_path: Path) -> None:
    if "transformers" not in trained.name:
        trained = Path(shutil.copytree(trained, tmp_path / "copy"))
        note = trained / "outputs/models/ner-ha/projected/labelproj.json"
        assert json.loads(note.read_text())["backend"] == "spacy"
        build(trained, tmp_path / "m")  # nothing is asked: it is trained from nothing
        return
    copy = Path(shutil.copytree(trained, tmp_path / "copy"))
    manifest = copy / "outputs/models/ner-ha/manifest.json"
    content = json.loads(manifest.read_text())
    content["params"]["model"] = "0123456789abcdef0123456789abcdef"
    manifest.write_text(json.dumps(content))
    config = yaml.safe_load((copy / "params.yaml").read_text())
    config["train"]["model"] = "/somewhere/models/encoder"
    (copy / "params.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(UsageError, match=r"licence of the encoder \(encoder\) is not known"):
        build(copy, tmp_path / "m")
    facts = build(copy, tmp_path / "m", model_licence="mit")
    assert facts["encoder"] == "encoder"
    assert check_release(tmp_path / "m") == []
