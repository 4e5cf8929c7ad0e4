"""What can be wrong with one row of a dataset."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from labelproj.records import Span, span_problem
from labelproj.tags import iob2_from_spans

__all__ = ["row_findings", "token_offsets"]


def token_offsets(text: str, tokens: Sequence[str]) -> list[tuple[int, int]] | None:
    """Return where each token stands in the text, in order; None where one is not there."""
    offsets: list[tuple[int, int]] = []
    last = 0
    for token in tokens:
        start = text.find(token, last)
        if start < 0 or text[last:start].strip():
            return None
        last = start + len(token)
        offsets.append((start, last))
    return None if text[last:].strip() else offsets


def row_findings(row: Mapping[str, Any], *, tags: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with a row; ``tags`` are the names of its tag classes, by number.

    Every span lies in its text and has a surface without white space at its edges; whatever else
    has a start, an end and a text (the parts of events) has the text that stands there, as have
    answers in their context; tokens are the text's own; tags are valid IOB2 and say the same as
    the spans (where spans overlap, as the longer one). Columns that a task does not have are not
    looked at.
    """
    yield from _answer_findings(row)
    text = row.get("text")
    if text is None:
        return
    if not text.strip():
        yield "its text is empty"
    for column, over in (("spans", text), ("source_spans", row.get("source_text"))):
        for span in row.get(column) or ():
            if over is None:
                continue
            one = Span(str(span.get("id")), span["start"], span["end"], span["label"])
            if problem := span_problem(one, over):
                yield f"{column}: {problem}"
            elif "text" in span and span["text"] != one.surface(over):
                yield f"{column}: span {one.id} says {span['text']!r}, not {one.surface(over)!r}"
            score = span.get("score")
            if score is not None and not 0.0 <= score <= 1.0:
                yield f"{column}: span {one.id} has the score {score}"
    for column, value in row.items():
        if column not in ("spans", "source_spans"):
            yield from _place_findings(value, text, column)
    if row.get("tokens") is not None and row.get("ner_tags") is not None and tags:
        yield from _tag_findings(row, text, tags)


def _place_findings(value: object, text: str, column: str) -> Iterator[str]:
    """Look for places in a value, however deep, that name their text."""
    if isinstance(value, list):
        for one in value:
            yield from _place_findings(one, text, column)
    elif isinstance(value, Mapping):
        if {"start", "end", "text"} <= value.keys():
            there = text[value["start"] : value["end"]]
            if there != value["text"]:
                yield f"{column}: says {value['text']!r}, not {there!r}"
        for one in value.values():
            yield from _place_findings(one, text, column)


def _answer_findings(row: Mapping[str, Any]) -> Iterator[str]:
    """Look at the answers of a question, as SQuAD has them."""
    answers, context = row.get("answers"), row.get("context")
    if not isinstance(answers, Mapping) or context is None:
        return
    for text, start in zip(answers["text"], answers["answer_start"], strict=True):
        there = context[start : start + len(text)]
        if not text or there != text:
            yield f"answers: says {text!r}, not {there!r}"


def _tag_findings(row: Mapping[str, Any], text: str, tags: Sequence[str]) -> Iterator[str]:
    tokens = row["tokens"]
    numbers = row["ner_tags"]
    if len(tokens) != len(numbers):
        yield f"tags: {len(numbers)} tags for {len(tokens)} tokens"
        return
    if any(not 0 <= number < len(tags) for number in numbers):
        yield "tags: a number that is no tag"
        return
    named = [tags[number] for number in numbers]
    previous = "O"
    for position, tag in enumerate(named):
        if tag.startswith("I-") and previous[2:] != tag[2:]:
            yield f"tags: {tag} after {previous} at token {position + 1} is not IOB2"
            return
        previous = tag
    offsets = token_offsets(text, tokens)
    if offsets is None:
        yield "tokens: they are not those of the text"
        return
    if "spans" in row:
        spans = [Span(str(i), s["start"], s["end"], s["label"]) for i, s in enumerate(row["spans"])]
        if iob2_from_spans(spans, offsets)[0] != named:
            yield "tags: they say something else than the spans"
