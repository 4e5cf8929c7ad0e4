"""How results are shown: JSON on stdout, tables for people on stderr."""

import json
from collections.abc import Iterable, Mapping, Sequence

import typer
from rich.text import Text

from labelproj.cli.fit import fit
from labelproj.progress import console

__all__ = ["show_counts", "show_json", "show_markdown", "show_place", "show_table"]


def show_json(result: object) -> None:
    """Print a result as JSON on stdout."""
    typer.echo(json.dumps(result, indent=2, ensure_ascii=False, default=str))


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on stderr, as the terminal's width allows (see :mod:`labelproj.cli.fit`)."""
    data = [[_cell(value) for value in row] for row in rows]
    console.print(Text(title, style="italic"), soft_wrap=True)
    console.print(fit(columns, data, width=console.width))


def show_markdown(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table on stdout."""
    lines = [
        list(columns),
        ["---"] * len(columns),
        *([_cell(value) for value in row] for row in rows),
    ]
    typer.echo("\n".join(f"| {' | '.join(line)} |" for line in lines))


def show_place(what: str, path: object) -> None:
    """Say where something lies (or what it is), on one line and without reading markup in it."""
    console.print(Text.assemble((f"{what}:", "bold"), f" {path}"), soft_wrap=True)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "" if value is None else str(value)


def show_counts(title: str, counts: Mapping[str, object]) -> None:
    """Print counts, one a row."""
    show_table(title, ("", "number"), counts.items())
