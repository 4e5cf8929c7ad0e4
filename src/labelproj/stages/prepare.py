"""Stage ``prepare``: any readable input becomes units with stable ids; the rest is quarantined."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from labelproj import tables
from labelproj.config import PrepareParams
from labelproj.errors import MissingInputError, RecordError
from labelproj.formats import read_documents
from labelproj.formats.conll import READ_LINES
from labelproj.progress import log, track
from labelproj.provenance import now, signature, text_digest, versions
from labelproj.records import Document, Reject, Segment, Span, Unit, span_problem
from labelproj.shards import write_manifest
from labelproj.tasks import task_named
from labelproj.text import sentences

__all__ = ["ReadDocuments", "mapped_labels", "run_prepare", "units_of"]

#: The key of a label map that stands for every label that is not named.
ANY_LABEL = "*"


def run_prepare(
    *,
    inputs: Sequence[str],
    out: Path,
    params: PrepareParams,
    lang: str,
    task: str = "ner",
    format: str | None = None,
    quarantine: Path | None = None,
    reshape: Callable[[Document], Document] | None = None,
) -> dict[str, object]:
    """Read ``inputs`` and write ``units.parquet``, ``documents.parquet``, ``quarantine.parquet``.

    ``task`` says what a record must be. One that cannot be used goes to the quarantine with its
    place and reason; with ``params.strict`` it is a RecordError instead. ``quarantine`` is where
    people will find that table in the end, where it is not to stay in ``out``. ``reshape`` makes
    of a document that was read the one that is meant. Raises MissingInputError when there is no
    input, or no record in it that can be used.
    """
    started = time.monotonic()
    shaping = params.model_dump(mode="json", exclude={"inputs", "strict", "limit"})
    sign = signature("prepare", {**shaping, "lang": lang})
    documents = ReadDocuments(
        inputs, params=params, lang=lang, format=format, task=task, reshape=reshape
    )
    labels: Counter[str] = Counter()
    first = ""
    with (
        tables.TableWriter(out / "units.parquet", tables.UNITS) as units,
        tables.TableWriter(out / "documents.parquet", tables.DOCUMENTS) as kept,
        tables.TableWriter(out / "quarantine.parquet", tables.REJECTS) as rejected,
        track("reading", params.limit) as progress,
    ):
        for source, item in documents:
            progress.advance(1)
            if isinstance(item, Reject):
                rejected.add({name: getattr(item, name) for name in tables.REJECTS})
                first = first or f"{_place(item)}: {item.reason}"
                continue
            n_units: dict[str, int] = {}
            for segment, unit in units_of(item, lang=lang, splitter=params.splitter):
                n_units[segment.id] = n_units.get(segment.id, 0) + 1
                labels.update(span.label for span in unit.spans)
                units.add(tables.unit_row(unit, given=segment.translation, signature=sign))
            kept.add(_document_row(item, source, n_units, sign))
    if not kept.rows:
        raise MissingInputError(
            f"no usable record in the input; the first of {rejected.rows}: {first}",
            where=", ".join(inputs),
            remedy=f"all reasons are in {out / 'quarantine.parquet'}; is the format right?",
        )
    if rejected.rows:
        table = quarantine or out / "quarantine.parquet"
        log.warning("%d records quarantined (the first: %s): %s", rejected.rows, first, table)
    if reshape is None:
        _warn_of_labels(documents.labels, labels, params)
    manifest: dict[str, object] = {
        "stage": "prepare",
        "signature": sign,
        "inputs": list(inputs),
        "params": params.model_dump(mode="json"),
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 2),
        "counts": {
            "in": kept.rows + rejected.rows,
            "kept": kept.rows,
            "rejected": rejected.rows,
            "failed": 0,
            "units": units.rows,
            "spans": dict(sorted(labels.items())),
        },
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _warn_of_labels(
    read: Mapping[str, int], kept: Mapping[str, int], params: PrepareParams
) -> None:
    """Say which names of labels in ``params`` no record has, and when no label is left.

    ``read`` and ``kept`` count the labels of all records before and after ``params``.
    """
    there = f"(the data have {', '.join(sorted(read))})"
    if read and not kept:
        log.warning("all labels were dropped: nothing to project %s", there)
    elif not kept:
        log.warning("no record has a label: nothing to project")
    if params.limit is not None or not read:
        return
    names = params.label_map
    unknown = [name for name in names if name not in read and name != ANY_LABEL]
    renamed = {names.get(name, names.get(ANY_LABEL, name)) for name in read}
    unknown += [name for name in params.labels or () if name not in renamed]
    if unknown:
        log.warning("no record has the label %s %s", " or ".join(dict.fromkeys(unknown)), there)


class ReadDocuments:
    """The documents of all inputs, checked, with unique ids and mapped labels; and the rejects.

    An iterable of (input, document or reject) that can be gone through more than once; ``labels``
    then counts the labels as they were read. With ``task``, a document that is none of this task
    is a reject. Raises RecordError at the first reject when ``params.strict``, MissingInputError
    when there are no inputs.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        *,
        params: PrepareParams,
        lang: str,
        format: str | None = None,
        task: str | None = None,
        reshape: Callable[[Document], Document] | None = None,
    ):
        if not inputs:
            raise MissingInputError("no input is given", remedy="name a file, folder or hf:NAME")
        self._inputs = inputs
        self._params = params
        self._lang = lang
        self._format = format
        self._task = task_named(task) if task else None
        self._reshape = reshape
        self.labels: Counter[str] = Counter()

    def __iter__(self) -> Iterator[tuple[str, Document | Reject]]:
        self.labels.clear()
        seen: set[bytes] = set()
        found = 0
        for spec in self._inputs:
            left = None if self._params.limit is None else self._params.limit - found
            for item in islice(read_documents(spec, lang=self._lang, format=self._format), left):
                found += 1
                result = item if isinstance(item, Reject) else self._checked(item, spec, seen)
                if isinstance(result, Reject) and self._params.strict:
                    raise RecordError(
                        result.reason,
                        where=_place(result),
                        remedy="mend it, or run without --strict to quarantine it",
                    )
                yield spec, result

    def _checked(self, document: Document, spec: str, seen: set[bytes]) -> Document | Reject:
        document = self._reshape(document) if self._reshape else document
        if not any(segment.text.strip() for segment in document.segments):
            return _reject(document, spec, "no text")
        if self._task and (problem := self._task.problem(document)):
            return _reject(document, spec, problem)
        segments = []
        for segment in document.segments:
            self.labels.update(span.label for span in segment.spans)
            spans = mapped_labels(segment.spans, self._params.label_map, self._params.labels)
            problems = [p for span in spans if (p := span_problem(span, segment.text))]
            if problems:
                return _reject(document, spec, problems[0])
            segments.append(
                Segment(segment.id, segment.role, segment.text, spans, segment.translation)
            )
        name, number = document.id, 1
        while (key := bytes.fromhex(text_digest(name))) in seen:
            number += 1
            name = f"{document.id}#{number}"
        seen.add(key)
        named = Document(name, document.lang, tuple(segments), document.payload)
        return self._task.mapped(named) if self._task else named


