"""``labelproj review``: people look at units in an annotation tool, and their work comes back."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from labelproj.cli.options import Json
from labelproj.cli.render import show_counts, show_json, show_place, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Give units to people and take their corrections.")


class ToolName(StrEnum):
    """The annotation tools there are."""

    LABEL_STUDIO = "label-studio"
    PRODIGY = "prodigy"
    ARGILLA = "argilla"
    BRAT = "brat"


class Strategy(StrEnum):
    """What comes first."""

    WORST = "worst"
    UNCERTAIN = "uncertain"
    REJECTED = "rejected"
    RANDOM = "random"


class Which(StrEnum):
    """Kept units, rejected units, or both."""

    KEPT = "kept"
    REJECTED = "rejected"
    BOTH = "both"


JobFolder = Annotated[
    Path, typer.Option("--job", help="Folder of `labelproj project`, or of the filter stage.")
]
ToolOption = Annotated[ToolName, typer.Option("--tool", help="The annotation tool.")]
Source = Annotated[str | None, typer.Option("--src", help="Source language, if not known.")]
Target = Annotated[str | None, typer.Option("--tgt", help="Target language, if not known.")]
Prefer = Annotated[
    list[str] | None,
    typer.Option("--prefer", help="Whose answer counts; may be repeated, the first comes first."),
]


@app.callback()
def _group() -> None:
    """Give units to people and take their corrections."""


def _code(language: str | None) -> str | None:
    from labelproj.languages import iso_code

    return None if language is None else iso_code(language)


@app.command("export")
def export(
    job: JobFolder,
    tool: ToolOption,
    out: Annotated[Path, typer.Option(help="Folder for the tool's files; new or empty.")],
    strategy: Annotated[Strategy, typer.Option(help="What comes first.")] = Strategy.WORST,
    limit: Annotated[int, typer.Option(min=1, help="At most this many units.")] = 200,
    which: Annotated[
        Which, typer.Option("--from", help="Units the filters kept, rejected, or both.")
    ] = Which.BOTH,
    skip: Annotated[
        list[Path] | None, typer.Option(help="Leave out the units of these corrections.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of what is drawn by chance.")] = 13,
    src: Source = None,
    tgt: Target = None,
    json: Json = False,
) -> None:
    """Write units for an annotation tool, with the projected labels filled in.

    Example: labelproj review export --job projected/ --tool label-studio --out to-review/
    """
    from labelproj.stages.review import run_export

    verdict = {Which.KEPT: "accept", Which.REJECTED: "reject", Which.BOTH: None}[which]
    counts = run_export(
        job=job,
        tool=tool.value,
        out=out,
        strategy=strategy.value,
        limit=limit,
        verdict=verdict,
        seed=seed,
        skip=skip or (),
        src=_code(src),
        tgt=_code(tgt),
    )
    _show("exported", counts, out, as_json=json)


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="What the tool exported.")],
    job: JobFolder,
    tool: ToolOption,
    out: Annotated[
        Path | None,
        typer.Option(help="Table of corrections; without it JOB/corrections.parquet."),
    ] = None,
    annotator: Annotated[
        str | None, typer.Option("--by", help="Who it was, where the file does not say.")
    ] = None,
    src: Source = None,
    tgt: Target = None,
    json: Json = False,
) -> None:
    """Merge what people answered into a table of corrections.

    Example: labelproj review import export.json --job projected/ --tool label-studio
    """
    from labelproj.stages.review import corrections_of, run_import

    counts = run_import(
        files=files,
        job=job,
        tool=tool.value,
        out=out,
        annotator=annotator,
        src=_code(src),
        tgt=_code(tgt),
    )
    _show("imported", counts, out or corrections_of(job), as_json=json)


Corrections = Annotated[
    list[Path], typer.Argument(metavar="CORRECTIONS...", help="Tables of corrections.")
]


@app.command()
def stats(corrections: Corrections, tgt: Target = None, json: Json = False) -> None:
    """Accepted, edited and rejected labels by method, and how far people agree.

    Example: labelproj review stats projected/corrections.parquet
    """
    from labelproj.stages.review import run_stats

    result = run_stats(corrections=corrections, tgt=_code(tgt))
    if json:
        show_json(result)
        return
    counts: dict[str, object] = {
        "answers": result["answers"],
        "units": result["units"],
        **result["status"],
        "with another translation": result["post_edited"],
        "characters edited, %": result["edit_distance"],
        "labels added": result["added_spans"],
    }
    show_counts("reviewed", counts)
    names = ("method", "label", "shown", "accept", "edit", "reject", "found")
    titles = ("method", "label", "shown", "accepted %", "edited %", "rejected %", "null, found")
    show_table(
        "projected labels",
        titles,
        [[_dash(one[name]) for name in names] for one in result["spans"]],
    )
    if result["agreement"]:
        figures = ("units", "f1", "overlap_f1", "verdict", "kappa")
        rows = [
            [" / ".join(one["annotators"]), *(_dash(one[name]) for name in figures)]
            for one in result["agreement"]
        ]
        columns = ("annotators", "units", "span F1", "overlap F1", "same verdict %", "kappa")
        show_table("agreement", columns, rows)


@app.command()
def gold(
    corrections: Corrections,
    out: Annotated[Path, typer.Option(help="The JSON Lines file to write.")],
    prefer: Prefer = None,
    tgt: Target = None,
    json: Json = False,
) -> None:
    """Write corrections as parallel gold data, for `bench projection` and as calibration data.

    Example: labelproj review gold projected/corrections.parquet --out reviewed.jsonl
    """
    from labelproj.stages.review import run_gold

    counts = run_gold(corrections=corrections, out=out, precedence=prefer or (), tgt=_code(tgt))
    _show("gold pairs", counts, out, as_json=json)


@app.command()
def apply(
    job: JobFolder,
    out: Annotated[Path, typer.Option(help="What to write; its name tells the format.")],
    corrections: Annotated[
        list[Path] | None,
        typer.Option(help="Tables of corrections; without it JOB/corrections.parquet."),
    ] = None,
    prefer: Prefer = None,
    target_format: Annotated[
        str | None, typer.Option("--to", help="Format of the output: conll, jsonl, docbin, brat.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the documents of a job with the corrections worked in.

    Example: labelproj review apply --job projected/ --out reviewed.conll
    """
    from labelproj.stages.review import run_apply

    counts = run_apply(
        job=job,
        out=out,
        corrections=corrections or (),
        precedence=prefer or (),
        format=target_format,
    )
    _show("corrected", counts, out, as_json=json)


def _show(title: str, counts: dict[str, object], place: Path, *, as_json: bool) -> None:
    if as_json:
        show_json(counts)
    else:
        show_counts(title, counts)
        show_place("written", place)


def _dash(value: Any) -> object:
    return "–" if value is None else value
