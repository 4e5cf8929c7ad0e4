"""``labelproj dialogue localise``: dialogues in, a whole agent's data in another language out."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from labelproj import tables
from labelproj.config import FilterParams, PrepareParams, ProjectParams, TranslateParams
from labelproj.dialogue.corpus import join_verdicts, read_dialogues, survey, untranslated
from labelproj.dialogue.kb import KnowledgeBase
from labelproj.dialogue.ontology import Ontology, read_ontology
from labelproj.dialogue.schema import KEY
from labelproj.dialogue.values import ValueMap
from labelproj.dialogue.writer import LocalisedWriter
from labelproj.errors import MissingInputError, RecordError, UsageError
from labelproj.formats import FORMATS, read_documents, write_documents
from labelproj.formats.dialogues import DialogueFormat
from labelproj.progress import log
from labelproj.provenance import file_digest, now, signature, versions
from labelproj.records import Document, Reject
from labelproj.shards import write_manifest
from labelproj.stages.chain import Chain
from labelproj.stages.outputs import WORK
from labelproj.translate.cache import cached_model
from labelproj.translate.engine import check_model, open_engine

__all__ = ["run_localise"]

#: A turn that repeats another is still needed, and a value without a place may have a name.
_FILTERS = FilterParams(duplicate=False, missing_spans=None)


def run_localise(
    *,
    inputs: Sequence[str],
    out: Path,
    src: str,
    tgt: str,
    mt: str | None = None,
    translations: str | None = None,
    ontology: Path | None = None,
    slots: Sequence[str] | None = None,
    canonical_words: bool = False,
    kb_key: str = "name",
    format: str | None = None,
    prepare: PrepareParams,
    translate: TranslateParams,
    project: ProjectParams,
    resume: bool = True,
) -> dict[str, object]:
    """Translate dialogues, map their values, and write examples for the four subtasks.

    ``translations`` are the same dialogues in the target language, in the same format, of which
    only the words are taken; what they lack is translated by ``mt`` or left out. ``out`` gets
    ``dialogues.jsonl``, ``examples.jsonl``, ``rejected.jsonl`` (examples with reasons),
    ``values.jsonl`` (the value map over the corpus), ``kb.jsonl`` (rows), ``quarantine.parquet``,
    where all is of one format of dialogues ``dialogues.<format>.json``, and last
    ``manifest.json``, which is returned. Raises UsageError without both a model and translations.
    """
    started = time.monotonic()
    if mt is None and translations is None:
        raise UsageError(
            "there is nothing to translate with", remedy="--mt MODEL, or --translations FILE"
        )
    work = out / WORK
    names = Ontology() if ontology is None else read_ontology(ontology)
    model = cached_model(mt, src=src, tgt=tgt) if mt else None
    if model:
        check_model(model, src=src, tgt=tgt)
    attached = _attach(
        inputs,
        work / "input.jsonl",
        lang=src,
        tgt=tgt,
        format=format,
        translations=translations,
        keep_without=model is not None,
        limit=prepare.limit,
        strict=prepare.strict,
    )
    chain = Chain(out, src, tgt, device=translate.device, resume=resume)
    prepared = chain.prepare(
        [str(work / "input.jsonl")], prepare.model_copy(update={"limit": None})
    )
    chain.translate(translate, model=model)
    projected = chain.project(project)
    chain.filter(_FILTERS, align=project.align)
    units, documents = work / "units.parquet", chain.folder("prepared") / "documents.parquet"
    join_verdicts(chain.folder("projected") / "units.parquet", chain.folder("filtered"), units)
    (out / "manifest.json").unlink(missing_ok=True)
    corpus, literal = survey(units)
    alone = untranslated(literal, corpus, names)
    known: dict[str, str] = {}
    if model and alone:
        engine = open_engine(
            model, src=src, tgt=tgt, device=translate.device, compute_type=translate.compute_type
        )
        for value, found in zip(alone, engine.translate(alone, translate), strict=True):
            if found.status == "translated" and found.text.strip():
                known[value.casefold()] = found.text.strip()
    writer = LocalisedWriter(out, slots=slots, kb=KnowledgeBase(key=kb_key))
    with writer:
        for document, said in read_dialogues(units, documents, tgt=tgt):
            values = ValueMap(
                own=said.own,
                literal=frozenset(said.literal),
                corpus=corpus,
                ontology=names,
                translated=known,
            )
            writer.add(document, said, values, canonical_words=canonical_words)
    _quarantine(attached.rejects, chain.folder("prepared") / "quarantine.parquet", out)
    exported = _export(out, attached.formats, tgt)
    manifest: dict[str, object] = {
        "stage": "localise",
        "signature": signature(
            "localise",
            {
                "units": projected["signature"],
                "prepare": prepared["signature"],
                "ontology": file_digest(ontology) if ontology else None,
                "slots": sorted(slots) if slots is not None else None,
                "canonical_words": canonical_words,
                "kb_key": kb_key,
            },
        ),
        "inputs": list(inputs),
        "translations": translations,
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 2),
        "counts": {
            "dialogues": {
                "in": attached.kept + len(attached.rejects),
                "kept": writer.dialogues,
                "rejected": attached.kept + len(attached.rejects) - writer.dialogues,
            },
            "segments_without_translation": attached.without,
            **writer.counts(),
        },
        "outputs": exported,
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


class _Attached:
    """What came of reading the input."""

    def __init__(self) -> None:
        self.kept = 0
        self.without = 0
        self.rejects: list[Reject] = []
        self.formats: set[str] = set()


def _attach(
    inputs: Sequence[str],
    path: Path,
    *,
    lang: str,
    tgt: str,
    format: str | None,
    translations: str | None,
    keep_without: bool,
    limit: int | None,
    strict: bool,
) -> _Attached:
    """Write the dialogues of ``inputs`` to ``path``, their segments with their translations."""
    given: dict[str, dict[str, str]] | None = None
    if translations is not None:
        given = {
            one.id: {segment.id: segment.text for segment in one.segments}
            for one in read_documents(translations, lang=tgt, format=format)
            if isinstance(one, Document)
        }
    result = _Attached()

    def documents() -> Iterator[Document]:
        for spec in inputs:
            for one in read_documents(spec, lang=lang, format=format):
                if limit is not None and result.kept + len(result.rejects) >= limit:
                    return
                if isinstance(one, Document) and KEY not in one.payload:
                    one = Reject(spec, None, one.id, "no dialogue in it")
                if isinstance(one, Reject):
                    if strict:
                        raise RecordError(
                            one.reason,
                            where=f"{one.source}: record {one.record_id}",
                            remedy="mend it, or run without --strict to quarantine it",
                        )
                    result.rejects.append(one)
                    continue
                result.kept += 1
                result.formats.add(str(one.payload.get("format")))
                yield one if given is None else _translated(one, given.get(one.id, {}), result)

    def _translated(one: Document, found: Mapping[str, str], counts: _Attached) -> Document:
        segments = []
        for segment in one.segments:
            text = found.get(segment.id)
            if text is None:
                counts.without += 1
                if not keep_without:
                    continue
            segments.append(replace(segment, translation=text))
        return replace(one, segments=tuple(segments))

    write_documents(documents(), path, format="jsonl")
    if not result.kept:
        first = result.rejects[0].reason if result.rejects else "nothing in it"
        raise MissingInputError(
            f"no dialogue that can be used: {first}",
            where=", ".join(inputs),
            remedy=f"name its format with --format ({', '.join(_formats())}, or jsonl)",
        )
    if result.without:
        log.warning("%d segments have no translation in %s", result.without, translations)
    return result


def _formats() -> list[str]:
    return [name for name, kind in FORMATS.items() if issubclass(kind, DialogueFormat)] + ["mtod"]


def _quarantine(rejects: Sequence[Reject], prepared: Path, out: Path) -> None:
    with tables.TableWriter(out / "quarantine.parquet", tables.REJECTS) as table:
        for one in rejects:
            table.add({name: getattr(one, name) for name in tables.REJECTS})
        for frame in tables.iter_frames(prepared, tables.REJECTS):
            table.add_frame(frame)
    if rejects:
        first = rejects[0]
        log.warning(
            "%d dialogues quarantined (the first: %s: %s): %s",
            len(rejects),
            first.record_id,
            first.reason,
            out / "quarantine.parquet",
        )


def _export(out: Path, formats: set[str], tgt: str) -> list[str]:
    """Write the dialogues in the format they came in, where it is one."""
    outputs = ["dialogues.jsonl", "examples.jsonl", "rejected.jsonl", "values.jsonl", "kb.jsonl"]
    name = next(iter(formats)) if len(formats) == 1 else ""
    if name not in _formats():
        return outputs
    path = out / f"dialogues.{name}.{'txt' if name == 'mtod' else 'json'}"
    documents = (
        one
        for one in read_documents(str(out / "dialogues.jsonl"), lang=tgt)
        if isinstance(one, Document)
    )
    write_documents(documents, path, format=name)
    return [*outputs, path.name]
