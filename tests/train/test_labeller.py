"""Models of others as labellers: whatever their tags are, spans come out, or an error says why."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invented import TINY, invented_documents
from labelproj.config import TrainParams
from labelproj.errors import ModelError, ModelNotFoundError, UsageError
from labelproj.progress import Silent
from labelproj.train import BACKENDS, CARD
from labelproj.train.base import Tagger, dev_f1, examples_of
from labelproj.train.labeller import open_labeller
from labelproj.train.windows import likeliest_tags, tags_of_model

EXAMPLES = examples_of(invented_documents(30, seed=3))


def saved(backend: str, folder: Path) -> tuple[Tagger, Path]:
    tagger = BACKENDS[backend](TrainParams.model_validate(TINY | {"backend": backend}))
    tagger.fit(invented_documents(60, seed=1), invented_documents(15, seed=2), progress=Silent())
    tagger.save(folder / "system")
    return tagger, folder / "system"


@pytest.fixture(scope="module")
def spacy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved("spacy", tmp_path_factory.mktemp("spacy"))[1]


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved("transformers", tmp_path_factory.mktemp("encoder"))[1]


def renamed(folder: Path, out: Path, names: Sequence[str]) -> Path:
    """Copy a transformers model with other names for its labels."""
    shutil.copytree(folder, out)
    config = json.loads((out / "config.json").read_text())
    config["id2label"] = {str(number): name for number, name in enumerate(names)}
    config["label2id"] = {name: number for number, name in enumerate(names)}
    (out / "config.json").write_text(json.dumps(config))
    return out


def test_systems_pipelines_and_classifiers_are_opened(
    spacy_folder: Path, encoder_folder: Path, tmp_path: Path
) -> None:
    system = tmp_path / "models" / "zero-shot"
    shutil.copytree(spacy_folder, system)
    (system / CARD).write_text(json.dumps({"backend": "spacy"}))
    for folder in (system, spacy_folder, encoder_folder):
        labeller = open_labeller(str(folder))
        assert labeller.tagger.labels == ("LOC", "PER")
        assert labeller.note()["name"] == folder.name
        assert dev_f1(labeller.tagger, EXAMPLES) > 0.8
    with pytest.raises(UsageError, match="one folder further") as caught:
        open_labeller(str(system.parent))
    assert str(system) in str(caught.value)


def test_tags_of_other_schemes_are_read(encoder_folder: Path, tmp_path: Path) -> None:
    names = json.loads((encoder_folder / "config.json").read_text())["id2label"].values()
    assert list(names) == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]
    # BILOU has whole spans for what these one-word names begin with.
    other = renamed(encoder_folder, tmp_path / "bilou", ["O", "U-LOC", "L-LOC", "B-PER", "L-PER"])
    labeller = open_labeller(str(other))
    assert labeller.tagger.labels == ("LOC", "PER")
    assert dev_f1(labeller.tagger, EXAMPLES) > 0.8


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3", "LABEL_4"], "no names"),
        (["B-A", "I-A", "B-B", "I-B", "B-C"], "no label O"),
    ],
)
def test_what_finds_no_spans_is_refused(
    encoder_folder: Path, tmp_path: Path, names: list[str], reason: str
) -> None:
    with pytest.raises(ModelError, match=reason):
        open_labeller(str(renamed(encoder_folder, tmp_path / "model", names)))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    import spacy

    with pytest.raises(ModelNotFoundError):
        open_labeller(str(tmp_path))
    with pytest.raises(ModelNotFoundError, match="no such model folder"):
        open_labeller(str(tmp_path / "nowhere"))
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(ModelError, match="no labels to give"):
        open_labeller(str(tmp_path / "blank"))


SPANS = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.sampled_from("XY")), max_size=5)


@given(SPANS)
def test_bioes_and_iob2_say_the_same(spans: list[tuple[int, int, str]]) -> None:
    iob2: list[str] = []
    bioes: list[str] = []
    for gap, length, label in spans:
        iob2 += ["O"] * gap + [f"B-{label}"] + [f"I-{label}"] * (length - 1)
        inside = [f"B-{label}", *[f"I-{label}"] * (length - 2), f"E-{label}"]
        bioes += ["O"] * gap + (inside if length > 1 else [f"S-{label}"])
    tags = ["O", *(f"{prefix}-{label}" for prefix in "BIES" for label in "XY")]
    scores = np.eye(len(tags), dtype=np.float32)[[tags.index(tag) for tag in bioes]]
    assert likeliest_tags(scores.reshape(-1, len(tags)), tags) == iob2


def test_names_without_prefix_go_on() -> None:
    tags = tags_of_model(["O", "PER", "LOC"])
    assert tags == ["O", "I-PER", "I-LOC"]
    scores = np.eye(3, dtype=np.float32)[[1, 1, 2, 0, 2]]
    assert likeliest_tags(scores, tags) == ["B-PER", "I-PER", "B-LOC", "O", "B-LOC"]
