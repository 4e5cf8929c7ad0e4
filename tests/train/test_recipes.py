"""What systems are trained on, and what they never see."""

import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from invented import TINY, invented_documents
from labelproj import tables
from labelproj.config import AlignParams, AugmentParams, TrainParams
from labelproj.errors import MissingInputError
from labelproj.formats import write_documents
from labelproj.progress import Silent
from labelproj.provenance import file_digest
from labelproj.records import Document, Segment, Unit
from labelproj.tasks import TASKS
from labelproj.train import BACKENDS
from labelproj.train.base import WEIGHT, weights_of
from labelproj.train.recipes import Recipes
from labelproj.train.systems import System, system_signature


def write_split(folder: Path, split: str, documents: list[Document], score: float) -> None:
    rows = [
        {
            "id": document.id,
            "text": segment.text,
            "spans": [
                {"start": s.start, "end": s.end, "label": s.label, "id": s.id, "score": score}
                for s in segment.spans
            ],
        }
        for document in documents
        for segment in document.segments
    ]
    (folder / "data/ner-ha").mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_parquet(folder / "data/ner-ha" / f"{split}-0.parquet")


def write_units(folder: Path, documents: list[Document], *, other_words: bool = False) -> None:
    """Write documents as sources: "The" before them and, if asked, other words between spans."""
    rows = []
    for one in documents:
        (segment,) = one.segments
        words = list(segment.text)
        for match in re.finditer(r"\w+", segment.text) if other_words else ():
            if all(
                span.end <= match.start() or match.end() <= span.start for span in segment.spans
            ):
                words[slice(*match.span())] = reversed(match[0])
        unit = Unit(
            one.id,
            one.id,
            "0",
            "text",
            0,
            0,
            len(segment.text) + 4,
            "",
            "The " + "".join(words),
            tuple(span.shifted(4) for span in segment.spans),
        )
        rows.append(tables.unit_row(unit, given=None, signature="prepare:0"))
    tables.write(tables.frame(rows, tables.UNITS), folder / "units.parquet", tables.UNITS)


@pytest.fixture
def recipes(tmp_path: Path) -> Recipes:
    """20 documents in both languages (5 for validation), and 30 gold ones."""
    both = invented_documents(20, seed=1)
    write_split(tmp_path, "train", both[:15], 0.5)
    write_split(tmp_path, "validation", both[15:], 0.5)
    write_units(tmp_path, both)
    write_documents(invented_documents(30, seed=4), tmp_path / "gold.jsonl")
    return Recipes(
        dataset=tmp_path,
        source_units=tmp_path / "units.parquet",
        gold_train=str(tmp_path / "gold.jsonl"),
        gold_dev=None,
        src="en",
        tgt="ha",
        task=TASKS["ner"],
        params=TrainParams(few_shot=4),
    )


def ids(documents: object) -> list[str]:
    return [document.id for document in documents]  # type: ignore[attr-defined]


def test_the_source_beside_the_translation(recipes: Recipes) -> None:
    alone = recipes.system("projected", seed=1)
    system = recipes.system("projected+source", seed=1)
    assert ids(system.dev) == ids(alone.dev) == [f"doc-1-{n}" for n in range(15, 20)]
    assert ids(system.train) == ids(alone.train) * 2
    assert [one.segments[0].text.startswith("The ") for one in system.train] == [
        *[False] * 15,
        *[True] * 15,
    ]


def test_few_gold_examples_are_drawn_and_repeated(recipes: Recipes) -> None:
    system = recipes.system("few-shot", seed=1)
    assert ids(system.train)[:15] == ids(recipes.system("projected", seed=1).train)
    drawn = ids(system.train)[15:]
    assert len(set(drawn)) == 4
    assert set(drawn) <= {f"doc-4-{n}" for n in range(30)}
    assert ids(recipes.system("few-shot", seed=1).train)[15:] == drawn
    assert ids(recipes.system("few-shot", seed=2).train)[15:] != drawn

    write_split(recipes.dataset, "train", invented_documents(150, seed=1), 0.5)
    many = ids(recipes.system("few-shot", seed=1).train)
    assert len(many) == 150 + 16
    assert many[150:] == drawn * 4


