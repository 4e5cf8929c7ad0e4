"""The texts that a language model is asked about, as they are or translated."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from labelproj.config import PrepareParams, TranslateParams
from labelproj.errors import UsageError
from labelproj.progress import log, track
from labelproj.records import Document, Reject, Segment
from labelproj.stages.prepare import ReadDocuments
from labelproj.tasks import Exercise, Task
from labelproj.text import sentences

__all__ = ["read_queries", "translator"]

_BATCH = 64


def read_queries(
    spec: str, task: Task, *, tgt: str, translated: bool, engine: Any
) -> Iterator[tuple[Exercise, Exercise]]:
    """Yield each case of the queries ``spec``, and the same as it is shown.

    It is shown as it is, or ``translated``: by its record or by ``engine``. A record whose
    translation is empty is left out, with a warning. Raises UsageError where there is no
    translation, or where labels that only ``tgt`` has are part of what is asked.
    """
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


def translator(mt: str, *, src: str, tgt: str) -> Any:
    """Open the model ``mt`` that translates ``tgt`` into ``src``; raises what opening raises."""
    from labelproj.translate.cache import cached_model
    from labelproj.translate.engine import open_engine

    return open_engine(cached_model(mt, src=tgt, tgt=src), src=tgt, tgt=src)
