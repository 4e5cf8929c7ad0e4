"""``labelproj mt``: what a translation model knows of markers, and teaching it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from labelproj.cli.options import Json, MarkerName, Resume
from labelproj.cli.project import Device
from labelproj.cli.render import show_json, show_place, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Check and teach a translation model's markers.")

Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="Hub id, Hugging Face folder, or a folder that stage mt made."
    ),
]
Source = Annotated[str, typer.Option(help="Language of the source, as ISO 639.")]
Target = Annotated[str, typer.Option(help="Language of the translation, as ISO 639.")]
Tokenizer = Annotated[
    str | None,
    typer.Option(help="Its tokenizer, Hub id or folder, for a model that comes without one."),
]
Revision = Annotated[str | None, typer.Option(help="Commit or tag of a Hub model.")]
Where = Annotated[Device, typer.Option(help="Where models run.")]


class Quantization(StrEnum):
    """The usual CTranslate2 types of a converted model."""

    INT8 = "int8"
    INT8_FLOAT16 = "int8_float16"
    FLOAT16 = "float16"
    FLOAT32 = "float32"


@app.callback()
def _group() -> None:
    """Check and teach a translation model's markers."""


@app.command("check-markers")
def check_markers(
    model: Model,
    src: Source,
    tgt: Target,
    scheme: Annotated[MarkerName, typer.Option(help="The scheme.")] = MarkerName.BRACKETS,
    gold: Annotated[
        Path | None, typer.Option(help="Gold pairs with spans on both sides to measure on.")
    ] = None,
    bitext: Annotated[
        list[Path] | None,
        typer.Option(help="Bitext (TSV) to measure on: words that align confidently."),
    ] = None,
    spans: Annotated[int, typer.Option(min=1, help="Spans and texts, at most.")] = 100,
    tokenizer: Tokenizer = None,
    revision: Revision = None,
    device: Where = Device.AUTO,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 when the model ignores markers.")
    ] = False,
    json: Json = False,
) -> None:
    """Say whether a translation model knows markers: knows, weak or ignores.

    Example: labelproj mt check-markers MODEL --src en --tgt ha --gold gold.en-ha.jsonl
    """
    import tempfile

    from labelproj.errors import CheckFailedError
    from labelproj.evaluate import markers
    from labelproj.evaluate.marker_samples import bitext_samples, gold_samples
    from labelproj.languages import iso_code
    from labelproj.translate.train import read_pairs
    from labelproj.translate.weights import find_weights

    if (gold is None) == (not bitext):
        raise typer.BadParameter("give one of --gold and --bitext", param_hint="--gold")
    source, target = iso_code(src), iso_code(tgt)
    find_weights(model, revision=revision)  # before the work of aligning
    if gold is not None:
        samples = gold_samples(gold)
    else:
        pairs = read_pairs([str(path) for path in bitext or ()])
        with tempfile.TemporaryDirectory(prefix="labelproj-check-") as work:
            samples = bitext_samples(pairs, src=source, tgt=target, work=Path(work), number=spans)
    result = markers.check_markers(
        model,
        samples,
        markers=scheme.value,
        src=source,
        tgt=target,
        tokenizer=tokenizer,
        revision=revision,
        spans=spans,
        device=device.value,
    )
    if json:
        show_json(result)
    else:
        show_table(f"{scheme.value} markers in {model}", ("", "value"), _rows(result))
        show_place("verdict", result["verdict"])
    if strict and result["verdict"] == "ignores":
        raise CheckFailedError(
            f"the model ignores {scheme.value} markers",
            where=model,
            remedy="teach it: labelproj mt finetune-markers",
        )


