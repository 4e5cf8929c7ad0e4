"""``labelproj prompts``: few-shot prompts of projected examples, as JSON Lines."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from labelproj.errors import MissingInputError, UsageError
from labelproj.formats.lines import open_output
from labelproj.languages import language_name
from labelproj.progress import log, track
from labelproj.prompts.demonstrations import Choice, Demonstration, Pool
from labelproj.prompts.template import PromptTemplate
from labelproj.stages.from_predictions import plain_inputs
from labelproj.stages.labelled import (
    Labelled,
    LabelledDocuments,
    keys_in,
    refuse_overwriting,
)
from labelproj.stages.queries import read_queries, translator
from labelproj.tasks import Exercise, Task, task_named

__all__ = ["Setting", "run_prompts"]

#: ``prompt``: everything in the target language; ``translate``: in the source language, and
#: queries are translated into it.
Setting = Literal["prompt", "translate"]


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
    refuse_overwriting(out, source, *exclude, *([queries] if queries else []))
    writer = PromptTemplate(task, template)
    asked = plain_inputs([queries], format=None)[0] if queries else None
    held_out = keys_in([*exclude, *([asked] if asked else [])], lang=tgt)
    documents = LabelledDocuments(source, task=what, tgt=tgt, without=held_out)
    translated = setting == "translate"
    if translated and not documents.projected:
        raise UsageError(
            "the setting 'translate' shows source texts, and there is no kept.parquet",
            where=source,
            remedy="give a folder of `labelproj project`",
        )
    lang = src if translated else tgt
    pool = Pool(k, empty, choice, seed)
    labels: set[str] = set()
    with track("choosing", None) as progress:
        for one in documents:
            progress.advance(1)
            for example in _examples(one, what, translated=translated):
                labels.update(example.exercise.labels)
                if least_words <= example.length <= most_words:
                    pool.add(example)
    chosen = pool.chosen()
    have = _counted(chosen, labels, k=k)
    if not any(have.values()):
        left_out = documents.excluded
        also = f" ({left_out} are queries or excluded and were left out)" if left_out else ""
        raise MissingInputError(
            f"no labelled example of {least_words} to {most_words} words" + also,
            where=source,
            remedy="--min-words or --max-words with another number, or other data",
        )
    rows: Iterator[dict[str, object]] = (_row(one, lang) for one in chosen)
    if asked:
        engine = translator(mt, src=src, tgt=tgt) if translated and mt else None
        cases = read_queries(asked, what, tgt=tgt, translated=translated, engine=engine)
        known = {
            "task": what.title,
            "language": language_name(lang),
            "labels": sorted(labels),
            "demonstrations": [one.exercise.as_dict() for one in chosen],
        }
        ids = [one.exercise.id for one in chosen]
        rows = (_prompt(*case, writer, known, ids, translated=translated) for case in cases)
    return {
        "written": _write(rows, out),
        "examples": pool.seen,
        "excluded": documents.excluded,
        "demonstrations": len(chosen),
        "labels": have,
    }


def _counted(chosen: Sequence[Demonstration], labels: Iterable[str], *, k: int) -> dict[str, int]:
    """Return how many demonstrations there are of each label; say so where there are too few."""
    found = Counter(label for one in chosen for label in one.exercise.labels)
    for label in sorted(labels):
        if found[label] < k:
            log.warning("%s: only %d demonstrations, not %d", label, found[label], k)
    return {label: found[label] for label in sorted(labels)}


def _prompt(
    case: Exercise,
    shown: Exercise,
    writer: PromptTemplate,
    known: Mapping[str, object],
    demonstrations: Sequence[str],
    *,
    translated: bool,
) -> dict[str, object]:
    return {
        "id": case.id,
        "prompt": writer.render({**known, "query": dict(shown.fields)}),
        "answer": case.answer,
        "demonstrations": list(demonstrations),
        **({"query": dict(shown.fields)} if translated else {}),
    }


def _write(rows: Iterable[Mapping[str, object]], out: Path) -> int:
    written = 0
    with open_output(out) as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += 1
    return written


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
