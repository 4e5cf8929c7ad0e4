"""``labelproj project``: one input to one folder of projected data, without a project folder."""

import time
from collections.abc import Sequence
from pathlib import Path

from labelproj.config import (
    BuildParams,
    FilterParams,
    PrepareParams,
    ProjectParams,
    TranslateParams,
)
from labelproj.errors import UsageError
from labelproj.formats import check_inputs
from labelproj.project import check_method
from labelproj.provenance import file_digest, signature
from labelproj.shards import read_manifest
from labelproj.stages.chain import Chain
from labelproj.stages.outputs import (
    Result,
    finished_result,
    needs_translation,
    publish_result,
)
from labelproj.translate.cache import cached_model
from labelproj.translate.engine import check_model, pick_device
from labelproj.translate.marked import check_marks
from labelproj.translate.schemes import SCHEMES

__all__ = ["run_job"]


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
    chain = Chain(out, src, tgt, task, translate.device, resume)
    # What can be wrong is found before hours of reading: inputs, model, languages, device.
    check_inputs(inputs, format=format)
    proposers = check_method(project, markers=translate.markers if mt else None)
    model = cached_model(mt, src=src, tgt=tgt, tokenizer=mt_tokenizer) if mt else None
    if model:
        codec = check_model(model, src=src, tgt=tgt)
        if translate.markers:
            check_marks(codec, SCHEMES[translate.markers], where=str(mt))
        pick_device(translate.device, translate.compute_type)
    prepared = chain.prepare(inputs, prepare, format=format, quarantine=out / "quarantine.parquet")
    units = chain.units
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
    if resume and (finished := finished_result(out, signature=sign)):
        return finished
    if mt is None and needs_translation(units):
        raise UsageError(
            "the input has no translations and no MT model is given",
            remedy="--mt with a Hub id, a Hugging Face folder or a CTranslate2 folder",
        )
    chain.translate(translate, model=model)
    chain.project(project, mt=mt, markers=translate.markers)
    chain.filter(filters, align=project.align, model=model)
    return publish_result(
        out,
        inputs=inputs,
        tgt=tgt,
        task=task,
        stages=chain.done,
        units=chain.folder("filtered") / "kept.parquet",
        facts={
            "signature": sign,
            "params": params,
            "mt": read_manifest(model / "mt.json") if model else None,
            "seconds": round(time.monotonic() - started, 2),
        },
    )