def _rows(result: dict[str, Any]) -> list[tuple[str, object]]:
    surfaces = result["surfaces"]
    return [
        (
            "separability: wrong places that score lower than the right, %",
            result["separability"],
        ),
        ("spans whose right place scores best, %", result["top"]),
        ("margin to the best wrong place, nats (median)", result["margin"]),
        ("change of mind about the clean text, nats a token (median)", result["delta"]),
        ("spans with a change of mind, %", result["changed"]),
        ("spans whose marks come through a translation, %", result["survival"]),
        ("chrF of translations without marks", result["chrf_plain"]),
        ("chrF of translations with marks, taken out again", result["chrf_marked"]),
        ("spans with the gold translation's words: F1", surfaces["exact_f1"]),
        ("spans with nearly these words: F1", surfaces["fuzzy_f1"]),
    ]


@app.command("finetune-markers")
def finetune_markers(
    model: Model,
    bitext: Annotated[
        list[Path], typer.Option(help="Bitext (TSV) to teach with; may be repeated.")
    ],
    src: Source,
    tgt: Target,
    out: Annotated[Path, typer.Option(help="Folder for the model.")],
    scheme: Annotated[MarkerName, typer.Option(help="To teach.")] = MarkerName.BRACKETS,
    steps: Annotated[int, typer.Option(min=1, help="Updates.")] = 300,
    layers: Annotated[
        str, typer.Option(help="What to train: all, or last-2 (of encoder and decoder), …")
    ] = "all",
    lora: Annotated[
        bool, typer.Option("--lora", help="Train low-rank adapters (peft) and merge them.")
    ] = False,
    marker_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the pairs that are marked.")
    ] = 0.5,
    rename_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the pairs that get invented names.")
    ] = 0.3,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="The highest learning rate; chosen by the model's size if not given."),
    ] = None,
    batch_tokens: Annotated[int, typer.Option(min=16, help="Tokens in a batch.")] = 2000,
    seed: Annotated[int, typer.Option(help="Seed.")] = 13,
    quantization: Annotated[
        Quantization, typer.Option(help="CTranslate2 type of the converted model.")
    ] = Quantization.INT8,
    licence: Annotated[
        str | None, typer.Option(help="The model's licence, where its card does not say it.")
    ] = None,
    tokenizer: Tokenizer = None,
    revision: Revision = None,
    device: Where = Device.AUTO,
    resume: Resume = True,
    json: Json = False,
) -> None:
    """Teach a translation model markers with bitext, and check it before and after.

    Example: labelproj mt finetune-markers MODEL --bitext b.tsv --src en --tgt ha --out taught
    """
    from labelproj.languages import iso_code
    from labelproj.stages.teach import run_teach
    from labelproj.translate.finetune import Teaching

    last = layers.removeprefix("last-")
    if layers != "all" and not (layers.startswith("last-") and last.isdecimal() and int(last)):
        raise typer.BadParameter("all, last-1, last-2, …", param_hint="--layers")
    if lora and layers != "all":
        raise typer.BadParameter("not together with --lora", param_hint="--layers")
    result = run_teach(
        model,
        bitext=bitext,
        src=iso_code(src),
        tgt=iso_code(tgt),
        out=out,
        teaching=Teaching(
            markers=scheme.value,
            steps=steps,
            last_layers=None if layers == "all" else int(last),
            lora=lora,
            marker_share=marker_share,
            rename_share=rename_share,
            batch_tokens=batch_tokens,
            learning_rate=learning_rate,
            seed=seed,
        ),
        tokenizer=tokenizer,
        revision=revision,
        quantization=quantization.value,
        licence=licence,
        device=device.value,
        resume=resume,
    )
    if json:
        show_json(result)
        return
    training = result["training"]
    assert isinstance(training, dict)
    before, after = _rows(training["before"]), _rows(training["after"])
    rows = [(name, old, new) for (name, old), (_, new) in zip(before, after, strict=True)]
    verdicts = f"{training['before']['verdict']}, now {training['after']['verdict']}"
    show_table(f"{scheme.value} markers, held-out pairs: {verdicts}", ("", "before", "after"), rows)
    show_place("model", out)
