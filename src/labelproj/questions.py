"""Segments and spans <-> questions: the only place that knows how a document stands for them.

A document has one segment with the role ``context`` and a segment with the role ``question`` for
each question. The answers are spans of the context with the label ``answer``; their group is the
id of the question's segment. Where there is only one question they need no group. A question
without answers is unanswerable.
"""

from collections.abc import Sequence

from labelproj.records import Document, Segment, Span

__all__ = ["ANSWER", "CONTEXT", "QUESTION", "answers_of", "context_of", "question_of"]

CONTEXT, QUESTION = "context", "question"
ANSWER = "answer"


def context_of(document: Document) -> Segment | None:
    """Return the context, if there is one."""
    return next((segment for segment in document.segments if segment.role == CONTEXT), None)


def question_of(group: str | None, questions: Sequence[str]) -> str | None:
    """Return the question that a span with this group belongs to."""
    return questions[0] if group is None and len(questions) == 1 else group


def answers_of(document: Document) -> dict[str, list[Span]]:
    """Return the answers of each question, in the order of the questions."""
    questions = [segment.id for segment in document.segments if segment.role == QUESTION]
    found: dict[str, list[Span]] = {name: [] for name in questions}
    for segment in document.segments:
        for span in segment.spans:
            name = question_of(span.group, questions)
            if segment.role == CONTEXT and span.label == ANSWER and name in found:
                found[name].append(span)
    return found
