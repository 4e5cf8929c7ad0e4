"""``labelproj evaluate``: scores."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from labelproj.cli.options import Json, parse_label_map
from labelproj.cli.render import show_counts, show_json, show_place, show_table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Score predictions against gold data.")


@app.callback()
def _group() -> None:
    """Score predictions against gold data."""


@app.command()
def spans(
    pred: Annotated[Path, typer.Argument(help="Predicted spans, in any readable format.")],
    gold: Annotated[Path, typer.Argument(help="Gold spans, in any readable format.")],
    json: Json = False,
) -> None:
    """Exact and overlap span F1, label-aware, per label and over all.

    Where the gold file has target tokens, both sides are snapped to them first.

    Example: labelproj evaluate spans predicted.jsonl gold.jsonl
    """
    from labelproj.evaluate.spans import score_files

    scores = score_files(pred, gold).as_dict()
    if json:
        show_json(scores)
        return
    show_scores(scores)


@app.command()
def dialogue(
    outputs: Annotated[Path, typer.Argument(help="Outputs of: labelproj dialogue predict.")],
    gold: Annotated[Path, typer.Argument(help="Gold examples.")],
    lang: Annotated[str, typer.Option(help="Language of the replies, for BLEU's tokens.")] = "en",
    kb: Annotated[Path | None, typer.Option(help="Rows of the knowledge base, .jsonl.")] = None,
    kb_key: Annotated[str, typer.Option(help="The slot that names a row.")] = "name",
    json: Json = False,
) -> None:
    """Joint goal accuracy, slot F1, API and act accuracy, BLEU, slot errors, TSR and DSR.

    Example: labelproj evaluate dialogue outputs.jsonl valid.jsonl --lang de
    """
    from labelproj.languages import iso_code
    from labelproj.stages.agent import run_score

    scores = run_score(outputs, gold, lang=iso_code(lang), kb=kb, kb_key=kb_key)
    if json:
        show_json(scores)
        return
    for name, part in scores.items():
        signature = part.pop("signature", None)
        show_counts(name, part)
        if signature:
            show_place("BLEU", signature)


@app.command()
def values(
    localised: Annotated[str, typer.Argument(help="dialogues.jsonl of a localisation.")],
    gold: Annotated[str, typer.Argument(help="The same dialogues with gold target states.")],
    lang: Annotated[str, typer.Option(help="The target language, as ISO 639.")] = "en",
    gold_format: Annotated[
        str | None, typer.Option("--format", help="Format of the gold dialogues.")
    ] = None,
    rename_slots: Annotated[
        str | None, typer.Option(help="Gold's slots by source names: 'essen=food,gegend=area'.")
    ] = None,
    rename_values: Annotated[
        str | None, typer.Option(help="Other names for gold values: 'es ist egal=dontcare'.")
    ] = None,
    json: Json = False,
) -> None:
    """Share of state values that were mapped, and of those that are gold's, by method.

    Example: labelproj evaluate values de/dialogues.jsonl gold.de.json --format woz2 --lang de
    """
    from labelproj.languages import iso_code
    from labelproj.stages.agent import run_score_values

    scores = run_score_values(
        localised,
        gold,
        lang=iso_code(lang),
        format=gold_format,
        slots={a: b for a, b in parse_label_map(rename_slots).items() if b},
        values={a: b for a, b in parse_label_map(rename_values).items() if b},
    )
    if json:
        show_json(scores)
        return
    methods = scores.pop("methods")
    show_counts("value maps", scores)
    rows = [(name, part["values"], part["exact"], part["close"]) for name, part in methods.items()]
    show_table("by method", ("method", "values", "exact, %", "close, %"), rows)


@app.command()
def events(
    pred: Annotated[Path, typer.Argument(help="Predicted events, in any format that has them.")],
    gold: Annotated[Path, typer.Argument(help="Gold events, in any format that has them.")],
    json: Json = False,
) -> None:
    """Trigger and argument F1 as TextEE has them: identified, classified, attached.

    Example: labelproj evaluate events predicted.oneie.jsonl gold.oneie.jsonl
    """
    from labelproj.evaluate.events import score_event_files

    scores = score_event_files(pred, gold)
    if json:
        show_json(scores)
        return
    columns = ("", "precision", "recall", "F1", "gold", "predicted")
    rows = [
        (name.replace("_", " "), s["precision"], s["recall"], s["f1"], s["gold"], s["predicted"])
        for name, s in scores.items()
    ]
    show_table("event scores", columns, rows)


@app.command()
def answers(
    pred: Annotated[
        Path,
        typer.Argument(
            help="Predicted answers: SQuAD JSON, an object of id: text, or predictions.jsonl of "
            "the evaluate stage."
        ),
    ],
    gold: Annotated[Path, typer.Argument(help="Gold questions, in SQuAD JSON or JSON Lines.")],
    lang: Annotated[
        str, typer.Option(help="Language of the answers, for MLQA's normalisation.")
    ] = "en",
    json: Json = False,
) -> None:
    """Exact match and F1 of answers, as SQuAD and as MLQA have them, and of their places.

    Example: labelproj evaluate answers predictions.json gold.squad.json --lang es
    """
    from labelproj.evaluate.answers import score_answer_files
    from labelproj.languages import iso_code

    scores = score_answer_files(pred, gold, lang=iso_code(lang))
    if json:
        show_json(scores)
    else:
        show_counts("answer scores", scores)


def show_scores(scores: Mapping[str, Any]) -> None:
    """Show span scores as a table, over all labels first."""
    rows = []
    for label, part in {"all": scores, **scores["per_label"]}.items():
        exact, overlap = part["exact"], part["overlap"]
        numbers = (exact["precision"], exact["recall"], exact["f1"], overlap["f1"])
        rows.append([label, *numbers, part["support"], part["predicted"]])
    columns = ("label", "precision", "recall", "F1", "overlap F1", "gold", "predicted")
    show_table("span scores", columns, rows)