def test_nobody_is_chosen_on_labels_by_people(recipes: Recipes) -> None:
    for name in ("projected", "projected+source", "few-shot", "zero-shot"):
        assert not [d for d in recipes.system(name, seed=1).dev if d.id.startswith("doc-4")]
        if name != "few-shot":
            assert not [d for d in recipes.system(name, seed=1).train if d.id.startswith("doc-4")]


def test_projected_examples_count_by_their_score(recipes: Recipes, tmp_path: Path) -> None:
    plain = recipes.system("projected+source", seed=1)
    assert set(weights_of(plain.train)) == {1.0}
    weighed = replace(recipes, params=TrainParams(weights="score"))
    system = weighed.system("projected+source", seed=1)
    spans = [bool(one.segments[0].spans) for one in system.train[:15]]
    assert weights_of(system.train) == [0.5 if any_ else 1.0 for any_ in spans] + [1.0] * 15
    assert system_signature(plain, recipes.params) != system_signature(system, weighed.params)
    assert set(weights_of(system.dev)) == {1.0}


def test_an_answer_counts_by_its_tier(recipes: Recipes) -> None:
    params = TrainParams.model_validate({"weights": "tier", "tier_weights": {"C": 0.25}})
    (recipes.dataset / "data/qa-ha").mkdir(parents=True)
    rows = [
        {
            "id": f"q{number}",
            "context": "Amina ta isa Kano.",
            "question": "Ina?",
            "answers": {"text": ["Kano"], "answer_start": [13]},
            "score": 0.5,
            "tier": tier,
        }
        for number, tier in enumerate("ABC")
    ]
    pl.DataFrame(rows).write_parquet(recipes.dataset / "data/qa-ha" / "train-0.parquet")
    asked = replace(recipes, task=TASKS["qa"], params=params)
    known = {one.id: asked._weight(one) for side in asked._projected() for one in side}
    assert known == {"q0": 1.0, "q1": 0.6, "q2": 0.25}
    # Tasks without tiers have nothing to say.
    assert set(weights_of(replace(recipes, params=params).system("projected", seed=1).train)) == {1}


def test_an_answer_counts_by_its_score() -> None:
    row = {"answers": {"text": ["Kano"]}, "score": 0.7}
    assert TASKS["qa"].weight(row) == 0.7
    assert TASKS["qa"].weight({"answers": {"text": []}, "score": None}) == 1.0
    assert TASKS["ner"].weight({"spans": [{"score": 0.5}, {"score": 1.0}]}) == 0.75
    assert TASKS["ner"].weight({"spans": None}) == 1.0


@pytest.mark.parametrize("name", list(BACKENDS))
def test_examples_of_no_weight_teach_nothing(name: str) -> None:
    good = invented_documents(60, seed=1)
    wrong = [
        Document(f"w{d.id}", "ha", (Segment(s.id, s.role, s.text),), {WEIGHT: 0.0})
        for d in invented_documents(60, seed=9)
        for s in d.segments
    ]
    params = TrainParams.model_validate(TINY | {"backend": name, "max_steps": 90})
    tagger = BACKENDS[name](params)
    dev = invented_documents(15, seed=2)
    assert tagger.fit([*good, *wrong], dev, progress=Silent()).dev_f1 > 0.7


@pytest.mark.parametrize("name", list(BACKENDS))
def test_full_weight_is_as_no_weight(name: str, tmp_path: Path) -> None:
    train = invented_documents(20, seed=1)
    params = TrainParams.model_validate(TINY | {"backend": name, "max_steps": 6})
    for run, weight in (("a", {}), ("b", {WEIGHT: 1.0})):
        tagger = BACKENDS[name](params)
        documents = [Document(d.id, d.lang, d.segments, weight) for d in train]
        tagger.fit(documents, [], progress=Silent())
        tagger.save(tmp_path / run)
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b")


