"""``labelproj rank-sources``: which source language or dataset to use."""

from pathlib import Path
from typing import Annotated, Any

import typer

from labelproj.cli.options import Json
from labelproj.cli.render import show_json, show_table
from labelproj.progress import console

__all__ = ["rank_sources"]


def rank_sources(
    tgt: Annotated[str, typer.Option(help="Target language, as ISO 639.")],
    candidates: Annotated[
        str | None, typer.Option(help="Source languages to compare: en,fr,ar.")
    ] = None,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LANG=FILE", help="Labelled data of a source language; may be repeated."
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            help="Text in the target language, in any readable format; .txt is plain text."
        ),
    ] = None,
    tokenizer: Annotated[
        str | None,
        typer.Option(help="Hub id or folder of the model whose subwords are to be compared."),
    ] = None,
    lang2vec: Annotated[
        Path | None,
        typer.Option(help="Folder with lang2vec's data, for typological similarity."),
    ] = None,
    weight: Annotated[
        str | None, typer.Option(help="Weights of features, 1 if not given: size=0.5,script=0.")
    ] = None,
    json: Json = False,
) -> None:
    """Rank source languages or datasets for a target language by likeness and size.

    What is not known of every candidate does not count, and is said.

    Example: labelproj rank-sources --tgt ha --candidates en,fr,ar,sw
    """
    from labelproj.stages.rank_sources import run_rank_sources

    result = run_rank_sources(
        tgt=tgt,
        candidates=[part.strip() for part in (candidates or "").split(",") if part.strip()],
        data=[_pair(one) for one in data or ()],
        text=text,
        tokenizer=tokenizer,
        lang2vec=lang2vec,
        weights=_weights(weight),
    )
    if json:
        show_json(result)
    else:
        _show(result)


def _pair(text: str) -> tuple[str, str]:
    lang, equals, spec = text.partition("=")
    if not (lang and equals and spec):
        raise typer.BadParameter(f"{text!r} is not LANG=FILE", param_hint="--data")
    return lang, spec


def _weights(text: str | None) -> dict[str, float]:
    found = {}
    for part in (text or "").split(","):
        name, _, value = part.strip().partition("=")
        if not part.strip():
            continue
        try:
            found[name] = float(value)
        except ValueError as error:
            raise typer.BadParameter(
                f"{part.strip()!r} is not FEATURE=NUMBER", param_hint="--weight"
            ) from error
    return found


def _show(result: dict[str, Any]) -> None:
    names = list(result["sources"][0]["features"])
    rows = [
        [
            one["name"],
            _number(one["score"]),
            *(_number(one["features"][name]) for name in names),
            (one["counts"] or {}).get("spans"),
        ]
        for one in result["sources"]
    ]
    columns = ("source", "score", *names, "spans")
    show_table(f"sources for {result['tgt']}, best first", columns, rows)
    console.print(result["formula"], markup=False, highlight=False, soft_wrap=True)
    for name, reason in result["left_out"].items():
        console.print(f"{name} does not count: {reason}", markup=False, highlight=False)
    if "typology" in result["weights"] and result["typology_missing"]:
        missing = "; ".join(result["typology_missing"])
        console.print(f"typology is without {missing}", markup=False, highlight=False)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
