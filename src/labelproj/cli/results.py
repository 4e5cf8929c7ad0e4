"""``labelproj results``: what the pipeline has come to."""

from pathlib import Path

from labelproj.cli.options import Json, ParamsFile
from labelproj.cli.render import show_json, show_place, show_table
from labelproj.progress import console

__all__ = ["results"]


def results(params: ParamsFile = Path("params.yaml"), json: Json = False) -> None:
    """Show the scores of a project folder and where its reports and datasets lie.

    Example: labelproj results
    """
    from labelproj.pipeline import collect_results

    found = collect_results(params)
    if json:
        show_json(found)
        return
    for result in found:
        rows = [
            (name, s["f1"], f"{s['f1_low']:.1f} to {s['f1_high']:.1f}", s["precision"], s["recall"])
            for name, s in result["systems"].items()
        ]
        columns = ("trained on", "F1", "95% interval", "precision", "recall")
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
