"""``labelproj dialogue``: task-oriented dialogues, from localising them to an agent."""

from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import (
    AlignerLayer,
    AlignerModel,
    ExtraBitext,
    Json,
    Resume,
    aligner_params,
    parse_label_map,
)
from labelproj.cli.project import Device, Matching
from labelproj.cli.render import show_counts, show_json, show_place, show_table
from labelproj.sections import OptimizerName

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    help="Task-oriented dialogue: localise a whole agent's data, train on it, answer.",
)

Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="woz2, multiwoz, sgd, bitod, risawoz, mtod; jsonl is known by its ending.",
    ),
]
Subtasks = Annotated[str, typer.Option(help="Subtasks, of dst, api, da, rg, with commas.")]


@app.callback()
def _group() -> None:
    """Task-oriented dialogue: localise a whole agent's data, train on it, answer."""


@app.command()
def localise(
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT...", help="Files of dialogues.")],
    src: Annotated[str, typer.Option(help="Language of the input, as ISO 639.")],
    tgt: Annotated[str, typer.Option(help="Language to localise to, as ISO 639.")],
    out: Annotated[Path, typer.Option(help="Folder for the results.")],
    mt: Annotated[
        str | None, typer.Option(help="MT model: Hub id, Hugging Face or CTranslate2 folder.")
    ] = None,
    translations: Annotated[
        str | None,
        typer.Option(help="The same dialogues in the target language; only words are taken."),
    ] = None,
    ontology: Annotated[
        Path | None,
        typer.Option(
            help="The target language's values: {slot: {source: target}} or {slot: [target, …]}."
        ),
    ] = None,
    slots: Annotated[
        str | None, typer.Option(help="The slots a state may have, with commas; others are bad.")
    ] = None,
    words: Annotated[
        str,
        typer.Option(help="Values in the words: 'surface' as translated, or all 'canonical'."),
    ] = "surface",
    kb_key: Annotated[str, typer.Option(help="The slot that names a row.")] = "name",
    input_format: Format = None,
    aligner: Annotated[
        str, typer.Option(help="eflomal, systran, embedding, attention or simalign.")
    ] = "eflomal",
    aligner_model: AlignerModel = None,
    aligner_layer: AlignerLayer = None,
    matching: Annotated[Matching, typer.Option(help="Its matching.")] = Matching.ITERMAX,
    extra_bitext: ExtraBitext = None,
    beam_size: Annotated[int, typer.Option(min=1, help="Beam size.")] = 4,
    device: Annotated[Device, typer.Option(help="Where models run.")] = Device.AUTO,
    limit: Annotated[int | None, typer.Option(min=1, help="Read at most so many.")] = None,
    resume: Resume = True,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first bad record.")] = False,
    json: Json = False,
) -> None:
    """Translate dialogues, map their values, and cut them into examples for an agent.

    Example: labelproj dialogue localise en.json --format woz2 --src en --tgt de --mt MODEL --out de
    """
    from labelproj.config import PrepareParams, ProjectParams, TranslateParams
    from labelproj.languages import iso_code
    from labelproj.stages.localise import run_localise

    if words not in {"surface", "canonical"}:
        raise typer.BadParameter("one of surface, canonical", param_hint="--words")
    align = aligner_params(
        aligner,
        model=aligner_model,
        layer=aligner_layer,
        matching=matching.value,
        extra_bitext=extra_bitext,
    )
    result = run_localise(
        inputs=inputs,
        out=out,
        src=iso_code(src),
        tgt=iso_code(tgt),
        mt=mt,
        translations=translations,
        ontology=ontology,
        slots=None if slots is None else [one.strip() for one in slots.split(",")],
        canonical_words=words == "canonical",
        kb_key=kb_key,
        format=input_format,
        prepare=PrepareParams(limit=limit, strict=strict),
        translate=TranslateParams(beam_size=beam_size, device=device.value),
        project=ProjectParams(align=align),
        resume=resume,
    )
    if json:
        show_json(result)
        return
    counts = result["counts"]
    assert isinstance(counts, dict)
    rows = [
        (name, part["in"], part["kept"], part["rejected"])
        for name, part in {"dialogues": counts["dialogues"], **counts["examples"]}.items()
    ]
    show_table(f"localised in {result['seconds']} s", ("", "in", "kept", "rejected"), rows)
    show_counts("values in states, by how they were mapped", counts["state_values"])
    show_place("results", out)


