"""The documentation says what the code does: commands, parameters, formats, examples."""

import json
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from labelproj import __version__, tables
from labelproj.cli import app
from labelproj.config import Config
from labelproj.filters import FILTERS
from labelproj.formats import FORMATS, format_of, read_documents
from labelproj.formats.bitext import read_bitext
from labelproj.formats.parallel import GoldPair, read_gold_pairs
from labelproj.records import Document

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


# Commands


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command that does something, with the words that call it."""
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, sub in command.commands.items():
        yield from leaves(sub, (*path, name))


PROGRAM = typer.main.get_command(app)
COMMANDS = dict(leaves(PROGRAM))


def parse(line: str) -> None:
    """Let the command line's parser read a command, without running it."""
    words = shlex.split(line, comments=True)
    words = words[: words.index("&&")] if "&&" in words else words
    arguments = words[1:]
    length = next((n for n in (1, 2) if tuple(arguments[:n]) in COMMANDS), 0)
    assert length, f"no such command: {line}"
    command = COMMANDS[tuple(arguments[:length])]
    parent = typer.Context(PROGRAM, info_name="labelproj")
    command.make_context(" ".join(arguments[:length]), arguments[length:], parent=parent)


def test_the_command_reference_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(DOCS / "make_cli.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_an_example_that_parses(path: tuple[str, ...]) -> None:
    examples = re.findall(r"^Example: (.+)$", COMMANDS[path].help or "", re.MULTILINE)
    assert examples, f"labelproj {' '.join(path)} has no example in its help"
    for example in examples:
        assert example.startswith(f"labelproj {' '.join(path)}")
        parse(example)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_documentation_parse(page: Path) -> None:
    for line in re.findall(r"^(?:\$ | {4})(labelproj .+)$", read(page), re.MULTILINE):
        if page.name != "cli.md" or "[OPTIONS]" not in line:
            parse(line)


# Parameters


#: Sections with a name for each entry, and what the name is.
NAMED = {"gold": "target", "filter.pairs": "pair"}


def parameters(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield every key of ``params.yaml`` with its default, as JSON has it."""
    for name, field in model.model_fields.items():
        key = f"{prefix}{name}"
        kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
        section = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)), None)
        if key in NAMED:
            assert section is not None
            yield from parameters(section, f"{key}.<{NAMED[key]}>.")
            continue
        if section is None or field.default is None:
            value = field.get_default(call_default_factory=True)
            yield key, "required" if field.is_required() else json.loads(json.dumps(value))
        if section is not None:
            yield from parameters(section, f"{key}.")


def test_every_parameter_is_explained_with_its_default() -> None:
    text = read(DOCS / "concepts.md")
    rows = re.findall(r"^\| `([\w.<>]+)` \| (?:`(.+?)`|(required)) \| (.+) \|$", text, re.MULTILINE)
    explained = {key: required or json.loads(value) for key, value, required, _ in rows}
    assert explained == dict(parameters(Config))
    assert all(what.strip() for *_, what in rows)


def test_every_filter_is_explained() -> None:
    section = read(DOCS / "concepts.md").split("\n## Filters\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(FILTERS)


# Formats


def examples() -> dict[str, str]:
    """Return the files shown in the documentation of formats, by name."""
    text = read(DOCS / "formats.md")
    return dict(re.findall(r'^```\w+ title="(.+?)"\n(.*?)^```$', text, re.MULTILINE | re.DOTALL))


def test_every_format_is_explained() -> None:
    text = read(DOCS / "formats.md")
    assert re.findall(r"^\| `(\w+)` \| .+ \| yes \|", text, re.MULTILINE) == list(FORMATS)
    for kind in FORMATS.values():
        for suffix in kind.suffixes:
            assert f"`{suffix}`" in text


def test_the_examples_of_formats_can_be_read(tmp_path: Path) -> None:
    surfaces: dict[str, list[str]] = {}
    for name, text in examples().items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in examples():
        path = tmp_path / name
        if name == "bitext.tsv":
            assert len(list(read_bitext(path))) == 2
        elif name == "gold.jsonl":
            (pair,) = read_gold_pairs(path)
            assert isinstance(pair, GoldPair), pair
            surfaces[name] = [span.surface(pair.tgt_text) for span in pair.tgt_spans]
        elif not name.endswith(".txt"):
            assert format_of(str(path)) in FORMATS
            found = list(read_documents(str(path), lang="en"))
            assert all(isinstance(one, Document) for one in found), found
            surfaces[name] = [
                span.surface(segment.text)
                for one in found
                if isinstance(one, Document)
                for segment, span in one.spans()
            ]
    assert surfaces == {
        "train.conll": ["Amina Bello", "Kano", "Monday", "Kano"],
        "train.jsonl": ["Amina Bello", "Kano", "Monday"],
        "translated.jsonl": ["Kano", "Tuesday"],
        "segments.jsonl": ["1998"],
        "news/n1.ann": ["Amina Bello", "Kano", "Monday"],
        "gold.jsonl": ["Amina", "Kano"],
        "fire.oneie.jsonl": ["The mill", "Ora", "burned down", "The mill", "Ora"],
        "tea.phee.jsonl": [
            "after",
            "Bad sleep",
            "black and green tea",
            "black",
            "tea",
            "green tea",
        ],
        "ora.rams.jsonl": ["burned down", "The mill"],
        "market.squad.json": ["1998"],
    }


@pytest.mark.parametrize(
    "schema",
    [
        "UNITS",
        "TRANSLATED",
        "PROJECTED",
        "FILTERED",
        "DOCUMENTS",
        "DROPPED",
        "REJECTS",
        "CORRECTIONS",
    ],
)
def test_every_column_is_explained(schema: str) -> None:
    section = read(DOCS / "formats.md").split("\n## Tables\n")[1]
    named = set(re.findall(r"`(\w+)`", section))
    assert set(getattr(tables, schema)) - named == set()
    assert f"| {schema} |" in section


# Python, links, versions


def test_the_example_in_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"^```python.*?\n(.*?)^```$", read(DOCS / "python.md"), re.M | re.S)
    assert len(blocks) == 2
    monkeypatch.chdir(tmp_path)
    for number, block in enumerate(blocks):
        script = tmp_path / f"example{number}.py"
        script.write_text(block, encoding="utf-8")
        runpy.run_path(str(script))
    assert "SpanCounts(" in capsys.readouterr().out
    assert (tmp_path / "projected" / "manifest.json").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]*)[^)]*\)", read(page)):
        assert not target or (page.parent / target).exists(), target


def test_every_page_is_in_the_navigation() -> None:
    navigation = read(ROOT / "mkdocs.yml")
    for page in DOCS.rglob("*.md"):
        assert page.relative_to(DOCS).as_posix() in navigation


def test_versions_agree() -> None:
    assert f"\n## {__version__}" in read(ROOT / "CHANGELOG.md")
    assert f"\nversion: {__version__}\n" in read(ROOT / "CITATION.cff")