def test_smoothed_labels_are_learnt_less_surely() -> None:
    losses = {}
    for smoothing in (0.0, 0.3):
        params = TrainParams.model_validate(
            TINY | {"backend": "transformers", "label_smoothing": smoothing, "max_steps": 40}
        )
        dev = invented_documents(5, seed=2)
        report = BACKENDS["transformers"](params).fit(
            invented_documents(40, seed=1), dev, progress=Silent()
        )
        losses[smoothing] = report.history[-1][1]
    assert losses[0.3] > losses[0.0] + 0.2
    with pytest.raises(ValueError, match="label_smoothing needs the backend transformers"):
        TrainParams(label_smoothing=0.1)


def test_taggers_learn_with_muon_too(tmp_path: Path) -> None:
    train, dev = invented_documents(40, seed=1), invented_documents(5, seed=2)
    losses = {}
    for optimizer in ("adamw", "muon"):
        params = TrainParams.model_validate(
            TINY | {"backend": "transformers", "optimizer": optimizer, "max_steps": 40}
        )
        tagger = BACKENDS["transformers"](params)
        losses[optimizer] = [one[1] for one in tagger.fit(train, dev, progress=Silent()).history]
        tagger.save(tmp_path / optimizer)
    assert losses["muon"][-1] < losses["muon"][0]
    assert file_digest(tmp_path / "adamw") != file_digest(tmp_path / "muon")
    with pytest.raises(ValueError, match="optimizer needs the backend transformers"):
        TrainParams(optimizer="auto")


def test_a_system_is_known_by_its_documents(recipes: Recipes) -> None:
    system = recipes.system("projected", seed=1)
    other = System("another name", system.train, system.dev)
    assert system_signature(system, recipes.params) == system_signature(other, recipes.params)


def test_augmented_examples_are_made_of_training_documents_alone(recipes: Recipes) -> None:
    # The source of the invented documents has the same names: only `names` has something to do.
    augment = AugmentParams(methods=("names",), copies=2)
    params = TrainParams(augment=augment, weights="score")
    system = replace(recipes, params=params).system("projected+augmented", seed=1)
    plain = replace(recipes, params=params).system("projected", seed=1)
    assert system.dev == plain.dev
    assert list(system.train[: len(plain.train)]) == list(plain.train)
    made = system.train[len(plain.train) :]
    assert made and len(made) <= 2 * len(plain.train)
    known = {one.id for one in plain.train}
    assert {one.id.partition("+")[0] for one in made} <= known
    assert set(weights_of(made)) == {0.5}
    of_dev = {span.surface(s.text) for one in plain.dev for s, span in one.spans()}
    of_train = {span.surface(s.text) for one in plain.train for s, span in one.spans()}
    assert not {span.surface(s.text) for one in made for s, span in one.spans()} - of_train
    assert of_dev
    one = system_signature(system, params)
    assert one != system_signature(plain, params)
    assert system_signature(plain, params) == system_signature(plain, TrainParams(weights="score"))


def test_augmentation_that_makes_nothing_is_an_error(recipes: Recipes, tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="nothing could be made"):
        recipes.system("projected+augmented", seed=1)
    write_split(tmp_path, "train", invented_documents(3, seed=9), 0.5)
    with pytest.raises(MissingInputError, match="does not say which source"):
        recipes.system("projected+augmented", seed=1)


def test_fragments_are_switched_in_training_too(recipes: Recipes, tmp_path: Path) -> None:
    # The spans are the same in both languages; other words are found by the aligner.
    write_units(tmp_path, invented_documents(20, seed=1), other_words=True)
    fragments = TrainParams(augment=AugmentParams(fragments=True))
    aligned = replace(recipes, params=fragments, align=AlignParams(name="systran"))
    for work in (None, tmp_path / "work"):
        system = replace(aligned, work=work).system("projected+augmented", seed=1)
        assert len(system.train) > 15
