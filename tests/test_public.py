"""The public face of the package: names, docstrings, sizes, and the tree of errors."""

import ast
import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

import labelproj
from labelproj import errors

SOURCE = Path(labelproj.__file__).parent
MODULES = {path.relative_to(SOURCE).as_posix(): path for path in sorted(SOURCE.rglob("*.py"))}
MAX_LINES = 400


def test_all_of_the_package_is_its_public_names() -> None:
    public = {
        name
        for name, value in vars(labelproj).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert set(labelproj.__all__) == public | {"__version__"}
    assert len(labelproj.__all__) == len(set(labelproj.__all__))


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_and_stays_small(name: str) -> None:
    text = MODULES[name].read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), f"{name} has no docstring"
    lines = text.count("\n")
    assert lines <= MAX_LINES, f"{name} has {lines} lines: find the idea that wants a file"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_names_what_is_public(name: str) -> None:
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    if not any(isinstance(node, kinds) for node in tree.body):
        return  # nothing in it, as in the __init__ of a folder
    if name == "__main__.py":
        return  # a program: importing it runs it
    dotted = ".".join(("labelproj", *Path(name).with_suffix("").parts)).removesuffix(".__init__")
    module = importlib.import_module(dotted)
    names = getattr(module, "__all__", None)
    assert names is not None, f"{name} has no __all__"
    assert [one for one in names if not hasattr(module, one)] == []


def _drawn() -> dict[str, tuple[str | None, int | None]]:
    """Return parent and exit code of each class in the tree that the docstring draws."""
    found: dict[str, tuple[str | None, int | None]] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(
            r"(?P<lead> {4}[│├└─ ]*)(?P<name>\w+Error)\b(?: +exit (?P<code>\d))?", line
        )
        if match is None:
            continue
        depth = len(match["lead"])
        while above and above[-1][0] >= depth:
            above.pop()
        code = int(match["code"]) if match["code"] else None
        found[match["name"]] = (above[-1][1] if above else None, code)
        above.append((depth, match["name"]))
    return found


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    real = {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.LabelprojError)
    }
    drawn = _drawn()
    assert set(drawn) == set(real) == set(errors.__all__)
    for name, (parent, code) in drawn.items():
        kind = real[name]
        bases = [base.__name__ for base in kind.__bases__ if base is not Exception]
        assert bases == ([parent] if parent else []), name
        # Where no code is drawn, it is the parent's.
        above = real[parent].exit_code if parent else None
        assert kind.exit_code == (above if code is None else code), name


def test_an_error_says_where_and_what_to_do() -> None:
    error = errors.FormatError("not JSON", where="a.jsonl:3", remedy="mend the line")
    assert str(error) == "a.jsonl:3: not JSON (mend the line)"
    assert str(errors.UsageError("no such option")) == "no such option"
