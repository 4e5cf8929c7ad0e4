"""``labelproj prompts``: few-shot prompts of projected examples."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import Json
from labelproj.cli.render import show_counts, show_json, show_place

__all__ = ["prompts"]


class Choosing(StrEnum):
    """How demonstrations are chosen."""

    DIVERSE = "diverse"
    BEST = "best"
    RANDOM = "random"


class Language(StrEnum):
    """In which language a prompt is."""

    PROMPT = "prompt"
    TRANSLATE = "translate"


def prompts(
    source: Annotated[
        str, typer.Argument(help="A folder of `labelproj project`, or labelled target text.")
    ],
    out: Annotated[Path, typer.Option(help="The JSON Lines file to write.")],
    tgt: Annotated[str, typer.Option(help="Target language, as ISO 639.")],
    src: Annotated[str, typer.Option(help="Source language, as ISO 639.")] = "en",
    task: Annotated[str, typer.Option(help="Task: ner, eae, qa or tod.")] = "ner",
    k: Annotated[int, typer.Option("-k", min=1, help="Demonstrations of each label.")] = 2,
    empty: Annotated[int, typer.Option(min=0, help="Demonstrations without any label.")] = 1,
    choose: Annotated[
        Choosing,
        typer.Option(help="The best scored, diverse ones among them, or random ones."),
    ] = Choosing.DIVERSE,
    setting: Annotated[
        Language,
        typer.Option(help="prompt: in the target language; translate: in the source language."),
    ] = Language.PROMPT,
    queries: Annotated[
        str | None,
        typer.Option(help="Texts to ask about, a prompt each; demonstrations alone if none."),
    ] = None,
    mt: Annotated[
        str | None,
        typer.Option(help="translate: model that translates queries from --tgt to --src."),
    ] = None,
    min_words: Annotated[int, typer.Option(min=0, help="Words of a demonstration at least.")] = 8,
    max_words: Annotated[int, typer.Option(min=1, help="Words of a demonstration at most.")] = 60,
    template: Annotated[
        Path | None, typer.Option(help="A Jinja template of your own; see the documentation.")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Data whose records are never demonstrations; may be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed makes other choices.")] = 13,
    json: Json = False,
) -> None:
    """Write few-shot prompts for a language model, with projected examples as demonstrations.

    Example: labelproj prompts projected/ --tgt ha -k 2 --queries test.ha.conll --out prompts.jsonl
    """
    from labelproj.languages import iso_code
    from labelproj.stages.prompts import run_prompts

    counts = run_prompts(
        source=source,
        out=out,
        src=iso_code(src),
        tgt=iso_code(tgt),
        task=task,
        k=k,
        empty=empty,
        choice=choose.value,
        setting=setting.value,
        queries=queries,
        mt=mt,
        least_words=min_words,
        most_words=max_words,
        template=template,
        exclude=exclude or (),
        seed=seed,
    )
    if json:
        show_json(counts)
        return
    labels = counts.pop("labels")
    assert isinstance(labels, dict)
    shown = {f"demonstrations of {label}": number for label, number in labels.items()}
    show_counts(f"prompts from {source}", counts | shown)
    show_place("written to", out)
