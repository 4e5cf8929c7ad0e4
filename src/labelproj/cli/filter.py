"""``labelproj filter``: what the filters rejected, and why a unit was."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from labelproj.cli.options import Json, ParamsFile
from labelproj.cli.render import show_json, show_table
from labelproj.progress import console

__all__ = ["filter_"]

_COLOURS = ("cyan", "yellow", "green", "magenta", "blue", "red")


def filter_(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder with kept.parquet; the project folder's if not given."),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain", metavar="ID", help="Show one unit, or all of a document, in full."
        ),
    ] = None,
    tgt: Annotated[
        str | None, typer.Option("--tgt", help="Target language, if the project has several.")
    ] = None,
    task: Annotated[str, typer.Option("--task", help="Task, one of tasks.")] = "ner",
    params: ParamsFile = Path("params.yaml"),
    json: Json = False,
) -> None:
    """Show what each filter rejected; with --explain, everything about one unit or document.

    Example: labelproj filter outputs/filtered/ner-ha --explain d1/text/0
    """
    from labelproj.filters.explain import explain as explained
    from labelproj.shards import read_json

    if folder is None:
        from labelproj.pipeline import filtered_folder

        folder = filtered_folder(params, task=task, target=tgt)
    if explain is not None:
        units = explained(folder, explain)
        if json:
            show_json(units[0] if units[0]["id"] == explain else units)
            return
        for unit in units:
            _show_unit(unit)
        return
    counts = read_json(folder / "attrition.json")
    if json:
        show_json(counts)
        return
    rows = [
        [name, _threshold(counts["thresholds"].get(name)), count["rejected"], count["only"]]
        for name, count in counts["by_filter"].items()
        if count["rejected"] or _is_on(counts["thresholds"].get(name))
    ]
    title = f"{counts['in']} units in, {counts['kept']} kept, {counts['rejected']} rejected"
    show_table(title, ("filter", "threshold", "rejects", "rejects alone"), rows)


def _is_on(threshold: object) -> bool:
    return threshold is not None and threshold is not False  # 0.0 is a threshold


def _threshold(value: object) -> str:
    return "" if value is None else "on" if value is True else f"{value:g}"


def _show_unit(unit: dict[str, Any]) -> None:
    accepted = unit["verdict"] == "accept"
    colour = "green" if accepted else "red"
    console.print(Text(f"{unit['id']}: {unit['verdict']}", style=f"bold {colour}"), soft_wrap=True)
    for reason in unit["reasons"]:
        console.print(Text(f"  {reason}", style="red"), soft_wrap=True)
    names = list(dict.fromkeys(span["id"] for span in unit["src_spans"] or ()))
    styles = {name: _COLOURS[n % len(_COLOURS)] for n, name in enumerate(names)}
    source = [(s["start"], s["end"], s["label"], s["id"]) for s in unit["src_spans"] or ()]
    target = [
        (s["start"], s["end"], s["label"], s["span_id"])
        for s in unit["spans"]
        if s["start"] is not None
    ]
    console.print(_marked("source", unit["src_text"], source, styles), soft_wrap=True)
    console.print(_marked("target", unit["tgt_text"] or "", target, styles), soft_wrap=True)
    rows = [_row(one) for one in unit["signals"] if one["value"] is not None]
    columns = ("signal", "value", "threshold", "")
    surfaces = {s["id"]: unit["src_text"][s["start"] : s["end"]] for s in unit["src_spans"] or ()}
    show_table(f"signals ({unit['calibrated'] or 'thresholds not calibrated'})", columns, rows)
    for span in unit["spans"]:
        by = f"by {span['method']}"
        if span["start"] is None:
            raw = surfaces.get(span["span_id"], span["span_id"])
            said = f"{span['label']} {raw!r} has no place {by}: {span['null']}"
            console.print(Text(said, style="italic"), soft_wrap=True)
            continue
        title = f"{span['label']} {span['surface']!r} {by}: {span['verdict']}"
        show_table(title, columns, [_row(s) for s in span["signals"] if s["value"] is not None])


def _row(signal: dict[str, Any]) -> list[object]:
    limit = signal["threshold"]
    says = "" if limit is None or limit is False else "rejects" if signal["reason"] else "passes"
    sign = "at least " if signal["lowest"] else "at most "
    shown = "" if limit is None or isinstance(limit, bool) else f"{sign}{limit:g}"
    return [signal["name"], f"{signal['value']:.3f}", shown, says]


def _marked(
    name: str, text: str, spans: list[tuple[int, int, str, str]], styles: dict[str, str]
) -> Text:
    shown = Text(text)
    for start, end, _, span in spans:
        shown.stylize(f"bold underline {styles.get(span, 'white')}", start, end)
    labels = ", ".join(f"{label} {text[start:end]!r}" for start, end, label, _ in spans)
    whole = Text(f"{name}  ", style="dim") + shown
    return whole + Text(f"\n        {labels}", style="dim") if labels else whole
