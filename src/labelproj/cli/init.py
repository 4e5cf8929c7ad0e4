"""``labelproj init``: a new project folder."""

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from labelproj.progress import console

__all__ = ["init"]


class Preset(StrEnum):
    """What a new project starts from."""

    DEMO = "demo"
    NLLB = "nllb"
    MADLAD = "madlad"
    OPUS = "opus"


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    preset: Annotated[Preset, typer.Option(help="What to start from.")] = Preset.DEMO,
    src: Annotated[str, typer.Option(help="Language of the labelled data.")] = "en",
    tgt: Annotated[str, typer.Option(help="Language to project to.")] = "ha",
) -> None:
    """Write a new project folder: dvc.yaml, params.yaml, .gitignore and README.md.

    Example: labelproj init my-corpus --preset nllb --tgt sw
    """
    from labelproj.languages import iso_code
    from labelproj.presets import write_project

    write_project(folder, preset=preset.value, src=iso_code(src), tgt=iso_code(tgt))
    line = (
        f"made {folder}; next: cd {shlex.quote(str(folder))} && git init && dvc init && dvc repro"
    )
    console.print(line, markup=False, soft_wrap=True)
