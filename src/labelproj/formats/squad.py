"""SQuAD's JSON, versions 1 and 2: one object of articles, paragraphs and questions.

Rajpurkar et al. 2016 and 2018; XQuAD (Artetxe et al. 2020) and MLQA (Lewis et al. 2020) are the
same.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

from labelproj.formats.base import Format
from labelproj.formats.json_stream import array_items, other_keys
from labelproj.formats.json_values import Record, text_value
from labelproj.formats.lines import open_output
from labelproj.formats.oneie import mapping_list
from labelproj.questions import ANSWER, CONTEXT, QUESTION, answers_of, context_of
from labelproj.records import Document, Reject, Segment, Span

__all__ = ["Squad", "answer_span", "question_document"]

PLAUSIBLE = "plausible"
#: Where a question's payload keeps answers that their spans do not hold whole.
_AS_READ = "answers_as_read"
#: The lists of answers in a question, and the label of their spans.
_LISTS = {"answers": ANSWER, "plausible_answers": PLAUSIBLE}


@dataclass(frozen=True, slots=True)
class Squad(Format):
    """``{"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question", …}]}]}]}``.

    A paragraph is a document: its segment ``context`` and one for each question, named by the
    question's id. Answers are spans of the context, ``plausible_answers`` too (label
    ``plausible``). A question whose answers are not in the context is a Reject, and the document
    goes on without it. All else is in the payload and is written back. One article is in memory
    at a time.
    """

    name: ClassVar[str] = "squad"
    suffixes: ClassVar[tuple[str, ...]] = (".squad.json",)

    @classmethod
    def claims(cls, head: Mapping[str, object]) -> bool:
        """Say whether a file's first (or only) object is of this format."""
        data = head.get("data")
        if isinstance(data, list):
            return bool(data) and isinstance(data[0], dict) and "paragraphs" in data[0]
        return {"data", "paragraphs"} <= head.keys()

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield a document a paragraph, a Reject a bad question; see :meth:`Format.read`."""
        path = Path(source)
        top = other_keys(path, "data")
        seen: set[str] = set()
        for number, article in enumerate(array_items(path, "data")):
            where = f"article {number + 1}"
            if not isinstance(article, dict):
                yield Reject(source, None, where, "not an object", str(article)[:1000])
                continue
            title = str(article.get("title", ""))
            others = {k: v for k, v in article.items() if k != "paragraphs"}
            try:
                paragraphs = mapping_list(article, "paragraphs")
            except ValueError as error:
                yield Reject(source, None, where, str(error))
                continue
            for place, paragraph in enumerate(paragraphs):
                payload: dict[str, object] = {"title": title}
                payload["squad"] = {"article": number, "top": top, "of": others}
                yield from _document(
                    f"{title or number}-{place}", paragraph, source, lang, payload, seen
                )

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Write one paragraph a document; see :meth:`Format.write`.

        Neighbours of one article stand together. A document of several contexts or of none is
        left out.
        """
        count = 0
        top: Mapping[str, object] = {}
        with open_output(path) as stream:
            stream.write('{"data": [')
            articles = groupby((d for d in documents if context_of(d)), key=_article)
            for number, (_, group) in enumerate(articles):
                paragraphs = []
                others: Mapping[str, object] = {}
                for document in group:
                    said = _said(document.payload)
                    others = said.get("of") or {"title": str(document.payload.get("title") or "")}
                    top = said.get("top") or top
                    paragraphs.append(_paragraph(document))
                    count += 1
                stream.write(", " if number else "")
                record = {**others, "paragraphs": paragraphs}
                stream.write(json.dumps(record, ensure_ascii=False))
            stream.write("]")
            for key, value in top.items():
                said_value = json.dumps(value, ensure_ascii=False)
                stream.write(f", {json.dumps(key, ensure_ascii=False)}: {said_value}")
            stream.write("}\n")
        return count


def answer_span(question: str, number: int, answer: Mapping[str, Any], context: str) -> Span:
    """Return the span of an answer; ValueError where the context does not have it there.

    White space at the edges of an answer is not part of the span.
    """
    text, start = text_value(answer, "text"), answer.get("answer_start")
    if type(start) is not int:
        raise ValueError("'answer_start' is not an integer")
    if start < 0 or context[start : start + len(text)] != text:
        found = context[max(start, 0) : max(start, 0) + len(text)]
        raise ValueError(f"the answer {text!r} is not in the context at {start} but {found!r}")
    if not text.strip():
        raise ValueError(f"the answer at {start} is empty")
    start += len(text) - len(text.lstrip())
    return Span(f"{question}|{number}", start, start + len(text.strip()), ANSWER, question)


