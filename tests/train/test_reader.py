"""A reader of questions: it learns, is silent where there is nothing, and saves and loads."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from invented import TINY, invented_documents, invented_questions
from labelproj.config import TrainParams
from labelproj.errors import MissingInputError, ModelError
from labelproj.evaluate.answers import answer_scores
from labelproj.progress import Silent
from labelproj.provenance import file_digest
from labelproj.questions import answers_of
from labelproj.records import Document
from labelproj.train import CARD, load_model, load_tagger
from labelproj.train.base import WEIGHT, Reader
from labelproj.train.reader import TransformersReader
from labelproj.train.token_classification import TransformersTagger

PARAMS = TINY | {
    "backend": "transformers",
    "max_steps": 120,
    "batch_words": 600,
    "eval_every": 40,
    "max_length": 24,
}


def fitted(train: list[Document], **changed: object) -> TransformersReader:
    reader = TransformersReader(TrainParams.model_validate(PARAMS | changed))
    report = reader.fit(train, invented_questions(24, seed=2), progress=Silent())
    assert 0 < report.best_step <= report.steps
    return reader


@pytest.fixture(scope="module")
def reader() -> TransformersReader:
    return fitted(invented_questions(80, seed=1))


def asked(documents: list[Document]) -> list[tuple[str, str]]:
    return [(d.segments[1].text, d.segments[0].text) for d in documents]


def exact(reader: Reader, documents: list[Document]) -> float:
    found = reader.read(asked(documents))
    texts = [
        s[0].surface(d.segments[0].text) if s else "" for s, d in zip(found, documents, strict=True)
    ]
    gold = [[s.surface(d.segments[0].text) for s in answers_of(d)["q"]] for d in documents]
    return float(str(answer_scores(texts, gold, lang="ha")["exact_match"]))


def test_it_learns_who_and_where_and_when_to_say_nothing(reader: TransformersReader) -> None:
    held_out = invented_questions(40, seed=3)
    assert exact(reader, held_out) > 80
    silent = [not spans for spans in reader.read(asked(held_out))]
    assert silent[::4] == [True] * 10
    assert reader.labels == ("answer",)


def test_a_long_context_is_read_to_its_end(reader: TransformersReader) -> None:
    context = "Kasuwa ta yi shiru. " * 20 + "Grace Obi ta isa Ilorin jiya."
    ((span,),) = reader.read([("Wa ya isa?", context)])
    assert span.surface(context) == "Grace Obi"


def test_awkward_questions_have_answers_in_range_or_none(reader: TransformersReader) -> None:
    questions = [
        ("", ""),
        ("Wa?", ""),
        ("", "Kano"),
        ("Wa?", " \u200b\n "),
        ("Ina? " * 300, "Jos"),
        ("a", "👩‍👩‍👧 Kano 🎉"),
    ]
    for (_, context), spans in zip(questions, reader.read(questions), strict=True):
        for span in spans:
            assert span.surface(context).strip() == span.surface(context) != ""
    assert reader.read([]) == []
    assert reader.read(questions[::-1])[::-1] == reader.read(questions)


def test_saved_and_loaded_it_answers_the_same(reader: TransformersReader, tmp_path: Path) -> None:
    questions = asked(invented_questions(30, seed=5))
    reader.save(tmp_path)
    (tmp_path / CARD).write_text(json.dumps({"backend": "transformers-qa"}))
    again = load_model(tmp_path)
    assert isinstance(again, Reader)
    assert again.read(questions) == reader.read(questions)
    with pytest.raises(ModelError, match="labels nothing"):
        load_tagger(tmp_path)


def test_who_never_saw_a_question_without_an_answer_always_answers() -> None:
    reader = fitted(invented_questions(40, seed=1, unanswerable=1000)[1:], max_steps=10)
    found = reader.read(asked(invented_questions(20, seed=2)))
    assert all(len(spans) == 1 for spans in found)


def test_training_twice_gives_the_same_bytes_and_weights_count(tmp_path: Path) -> None:
    train = invented_questions(24, seed=1)
    light = [replace(one, payload={WEIGHT: 0.1}) for one in train[:12]] + train[12:]
    for name, documents in (("a", train), ("b", train), ("c", light)):
        fitted(documents, max_steps=6, label_smoothing=0.1).save(tmp_path / name)
    assert file_digest(tmp_path / "a") == file_digest(tmp_path / "b")
    assert file_digest(tmp_path / "a") != file_digest(tmp_path / "c")


def test_questions_of_no_weight_teach_nothing() -> None:
    good = invented_questions(80, seed=1)
    wrong = []
    for one in good:
        context, question = one.segments
        spans = tuple(replace(s, start=0, end=6) for s in context.spans)
        payload = {WEIGHT: 0.0}
        wrong.append(
            replace(one, segments=(replace(context, spans=spans), question), payload=payload)
        )
    assert exact(fitted(good + wrong), invented_questions(24, seed=3)) > 80


def test_the_mean_of_runs_is_a_reader(tmp_path: Path) -> None:
    for seed in (1, 2):
        changed = {"seed": seed, "seeds": [1, 2], "average_runs": True, "max_steps": 20}
        fitted(invented_questions(24, seed=1), **changed).save(tmp_path / str(seed))
    mean = TransformersReader.mean([tmp_path / "1", tmp_path / "2"])
    mean.save(tmp_path / "mean")
    margins = [
        json.loads((tmp_path / name / "config.json").read_text())["no_answer_margin"]
        for name in ("1", "2", "mean")
    ]
    assert margins[2] == pytest.approx((margins[0] + margins[1]) / 2)
    assert len(mean.read([("Wa ya isa?", "Musa ta isa Kano.")])) == 1


def test_any_encoder_can_become_a_reader(tmp_path: Path) -> None:
    tagger = TransformersTagger(TrainParams.model_validate(PARAMS | {"max_steps": 2}))
    tagger.fit(invented_documents(20, seed=1), [], progress=Silent())
    tagger.save(tmp_path)
    reader = fitted(invented_questions(24, seed=1), model=str(tmp_path), max_steps=3)
    assert len(reader.read([("Wa ya isa?", "Musa ta isa Kano.")])) == 1


def test_without_an_answer_there_is_nothing_to_learn() -> None:
    bare = invented_questions(8, seed=1, unanswerable=1)
    with pytest.raises(MissingInputError, match="no answer"):
        TransformersReader(TrainParams()).fit(bare, [], progress=Silent())
