"""``labelproj prompts``: few-shot prompts of projected examples, as JSON Lines."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from labelproj.config import PrepareParams, TranslateParams
from labelproj.errors import MissingInputError, UsageError
from labelproj.formats import split_spec
from labelproj.formats.lines import open_output
from labelproj.languages import language_name
from labelproj.progress import log, track
from labelproj.prompts.demonstrations import Choice, Demonstration, Pool
from labelproj.prompts.template import PromptTemplate
from labelproj.records import Document, Reject, Segment
from labelproj.stages.from_predictions import plain_inputs
from labelproj.stages.labelled import Labelled, LabelledDocuments, keys_in
from labelproj.stages.prepare import ReadDocuments
from labelproj.tasks import Exercise, Task, task_named
from labelproj.text import sentences, words

__all__ = ["Setting", "run_prompts"]

#: ``prompt``: everything in the target language; ``translate``: in the source language, and
#: queries are translated into it.
Setting = Literal["prompt", "translate"]
_BATCH = 64


def run_prompts(
    *,
    source: str,
    out: Path,
    src: str,
    tgt: str,
    task: str = "ner",
    k: int = 2,
    empty: int = 1,
    choice: Choice = "diverse",
    setting: Setting = "prompt",
    queries: str | None = None,
    mt: str | None = None,
    least_words: int = 8,
    most_words: int = 60,
    template: Path | None = None,
    exclude: Sequence[str] = (),
    seed: int = 13,
) -> dict[str, object]:
    """Write demonstrations, or with ``queries`` prompts, to ``out``, a line each.

    Demonstrations are examples in ``source`` (see
    :class:`labelproj.stages.labelled.LabelledDocuments`) of ``least_words`` to ``most_words``
    words: ``k`` of each label and ``empty`` without any. A line of them has ``id``, the fields
    that the task shows, ``answer``, ``labels``, ``chosen_for``, ``score``, ``lang``. ``queries`` is
    labelled or unlabelled text in ``tgt``; each of its cases becomes a line with ``id``,
    ``prompt``, ``answer`` (of what is labelled there, in ``tgt``), ``demonstrations`` (ids) and, in
    the setting ``translate``, ``query`` (the translated fields). Queries and ``exclude`` never
    become demonstrations. In ``translate`` records bring their translation or ``mt`` makes it.
    Returns counts. Raises UsageError, MissingInputError, ConfigError (the template), and what
    reading and translating raise.
    """
    what = task_named(task)
    given = [source, *exclude, *([queries] if queries else [])]
    if out.resolve() in {Path(split_spec(one)[1]).resolve() for one in given}:
        raise UsageError("it would be written over", where=str(out), remedy="choose another --out")
    writer = PromptTemplate(task, template)
    asked = plain_inputs([queries], format=None)[0] if queries else None
    held_out = keys_in([*exclude, *([asked] if asked else [])], lang=tgt)
    documents = LabelledDocuments(source, task=what, tgt=tgt, without=held_out)
    if setting == "translate" and not documents.projected:
        raise UsageError(
            "the setting 'translate' shows source texts, and there is no kept.parquet",
            where=source,
            remedy="give a folder of `labelproj project`",
        )
    lang = src if setting == "translate" else tgt
    pool = Pool(k, empty, choice, seed)
    labels: Counter[str] = Counter()
    with track("choosing", None) as progress:
        for one in documents:
            progress.advance(1)
            for example in _examples(one, what, translated=setting == "translate"):
                labels.update(example.exercise.labels)
                length = sum(len(words(text)) for text in example.exercise.fields.values())
                if least_words <= length <= most_words:
                    pool.add(example)
    chosen = pool.chosen()
    if not any(one.exercise.labels for one in chosen):
        raise MissingInputError(
            f"no labelled example of {least_words} to {most_words} words",
            where=source,
            remedy="--min-words or --max-words with another number, or other data",
        )
    have: Counter[str] = Counter(label for one in chosen for label in one.exercise.labels)
    for label in sorted(labels):
        if have[label] < k:
            log.warning("%s: only %d demonstrations, not %d", label, have[label], k)
    rows: Iterator[dict[str, object]] = (_row(one, lang) for one in chosen)
    if asked:
        engine = _translator(mt, src=src, tgt=tgt) if setting == "translate" and mt else None
        cases = _cases(asked, what, tgt=tgt, translated=setting == "translate", engine=engine)
        rows = (
            {
                "id": case.id,
                "prompt": writer.render(
                    task=what.title,
                    language=language_name(lang),
                    labels=sorted(labels),
                    demonstrations=[one.exercise.as_dict() for one in chosen],
                    query=shown.fields,
                ),
                "answer": case.answer,
                "demonstrations": [one.exercise.id for one in chosen],
                **({"query": dict(shown.fields)} if setting == "translate" else {}),
            }
            for case, shown in cases
        )
    written = 0
    with open_output(out) as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += 1
    return {
        "examples": pool.seen,
        "excluded": documents.excluded,
        "demonstrations": len(chosen),
        "labels": {label: have[label] for label in sorted(labels)},
        "written": written,
    }


def _examples(one: Labelled, task: Task, *, translated: bool) -> Iterator[Demonstration]:
    """Yield what can be shown of a document; ``translated``: of its source, labelled in full."""
    there = {}
    if translated:
        there = {s.id: s for s in task.exercises(one.source)} if one.source else {}
    for exercise in task.exercises(one.document):
        scores = [one.scores[span] for span in exercise.spans if span in one.scores]
        shown = there.get(exercise.id) if translated else exercise
        if shown is not None:
            yield Demonstration(shown, min(scores) if scores else None)


def _row(one: Demonstration, lang: str) -> dict[str, object]:
    return {
        "id": one.exercise.id,
        **one.exercise.as_dict(),
        "labels": list(one.exercise.labels),
        "chosen_for": one.chosen_for,
        "score": one.score,
        "lang": lang,
    }


def _cases(
    spec: str, task: Task, *, tgt: str, translated: bool, engine: Any
) -> Iterator[tuple[Exercise, Exercise]]:
    """Yield each case of the queries, and the same as it is shown: translated, or as it is."""
    params = PrepareParams()
    read = ReadDocuments([spec], params=params, lang=tgt, task=task.name)
    waiting = iter(read)
    with track("writing prompts", None) as progress:
        while batch := list(islice(waiting, _BATCH)):
            documents = []
            for _, item in batch:
                if isinstance(item, Reject):
                    log.warning("%s:%s: %s", item.source, item.line or item.record_id, item.reason)
                else:
                    documents.append(item)
            others = _translated(documents, engine, where=spec) if translated else documents
            for document, other in zip(documents, others, strict=True):
                if not all(segment.text.strip() for segment in other.segments):
                    log.warning("%s: left out, its translation is empty", document.id)
                    continue
                own = {one.id: one for one in task.exercises(other)}
                for case in task.exercises(document):
                    if case.id not in own:
                        raise UsageError(
                            f"what is asked of the records of {task.name} has labels in it, and "
                            "these are not known in the translation",
                            where=spec,
                            remedy="use the setting 'prompt'",
                        )
                    yield case, own[case.id]
            progress.advance(len(batch))


def _translated(documents: Sequence[Document], engine: Any, *, where: str) -> list[Document]:
    """Return documents with their translations in the place of their texts, without labels."""
    todo = [
        segment.text[start:end]
        for document in documents
        for segment in document.segments
        if segment.translation is None
        for start, end in sentences(segment.text, document.lang)
    ]
    if todo and engine is None:
        raise UsageError(
            "the queries bring no translation",
            where=where,
            remedy="--mt with a model that translates them into the source language",
        )
    done = iter(engine.translate(todo, TranslateParams()) if todo else ())

    def of(segment: Segment, lang: str) -> str:
        if segment.translation is not None:
            return segment.translation
        return " ".join(next(done).text for _ in sentences(segment.text, lang))

    return [
        replace(
            document,
            segments=tuple(
                replace(segment, text=of(segment, document.lang), spans=())
                for segment in document.segments
            ),
        )
        for document in documents
    ]


def _translator(mt: str, *, src: str, tgt: str) -> Any:
    from labelproj.translate.cache import cached_model
    from labelproj.translate.engine import open_engine

    return open_engine(cached_model(mt, src=tgt, tgt=src), src=tgt, tgt=src)
