"""``labelproj project``: one input to one folder of projected data, without a project folder."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from labelproj import tables
from labelproj.config import (
    BuildParams,
    FilterParams,
    PrepareParams,
    ProjectParams,
    TranslateParams,
)
from labelproj.errors import UsageError
from labelproj.formats import check_inputs, split_spec, write_documents
from labelproj.progress import log
from labelproj.project import check_method
from labelproj.provenance import file_digest, now, signature, versions
from labelproj.shards import read_manifest, write_manifest
from labelproj.stages.filter import run_filter
from labelproj.stages.prepare import run_prepare
from labelproj.stages.project import run_project
from labelproj.stages.translate import run_translate
from labelproj.tasks import Task, task_named
from labelproj.tasks.policy import Items, UsableDocuments
from labelproj.translate.cache import cached_model
from labelproj.translate.engine import check_model, pick_device
from labelproj.translate.marked import check_marks
from labelproj.translate.schemes import SCHEMES

__all__ = ["run_job"]

Result = dict[str, object]


def run_job(
    *,
    inputs: Sequence[str],
    out: Path,
    src: str,
    tgt: str,
    mt: str | None,
    mt_tokenizer: str | None = None,
    task: str = "ner",
    prepare: PrepareParams,
    translate: TranslateParams,
    project: ProjectParams,
    filters: FilterParams,
    format: str | None = None,
    resume: bool = True,
) -> Result:
    """Read, translate, project and filter ``inputs`` into ``out``; return the manifest.

    ``out`` gets ``kept.parquet``, ``rejected.parquet``, ``spans.parquet``,
    ``quarantine.parquet``, ``documents.parquet``, ``attrition.json``, ``<name>.jsonl`` and the
    task's own exports (name: that of the first input and the target language), where the task's
    policy dropped something ``dropped.parquet``, and, last, ``manifest.json``. ``mt`` may be None
    when every record brings its translation. When ``out`` holds the finished result of the very
    same work nothing is done. A stopped job goes on where it stopped.
    """
    started = time.monotonic()
    work = out / ".labelproj"
    # What can be wrong is found before hours of reading: inputs, model, languages, device.
    check_inputs(inputs, format=format)
    proposers = check_method(project, markers=translate.markers if mt else None)
    model = cached_model(mt, src=src, tgt=tgt, tokenizer=mt_tokenizer) if mt else None
    if model:
        codec = check_model(model, src=src, tgt=tgt)
        if translate.markers:
            check_marks(codec, SCHEMES[translate.markers], where=str(mt))
        pick_device(translate.device, translate.compute_type)
    prepared = run_prepare(
        inputs=inputs,
        out=work / "prepared",
        params=prepare,
        lang=src,
        task=task,
        format=format,
        quarantine=out / "quarantine.parquet",
    )
    units = work / "prepared" / "units.parquet"
    params = {
        "src": src,
        "tgt": tgt,
        "task": task,
        "prepare": prepared["signature"],
        "units": file_digest(units),
        "mt": file_digest(model / "mt.json") if model else None,
        "translate": translate.model_dump(mode="json", exclude={"device"}),
        "project": project.model_dump(mode="json"),
        # Without eflomal another aligner takes its place: not the same work.
        "proposers": proposers,
        "filter": filters.model_dump(mode="json"),
        "policy": BuildParams().model_dump(mode="json", include={"events", "qa"}),
    }
    sign = signature("job", params)
    finished = read_manifest(out / "manifest.json") if resume else None
    if finished and finished.get("signature") == sign and _intact(out, finished):
        log.info("nothing to do: %s has the result of the same work", out)
        shutil.rmtree(work, ignore_errors=True)
        return finished
    if mt is None and _needs_translation(units):
        raise UsageError(
            "the input has no translations and no MT model is given",
            remedy="--mt with a Hub id, a Hugging Face folder or a CTranslate2 folder",
        )
    translated = run_translate(
        units=units,
        model=model,
        out=work / "translated",
        params=translate,
        src=src,
        tgt=tgt,
        work=work / "shards" / "translate",
        resume=resume,
    )
    projected = run_project(
        units=work / "translated" / "units.parquet",
        out=work / "projected",
        params=project,
        src=src,
        tgt=tgt,
        work=work / "shards" / "project",
        resume=resume,
        device=translate.device,
        markers=translate.markers,
        mt=mt,
    )
    filtered = run_filter(
        units=work / "projected" / "units.parquet",
        out=work / "filtered",
        params=filters,
        task=task,
        src=src,
        tgt=tgt,
        work=work / "shards" / "filter",
        align=project.align,
        align_work=work / "shards" / "project",
        model=model,
        device=translate.device,
        resume=resume,
    )
    earlier = read_manifest(out / "manifest.json")
    _withdraw(out)
    outputs, items = _publish(
        work, out, name=f"{_stem(inputs[0])}.{tgt}", tgt=tgt, task=task_named(task)
    )
    _remove_stale(out, earlier, outputs)
    stages = {
        "prepare": prepared,
        "translate": translated,
        "project": projected,
        "filter": filtered,
    }
    manifest: Result = {
        "stage": "job",
        "signature": sign,
        "inputs": list(inputs),
        "params": params,
        "mt": read_manifest(model / "mt.json") if model else None,
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 2),
        "counts": {
            "records": prepared["counts"],
            "units": filtered["counts"],
            "spans": projected["counts"],
            "items": items,
        },
        "stages": stages,
        "outputs": {path.name: file_digest(path) for path in outputs},
    }
    write_manifest(out / "manifest.json", manifest)
    shutil.rmtree(work, ignore_errors=True)
    return manifest


def _publish(
    work: Path, out: Path, *, name: str, tgt: str, task: Task
) -> tuple[list[Path], dict[str, dict[str, int]]]:
    """Write what people get; return the files, and the counts of what the task may drop."""
    usable = UsableDocuments(
        kept=work / "filtered" / "kept.parquet",
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
        (usable.kept, out / "kept.parquet"),
        (usable.rejected, out / "rejected.parquet"),
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


def _needs_translation(units: Path) -> bool:
    return any(table["given"].null_count() for table in tables.iter_frames(units, tables.UNITS))


def _stem(spec: str) -> str:
    path = split_spec(spec)[1]
    name = Path(path.removeprefix("hf:").split(":")[0]).name.strip(".")
    return name.removesuffix(".gz").rsplit(".", 1)[0] or "projected"
