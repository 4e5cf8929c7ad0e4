"""How results are shown: JSON on stdout, tables for people on stderr."""

import json
from collections.abc import Iterable, Mapping, Sequence

import typer
from rich.table import Table
from rich.text import Text

from labelproj.progress import console

__all__ = ["show_counts", "show_json", "show_markdown", "show_place", "show_table"]


def show_json(result: object) -> None:
    """Print a result as JSON on stdout."""
    typer.echo(json.dumps(result, indent=2, ensure_ascii=False, default=str))


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on stderr; numbers stand to the right."""
    table = Table()
    data = [[_cell(value) for value in row] for row in rows]
    for number, column in enumerate(columns):
        numeric = all(row[number].replace(".", "", 1).replace(",", "").isdigit() for row in data)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in data:
        table.add_row(*(Text(cell) for cell in row))  # as it is: [models] is no markup here
    console.print(Text(title, style="italic"), soft_wrap=True)
    console.print(table)


def show_markdown(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table on stdout."""
    lines = [
        list(columns),
        ["---"] * len(columns),
        *([_cell(value) for value in row] for row in rows),
    ]
    typer.echo("\n".join(f"| {' | '.join(line)} |" for line in lines))


def show_place(what: str, path: object) -> None:
    """Say where something lies, on one line and without reading markup in it."""
    console.print(Text.assemble((f"{what}:", "bold"), f" {path}"), soft_wrap=True)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "" if value is None else str(value)


def show_counts(title: str, counts: Mapping[str, object]) -> None:
    """Print counts, one a row."""
    show_table(title, ("", "number"), counts.items())
