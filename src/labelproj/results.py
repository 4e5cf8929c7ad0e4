"""What a project folder has come to: scores, counts and places of all that was evaluated."""

from pathlib import Path
from typing import Any

from labelproj.config import load_config
from labelproj.errors import MissingInputError
from labelproj.layout import Layout
from labelproj.shards import read_manifest
from labelproj.tasks import task_named

__all__ = ["collect_results"]


def collect_results(params: Path) -> list[dict[str, Any]]:
    """Return scores, counts and places of every task and target that has been evaluated.

    ``figures`` are the scores of a system to be shown beside its F1: where each is, by its title.
    Raises MissingInputError when none has.
    """
    config = load_config(params)
    layout = Layout.of(params.parent, config.outputs)
    found: list[dict[str, Any]] = []
    for task in config.tasks:
        for target in config.languages.targets:
            metrics = read_manifest(layout.evaluation(task, target) / "metrics.json")
            attrition = read_manifest(layout.filtered(task, target) / "attrition.json")
            if metrics is None or attrition is None:
                continue
            found.append(
                {
                    "task": task,
                    "source": config.languages.source,
                    "target": target,
                    "systems": metrics["systems"],
                    "figures": dict(task_named(task).figures),
                    "differences": metrics.get("differences", {}),
                    "projection": metrics.get("projection"),
                    **{name: attrition[name] for name in ("in", "kept", "rejected")},
                    "dataset": str(layout.dataset(task, target)),
                    "report": str(layout.report(task, target) / "index.html"),
                }
            )
    if not found:
        raise MissingInputError(
            "there are no results yet", where=str(params.parent), remedy="run `dvc repro` first"
        )
    return found
