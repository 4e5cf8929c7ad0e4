"""``labelproj stage``: the stages of the pipeline, one command each, as dvc.yaml calls them."""

from pathlib import Path
from typing import Annotated

import typer

from labelproj.cli.options import Json, ParamsFile, Resume
from labelproj.cli.render import show_counts, show_json

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Run one stage of a project folder's pipeline.")

Target = Annotated[str, typer.Option("--tgt", help="Target language, one of languages.targets.")]
Task = Annotated[str, typer.Option("--task", help="Task, one of tasks.")]

PARAMS = Path("params.yaml")


def _run(name: str, params: Path, task: str, target: str, resume: bool, as_json: bool) -> None:
    from labelproj.pipeline import run_stage

    result = run_stage(name, params=params, task=task, target=target, resume=resume)
    if as_json:
        show_json(result)
        return
    counts = result.get("counts")
    if isinstance(counts, dict):
        where = "-".join(part for part in (task, target) if part)
        show_counts(f"{name} {where}", {k: v for k, v in counts.items() if not isinstance(v, dict)})


@app.command()
def mt(tgt: Target, params: ParamsFile = PARAMS, resume: Resume = True, json: Json = False) -> None:
    """Make the MT model ready: from the Hub, a folder, or by training on bitext.

    Example: labelproj stage mt --tgt ha
    """
    _run("mt", params, "", tgt, resume, json)


@app.command()
def prepare(
    task: Task = "ner", params: ParamsFile = PARAMS, resume: Resume = True, json: Json = False
) -> None:
    """Read the source corpus and cut it into units.

    Example: labelproj stage prepare --task ner
    """
    _run("prepare", params, task, "", resume, json)


#: What each stage that works on one task and one target language does.
STAGES = {
    "translate": "Translate the units.",
    "project": "Find every source span's place in the translation.",
    "filter": "Keep the good units; reject the others with reasons.",
    "build": "Make a Hugging Face dataset with a card.",
    "train": "Train a model on the dataset, and the baselines the same way.",
    "evaluate": "Score the trained systems and the projection on gold data.",
    "report": "Write the page for people.",
}


def _add(name: str, text: str) -> None:
    def command(
        tgt: Target,
        task: Task = "ner",
        params: ParamsFile = PARAMS,
        resume: Resume = True,
        json: Json = False,
    ) -> None:
        _run(name, params, task, tgt, resume, json)

    help_text = f"{text}\n\nExample: labelproj stage {name} --task ner --tgt ha"
    app.command(name, help=help_text)(command)


for _name, _text in STAGES.items():
    _add(_name, _text)
