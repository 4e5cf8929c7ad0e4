"""Finding the values of a dialogue in its words, where the data do not say the place."""

from collections.abc import Iterable, Sequence

import regex

from labelproj.records import Span

__all__ = ["occurrences", "value_spans"]


def occurrences(text: str, value: str) -> list[tuple[int, int]]:
    """Return where ``value`` stands in ``text`` as whole words, whatever its case.

    In scripts without spaces any place will do. An empty value stands nowhere.
    """
    plain = value.strip()
    if not plain:
        return []
    left = r"(?<![\p{L}\p{N}--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]])"
    right = r"(?![\p{L}\p{N}\p{M}--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]])"
    begins, ends = left if _spaced(plain[0]) else "", right if _spaced(plain[-1]) else ""
    body = r"\s+".join(regex.escape(part) for part in plain.split())
    pattern = regex.compile(f"{begins}{body}{ends}", regex.IGNORECASE | regex.VERSION1)
    return [match.span() for match in pattern.finditer(text)]


def _spaced(character: str) -> bool:
    word = regex.match(r"[\p{L}\p{N}]", character)
    wide = regex.match(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]", character)
    return word is not None and wide is None


def value_spans(
    text: str, wanted: Iterable[tuple[str, str]], *, prefix: str, given: Sequence[Span] = ()
) -> tuple[Span, ...]:
    """Return a span for every place in ``text`` where a value of ``wanted`` stands.

    ``wanted`` are (slot, value): the label of a span is its slot, its group the value as the data
    have it. A longer value comes before a shorter one, then the first of ``wanted`` before the
    others; spans do not overlap one another, nor those of ``given``, which are returned too. Ids
    begin with ``prefix``.
    """
    order = {pair: number for number, pair in reversed(list(enumerate(wanted)))}
    taken = [(span.start, span.end) for span in given]
    found: list[tuple[int, int, str, str]] = []
    for slot, value in sorted(order, key=lambda pair: (-len(pair[1]), order[pair])):
        for start, end in occurrences(text, value):
            if all(end <= a or b <= start for a, b in taken):
                taken.append((start, end))
                found.append((start, end, slot, value))
    spans = [
        Span(f"{prefix}.{i}", s, e, slot, v) for i, (s, e, slot, v) in enumerate(sorted(found))
    ]
    return tuple(sorted((*given, *spans), key=lambda span: (span.start, span.end)))
