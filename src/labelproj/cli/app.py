"""The commands put together, and what happens when one of them fails."""

import errno
import os
import sys
from typing import Annotated

import typer

from labelproj._version import __version__
from labelproj.cli import convert, doctor, evaluate, init, project, results, stage
from labelproj.errors import LabelprojError
from labelproj.progress import console, set_up_logging

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
app.command("results")(results.results)
app.command("doctor")(doctor.doctor)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(stage.app, name="stage")

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
    """Run the command line; errors of ours become one line and an exit code (see errors.py)."""
    set_up_logging()
    try:
        app()
    except LabelprojError as error:
        _complain(error.message, error.where, error.remedy)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _complain("stopped", None, "the same command goes on where this one stopped")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT, errno.EIO}:
            raise
        where = str(error.filename) if error.filename else None
        _complain(error.strerror or str(error), where, "free some space or choose another folder")
        sys.exit(7)


def _complain(message: str, where: str | None, remedy: str | None) -> None:
    place = f"{where}: " if where else ""
    advice = f" ({remedy})" if remedy else ""
    line = f"{place}{message}{advice}".replace("\n", " ")
    console.print("[bold red]error:[/] ", end="", highlight=False)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
