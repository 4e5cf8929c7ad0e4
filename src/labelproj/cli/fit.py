"""Tables that fit: words and numbers stay whole however narrow the terminal is.

A table that is too wide for boxes is drawn without them; one that still is too wide is turned on
its side, a column for each row; if that is too wide as well, its rows come one below the other.
Only cells longer than :data:`WHOLE` are broken into lines.
"""

from collections.abc import Sequence

import regex
from rich import box
from rich.cells import cell_len
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

__all__ = ["WHOLE", "fit"]

#: Cells up to this width (terminal columns) are never broken.
WHOLE = 20
_NUMBER = regex.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")

Rows = Sequence[Sequence[str]]


def fit(columns: Sequence[str], rows: Rows, *, width: int) -> Table:
    """Return a table of ``rows`` (a cell for each of ``columns``) for ``width`` columns of text.

    Numbers stand to the right. Columns of text share what room is left, the narrow ones first.
    """
    numeric = [_is_numeric([row[number] for row in rows]) for number in range(len(columns))]
    found = _drawn(columns, rows, numeric, width)
    if found is None and rows:
        turned = [(columns[n], *(row[n] for row in rows)) for n in range(1, len(columns))]
        heads = (columns[0], *(row[0] for row in rows))
        right = [False, *(True for _ in rows)]
        found = _drawn(heads, turned, right, width)
    return found or _listed(columns, rows, width)


def _drawn(columns: Sequence[str], rows: Rows, numeric: Sequence[bool], width: int) -> Table | None:
    """Return the table with boxes, or else without; None if neither fits."""
    if (widths := _widths(columns, rows, width - 3 * len(columns) - 1)) is not None:
        return _filled(Table(), columns, rows, numeric, widths)
    widths = _widths(columns, rows, width - 2 * (len(columns) - 1))
    if widths is None:
        return None
    bare = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    return _filled(bare, columns, rows, numeric, widths)


def _listed(columns: Sequence[str], rows: Rows, width: int) -> Table:
    """Return the rows one below the other, a line for each cell."""
    table = Table(show_header=False)
    head = min(max(map(_width, columns), default=0), max(width // 2, 1))
    table.add_column(width=head, overflow="fold")
    table.add_column(overflow="fold")
    for row in rows:
        for column, cell in zip(columns, row, strict=True):
            table.add_row(Text(column, style="bold"), Text(cell))
        table.add_section()
    return table


def _filled(
    table: Table,
    columns: Sequence[str],
    rows: Rows,
    numeric: Sequence[bool],
    widths: Sequence[int],
) -> Table:
    for column, number, width in zip(columns, numeric, widths, strict=True):
        justify: JustifyMethod = "right" if number else "left"
        table.add_column(Text(column), justify=justify, overflow="fold", width=width)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as it is: [models] is no markup here
    return table


def _widths(columns: Sequence[str], rows: Rows, room: int) -> list[int] | None:
    """Return the width of each column, in ``room`` together; None if there is too little room."""
    cells = [[row[number] for row in rows] for number in range(len(columns))]
    most = [max(map(_width, (head, *column))) for head, column in zip(columns, cells, strict=True)]
    least = [
        max(_longest_word(head), min(max(map(_width, column), default=0), WHOLE))
        for head, column in zip(columns, cells, strict=True)
    ]
    left = room - sum(least)
    if left < 0:
        return None
    widths = list(least)
    order = sorted(range(len(columns)), key=lambda number: most[number] - least[number])
    for place, number in enumerate(order):
        more = min(most[number] - least[number], left // (len(order) - place))
        widths[number] += more
        left -= more
    return widths


def _width(text: str) -> int:
    return max(map(cell_len, text.splitlines()), default=0)


def _longest_word(text: str) -> int:
    return max(map(cell_len, text.split()), default=0)


def _is_numeric(cells: Sequence[str]) -> bool:
    return any(cells) and all(not cell or _NUMBER.fullmatch(cell) for cell in cells)
