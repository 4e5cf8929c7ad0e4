"""The commands put together, and what happens when one of them fails."""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from labelproj._version import __version__
from labelproj.allocator import use_jemalloc
from labelproj.cli import (
    augment,
    bench,
    calibrate,
    convert,
    dialogue,
    diff,
    doctor,
    evaluate,
    filter,
    init,
    learn_priors,
    mt,
    project,
    prompts,
    rank_sources,
    release,
    report,
    results,
    review,
    show,
    stage,
    trim,
)
from labelproj.errors import LabelprojError, StorageError
from labelproj.progress import console, set_up_logging
from labelproj.spacy_start import spare_torch

__all__ = ["app", "main"]

app = typer.Typer(
    name="labelproj",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Turn labelled data in one language into labelled data in another.",
)
app.command("project")(project.project)
app.command("init")(init.init)
app.command("convert")(convert.convert)
app.command("filter")(filter.filter_)
app.command("calibrate")(calibrate.calibrate)
app.command("augment")(augment.augment)
app.command("prompts")(prompts.prompts)
app.command("learn-priors")(learn_priors.learn_priors)
app.command("rank-sources")(rank_sources.rank_sources)
app.command("report")(report.report)
app.command("show")(show.show)
app.command("trim-vocabulary")(trim.trim_vocabulary)
app.command("results")(results.results)
app.command("doctor")(doctor.doctor)
app.add_typer(dialogue.app, name="dialogue")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(mt.app, name="mt")
app.add_typer(bench.app, name="bench")
app.add_typer(review.app, name="review")
app.add_typer(stage.app, name="stage")
app.command("diff")(diff.diff)
app.add_typer(release.app, name="release")

#: The commands that train with PyTorch.
TRAINING = {("stage", "mt"), ("stage", "train"), ("mt", "finetune-markers"), ("dialogue", "train")}
#: The commands in which spaCy runs no pipeline that was made elsewhere.
CUTTING = {"augment", "convert", "filter", "learn-priors", "project", "prompts", "show"}
CUTTING_STAGES = {"filter", "prepare", "project", "translate"}
#: As a shell has it for a program stopped by Ctrl-C.
INTERRUPTED = 130


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"labelproj {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Turn labelled data in one language into labelled data in another."""


def main() -> None:
    """Run the command line; what goes wrong becomes one line and an exit code (see errors.py)."""
    if tuple(sys.argv[1:3]) in TRAINING:
        use_jemalloc()
    if _only_cuts(sys.argv[1:]):
        spare_torch()
    set_up_logging()
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")  # no torch is no mistake
    try:
        code = app(prog_name="labelproj", standalone_mode=False)
    except LabelprojError as error:
        _complain(error.message, error.where, error.remedy)
        code = error.exit_code
    except typer.TyperException as error:
        code = _usage(error)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        where = str(error.filename) if error.filename else None
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        remedy = "free some space or choose another folder" if full else "check the path"
        _complain(error.strerror or str(error), where, remedy)
        code = StorageError.exit_code
    if code == INTERRUPTED:  # typer itself makes a code of Ctrl-C
        _complain("stopped", None, "the same command goes on where this one stopped")
    sys.exit(code)


def _only_cuts(arguments: Sequence[str]) -> bool:
    """Say whether spaCy has sentences to cut at most, in the command of these ``arguments``."""
    if "--from-predictions" in arguments:  # may label by any pipeline
        return False
    command, *rest = (*arguments, "")
    return command in CUTTING or (command == "stage" and rest[0] in CUTTING_STAGES)


def _usage(error: typer.TyperException) -> int:
    """Say what is wrong with the command itself."""
    message = error.format_message().replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "labelproj"
    if message:  # with no arguments at all the help has been shown instead
        _complain(message.rstrip("."), None, f"see {command} --help")
    return error.exit_code


def _complain(message: str, where: str | None, remedy: str | None) -> None:
    place = f"{where}: " if where else ""
    advice = f" ({remedy})" if remedy else ""
    line = f"{place}{message}{advice}".replace("\n", " ")
    console.print("[bold red]error:[/] ", end="", highlight=False)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
