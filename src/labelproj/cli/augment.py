"""``labelproj augment``: more training examples."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import AlignerModel, Json, aligner_params
from labelproj.cli.render import show_counts, show_json, show_place

__all__ = ["augment"]


class Making(StrEnum):
    """How examples are made."""

    CODE_SWITCH = "code-switch"
    NAMES = "names"


class Matrix(StrEnum):
    """Whose sentence it is that words of the other language come into."""

    TARGET = "target"
    SOURCE = "source"


def augment(
    source: Annotated[
        str, typer.Argument(help="A folder of `labelproj project`, or labelled target text.")
    ],
    out: Annotated[Path, typer.Option(help="What to write; its name tells the format.")],
    tgt: Annotated[str, typer.Option(help="Target language, as ISO 639.")],
    src: Annotated[str, typer.Option(help="Source language, as ISO 639.")] = "en",
    method: Annotated[
        list[Making] | None,
        typer.Option(help="How to make them, may be repeated; code-switch if none."),
    ] = None,
    matrix: Annotated[
        Matrix, typer.Option(help="code-switch: whose text gets words of the other.")
    ] = Matrix.TARGET,
    fragments: Annotated[
        bool,
        typer.Option("--fragments", help="code-switch: other aligned words too, not spans only."),
    ] = False,
    names: Annotated[
        Path | None,
        typer.Option(help="names: a list, LABEL TAB name on a line; the data's own if none."),
    ] = None,
    copies: Annotated[int, typer.Option(min=1, help="Records of each document and method.")] = 1,
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of the places that change.")
    ] = 0.5,
    seed: Annotated[int, typer.Option(help="Another seed makes other choices.")] = 13,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Development or test data whose records stay out; may be repeated."),
    ] = None,
    aligner: Annotated[str, typer.Option(help="Word aligner that finds fragments.")] = "eflomal",
    aligner_model: AlignerModel = None,
    task: Annotated[str, typer.Option(help="Task: ner, eae or qa.")] = "ner",
    json: Json = False,
) -> None:
    """Make more training records, each saying what it was made of; only these are written.

    Example: labelproj augment projected/ --tgt ha --fragments --out switched.jsonl
    """
    from labelproj.config import AugmentParams
    from labelproj.languages import iso_code
    from labelproj.stages.augment import run_augment

    chosen = tuple(dict.fromkeys(one.value for one in method or (Making.CODE_SWITCH,)))
    counts = run_augment(
        source=source,
        out=out,
        params=AugmentParams.model_validate(
            {
                "methods": chosen,
                "matrix": matrix.value,
                "fragments": fragments,
                "names": str(names) if names else None,
                "copies": copies,
                "share": share,
            }
        ),
        src=iso_code(src),
        tgt=iso_code(tgt),
        seed=seed,
        task=task,
        exclude=exclude or (),
        align=aligner_params(
            aligner, model=aligner_model, layer=None, matching="itermax", extra_bitext=None
        ),
    )
    if json:
        show_json(counts)
        return
    made = counts.pop("made")
    assert isinstance(made, dict)
    show_counts(
        f"augment {source}", counts | {f"made by {name}": number for name, number in made.items()}
    )
    show_place("written to", out)
