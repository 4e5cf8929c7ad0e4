"""Pairs as text for a terminal: coloured where there are colours, with brackets where not."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from labelproj.show.pairs import Pair, Side

__all__ = ["marked", "rendered"]

#: Below this width, source and target stand one under the other.
SIDE_BY_SIDE = 90
_COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "red")


def rendered(pairs: Sequence[Pair], *, width: int, colour: bool) -> Iterator[RenderableType]:
    """Yield pairs for a terminal of ``width`` columns.

    A label has the same colour everywhere; without colours spans stand in brackets.
    """
    labels = sorted({label for pair in pairs for label in pair.labels()})
    styles = {label: _COLOURS[n % len(_COLOURS)] for n, label in enumerate(labels)}
    for pair in pairs:
        yield _rendered(pair, styles=styles, width=width, colour=colour)


def _rendered(pair: Pair, *, styles: Mapping[str, str], width: int, colour: bool) -> RenderableType:
    head = Text(pair.id, style="bold")
    for name, value in pair.notes:
        if name in {"verdict", "status"}:
            good = value in {"accept", "edit"}
            head.append(f"  {value}", style="green" if good else "red")
    parts: list[RenderableType] = [head]
    source = marked(pair.source, styles=styles, colour=colour)
    if pair.target is None:
        parts.append(Padding(source, (0, 0, 0, 2), expand=False))
    else:
        target = marked(pair.target, styles=styles, colour=colour)
        if not pair.target.text.strip():
            target = Text("no translation", style="italic dim")
        parts.append(_sides(source, target, width=width))
    parts += [Text(f"  no place: {_visible(one)}", style="red") for one in pair.missing]
    small = ", ".join(
        f"{name} {_visible(value)}" for name, value in pair.notes if name not in _LINES
    )
    parts += [
        Text(f"  {name}: {_visible(value)}", style="red" if name == "reason" else "dim")
        for name, value in pair.notes
        if name in {"reason", "machine"}
    ]
    if small:
        parts.append(Padding(Text(small, style="dim"), (0, 0, 0, 2), expand=False))
    return Group(*parts, Text())


#: Not printable, but harmless and needed: line breaks and what joins emoji and letters.
_SHOWN = "\n\u200c\u200d"
_LINES = {"verdict", "status", "reason", "machine"}


def _sides(source: Text, target: Text, *, width: int) -> RenderableType:
    if width < SIDE_BY_SIDE:
        return Group(
            Padding(source, (0, 0, 0, 2), expand=False), Padding(target, (0, 0, 0, 2), expand=False)
        )
    grid = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    for _ in range(2):
        grid.add_column(width=(width - 6) // 2, overflow="fold")
    grid.add_row(source, target)
    return Padding(grid, (0, 0, 0, 2), expand=False)


def marked(side: Side, *, styles: Mapping[str, str], colour: bool) -> Text:
    """Return a text with its spans marked; control characters are made visible.

    Spans that overlap are all marked: with brackets they stand in one another.
    """
    text = Text()
    edges = {0, len(side.text), *(edge for s in side.spans for edge in (s.start, s.end))}
    cuts = sorted(edge for edge in edges if 0 <= edge <= len(side.text))
    for number, start in enumerate(cuts):
        _close(text, side, start, styles=styles, colour=colour)
        for span in sorted(side.spans, key=lambda one: -one.end):
            if span.start == start and not colour:
                text.append("[")
        if number + 1 == len(cuts):
            break
        over = [span for span in side.spans if span.start <= start < span.end]
        inner = min(over, key=lambda one: one.end - one.start, default=None)
        style = f"{styles[inner.label]} underline" if inner and colour else ""
        text.append(_visible(side.text[start : cuts[number + 1]]), style=style)
    return text


def _close(text: Text, side: Side, place: int, *, styles: Mapping[str, str], colour: bool) -> None:
    for number, span in sorted(enumerate(side.spans), key=lambda one: -one[1].start):
        if span.end != place:
            continue
        score = side.scores.get(number)
        said = span.label if score is None or score >= 0.995 else f"{span.label} {score:.2f}"
        text.append(
            f" {said}" if colour else f" {said}]", style=f"{styles[span.label]} dim" * colour
        )


def _visible(text: str) -> str:
    """Return ``text`` without what would steer the terminal; line breaks stay."""
    return "".join(one if one in _SHOWN or one.isprintable() else _symbol(one) for one in text)


def _symbol(character: str) -> str:
    """Return a visible sign for a control character; formatting characters go."""
    code = ord(character)
    if character in "\t\r":
        return " " if character == "\t" else ""
    if character.isspace() and code > 0x7F:
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    return "" if code in range(0x200B, 0x2070) or code == 0xFEFF else "\ufffd"
