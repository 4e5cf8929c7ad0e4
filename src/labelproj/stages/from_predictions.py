"""``labelproj project --from-predictions``: translate-test.

A text is translated into the language of a model, the model labels the translation, and the
labels come back onto the text: by the stages of the other direction and one more, ``label``,
after translating. On when which direction is better: García-Ferrero et al. 2022, Model and Data
Transfer for Cross-Lingual Sequence Labelling in Zero-Resource Settings.
"""

import time
from collections.abc import Sequence
from pathlib import Path

from labelproj.config import (
    FilterParams,
    PrepareParams,
    ProjectParams,
    TranslateParams,
)
from labelproj.errors import UsageError
from labelproj.formats import check_inputs, split_spec
from labelproj.formats.lines import plain_name
from labelproj.formats.plain import PlainText
from labelproj.project import check_method, member_names
from labelproj.provenance import file_digest, signature
from labelproj.shards import read_manifest
from labelproj.stages.chain import Chain
from labelproj.stages.label import unlabelled, whole_units
from labelproj.stages.outputs import (
    Result,
    finished_result,
    needs_translation,
    publish_result,
)
from labelproj.train.labeller import Labeller, open_labeller
from labelproj.translate.cache import cached_model
from labelproj.translate.engine import check_model, pick_device

__all__ = ["UNFILTERED", "plain_inputs", "run_from_predictions"]

#: The filters of this direction: none but those that cannot be switched off. The others ask
#: whether a pair is good enough to learn from; here a text is wanted as it is.
UNFILTERED = FilterParams(
    length_ratio=None, copied=None, repetition=None, missing_spans=None, duplicate=False
)


def run_from_predictions(
    *,
    inputs: Sequence[str],
    out: Path,
    src: str,
    tgt: str,
    mt: str | None,
    model: str | None,
    mt_tokenizer: str | None = None,
    prepare: PrepareParams,
    translate: TranslateParams,
    project: ProjectParams,
    filters: FilterParams = UNFILTERED,
    format: str | None = None,
    resume: bool = True,
) -> Result:
    """Label texts in ``tgt`` by a ``model`` for ``src``; return the manifest.

    ``mt`` translates ``tgt`` to ``src``; it may be None where every record brings its
    translation (``src_text`` beside ``tgt_text``). Labels in the input are passed over, and
    ``prepare.label_map`` renames the model's. With ``model`` None the input's labels, over
    ``src_text``, are the predictions. ``out`` gets what :func:`labelproj.stages.job.run_job`
    writes; but in the exports every text is there and whole, a rejected unit without labels.
    Stopped, it goes on where it stopped. Raises UsageError where the method cannot work in this
    direction, and what reading, opening models and the stages raise.
    """
    started = time.monotonic()
    chain = Chain(out, src, tgt, device=translate.device, resume=resume)
    inputs = plain_inputs(inputs, format=format)
    check_inputs(inputs, format=format)
    _check_direction(project)
    proposers = check_method(project)
    labeller = open_labeller(model) if model else None
    folder = cached_model(mt, src=tgt, tgt=src, tokenizer=mt_tokenizer) if mt else None
    if folder:
        check_model(folder, src=tgt, tgt=src)
        pick_device(translate.device, translate.compute_type)
    prepared = chain.prepare(
        inputs,
        prepare.model_copy(update={"label_map": {}}) if labeller else prepare,
        lang=tgt if labeller else src,
        format=format,
        quarantine=out / "quarantine.parquet",
        reshape=unlabelled(tgt) if labeller else None,
    )
    units = chain.units
    params = {
        "from_predictions": True,
        "src": src,
        "tgt": tgt,
        "task": "ner",
        "prepare": prepared["signature"],
        "units": file_digest(units),
        "mt": file_digest(folder / "mt.json") if folder else None,
        "labeller": labeller.digest if labeller else None,
        "label_map": prepare.label_map,
        "translate": translate.model_dump(mode="json", exclude={"device"}),
        "project": project.model_dump(mode="json"),
        "proposers": proposers,
        "filter": filters.model_dump(mode="json"),
    }
    sign = signature("job", params)
    if resume and (finished := finished_result(out, signature=sign)):
        return finished
    if needs_translation(units):
        _check_models(labeller, mt)
    chain.translate(translate, model=folder, backwards=True)
    if labeller:
        chain.label(labeller, label_map=prepare.label_map, rows_per_shard=translate.rows_per_shard)
    chain.project(project)
    chain.filter(filters, align=project.align)
    filtered = chain.folder("filtered")
    whole_units(
        chain.folder("projected") / "units.parquet",
        kept=filtered / "kept.parquet",
        rejected=filtered / "rejected.parquet",
        out=filtered / "whole.parquet",
    )
    return publish_result(
        out,
        inputs=inputs,
        tgt=tgt,
        task="ner",
        stages=chain.done,
        units=filtered / "whole.parquet",
        facts={
            "signature": sign,
            "params": params,
            "mt": read_manifest(folder / "mt.json") if folder else None,
            "labeller": labeller.note() if labeller else None,
            "seconds": round(time.monotonic() - started, 2),
        },
    )


def plain_inputs(inputs: Sequence[str], *, format: str | None) -> list[str]:
    """Return ``inputs`` with ``.txt`` files read as plain text, where no format is named."""
    return [
        f"{PlainText.name}:{spec}" if format is None and _is_txt(spec) else spec for spec in inputs
    ]


def _is_txt(spec: str) -> bool:
    named, path = split_spec(spec)
    name = plain_name(Path(path))
    return named is None and name.endswith(".txt") and not name.endswith(".mtod.txt")


def _check_direction(project: ProjectParams) -> None:
    """Raise UsageError for a method that cannot work from predictions, or lacks its model."""
    names = member_names(project)
    if "markers" in names:
        raise UsageError(
            "the method 'markers' marks labels before they are translated; from predictions "
            "there are labels only after",
            remedy="use alignment, constrained or ensemble",
        )
    if "constrained" in names and project.constrained.model is None:
        raise UsageError(
            "constrained decoding asks how probable the marked original is given the marked "
            "translation: that is a model from --src to --tgt, and --mt is from --tgt to --src",
            remedy="name it: --constrained-model (it may be --mt's, if that has both directions)",
        )


def _check_models(labeller: Labeller | None, mt: str | None) -> None:
    """Raise UsageError where there are texts without translation and no models for them."""
    if labeller is None:
        raise UsageError(
            "the input has no predictions (src_text, src_spans and tgt_text in every record) "
            "and no model that makes them is given",
            remedy="--model with a trained system's folder, a spaCy pipeline, or the Hub id or "
            "folder of a token classification model",
        )
    if mt is None:
        raise UsageError(
            "the input has no translations and no MT model is given",
            remedy="--mt with a model from --tgt to --src: Hub id, Hugging Face folder or "
            "CTranslate2 folder",
        )
