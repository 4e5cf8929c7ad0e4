"""Calibrate the filters of a project folder: from gold or what else there is to params.yaml."""

from pathlib import Path
from typing import Any

from labelproj.errors import UsageError
from labelproj.params_file import write_thresholds
from labelproj.pipeline import filter_params, open_run
from labelproj.stages.calibrate import (
    DEFAULT_SIGNALS,
    calibrate_gold,
    calibrate_job,
    calibrate_samples,
)

__all__ = ["run_calibration"]


def run_calibration(
    *,
    params: Path,
    task: str,
    target: str,
    gold: Path | None,
    samples: Path | None,
    no_gold: bool,
    signals: tuple[str, ...],
    keep: float,
    precision: float | None,
    combiner: bool,
    out: Path | None,
    write: bool,
) -> dict[str, Any]:
    """Calibrate the filters of a language pair; with ``write``, put them into ``params``.

    Returns the calibration and ``out``, the folder of its curves and page. Raises UsageError
    where there is neither gold nor samples and ``no_gold`` is not said.
    """
    run = open_run(params, task=task, target=target)
    pair = f"{run.source}-{target}"
    folder = out or run.root / "calibration" / pair
    names = signals or DEFAULT_SIGNALS
    filtered = run.layout.filtered(task, target)
    named = run.gold("parallel")
    parallel = gold or (Path(named) if named else None)
    if samples is not None:
        result = calibrate_samples(
            samples, filtered=filtered, signals=names, keep=keep, precision=precision
        )
    elif no_gold:
        result = calibrate_job(filtered, signals=names, keep=keep)
    elif parallel is None:
        raise UsageError(
            "there is no gold to calibrate on",
            where=str(params),
            remedy=f"--gold, gold.{target}.parallel, --samples, or --no-gold for a guess",
        )
    else:
        result = calibrate_gold(
            parallel,
            params=filter_params(run).model_copy(update={"compare": None, "combiner": None}),
            align=run.config.project.align,
            src=run.source,
            tgt=target,
            signals=names,
            keep=keep,
            precision=precision,
            combiner=combiner,
        )
    result.write(folder)
    if write and result.thresholds:
        learnt = folder / "combiner.json" if result.combiner else None
        write_thresholds(
            params,
            pair=pair,
            calibrated=result.provenance,
            thresholds=result.thresholds,
            combiner=_seen_from(run.root, learnt) if learnt else None,
        )
    return result.as_dict() | {"out": str(folder)}


def _seen_from(root: Path, path: Path) -> str:
    """Return a path as params.yaml in ``root`` would name it."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path.resolve())
