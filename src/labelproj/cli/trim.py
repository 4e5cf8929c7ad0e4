"""``labelproj trim-vocabulary``: a multilingual encoder without the tokens of other languages."""

from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import Json
from labelproj.cli.render import show_json, show_place, show_table

__all__ = ["trim_vocabulary"]


def trim_vocabulary(
    model: Annotated[str, typer.Argument(help="An encoder: Hub id or Hugging Face folder.")],
    texts: Annotated[
        list[str],
        typer.Option(help="Texts in any readable format, .txt a text a line; may be repeated."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the smaller model.")],
    json: Json = False,
) -> None:
    """Keep only those tokens of an encoder that texts have; check that outputs stay the same.

    Example: labelproj trim-vocabulary FacebookAI/xlm-roberta-base --texts ha.txt --out smaller
    """
    from labelproj.stages.trim import run_trim

    result = run_trim(model, texts, out=out)
    if json:
        show_json(result)
        return
    found = result["figures"]
    assert isinstance(found, dict)
    rows = [
        ("tokens", found["tokens_before"], found["tokens"]),
        ("parameters", found["parameters_before"], found["parameters"]),
        ("megabytes", found["bytes_before"] / 1e6, found["bytes"] / 1e6),
    ]
    show_table(f"the vocabulary of {found['texts']} texts", ("", "before", "after"), rows)
    show_table(
        "the same tokens on all texts; hidden states:",
        ("texts compared", "largest difference"),
        [(found["compared"], f"{found['largest_difference']:.1e}")],
    )
    show_place("model", out)
