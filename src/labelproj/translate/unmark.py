"""Reading a translation that has marks in it: its text without them, and what they marked.

Marks come back broken, doubled, crossed, with another name, or not at all. What can be mended
with certainty is mended. The text is not to be trusted when a mark may have left a part of
itself in it; then the state is ``broken`` and the caller translates again without marks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

from labelproj.records import Span
from labelproj.text import is_unspaced
from labelproj.translate.schemes import MarkerScheme

__all__ = ["MOST_MARKS", "MarkedPlace", "Unmarked", "mark_spans", "marking_order", "unmark"]

#: Names of one and two letters: a text with more spans is not marked.
MOST_MARKS = 26 + 26 * 26
_MARK = {
    "brackets": re.compile(r"(?P<open>\[)|(?P<close>\])"),
    "xml": re.compile(r"<\s*(?P<slash>/?)\s*(?P<name>[A-Za-z]{1,2})\s*(?P<empty>/?)\s*>"),
}
#: Other ways in which models write the signs of marks.
_VARIANTS = {
    "brackets": {"［": "[", "］": "]", "【": "[", "】": "]"},
    "xml": {"＜": "<", "＞": ">", "&lt;": "<", "&gt;": ">"},
}
_FRAGMENT = re.compile(r"<\s*/?\s*(?:[A-Za-z]{1,2}\b)?\s*/?|(?:/?\s*\b[A-Za-z]{1,2})?\s*/?\s*>")


@dataclass(frozen=True, slots=True)
class MarkedPlace:
    """What a pair of marks stands round: ``[start, end)`` of the text, empty if nothing.

    ``number`` is the span's in marking order; None where marks have no names.
    """

    start: int
    end: int
    number: int | None
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Unmarked:
    """A translation without its marks.

    ``state`` is ``whole`` (every span of the source has its marks), ``lost`` (some marks are
    gone, the text is whole) or ``broken`` (a part of a mark may be left in the text).
    """

    text: str
    places: tuple[MarkedPlace, ...]
    state: str


class _Event(NamedTuple):
    """A mark: 1 opens, -1 closes, 0 does not say; its name, and its place in the text."""

    kind: int
    name: str
    opens_at: int = 0
    closes_at: int = 0


def marking_order(spans: Sequence[Span]) -> list[int]:
    """Return the indices of ``spans`` in the order in which they are marked: as they begin."""
    return sorted(range(len(spans)), key=lambda k: (spans[k].start, -spans[k].end, k))


def mark_spans(text: str, spans: Sequence[Span], scheme: MarkerScheme) -> str:
    """Return ``text`` with all ``spans`` marked, numbered in marking order."""
    return scheme.mark(text, [(spans[k].start, spans[k].end) for k in marking_order(spans)])


def unmark(marked: str, *, source: str, spans: Sequence[Span], scheme: MarkerScheme) -> Unmarked:
    """Take the marks out of ``marked``, a translation of ``source`` with its ``spans`` marked.

    The spacing is that of a text without marks, and brackets that ``source`` itself has are
    restored where as many came back. A mark of the scheme is never left in the text.
    """
    for variant, sign in _VARIANTS[scheme.name].items():
        if variant not in source:
            marked = marked.replace(variant, sign)
    pieces, events = _scan(marked, scheme)
    escaped = scheme.escape(source)
    adjacent = _has_adjacent(mark_spans(source, spans, scheme), scheme)
    text, placed = _joined(pieces, events, scheme, source=escaped, adjacent=adjacent)
    broken = False
    if scheme.has_names:
        broken = _angles(text) != _angles(escaped)
        if broken and (spans or len(_angles(text)) > len(_angles(escaped))):
            text, placed = " ".join(_FRAGMENT.sub(" ", text).split()), []
        places, mended = _by_name(placed, [scheme.marks(k)[0][1:-1] for k in range(len(spans))])
        broken = broken or not mended or text.count("/") > source.count("/")
        whole = {place.number for place in places} == set(range(len(spans)))
    else:
        places, balanced = _by_nesting(placed)
        whole = balanced and len(places) >= len(spans)
    text = _restored(text, source, escaped, scheme)
    state = "broken" if broken else "whole" if whole else "lost"
    return Unmarked(text, tuple(places), state)


def _angles(text: str) -> str:
    return "".join(character for character in text if character in "<>")


def _scan(marked: str, scheme: MarkerScheme) -> tuple[list[str], list[_Event]]:
    """Cut a text at its marks."""
    pieces: list[str] = []
    events: list[_Event] = []
    last = 0
    for match in _MARK[scheme.name].finditer(marked):
        groups = match.groupdict()
        if scheme.has_names:
            kind = 0 if groups["empty"] else -1 if groups["slash"] else 1
            event = _Event(kind, groups["name"].lower())
        else:
            event = _Event(1 if groups["open"] else -1, "")
        piece = marked[last : match.start()]
        last = match.end()
        if events and not piece.strip() and scheme.has_names and event == events[-1]:
            continue  # stuttered: <a><a>
        pieces.append(piece)
        events.append(event)
    return [*pieces, marked[last:]], events


def _has_adjacent(marked: str, scheme: MarkerScheme) -> bool:
    """Say whether a span begins right where another ends, with nothing in between."""
    pieces, events = _scan(marked, scheme)
    return any(
        a.kind == -1 and b.kind == 1 and not pieces[number + 1]
        for number, (a, b) in enumerate(pairwise(events))
    )


def _joined(
    pieces: Sequence[str],
    events: Sequence[_Event],
    scheme: MarkerScheme,
    *,
    source: str,
    adjacent: bool,
) -> tuple[str, list[_Event]]:
    """Put the pieces together, and say where in the text every mark stood."""
    text, gap = pieces[0].strip(), [_tail(pieces[0])]
    placed: list[_Event] = []
    cluster: list[_Event] = []
    for event, piece in zip(events, pieces[1:], strict=True):
        cluster.append(event)
        if not piece.strip():
            gap.append(piece)
            continue
        gap.append(_head(piece))
        space = _space(text, piece.strip(), cluster, gap, scheme, source=source, adjacent=adjacent)
        opens_at = len(text) + len(space)
        placed += [e._replace(opens_at=opens_at, closes_at=len(text)) for e in cluster]
        text += space + piece.strip()
        cluster, gap = [], [_tail(piece)]
    placed += [e._replace(opens_at=len(text), closes_at=len(text)) for e in cluster]
    return text, placed


def _head(piece: str) -> str:
    return piece[: len(piece) - len(piece.lstrip())]


def _tail(piece: str) -> str:
    return piece[len(piece.rstrip()) :]


def _space(
    left: str,
    right: str,
    cluster: Sequence[_Event],
    gaps: Sequence[str],
    scheme: MarkerScheme,
    *,
    source: str,
    adjacent: bool,
) -> str:
    """Return what stands between two pieces of text when the marks between them are gone.

    ``gaps`` are the white space before, between and after the marks. That inside a bracket is
    the scheme's own and says nothing.
    """
    if not left or not right:
        return ""
    before, after = left[-1], right[0]
    if _is_wide(before) and _is_wide(after):
        return ""
    if scheme.space and (
        (after in ",.)" and f" {after}" not in source) or (before == "(" and "( " not in source)
    ):
        return ""
    for number, gap in enumerate(gaps):
        inside = (number > 0 and cluster[number - 1].kind == 1) or (
            number < len(cluster) and cluster[number].kind == -1
        )
        if gap and not (inside and scheme.space):
            return " "
    touching = any(a.kind == -1 and b.kind == 1 for a, b in pairwise(cluster))
    runs_on = touching and not adjacent and before.isalnum() and after.isalnum()
    return " " if runs_on else ""


def _is_wide(character: str) -> bool:
    """Say whether a sign stands without spaces round it: ideographs and their punctuation."""
    return is_unspaced(character) or ord(character) >= 0x3000


def _by_nesting(placed: Sequence[_Event]) -> tuple[list[MarkedPlace], bool]:
    """Pair brackets; return the places in their order, and whether all are paired."""
    waiting: list[_Event] = []
    places, alone = [], 0
    for event in placed:
        if event.kind == 1:
            waiting.append(event)
        elif waiting:
            places.append(_place(waiting.pop(), event, None))
        else:
            alone += 1
    # With one mark gone it is unknown which of the others belong together.
    balanced = not waiting and not alone
    places = [replace(place, repaired=not balanced) for place in places]
    return sorted(places, key=lambda p: (p.start, -p.end)), balanced


def _place(
    opening: _Event, closing: _Event, number: int | None, repaired: bool = False
) -> MarkedPlace:
    end = max(opening.opens_at, closing.closes_at)
    return MarkedPlace(opening.opens_at, end, number, repaired)


def _by_name(placed: Sequence[_Event], names: Sequence[str]) -> tuple[list[MarkedPlace], bool]:
    """Pair named marks; return the places, and whether every mark has found its partner."""
    own = {name: [e for e in placed if e.name == name] for name in names}
    strange = [e for e in placed if e.name not in own]
    halves = [name for name in names if len(own[name]) == 1]
    if len(strange) == 1 and len(halves) == 1:
        # <a>Kano</x>: the other half under a wrong name.
        name = halves[0]
        both = sorted([*own[name], *strange], key=placed.index)
        if own[name][0].kind != strange[0].kind:
            own[name], strange = both, []
    absent = [name for name in names if not own[name]]
    if len(strange) == 2 and strange[0].name == strange[1].name and len(absent) == 1:
        own[absent[0]], strange = strange, []  # only one span is left that it can be
    places: list[MarkedPlace] = []
    mended = not strange
    for number, name in enumerate(names):
        found = own[name]
        wrong = any(event.name != name for event in found)
        if len(found) == 2 and found[0].kind != -found[1].kind:
            # <a>Kano<a>, </a>Kano</a>, <a>Kano<a/>: whole marks of which one lost its slash.
            places.append(_place(found[0], found[1], number, repaired=True))
        elif len(found) % 2 == 0 and all(
            a.kind == 1 and b.kind == -1 for a, b in zip(found[::2], found[1::2], strict=True)
        ):
            twice = len(found) > 2
            for a, b in zip(found[::2], found[1::2], strict=True):
                places.append(_place(a, b, number, repaired=wrong or twice))
        else:
            mended = False
    return places, mended


def _restored(text: str, source: str, escaped: str, scheme: MarkerScheme) -> str:
    """Return ``text`` with the source's own brackets where they were made plain for marking."""
    if source == escaped:
        return text
    plain = set(scheme.plain.values())
    before = [(a, b) for a, b in zip(source, escaped, strict=True) if b in plain]
    after = [place for place, character in enumerate(text) if character in plain]
    if [b for _, b in before] != [text[place] for place in after]:
        return text
    characters = list(text)
    for place, (original, _) in zip(after, before, strict=True):
        characters[place] = original
    return "".join(characters)