@app.command()
def examples(
    source: Annotated[str, typer.Argument(help="A file of dialogues.")],
    out: Annotated[Path, typer.Option(help="File of examples, .jsonl.")],
    lang: Annotated[str, typer.Option(help="Language of the dialogues, as ISO 639.")] = "en",
    input_format: Format = None,
    rename_slots: Annotated[
        str | None, typer.Option(help="Other names for slots: 'essen=food,gegend=area'.")
    ] = None,
    rename_values: Annotated[
        str | None, typer.Option(help="Other names for values: 'es ist egal=dontcare'.")
    ] = None,
    json: Json = False,
) -> None:
    """Cut dialogues into examples of the four subtasks, as they are (gold data).

    Example: labelproj dialogue examples valid.json --format woz2 --out valid.jsonl
    """
    from labelproj.languages import iso_code
    from labelproj.stages.agent import run_examples

    counts = run_examples(
        source,
        out,
        lang=iso_code(lang),
        format=input_format,
        slots=_names(rename_slots),
        values=_names(rename_values),
    )
    if json:
        show_json(counts)
    else:
        show_counts(f"{source} -> {out}", counts)


@app.command()
def train(
    examples: Annotated[list[Path], typer.Argument(help="Files of examples.")],
    out: Annotated[Path, typer.Option(help="Folder for the model.")],
    model: Annotated[
        str | None,
        typer.Option(help="mT5, ByT5 or mBART: Hub id or folder; none makes a tiny T5."),
    ] = None,
    subtasks: Subtasks = "dst,api,da,rg",
    steps: Annotated[int, typer.Option(min=1, help="Updates.")] = 1500,
    batch_tokens: Annotated[int, typer.Option(min=64, help="Tokens in a batch.")] = 4000,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Default: 1e-3 from nothing or with --lora, 3e-4 pretrained."),
    ] = None,
    optimizer: Annotated[
        OptimizerName,
        typer.Option(help="'auto' is 'muon' where products in bfloat16 are fast."),
    ] = "adamw",
    lora: Annotated[
        bool, typer.Option("--lora", help="Train low-rank adapters (peft) and merge them.")
    ] = False,
    label_smoothing: Annotated[
        float, typer.Option(min=0, max=1, help="Probability that goes to all tokens alike.")
    ] = 0.0,
    max_length: Annotated[int, typer.Option(min=16, help="Longer examples are left out.")] = 512,
    seed: Annotated[int, typer.Option(help="Seed.")] = 13,
    json: Json = False,
) -> None:
    """Train a sequence-to-sequence model on examples.

    Example: labelproj dialogue train de/examples.jsonl --out model --subtasks dst
    """
    from labelproj.stages.agent import run_train_agent
    from labelproj.train.seq2seq import Seq2SeqParams
    from labelproj.train_params import LoraParams

    params = Seq2SeqParams(
        model=model,
        steps=steps,
        batch_tokens=batch_tokens,
        learning_rate=learning_rate,
        optimizer=optimizer,
        lora=LoraParams().model_dump() if lora else None,
        label_smoothing=label_smoothing,
        max_length=max_length,
        seed=seed,
    )
    result = run_train_agent(examples, out, params=params, subtasks=_subtasks(subtasks))
    if json:
        show_json(result)
    else:
        show_counts(f"model in {out}", result)


@app.command()
def predict(
    examples: Annotated[Path, typer.Argument(help="A file of examples.")],
    model: Annotated[str, typer.Option(help="A model's folder, or 'copy', the baseline.")],
    out: Annotated[Path, typer.Option(help="File of outputs, .jsonl.")],
    subtasks: Subtasks = "dst,api,da,rg",
    gold_state: Annotated[
        bool, typer.Option("--gold-state", help="Feed gold states instead of the model's own.")
    ] = False,
    json: Json = False,
) -> None:
    """Answer examples with a trained model, turn after turn, on its own states.

    Example: labelproj dialogue predict valid.jsonl --model model --out outputs.jsonl
    """
    from labelproj.stages.agent import run_predict

    result = run_predict(
        examples, out, model=model, subtasks=_subtasks(subtasks), own_state=not gold_state
    )
    if json:
        show_json(result)
    else:
        show_counts(f"{examples} -> {out}", result)


def _subtasks(text: str) -> tuple[str, ...]:
    from labelproj.dialogue.examples import SUBTASKS

    found = tuple(one.strip() for one in text.split(",") if one.strip())
    if not found or not set(found) <= set(SUBTASKS):
        raise typer.BadParameter(f"of {', '.join(SUBTASKS)}", param_hint="--subtasks")
    return found


def _names(text: str | None) -> dict[str, str]:
    return {old: new for old, new in parse_label_map(text).items() if new is not None}
