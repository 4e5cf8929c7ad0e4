"""The folder that ``labelproj project`` writes: found finished, or published file by file."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from labelproj import tables
from labelproj.config import BuildParams
from labelproj.formats import split_spec, write_documents
from labelproj.progress import log
from labelproj.provenance import file_digest, now, versions
from labelproj.shards import read_manifest, write_manifest
from labelproj.tasks import Task, task_named
from labelproj.tasks.policy import Items, UsableDocuments

__all__ = ["WORK", "Result", "finished_result", "needs_translation", "publish_result"]

#: Where a job works, in the folder of its results.
WORK = ".labelproj"
Result = dict[str, object]


def finished_result(out: Path, *, signature: str) -> Result | None:
    """Return the manifest of the very same work where ``out`` holds all of it, else None."""
    finished = read_manifest(out / "manifest.json")
    if finished is None or finished.get("signature") != signature or not _intact(out, finished):
        return None
    log.info("nothing to do: %s has the result of the same work", out)
    shutil.rmtree(out / WORK, ignore_errors=True)
    return finished


def publish_result(
    out: Path,
    *,
    inputs: Sequence[str],
    tgt: str,
    task: str,
    stages: Mapping[str, Result],
    units: Path,
    facts: Mapping[str, object],
) -> Result:
    """Write what people get into ``out``, the manifest last, and return it.

    The work folder holds what the stages ``prepared`` and ``filtered`` wrote, and goes.
    ``units`` (``tables.FILTERED``) are those that the exports are made of, ``stages`` the
    stages' manifests in their order, and ``facts`` what the manifest says besides.
    """
    work = out / WORK
    earlier = read_manifest(out / "manifest.json")
    _withdraw(out)
    name = f"{_stem(inputs[0])}.{tgt}"
    outputs, items = _publish(work, out, units=units, name=name, tgt=tgt, task=task_named(task))
    _remove_stale(out, earlier, outputs)
    manifest: Result = {
        "stage": "job",
        "inputs": list(inputs),
        "versions": versions(),
        "created": now(),
        "counts": {
            "records": stages["prepare"]["counts"],
            "units": stages["filter"]["counts"],
            "spans": stages["project"]["counts"],
            "items": items,
        },
        "stages": dict(stages),
        "outputs": {path.name: file_digest(path) for path in outputs},
        **facts,
    }
    write_manifest(out / "manifest.json", manifest)
    shutil.rmtree(work, ignore_errors=True)
    return manifest


def _publish(
    work: Path, out: Path, *, units: Path, name: str, tgt: str, task: Task
) -> tuple[list[Path], dict[str, dict[str, int]]]:
    """Write what people get; return the files, and the counts of what the task may drop."""
    usable = UsableDocuments(
        kept=units,
        rejected=work / "filtered" / "rejected.parquet",
        documents=work / "prepared" / "documents.parquet",
        task=task,
        params=BuildParams(),
        tgt=tgt,
    )
    exports: list[Path] = []
    for ending, format in task.exports:
        exports.append(out / f"{name}{ending}")
        write_documents((one.one.document for one in usable), exports[-1], format=format)
    dropped = out / "dropped.parquet"
    with tables.TableWriter(dropped, tables.DROPPED) as table:
        items = Items(table)
        for one in usable:
            items.add(one)
    if items.counts:
        exports.append(dropped)
    else:  # a task of whole documents: there is nothing to say
        dropped.unlink()
    tables_out = [
        (work / "filtered" / "kept.parquet", out / "kept.parquet"),
        (work / "filtered" / "rejected.parquet", out / "rejected.parquet"),
        (work / "filtered" / "spans.parquet", out / "spans.parquet"),
        (work / "filtered" / "attrition.json", out / "attrition.json"),
        (work / "prepared" / "documents.parquet", out / "documents.parquet"),
        (work / "prepared" / "quarantine.parquet", out / "quarantine.parquet"),
    ]
    for source, target in tables_out:
        with tables.atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
    return exports + [target for _, target in tables_out], items.counts


def _withdraw(out: Path) -> None:
    """Take the manifest away: from here on the old one is not that of the files beside it."""
    (out / "manifest.json").unlink(missing_ok=True)


def _remove_stale(out: Path, earlier: Result | None, outputs: Sequence[Path]) -> None:
    """Remove what an earlier job, with an input of another name, wrote into the same folder."""
    listed = (earlier or {}).get("outputs")
    names = set(listed) if isinstance(listed, dict) else set()
    for name in names - {path.name for path in outputs}:
        if Path(name).name == name:
            (out / name).unlink(missing_ok=True)


def _intact(out: Path, manifest: Result) -> bool:
    outputs = manifest.get("outputs")
    if not isinstance(outputs, dict):
        return False
    return all((out / n).is_file() and file_digest(out / n) == d for n, d in outputs.items())


def needs_translation(units: Path) -> bool:
    """Say whether any of ``units`` (``tables.UNITS``) came without its translation."""
    return any(table["given"].null_count() for table in tables.iter_frames(units, tables.UNITS))


def _stem(spec: str) -> str:
    path = split_spec(spec)[1]
    name = Path(path.removeprefix("hf:").split(":")[0]).name.strip(".")
    return name.removesuffix(".gz").rsplit(".", 1)[0] or "projected"
