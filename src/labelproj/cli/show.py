"""``labelproj show``: pairs of texts with their spans, in the terminal."""

from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import Json
from labelproj.cli.render import show_json

__all__ = ["show"]


def show(
    file: Annotated[
        Path,
        typer.Argument(
            help="A folder of `labelproj project`, a table (.parquet), parallel gold data, JSONL "
            "or any other readable format."
        ),
    ],
    ids: Annotated[
        list[str] | None, typer.Option("--id", help="Show this one; may be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 10,
    label: Annotated[str | None, typer.Option(help="Only those with a span of this label.")] = None,
    format: Annotated[
        str | None, typer.Option("--format", help="Format of the file, if its name does not tell.")
    ] = None,
    json: Json = False,
) -> None:
    """Print source and target side by side, with their spans marked.

    Example: labelproj show projected/ --limit 3
    """
    from rich.console import Console

    from labelproj.show import read_pairs
    from labelproj.show.terminal import rendered

    found = read_pairs(file, ids=ids or (), limit=limit, label=label, format=format)
    if json:
        show_json([pair.as_dict() for pair in found])
        return
    out = Console(highlight=False, soft_wrap=False)
    for part in rendered(found, width=out.width, colour=out.color_system is not None):
        out.print(part)
