"""``labelproj calibrate``: choose the filters' thresholds on data, write them to params.yaml."""

from pathlib import Path
from typing import Annotated, Any

import typer

from labelproj.cli.options import Json, ParamsFile
from labelproj.cli.render import show_json, show_place, show_table
from labelproj.errors import UsageError

__all__ = ["calibrate"]


def calibrate(
    tgt: Annotated[str, typer.Option("--tgt", help="Target language, one of languages.targets.")],
    gold: Annotated[
        Path | None,
        typer.Option(help="Gold pairs with spans on both sides; gold.<tgt>.parallel if not given."),
    ] = None,
    samples: Annotated[
        Path | None,
        typer.Option(
            help="What people said: corrections of `labelproj review import`, or JSONL or CSV."
        ),
    ] = None,
    no_gold: Annotated[
        bool, typer.Option("--no-gold", help="Use percentiles of the job itself: a guess.")
    ] = False,
    keep: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Share of the good to keep.")
    ] = 0.95,
    precision: Annotated[
        float | None,
        typer.Option(min=0.5, max=1.0, help="Instead: share of what passes that is to be good."),
    ] = None,
    signal: Annotated[
        list[str] | None,
        typer.Option(
            help="Signal to calibrate; may be repeated. quality and span_quality if none."
        ),
    ] = None,
    combiner: Annotated[
        bool, typer.Option("--combiner", help="Learn a combiner for this pair from the gold pairs.")
    ] = False,
    task: Annotated[str, typer.Option("--task", help="Task, one of tasks.")] = "ner",
    params: ParamsFile = Path("params.yaml"),
    out: Annotated[
        Path | None, typer.Option(help="Folder for curves and page; calibration/<pair> if none.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Leave params.yaml as it is.")] = False,
    json: Json = False,
) -> None:
    """Choose thresholds of the filters for one language pair, and write them to params.yaml.

    With gold pairs, corrupted copies of them are what should be rejected. With samples, it is
    what people called bad. Without gold, the worst percentiles of the job itself go.

    Example: labelproj calibrate --tgt ha --gold parallel.jsonl --keep 0.95
    """
    from labelproj.calibration import run_calibration

    if (gold is not None) + (samples is not None) + no_gold > 1:
        raise typer.BadParameter("give one of --gold, --samples and --no-gold")
    if no_gold and (precision is not None or combiner):
        raise UsageError(
            "without gold there is no precision and nothing to learn from",
            remedy="--keep with --no-gold",
        )
    if samples is not None and combiner:
        raise UsageError("a combiner is learnt from gold pairs", remedy="--gold with --combiner")
    result = run_calibration(
        params=params,
        task=task,
        target=tgt,
        gold=gold,
        samples=samples,
        no_gold=no_gold,
        signals=tuple(signal or ()),
        keep=keep,
        precision=precision,
        combiner=combiner,
        out=out,
        write=not dry_run,
    )
    if json:
        show_json(result)
        return
    _show(result, params, written=not dry_run)


def _show(result: dict[str, Any], params: Path, *, written: bool) -> None:
    keys = ("precision", "recall", "yield", "caught")
    rows: list[list[object]] = [
        [name, f"{cut:g}", *(_percent(result["scores"].get(name, {}).get(key)) for key in keys)]
        for name, cut in result["thresholds"].items()
    ]
    rows += [
        [f"all of {what}", None, *(_percent(score[key]) for key in keys)]
        for what, score in result["together"].items()
    ]
    columns = ("signal", "threshold", "precision", "good kept", "all kept", "bad caught")
    show_table(f"calibrated {result['calibrated']}", columns, rows)
    if result["caught"]:
        caught = [[kind, _percent(share)] for kind, share in result["caught"].items()]
        show_table("caught of each kind", ("kind", "caught"), caught)
    if written and result["thresholds"]:
        show_place("written to", params)
    show_place("curves", Path(result["out"]) / "index.html")


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.1f}"