def question_document(
    name: str,
    context: str,
    questions: Iterable[tuple[str, str, Iterable[Span]]],
    *,
    lang: str,
    payload: Mapping[str, object],
) -> Document:
    """Return the document of a context and its questions (id, text, answers)."""
    spans: list[Span] = []
    segments: list[Segment] = []
    for question, text, answers in questions:
        segments.append(Segment(question, QUESTION, text))
        spans += answers
    first = Segment(CONTEXT, CONTEXT, context, tuple(spans))
    return Document(name, lang, (first, *segments), payload)


def _document(
    name: str,
    paragraph: Record,
    source: str,
    lang: str,
    payload: dict[str, object],
    seen: set[str],
) -> Iterator[Document | Reject]:
    try:
        context = text_value(paragraph, "context")
        values = mapping_list(paragraph, "qas")
    except ValueError as error:
        yield Reject(source, None, name, str(error), str(paragraph)[:1000])
        return
    questions = []
    extras: dict[str, dict[str, object]] = {}
    for value in values:
        question = None
        try:
            question = text_value(value, "id")
            if question in seen or question == CONTEXT:
                raise ValueError(f"duplicate id {question!r}")
            spans = _spans(question, value, context)
            questions.append((question, text_value(value, "question"), spans))
        except ValueError as error:
            where = f"{name}/{question}" if question else name
            yield Reject(source, None, where, str(error), str(value)[:1000])
            continue
        seen.add(question)
        extras[question] = {
            k: v for k, v in value.items() if k not in {"id", "question", *_LISTS}
        } | {k: True for k in ("plausible_answers",) if k in value}
        if any(_odd(one) for one in mapping_list(value, "answers")):
            extras[question][_AS_READ] = value["answers"]
    kept = {k: v for k, v in paragraph.items() if k not in ("context", "qas")}
    payload = payload | ({"paragraph": kept} if kept else {}) | {"questions": extras}
    yield question_document(name, context, questions, lang=lang, payload=payload)


def _spans(question: str, value: Record, context: str) -> list[Span]:
    spans: list[Span] = []
    for key, label in _LISTS.items():
        for answer in mapping_list(value, key):
            span = answer_span(question, len(spans), answer, context)
            spans.append(Span(span.id, span.start, span.end, label, question))
    if value.get("is_impossible") and any(span.label == ANSWER for span in spans):
        raise ValueError("is impossible and has an answer")
    return spans


def _odd(answer: Mapping[str, Any]) -> bool:
    """Say whether a span cannot hold all of an answer: white space around it, other keys."""
    text = str(answer["text"])
    return text != text.strip() or len(answer) > 2


def _as_read(answers: object, spans: Sequence[Span], text: str) -> list[Any] | None:
    """Return the answers as they were read, where they are still these spans of this text."""
    if not isinstance(answers, list) or len(answers) != len(spans):
        return None
    for answer, span in zip(answers, spans, strict=True):
        try:
            same = answer_span("", 0, answer, text)
        except (AttributeError, ValueError):
            return None
        if (same.start, same.end) != (span.start, span.end):
            return None
    return answers


def _said(payload: Mapping[str, object]) -> Mapping[str, Any]:
    said = payload.get("squad")
    return said if isinstance(said, dict) else {}


def _article(document: Document) -> tuple[object, str]:
    return _said(document.payload).get("article"), str(document.payload.get("title") or "")


def _paragraph(document: Document) -> Record:
    context = context_of(document)
    text = context.text if context else ""
    answers = answers_of(document)
    plausible: dict[str | None, list[Span]] = {}
    for span in context.spans if context else ():
        if span.label == PLAUSIBLE:
            plausible.setdefault(span.group, []).append(span)
    known = document.payload.get("questions")
    extras: Mapping[str, Any] = known if isinstance(known, Mapping) else {}
    qas = []
    for segment in document.segments:
        if segment.role != QUESTION:
            continue
        own = dict(extras.get(segment.id) or {})
        record: Record = {"id": segment.id, "question": segment.text}
        spans = answers[segment.id]
        read = _as_read(own.pop(_AS_READ, None), spans, text)
        record["answers"] = read or [_answer(span, text) for span in spans]
        if own.pop("plausible_answers", False):
            found = plausible.get(segment.id, [])
            record["plausible_answers"] = [_answer(span, text) for span in found]
        if not record["answers"] and "squad" not in document.payload:
            own["is_impossible"] = True
        qas.append(record | own)
    paragraph = document.payload.get("paragraph")
    rest = paragraph if isinstance(paragraph, dict) else {}
    return {"context": text, "qas": qas, **rest}


def _answer(span: Span, text: str) -> Record:
    return {"text": span.surface(text), "answer_start": span.start}