def _place(reject: Reject) -> str:
    """Say where a record stood: file, line and id, as far as they are known."""
    where = f"{reject.source}:{reject.line}" if reject.line else reject.source
    return f"{where}: record {reject.record_id}" if reject.record_id else where


def _reject(document: Document, spec: str, reason: str) -> Reject:
    text = " ".join(segment.text for segment in document.segments)
    return Reject(spec, None, document.id, reason, text[:1000])


def mapped_labels(
    spans: Sequence[Span], label_map: Mapping[str, str | None], labels: Sequence[str] | None
) -> tuple[Span, ...]:
    """Rename labels by ``label_map`` (null drops the span, ``*`` is every other label).

    With ``labels``, spans of other labels are dropped afterwards.
    """
    renamed = []
    for span in spans:
        label = label_map.get(span.label, label_map.get(ANY_LABEL, span.label))
        if label is not None and (labels is None or label in labels):
            renamed.append(Span(span.id, span.start, span.end, label, span.group))
    return tuple(renamed)


def units_of(document: Document, *, lang: str, splitter: str) -> Iterator[tuple[Segment, Unit]]:
    """Cut the segments of a document into units, each with its spans.

    A segment that came with its translation is one unit.
    """
    for segment in document.segments:
        given = segment.translation is not None
        how = "none" if given else splitter
        pieces = sentences(segment.text, lang, spans=segment.spans, splitter=how)
        if given and pieces:
            pieces = [(0, len(segment.text))]
        before = 0
        for position, (start, end) in enumerate(pieces):
            inside = [s.shifted(-start) for s in segment.spans if start <= s.start and s.end <= end]
            yield (
                segment,
                Unit(
                    id=f"{document.id}/{segment.id}/{position}",
                    document_id=document.id,
                    segment_id=segment.id,
                    role=segment.role,
                    position=position,
                    start=start,
                    end=end,
                    lead=segment.text[before:start],
                    text=segment.text[start:end],
                    spans=tuple(inside),
                    trail=segment.text[end:] if position == len(pieces) - 1 else "",
                ),
            )
            before = end


def _document_row(
    document: Document, source: str, n_units: Mapping[str, int], sign: str
) -> dict[str, object]:
    # The lines of a CoNLL file are of the source alone, and its translation has others.
    payload = {k: v for k, v in document.payload.items() if k != READ_LINES}
    return {
        "id": document.id,
        "lang": document.lang,
        "segments": [
            {"id": s.id, "role": s.role, "n_units": n_units.get(s.id, 0)} for s in document.segments
        ],
        "payload": json.dumps(payload, ensure_ascii=False, sort_keys=True),
        "source": source,
        "signature": sign,
    }
