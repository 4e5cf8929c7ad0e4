"""Translate-test and the ensemble as systems: trained, then scored through a tiny MT model."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import NAMES, PATTERNS
from invented import write_dataset, write_units
from labelproj.config import (
    EvaluateParams,
    MtParams,
    MtTrainParams,
    ProjectParams,
    TrainParams,
    TranslateParams,
)
from labelproj.errors import MissingInputError, ModelNotFoundError, UsageError
from labelproj.formats import write_documents
from labelproj.records import Document, Segment, Span
from labelproj.stages.evaluate import run_evaluate
from labelproj.stages.train import run_train
from labelproj.stages.translate_test import TranslateTest
from labelproj.train import load_tagger
from labelproj.train.labeller import open_labeller
from labelproj.translate.back import back_model
from labelproj.translate.prepare import prepare_model
from tiny_models import marian

NAMED = [(a, b) for a in NAMES[:4] for b in NAMES[4:]]


def labelled(side: int, *, lang: str) -> list[Document]:
    """Return the sentences of the tiny bitext on one side, with their names."""
    documents = []
    for number, (a, b) in enumerate(NAMED):
        for kind, pattern in enumerate(PATTERNS):
            text = pattern[side].format(a=a, b=b)
            spans = [
                Span(label, text.index(name), text.index(name) + len(name), label)
                for name, label in ((a, "PER"), (b, "LOC"))
                if name in text
            ]
            segment = Segment("0", "text", text, tuple(spans))
            documents.append(Document(f"d{number}-{kind}", lang, (segment,)))
    return documents


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("inputs")
    write_dataset(folder / "dataset", labelled(1, lang="ha")[::3], "train")
    write_dataset(folder / "dataset", labelled(1, lang="ha")[1::9], "validation")
    write_units(folder / "units.parquet", labelled(0, lang="en"))
    return {
        "dataset": folder / "dataset",
        "source_units": folder / "units.parquet",
        "src": "en",
        "tgt": "ha",
        "work": folder / "work",
    }


def params(backend: str, *systems: str, **more: object) -> TrainParams:
    small = {"max_steps": 60, "batch_words": 300, "eval_every": 30, "max_length": 48}
    return TrainParams.model_validate(
        {"backend": backend, "systems": systems, "average": 1, **small, **more}
    )


def there_and_back(mt: Path, work: Path, **project: object) -> TranslateTest:
    return TranslateTest(
        mt,
        src="en",
        tgt="ha",
        translate=TranslateParams(),
        project=ProjectParams.model_validate({"align": {"name": "systran"}, **project}),
        work=work,
    )


def test_the_ensemble_of_translate_train_and_translate_test(
    inputs: dict[str, Any], back_mt: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    systems = ("projected", "zero-shot", "translate-test", "ensemble")
    chosen = params("transformers", *systems, seeds=[1, 2])
    manifest: dict[str, Any] = run_train(out=models, params=chosen, **inputs)
    known = manifest["systems"]
    assert known["translate-test"]["signature"] == known["zero-shot"]["signature"]
    assert known["translate-test"]["resumed"]
    assert not known["zero-shot"]["resumed"]
    card = json.loads((models / "ensemble@2" / "labelproj.json").read_text())
    assert card["members"] == ["projected@2", "translate-test@2"]
    assert card["labels"] == ["LOC", "PER"]
    assert (
        json.loads((models / "translate-test" / "labelproj.json").read_text())["system"]
        == "translate-test"
    )
    for use in (load_tagger, lambda folder: open_labeller(str(folder))):
        with pytest.raises(UsageError, match="use one of them: projected, translate-test"):
            use(models / "ensemble")

    said = [document.segments[0].text for document in labelled(1, lang="ha")]
    texts = [" ".join(said[first : first + 2]) for first in (0, 9)]
    gold = tmp_path / "gold.jsonl"
    write_documents(labelled(1, lang="ha")[2::3], gold)
    evaluation: dict[str, Any] = {"models": models, "gold_test": gold, "tgt": "ha"} | {
        "params": EvaluateParams(bootstrap=50, permutations=50)
    }
    with pytest.raises(UsageError, match=r"set mt\.back"):
        run_evaluate(out=tmp_path / "none", **evaluation)
    back = there_and_back(back_mt, tmp_path / "work")
    found = run_evaluate(out=tmp_path / "out", back=back, **evaluation)
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    scores = {name: one["f1"] for name, one in metrics["systems"].items()}
    assert list(scores) == list(systems)
    assert scores["translate-test"] > 60
    assert scores["ensemble"] > 60
    assert len(metrics["systems"]["ensemble"]["seeds"]) == 2
    # Found again where it stopped, and the same.
    again = run_evaluate(
        out=tmp_path / "again", back=there_and_back(back_mt, tmp_path / "work"), **evaluation
    )
    assert again["signature"] == found["signature"]
    one, two = (tmp_path / name / "metrics.json" for name in ("out", "again"))
    assert one.read_bytes() == two.read_bytes()

    for spans, text in zip(back.predict(texts, models / "zero-shot"), texts, strict=True):
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        # Both sentences of a text are read.
        assert max(span.end for span in spans) > len(text) / 2


def test_translate_test_with_spacy(inputs: dict[str, Any], back_mt: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    run_train(out=models, params=params("spacy", "translate-test"), **inputs)
    texts = [d.segments[0].text for d in labelled(1, lang="ha")[::8]]
    # Marks need labels before the translation: word alignment takes their place.
    marking = there_and_back(back_mt, tmp_path / "work", method="markers")
    found = marking.predict([*texts, "..."], models / "translate-test")
    right = [
        span.surface(text) in NAMES
        for text, spans in zip(texts, found, strict=False)
        for span in spans
    ]
    assert len(right) > 10
    assert sum(right) / len(right) > 0.8
    assert found[-1] == ()
    plain = there_and_back(back_mt, tmp_path / "work")
    assert plain.params() == marking.params()
    assert plain.predict([*texts, "..."], models / "translate-test") == found


def test_what_an_ensemble_needs() -> None:
    with pytest.raises(ValueError, match="spaCy's parser has none"):
        params("spacy", "projected", "translate-test", "ensemble")
    with pytest.raises(ValueError, match="add projected, translate-test"):
        params("transformers", "ensemble")


def test_other_tasks_go_without(inputs: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="nothing to train"):
        run_train(out=tmp_path, params=params("spacy", "translate-test"), task="qa", **inputs)


def test_translations_that_texts_bring_along(
    inputs: dict[str, Any], back_mt: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    run_train(out=models, params=params("spacy", "translate-test"), **inputs)
    gold = tmp_path / "gold.jsonl"
    pairs = list(zip(labelled(1, lang="ha"), labelled(0, lang="en"), strict=True))[::4]
    write_documents(
        (
            replace(own, segments=(replace(own.segments[0], translation=other.segments[0].text),))
            for own, other in pairs
        ),
        gold,
    )
    back = TranslateTest(
        None,
        src="en",
        tgt="ha",
        translate=TranslateParams(),
        project=ProjectParams.model_validate({"align": {"name": "systran"}}),
        work=tmp_path / "work",
    )
    scoring = EvaluateParams(bootstrap=50, permutations=50)
    run_evaluate(
        models=models, gold_test=gold, out=tmp_path / "out", params=scoring, tgt="ha", back=back
    )
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["systems"]["translate-test"]["f1"] > 60
    write_documents([own for own, _ in pairs], gold)
    with pytest.raises(ModelNotFoundError, match="have no translation"):
        run_evaluate(
            models=models, gold_test=gold, out=tmp_path / "out", params=scoring, tgt="ha", back=back
        )


@pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")
def test_which_model_translates_back(
    tiny_mt: Path, back_mt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABELPROJ_CACHE", str(tmp_path))
    pair = {"src": "en", "tgt": "ha"}
    assert back_model(MtParams(model="m", back=str(back_mt)), tiny_mt, **pair) == back_mt
    # One model of many languages goes both ways.
    assert back_model(MtParams(model="m"), tiny_mt, **pair) == tiny_mt
    assert back_model(MtParams(given=True), tiny_mt, **pair) is None
    one_way = marian(tmp_path / "opus")
    prepare_model(str(one_way), out=tmp_path / "one-way", **pair)
    learnt = MtParams(train=MtTrainParams(bitext=("b.tsv",)))
    for params_, folder in ((learnt, tiny_mt), (MtParams(model="m"), tmp_path / "one-way")):
        with pytest.raises(UsageError, match=r"set mt\.back to a model from ha to en"):
            back_model(params_, folder, **pair)
    with pytest.raises(UsageError, match=r"set mt\.back"):
        back_model(MtParams(model="m"), tiny_mt, src="en", tgt="sw")
