"""``labelproj learn-priors``: what bitext teaches the aligner, to be used without the bitext."""

from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import Json
from labelproj.cli.render import show_json, show_place
from labelproj.errors import UsageError

__all__ = ["learn_priors"]


def learn_priors(
    bitext: Annotated[list[Path], typer.Argument(help="Bitext (TSV).")],
    out: Annotated[Path, typer.Option(help="File for the priors; its name ends in .npz.")],
    seed: Annotated[int, typer.Option(help="Seed of the aligner.")] = 13,
    json: Json = False,
) -> None:
    """Let eflomal learn from bitext once, for any number of jobs in the same two languages.

    The file has counts of words and of links between them, no sentences. Give it to
    --extra-bitext, or to project.align.extra_bitext in params.yaml.

    Example: labelproj learn-priors tatoeba.en-ha.tsv --out en-ha.npz
    """
    from labelproj.align import PRIORS, bitext_corpus, eflomal

    if out.suffix != PRIORS:
        raise UsageError(f"the name of a file of priors ends in {PRIORS}", where=str(out))
    pairs = eflomal.learn_priors(bitext_corpus(bitext), out, seed=seed)
    if json:
        show_json({"pairs": pairs, "out": str(out)})
    else:
        show_place(f"priors of {pairs:,} pairs", out)
