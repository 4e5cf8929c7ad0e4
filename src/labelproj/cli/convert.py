"""``labelproj convert``: between formats."""

from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import Json
from labelproj.cli.render import show_counts, show_json

__all__ = ["convert"]


def convert(
    source: Annotated[str, typer.Argument(help="What to read: a file, folder or hf:NAME.")],
    target: Annotated[Path, typer.Argument(help="What to write; its name tells the format.")],
    lang: Annotated[str, typer.Option(help="Language of the text, as ISO 639.")] = "en",
    source_format: Annotated[
        str | None,
        typer.Option("--from", help="Format of the input, by its name in the documentation."),
    ] = None,
    target_format: Annotated[
        str | None,
        typer.Option("--to", help="Format of the output, by its name in the documentation."),
    ] = None,
    label_map: Annotated[
        str | None, typer.Option(help="Rename labels: 'geo=LOC,*=' (nothing drops).")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad record.")] = False,
    json: Json = False,
) -> None:
    """Convert labelled text from one format to another.

    Example: labelproj convert train.conll train.jsonl
    """
    from labelproj.cli.options import parse_label_map
    from labelproj.languages import iso_code
    from labelproj.stages.convert import run_convert

    counts = run_convert(
        source,
        target,
        lang=iso_code(lang),
        source_format=source_format,
        target_format=target_format,
        label_map=parse_label_map(label_map),
        strict=strict,
    )
    if json:
        show_json(counts)
    else:
        show_counts(f"{source} -> {target}", counts)
