"""Extractive question answering: a context, questions about it, and answers that are in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from labelproj.build.documents import Reassembled, SegmentUnits
from labelproj.config import BuildParams, FilterParams, QaParams
from labelproj.evaluate.answers import answer_scores
from labelproj.questions import ANSWER, CONTEXT, QUESTION, answers_of, context_of, question_of
from labelproj.records import Document, Segment, Span
from labelproj.tasks.base import (
    Case,
    Dataset,
    Dropped,
    Exercise,
    Prompt,
    Row,
    Task,
    Usable,
    only_spans,
    require_datasets,
)
from labelproj.tasks.shown import shown_answers
from labelproj.text import sentences, words

__all__ = ["QuestionAnswering", "tier_of"]

#: Between question and context in a prompt, and how many words of context there are at most.
BETWEEN, CHUNK = " | ", 150


def tier_of(score: float, params: QaParams) -> str:
    """Return how sure an answer is: ``A``, ``B`` or ``C``."""
    return "A" if score >= params.tier_a else "B" if score >= params.tier_b else "C"


class _Rows(Dataset):
    def __init__(self, params: QaParams):
        super().__init__()
        self._params = params

    def features(self) -> Any:
        types = require_datasets()
        text = types.Value("string")
        answers = {"text": types.List(text), "answer_start": types.List(types.Value("int64"))}
        names = ("id", "title", "context", "question")
        said = ("tier", "context_lang", "question_lang", "document_id")
        return types.Features(
            dict.fromkeys(names, text)
            | {"answers": answers, "is_impossible": types.Value("bool")}
            | dict.fromkeys(said, text)
            | {
                "score": types.Value("float64"),
                "complete": types.Value("bool"),
                "status": text,
                "signature": text,
            }
        )

    def rows(self, one: Reassembled, *, signature: str) -> list[Row]:
        rows = []
        answers = answers_of(one.document)
        scores = _scores(one)
        for pair in self._params.pairs:
            whose = {
                "target": (one.document, one.document),
                "source-question": (one.document, one.source or one.document),
                "source-context": (one.source or one.document, one.document),
            }
            with_context, with_question = whose[pair]
            context = context_of(with_context)
            questions = {segment.id: segment for segment in with_question.segments}
            if context is None:
                continue
            there = answers if pair != "source-context" else answers_of(with_context)
            for name, found in answers.items():
                projected = pair != "source-context"
                spans = there.get(name, [])
                score = scores.get(name, 1.0) if projected else 1.0
                rows.append(
                    {
                        "id": name if pair == "target" else f"{name}:{pair}",
                        "title": str(one.document.payload.get("title") or ""),
                        "context": context.text,
                        "question": questions[name].text,
                        "answers": {
                            "text": [span.surface(context.text) for span in spans],
                            "answer_start": [span.start for span in spans],
                        },
                        "is_impossible": not found,
                        "tier": tier_of(score, self._params) if found else "A",
                        "context_lang": with_context.lang,
                        "question_lang": with_question.lang,
                        "document_id": one.document.id,
                        "score": score,
                        "complete": one.complete,
                        "status": one.status,
                        "signature": signature,
                    }
                )
        self.counts["questions"] += len(rows)
        self.counts["unanswerable"] += sum(bool(row["is_impossible"]) for row in rows)
        return rows

    def labels(self) -> dict[str, object]:
        return {"labels": [ANSWER], "tiers": ["A", "B", "C"]}

    def counted(self, row: Row) -> Iterable[str]:
        return ["unanswerable"] if row["is_impossible"] else [f"tier {row['tier']}"]

    def about(self) -> str:
        return (
            "Each row is a question, with the columns of SQuAD: `answers` has texts and where in "
            "`context` they start (code points). `score` is that of the best projected answer and "
            f"`tier` what it comes to: A from {self._params.tier_a:g}, B from "
            f"{self._params.tier_b:g}, else C; unanswerable questions (`is_impossible`) are A. "
            "`complete` is false where some sentences of the context were rejected and are not "
            "in it. `context_lang` and `question_lang` differ in mixed-language pairs."
        )


class QuestionAnswering(Task):
    """One segment ``context``, segments ``question``; answers are spans of the context.

    A span's group is the id of its question's segment. A question without answers is
    unanswerable.
    """

    name = "qa"
    title = "answers"
    category = "question-answering"
    ids: ClassVar[tuple[str, ...]] = ("extractive-qa",)
    view = "answers"
    exports: ClassVar[tuple[tuple[str, str], ...]] = (
        (".jsonl", "jsonl"),
        (".squad.json", "squad"),
    )
    figures: ClassVar[tuple[tuple[str, str], ...]] = (
        ("exact match", "exact_match"),
        ("answer F1", "answer_f1"),
    )
    models: ClassVar[Mapping[str, str]] = {"transformers": "transformers-qa"}
    columns: ClassVar[tuple[str, ...]] = ("id", "context", "question", "answers", "score", "tier")

    def problem(self, document: Document) -> str | None:
        """Refuse a document without context or question, or with an answer to no question."""
        roles = [segment.role for segment in document.segments]
        if roles.count(CONTEXT) != 1:
            return f"{roles.count(CONTEXT)} segments with the role 'context': it has to be one"
        questions = [segment for segment in document.segments if segment.role == QUESTION]
        if not questions:
            return "no segment with the role 'question'"
        names = [segment.id for segment in questions]
        for segment, span in document.spans():
            if segment.role == CONTEXT and question_of(span.group, names) not in names:
                return f"answer {span.id!r} belongs to no question"
        if empty := next((s.id for s in questions if not s.text.strip()), None):
            return f"question {empty!r} has no text"
        return None

    def filters(self, params: FilterParams) -> FilterParams:
        """Judge units by their translation alone: a lost answer concerns its question only."""
        update: dict[str, object] = {"missing_spans": None, "projection_score": None}
        # A span that a filter rejects is lost: what that means is for the policy.
        update |= {"duplicate": False, "rejected_span": "span"}
        return params.model_copy(update=update)

    def usable(self, one: Reassembled, params: BuildParams) -> Usable:
        """Drop questions that were not translated or lost their answers.

        Without ``min_context`` of the context's sentences all questions are dropped.
        """
        policy = params.qa
        questions = [own for own in one.segments if own.role == QUESTION]
        names = [own.id for own in questions]
        found = answers_of(one.document)
        lost: dict[str, list[str]] = {name: [] for name in names}
        for span in one.lost:
            name = question_of(span.group, names)
            if span.label == ANSWER and name in lost:
                lost[name].append(span.reason)
        poor = _poor_context(one, policy)
        dropped = []
        for own in questions:
            reason = poor or _against(own, found.get(own.id, []), lost[own.id])
            if reason:
                dropped.append(Dropped("question", f"{one.document.id}/{own.id}", reason))
        bad = {item.record_id.removeprefix(f"{one.document.id}/") for item in dropped}
        kept = only_spans(one, lambda p: question_of(p.group, names) not in bad)
        pairs = [
            (segment, projections)
            for segment, projections in zip(kept.document.segments, kept.projections, strict=True)
            if segment.id not in bad
        ]
        scores = _scores(kept)
        known = kept.document.payload.get("questions")
        said = dict(known) if isinstance(known, Mapping) else {}
        for name in names:
            if name in scores and name not in bad:
                score = round(scores[name], 4)
                own_values = said.get(name) or {}
                said[name] = own_values | {"tier": tier_of(scores[name], policy), "score": score}
        payload = {**kept.document.payload, "questions": said}
        document = replace(
            kept.document, segments=tuple(segment for segment, _ in pairs), payload=payload
        )
        kept = replace(kept, document=document, projections=tuple(own for _, own in pairs))
        return Usable(kept, {"question": len(questions)}, tuple(dropped))

    def shown(self, source: Document, usable: Usable) -> dict[str, object]:
        """See :func:`labelproj.tasks.shown.shown_answers`."""
        return shown_answers(source, usable)

    def dataset(self, labels: Iterable[str], *, params: BuildParams) -> Dataset:
        """Return rows with SQuAD's columns, scores and tiers."""
        return _Rows(params.qa)

    def document(self, row: Mapping[str, Any], *, lang: str) -> Document:
        """Return a row as a document with one question."""
        name, answers = str(row["id"]), row["answers"]
        spans = tuple(
            Span(f"{name}|{number}", start, start + len(text), ANSWER, name)
            for number, (text, start) in enumerate(
                zip(answers["text"], answers["answer_start"], strict=True)
            )
        )
        context = Segment(CONTEXT, CONTEXT, row["context"], spans)
        return Document(name, lang, (context, Segment(name, QUESTION, row["question"])))

    def weight(self, row: Mapping[str, Any]) -> float:
        """Return the score of a question's best projected answer, 1 without an answer."""
        score = row["score"]
        return float(score) if score is not None and row["answers"]["text"] else 1.0

    def tier(self, row: Mapping[str, Any]) -> str | None:
        """Return the tier of a question's answer."""
        return str(row["tier"])

    def cases(self, document: Document) -> list[Case]:
        """Return a case a question: its answer in the context, a model being given both."""
        context = context_of(document)
        if context is None:
            return []
        answers = answers_of(document)
        chunks = _chunks(context.text, document.lang)
        return [
            Case(
                segment.id,
                context.text,
                tuple(answers[segment.id]),
                tuple(
                    _prompt(segment.text, context.text, chunk, answers[segment.id])
                    for chunk in chunks
                ),
                segment.text,
            )
            for segment in document.segments
            if segment.role == QUESTION
        ]

    def exercises(self, document: Document) -> list[Exercise]:
        """Return the questions with their context; the answer is the first one's text or None."""
        return [
            Exercise(
                case.id,
                {"context": case.text, "question": segment.text},
                case.gold[0].surface(case.text) if case.gold else None,
                (ANSWER,) if case.gold else (),
                tuple(span.id for span in case.gold[:1]),
            )
            for case in self.cases(document)
            for segment in document.segments
            if segment.role == QUESTION and segment.id == case.id
        ]

    def answer(self, case: Case, found: Sequence[Span]) -> tuple[Span, ...]:
        """Return the first span that was found: a question has one answer."""
        return tuple(sorted(found, key=lambda span: (span.start, span.end))[:1])

    def scores(
        self, cases: Sequence[Case], predicted: Sequence[Sequence[Span]], *, lang: str
    ) -> dict[str, object]:
        """Return exact match and F1 of the answers' texts, as SQuAD and as MLQA have them."""
        return answer_scores(
            [found[0].surface(c.text) if found else "" for c, found in _both(cases, predicted)],
            [[span.surface(case.text) for span in case.gold] for case in cases],
            lang=lang,
        )


