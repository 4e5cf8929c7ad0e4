"""``labelproj project``: labelled files in, projected files out."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import (
    AlignerBackend,
    AlignerComputeType,
    AlignerLayer,
    AlignerModel,
    Backend,
    ConstrainedModel,
    ExtraBitext,
    Json,
    MarkerName,
    Markers,
    Members,
    Resume,
    aligner_params,
    parse_label_map,
    project_params,
)
from labelproj.cli.render import show_counts, show_json, show_place, show_table
from labelproj.progress import log

__all__ = ["project"]


class Device(StrEnum):
    """Where models run."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Task(StrEnum):
    """The tasks there are."""

    NER = "ner"
    EAE = "eae"
    QA = "qa"
    TOD = "tod"


class Method(StrEnum):
    """The projection methods there are."""

    ALIGNMENT = "alignment"
    CONSTRAINED = "constrained"
    ENSEMBLE = "ensemble"
    MARKERS = "markers"


class Matching(StrEnum):
    """How the embedding aligner goes from similarities to links."""

    INTER = "inter"
    ITERMAX = "itermax"
    MATCH = "match"
    SOFTMAX = "softmax"


def project(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="A file or folder in any readable format, or hf:NAME[:CONFIG[:SPLIT]]; .gz too. "
            "With --from-predictions also .txt, a text a line.",
        ),
    ],
    src: Annotated[str, typer.Option(help="Language of the input, as ISO 639.")],
    tgt: Annotated[str, typer.Option(help="Language to project to, as ISO 639.")],
    out: Annotated[Path, typer.Option(help="Folder for the results.")],
    mt: Annotated[
        str | None,
        typer.Option(
            help="MT model: Hub id, Hugging Face folder or CTranslate2 folder. "
            "Not needed when the input brings its translations (tgt_text). "
            "From --src to --tgt; with --from-predictions, from --tgt to --src."
        ),
    ] = None,
    mt_tokenizer: Annotated[
        str | None,
        typer.Option(help="Its tokenizer, Hub id or folder, for a model that comes without one."),
    ] = None,
    from_predictions: Annotated[
        bool,
        typer.Option(
            "--from-predictions",
            help="Translate-test: INPUT is text in --tgt, a model labels its translation.",
        ),
    ] = False,
    model: Annotated[
        str | None,
        typer.Option(
            help="With --from-predictions, what labels: a folder of `labelproj stage train`, a "
            "spaCy pipeline, or a token classification model's Hub id or folder. "
            "Not needed when the input brings predictions (src_text, src_spans, tgt_text)."
        ),
    ] = None,
    task: Annotated[
        Task,
        typer.Option(
            help="What the labels mean: ner (spans), eae (events and arguments), "
            "qa (questions and answers), tod (dialogues)."
        ),
    ] = Task.NER,
    method: Annotated[Method, typer.Option(help="Projection method.")] = Method.ALIGNMENT,
    aligner: Annotated[
        str, typer.Option(help="eflomal, systran, embedding, attention or simalign.")
    ] = "eflomal",
    aligner_model: AlignerModel = None,
    aligner_layer: AlignerLayer = None,
    aligner_backend: AlignerBackend = Backend.AUTO,
    aligner_compute_type: AlignerComputeType = "float32",
    matching: Annotated[Matching, typer.Option(help="Its matching.")] = Matching.ITERMAX,
    member: Members = None,
    extra_bitext: ExtraBitext = None,
    constrained_model: ConstrainedModel = None,
    markers: Markers = MarkerName.BRACKETS,
    input_format: Annotated[
        str | None, typer.Option("--format", help="Format of the input, if its name does not tell.")
    ] = None,
    label_map: Annotated[
        str | None,
        typer.Option(help="Rename labels: 'geo=LOC,per=PER,*=' (nothing drops, * is any other)."),
    ] = None,
    splitter: Annotated[str, typer.Option(help="Sentences by: rules, stanza or none.")] = "rules",
    batch_tokens: Annotated[int, typer.Option(min=16, help="Tokens in a batch.")] = 4096,
    beam_size: Annotated[int, typer.Option(min=1, help="Beam size.")] = 4,
    device: Annotated[Device, typer.Option(help="Where models run.")] = Device.AUTO,
    compute_type: Annotated[
        str, typer.Option(help="CTranslate2 compute type (default, int8, float16, …).")
    ] = "default",
    min_score: Annotated[
        float, typer.Option(min=0, max=1, help="Projections below this score become null.")
    ] = 0.0,
    filters: Annotated[
        Path | None,
        typer.Option(help="A params.yaml: its section `filter` has the thresholds."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Read at most this many records.")
    ] = None,
    resume: Resume = True,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad record.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Count records and tokens, estimate the time to translate."),
    ] = False,
    json: Json = False,
) -> None:
    """Translate labelled text and project its labels onto the translation.

    With --from-predictions, the other way: label text in the target language by a model for the
    source language.

    Example: labelproj project train.conll --src en --tgt ha --mt MODEL --out projected/
    Example: labelproj project ha.txt --src en --tgt ha --mt MT --from-predictions --model M --out o
    """
    from labelproj.config import (
        FilterParams,
        PrepareParams,
        TranslateParams,
        load_config,
    )
    from labelproj.languages import iso_code

    source, target = iso_code(src), iso_code(tgt)
    if source == target:
        log.warning("--src and --tgt are the same language, %s", source)
    if splitter not in {"rules", "stanza", "none"}:
        raise typer.BadParameter("one of rules, stanza, none", param_hint="--splitter")
    prepare = PrepareParams.model_validate(
        {
            "label_map": parse_label_map(label_map),
            "splitter": splitter,
            "limit": limit,
            "strict": strict,
        }
    )
    translate = TranslateParams.model_validate(
        {
            "beam_size": beam_size,
            "batch_tokens": batch_tokens,
            "device": device.value,
            "compute_type": compute_type,
            "markers": markers.value if method is Method.MARKERS else None,
        }
    )
    _check_options(from_predictions=from_predictions, model=model, task=task)
    if dry_run:
        from labelproj.stages.estimate import estimate
        from labelproj.stages.from_predictions import plain_inputs
        from labelproj.stages.label import unlabelled

        back = from_predictions and model is not None
        result = estimate(
            plain_inputs(inputs, format=input_format) if from_predictions else inputs,
            src=target if back else source,
            tgt=source if back else target,
            mt=mt,
            mt_tokenizer=mt_tokenizer,
            prepare=prepare,
            translate=translate,
            format=input_format,
            task=task.value,
            reshape=unlabelled(target) if back else None,
        )
        if json:
            show_json(result)
        else:
            seconds = result.pop("seconds")
            time = "not known of a model on the Hub" if seconds is None and mt else seconds
            show_counts("dry run: nothing was written", result | {"seconds to translate": time})
        return
    align = aligner_params(
        aligner,
        model=aligner_model,
        layer=aligner_layer,
        matching=matching.value,
        backend=aligner_backend,
        compute_type=aligner_compute_type,
        extra_bitext=extra_bitext,
        members=member,
    )
    params = project_params(
        method.value,
        member=member,
        align=align,
        constrained_model=constrained_model,
        markers=markers,
        min_score=min_score,
    )
    if filters and not filters.is_file():
        raise typer.BadParameter(f"{filters}: no such file", param_hint="--filters")
    thresholds = load_config(filters).filter if filters else None
    if from_predictions:
        from labelproj.stages.from_predictions import UNFILTERED, run_from_predictions

        result = run_from_predictions(
            inputs=inputs,
            out=out,
            src=source,
            tgt=target,
            mt=mt,
            model=model,
            mt_tokenizer=mt_tokenizer,
            prepare=prepare,
            translate=translate,
            project=params,
            filters=thresholds or UNFILTERED,
            format=input_format,
            resume=resume,
        )
    else:
        from labelproj.stages.job import run_job

        result = run_job(
            inputs=inputs,
            out=out,
            src=source,
            tgt=target,
            mt=mt,
            mt_tokenizer=mt_tokenizer,
            task=task.value,
            prepare=prepare,
            translate=translate,
            project=params,
            filters=thresholds or FilterParams(),
            format=input_format,
            resume=resume,
        )
    if json:
        show_json(result)
    else:
        _show(result, out)


def _check_options(*, from_predictions: bool, model: str | None, task: Task) -> None:
    """Raise BadParameter for options that do not go together."""
    if model is not None and not from_predictions:
        raise typer.BadParameter("is for --from-predictions", param_hint="--model")
    if from_predictions and task is not Task.NER:
        raise typer.BadParameter(
            "--from-predictions has labelled spans only: ner", param_hint="--task"
        )


def _show(result: dict[str, object], out: Path) -> None:
    counts = result["counts"]
    assert isinstance(counts, dict)
    rows = []
    for what, names in {
        "records": ("in", "kept", "rejected"),
        "units": ("in", "kept", "rejected"),
    }.items():
        rows.append([what, *(counts[what][name] for name in names)])
    spans = counts["spans"]
    rows.append(["spans", spans["spans"], spans["projected"], spans["spans"] - spans["projected"]])
    for kind, number in counts["items"].items():
        rows.append([f"{kind}s", number["in"], number["kept"], number["dropped"]])
    show_table(f"projected in {result['seconds']} s", ("", "in", "kept", "rejected"), rows)
    show_place("results", out)
