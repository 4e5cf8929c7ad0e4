"""``labelproj results``: what the pipeline has come to."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from labelproj.cli.options import Json, ParamsFile
from labelproj.cli.render import show_json, show_place, show_table
from labelproj.progress import console

__all__ = ["results"]


class TableFormat(StrEnum):
    """How tables are printed."""

    MARKDOWN = "markdown"
    LATEX = "latex"


def results(
    params: ParamsFile = Path("params.yaml"),
    format: Annotated[
        TableFormat | None,
        typer.Option(help="Print all tables on stdout, as a paper could use them."),
    ] = None,
    json: Json = False,
) -> None:
    """Show the scores of a project folder and where its reports and datasets lie.

    With --format also by label, by length and by type of error, and the differences between
    systems with the p-values of a permutation test.

    Example: labelproj results --format markdown
    """
    from labelproj.results import collect_results

    found = collect_results(params)
    if json:
        show_json(found)
        return
    if format:
        from labelproj.evaluate.result_tables import as_latex, as_markdown, result_tables

        tables = [
            table
            for one in found
            for table in result_tables(
                one["systems"],
                one["differences"],
                title=f"{one['task']} {one['source']}-{one['target']}",
            )
        ]
        typer.echo((as_markdown if format is TableFormat.MARKDOWN else as_latex)(tables))
        return
    for result in found:
        figures = result["figures"]
        rows = [
            (
                name,
                s["f1"],
                f"{s['f1_low']:.1f} to {s['f1_high']:.1f}",
                s["precision"],
                s["recall"],
                *(_figure(s, path) for path in figures.values()),
            )
            for name, s in result["systems"].items()
        ]
        columns = ("trained on", "F1", "95% interval", "precision", "recall", *figures)
        title = f"{result['task']} {result['source']} -> {result['target']}, gold test data"
        show_table(title, columns, rows)
        if result["projection"]:
            scores = result["projection"]
            exact, overlap = scores["exact"]["f1"], scores["overlap"]["f1"]
            console.print(f"projection on gold parallel text: F1 {exact}, overlap F1 {overlap}")
        console.print(
            f"units: {result['in']} in, {result['kept']} kept, {result['rejected']} rejected"
        )
        show_place("dataset", result["dataset"])
        show_place("report", result["report"])


def _figure(scores: Any, path: str) -> object:
    """Return the score at ``path``, keys with dots between; nothing where a system has none."""
    for key in path.split("."):
        scores = scores.get(key, {})
    return scores if scores != {} else ""