def _both(
    cases: Sequence[Case], predicted: Sequence[Sequence[Span]]
) -> Iterable[tuple[Case, Sequence[Span]]]:
    return zip(cases, predicted, strict=True)


def _scores(one: Reassembled) -> dict[str, float]:
    """Return the best projection score among the answers of each question that has any."""
    scores: dict[str, float] = {}
    names = [segment.id for segment in one.document.segments if segment.role == QUESTION]
    for projection in (p for own in one.projections for p in own):
        name = question_of(projection.group, names)
        if name is not None and projection.label == ANSWER:
            scores[name] = max(scores.get(name, 0.0), projection.score)
    return scores


def _poor_context(one: Reassembled, policy: QaParams) -> str | None:
    context = next((own for own in one.segments if own.role == CONTEXT), None)
    if context is None or not context.accepted:
        return "no sentence of the context was accepted"
    if context.accepted < policy.min_context * context.units:
        return f"under {policy.min_context:g} of the context's sentences were accepted"
    return None


def _against(question: SegmentUnits, found: Sequence[Span], lost: Sequence[str]) -> str | None:
    """Return why a question is dropped, or None."""
    if question.accepted < question.units:
        return "the question's translation was rejected"
    if lost and not found:
        return f"its answer has no place: {lost[0]}"
    return None


def _chunks(text: str, lang: str) -> list[tuple[int, int]]:
    """Cut a context at sentences into stretches of about ``CHUNK`` words."""
    chunks: list[tuple[int, int]] = []
    size = 0
    for start, end in sentences(text, lang):
        length = len(words(text[start:end]))
        if chunks and size + length <= CHUNK:
            chunks[-1] = (chunks[-1][0], end)
            size += length
        else:
            chunks.append((start, end))
            size = length
    return chunks


def _prompt(question: str, context: str, chunk: tuple[int, int], answers: Sequence[Span]) -> Prompt:
    head = question + BETWEEN
    start, end = chunk
    inside = [span for span in answers if start <= span.start and span.end <= end]
    moved = [span.shifted(len(head) - start) for span in inside[:1]]
    places = (*[-1] * len(head), *range(start, end))
    return Prompt(head + context[start:end], tuple(moved), places)
