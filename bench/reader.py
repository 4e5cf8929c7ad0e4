"""A reader of questions beside taggers, on questions made of the roles of real events.

    python bench/reader.py --data DATA [--train 1500] [--test 600] [--steps 600] [--model ENCODER]

DATA is a folder with `eae/phee.{train,dev}.jsonl.gz`. Every event is asked for two of its roles
and for one that it may not have ("Subject in Adverse_event 'develop'?"): the context is the
sentence, the answer the argument, and a third has none. The same questions for the reader, the
transformers tagger and the spaCy tagger, the same seed and updates; the models of encoders from
scratch unless one is named. A tenth of the training questions chooses; PHEE dev is scored once.
"""

import argparse
import json
import time
from collections.abc import Sequence
from itertools import groupby, islice
from pathlib import Path

from labelproj.config import EvaluateParams, TrainParams
from labelproj.evaluate.bootstrap import f1_of, span_counts
from labelproj.formats import read_documents
from labelproj.progress import Silent
from labelproj.records import Document, Segment, Span
from labelproj.stages.evaluate import predicted
from labelproj.tasks import task_named
from labelproj.train import BACKENDS, READERS
from labelproj.train.base import Reader, Tagger
from labelproj.train.data import held_out, questions_of, taught, texts_of

ROLES = ("Subject", "Treatment", "Effect")


def questions(path: Path) -> list[Document]:
    """Return a document for each event of PHEE's file, with a question for each of ``ROLES``."""
    found = []
    for record in read_documents(str(path), lang="en", format="phee"):
        if not isinstance(record, Document):
            continue
        (text,) = record.segments
        spans = sorted(text.spans, key=lambda span: span.group or "")
        for event, group in groupby(spans, key=lambda span: span.group):
            parts = list(group)
            trigger = next((span for span in parts if span.id == event), None)
            if trigger is None:
                continue
            answers, asked = [], []
            for role in ROLES:
                name = f"{record.id}/{event}/{role}"
                question = f"{role} in {trigger.label} '{trigger.surface(text.text)}'?"
                asked.append(Segment(name, "question", question))
                first = next((span for span in parts if span.label == role), None)
                if first is not None:
                    answers.append(Span(name, first.start, first.end, "answer", name))
            context = Segment("context", "context", text.text, tuple(answers))
            found.append(Document(f"{record.id}/{event}", "en", (context, *asked)))
    return found


def score(
    name: str, train: Sequence[Document], test: Sequence[Document], **chosen: object
) -> dict[str, object]:
    """Train one model and score it."""
    task = task_named("qa")
    kinds: dict[str, type[Tagger] | type[Reader]] = {**BACKENDS, **READERS}
    lessons = questions_of if name in READERS else texts_of
    model = kinds[name](TrainParams.model_validate(chosen))
    mine, dev = (taught(part, task, lessons=lessons) for part in held_out(train, seed=13))
    started = time.monotonic()
    report = model.fit(mine, dev, progress=Silent())
    seconds = time.monotonic() - started
    cases = [case for one in test for case in task.cases(one)]
    started = time.monotonic()
    answers = predicted(model, cases, task, EvaluateParams(), name=name)
    asking = time.monotonic() - started
    found = task.scores(cases, answers, lang="en")
    there = [at for at, case in enumerate(cases) if case.gold]
    answerable = task.scores([cases[at] for at in there], [answers[at] for at in there], lang="en")
    spans = span_counts(answers, [case.gold for case in cases]).sum(axis=0)
    return {
        "model": name,
        "documents": len(mine),
        "unanswerable": sum(not case.gold for case in cases),
        **{key: found[key] for key in ("questions", "exact_match", "answer_f1")},
        "answerable_em": answerable["exact_match"],
        "answerable_f1": answerable["answer_f1"],
        "silent": sum(not answer for answer in answers),
        "span_f1": round(100 * float(f1_of(spans)), 2),
        "steps": report.steps,
        "train_s": round(seconds, 1),
        "ask_s": round(asking, 1),
    }


def main() -> None:
    """Print a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--train", type=int, default=1500, help="events to learn from")
    parser.add_argument("--test", type=int, default=600, help="events to be asked about")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--model", help="an encoder for the reader and the transformers tagger")
    parser.add_argument("--only", choices=[*BACKENDS, *READERS], action="append")
    options = parser.parse_args()
    train, test = (
        list(islice(questions(options.data / f"eae/phee.{split}.jsonl.gz"), number))
        for split, number in (("train", options.train), ("dev", options.test))
    )
    chosen = {"max_steps": options.steps, "eval_every": 100, "patience": 100, "max_length": 192}
    for name in options.only or [*READERS, *BACKENDS]:
        own = {"model": options.model, "average": 3} if name != "spacy" else {}
        print(json.dumps(score(name, train, test, **chosen, **own)), flush=True)


if __name__ == "__main__":
    main()
