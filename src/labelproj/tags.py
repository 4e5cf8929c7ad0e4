"""Spans <-> tags: the only place that knows tag schemes (IOB1, IOB2, BIOES/BILOU).

Tags go with tokens given as (start, end) offsets. Reading is forgiving and says what it
mended; writing is IOB2 and nothing else.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from labelproj.records import Span

__all__ = ["iob2_from_spans", "scheme_of", "spans_from_tags"]

#: Prefixes that open, go on with, close and make a whole span, in all schemes that are read.
BEGIN, INSIDE, LAST, WHOLE = "B", "I", "EL", "SUW"


def scheme_of(tags: Sequence[str]) -> str:
    """Name the scheme of one sequence: ``BIOES``, ``IOB2``, ``IOB1`` or ``O`` (no span).

    A sequence in which some span opens with ``I-`` after ``O`` or after another label is IOB1.
    """
    prefixes = {tag[:1] for tag in tags if tag != "O"}
    if not prefixes:
        return "O"
    if prefixes & set(LAST + WHOLE):
        return "BIOES"
    previous = "O"
    for tag in tags:
        opens = tag[:1] == INSIDE and (previous == "O" or previous[2:] != tag[2:])
        if opens:
            return "IOB1"
        previous = tag
    return "IOB2"


def spans_from_tags(
    tags: Sequence[str], tokens: Sequence[tuple[int, int]], *, id_prefix: str = "s"
) -> tuple[tuple[Span, ...], tuple[str, ...]]:
    """Read spans from tags over tokens: the spans, and what was wrong with the tags.

    ``I-X`` after ``O`` or ``Y`` opens a span, as IOB1 has it. In sequences that use ``E``/``S``
    (or ``L``/``U``) a span that is not closed is kept and reported.
    Raises ValueError for a tag that is not ``O`` or ``<letter>-<label>``, and when the numbers
    of tags and tokens differ.
    """
    if len(tags) != len(tokens):
        raise ValueError(f"{len(tags)} tags for {len(tokens)} tokens")
    closes = scheme_of(tags) == "BIOES"
    spans: list[Span] = []
    problems: list[str] = []
    start = -1
    label = ""

    def close(last: int, *, said: bool) -> None:
        nonlocal start
        if start < 0:
            return
        if closes and not said:
            problems.append(f"span {label} at token {start + 1} is not closed")
        offsets = tokens[start][0], tokens[last][1]
        spans.append(Span(f"{id_prefix}{len(spans)}", *offsets, label))
        start = -1

    for index, tag in enumerate(tags):
        prefix, dash, kind = tag[:1], tag[1:2], tag[2:]
        if tag == "O":
            close(index - 1, said=False)
        elif dash != "-" or not kind or prefix not in BEGIN + INSIDE + LAST + WHOLE:
            raise ValueError(f"{tag!r} is not a tag (O, B-LABEL, I-LABEL, …)")
        elif prefix in INSIDE + LAST and start >= 0 and kind == label:
            if prefix in LAST:
                close(index, said=True)
        else:
            close(index - 1, said=False)
            start, label = index, kind
            if prefix in WHOLE or prefix in LAST:
                if prefix in LAST:
                    problems.append(f"{tag} at token {index + 1} closes nothing")
                close(index, said=True)
            elif prefix in INSIDE and closes:
                problems.append(f"{tag} at token {index + 1} continues nothing")
    close(len(tags) - 1, said=False)
    return tuple(spans), tuple(problems)


def iob2_from_spans(
    spans: Sequence[Span], tokens: Sequence[tuple[int, int]]
) -> tuple[list[str], list[Span]]:
    """Write spans as IOB2 tags over tokens: the tags, and the spans that found no room.

    ``tokens`` are in the order of the text and do not overlap. A token belongs to a span when
    they overlap. Where spans overlap, the longer one is written (the earlier of two equally long
    ones); the others are returned, as are spans that touch no token.
    """
    tags = ["O"] * len(tokens)
    left_over: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        first = bisect_right(tokens, span.start, key=lambda token: token[1])
        after = bisect_left(tokens, span.end, key=lambda token: token[0])
        inside = range(first, after) if span.start < span.end else range(0)
        if not inside or any(tags[i] != "O" for i in inside):
            left_over.append(span)
            continue
        for i in inside:
            tags[i] = f"{'B' if i == first else 'I'}-{span.label}"
    return tags, left_over
