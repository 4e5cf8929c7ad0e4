"""``labelproj report``: the page for people."""

from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import Json
from labelproj.cli.render import show_json, show_place
from labelproj.progress import console

__all__ = ["report"]


def report(
    folder: Annotated[
        Path, typer.Argument(help="A project folder, or a folder of `labelproj project`.")
    ] = Path(),
    out: Annotated[
        Path | None, typer.Option(help="The page; by default in the folder's own outputs.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Its title.")] = None,
    rows: Annotated[
        int | None,
        typer.Option(min=1, help="How many units have their texts in the page; 20,000 if not set."),
    ] = None,
    src: Annotated[str | None, typer.Option(help="Source language, if not known.")] = None,
    tgt: Annotated[str | None, typer.Option(help="Target language, if not known.")] = None,
    json: Json = False,
) -> None:
    """Write one self-contained HTML page: counts, scores, and rows to search and filter.

    Example: labelproj report projected/
    """
    from labelproj.languages import iso_code
    from labelproj.stages.report import report_folder

    result = report_folder(
        folder,
        out=out,
        title=title,
        limit=rows,
        src=iso_code(src) if src else None,
        tgt=iso_code(tgt) if tgt else None,
    )
    if json:
        show_json(result)
        return
    size = f"{int(str(result['bytes'])) / 2**20:.1f} MiB"
    console.print(f"{result['in_page']} of {result['units']} units with their texts, {size}")
    show_place("page", result["page"])
