"""Write ``docs/cli.md``, the command line's reference, from the commands themselves.

python docs/make_cli.py            write it
python docs/make_cli.py --check    exit 1 when it is not what the commands say
"""

import html
import re
import sys
from pathlib import Path

import typer
from typer.cli import get_docs_for_click
from typer.core import MARKUP_MODE_KEY

from labelproj.cli import app

__all__ = ["reference"]

PAGE = Path(__file__).with_name("cli.md")
INTRODUCTION = """\
# Command line

<!-- Written by docs/make_cli.py from the commands; change the commands, not this page. -->

Results for programs go to stdout (`--json`), everything said to people to stderr. An error is one
line that names file, line and remedy; the exit code says of what kind it is:

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | an error of no other kind |
| 2 | the command or `params.yaml` is wrong |
| 3 | a check ran and said no |
| 4 | the data are wrong |
| 5 | a model is wrong or not there |
| 6 | an optional package or program is missing |
| 7 | the machine: disk, device, network |
| 130 | stopped by Ctrl-C; the same command goes on where it stopped |

`labelproj --install-completion` makes the shell complete commands and options.

"""
_EXAMPLE = re.compile(r"^Example: (?P<command>.+)$", re.MULTILINE)
_ITEM = re.compile(r"^(\* `[^`]+`: )(.+)$", re.MULTILINE)


def reference() -> str:
    """Return the page."""
    command = typer.main.get_command(app)
    _whole_summaries(command)
    context = typer.Context(
        command,
        info_name="labelproj",
        obj={MARKUP_MODE_KEY: app.rich_markup_mode},
        **command.context_settings,
    )
    text = get_docs_for_click(obj=command, ctx=context, name="labelproj", indent=1)
    text = _ITEM.sub(_escaped, text)
    text = html.unescape(_EXAMPLE.sub(_example, text))
    return INTRODUCTION + text.strip() + "\n"


def _whole_summaries(command: object) -> None:
    """Let lists of commands show whole sentences; they would be cut at 45 characters."""
    for sub in getattr(command, "commands", {}).values():
        if sub.help and not sub.short_help:
            sub.short_help = " ".join(sub.help.split("\n\n")[0].split())
        _whole_summaries(sub)


def _escaped(match: re.Match[str]) -> str:
    """Keep Markdown from reading ``*`` in a help text as emphasis."""
    return match[1] + match[2].replace("*", r"\*")


def _example(match: re.Match[str]) -> str:
    return f"Example:\n\n```console\n$ {match['command']}\n```"


def main(arguments: list[str]) -> int:
    """Write or check the page; return the exit code."""
    if arguments not in ([], ["--check"]):
        typer.echo(__doc__, err=True)
        return 2
    text = reference()
    if not arguments:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        typer.echo(f"{PAGE.name} is stale: run `python docs/make_cli.py`", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
