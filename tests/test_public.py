"""The public face of the package: names, docstrings, sizes, and the tree of errors."""

import ast
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

import labelproj
from labelproj import errors

SOURCE = Path(labelproj.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
NAMES = [path.relative_to(SOURCE).as_posix() for path in FILES]
MAX_LINES = 400


def test_all_of_the_package_is_its_public_names() -> None:
    public = {
        name
        for name, value in vars(labelproj).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert set(labelproj.__all__) == public | {"__version__"}
    assert len(labelproj.__all__) == len(set(labelproj.__all__))


def _assigned(node: ast.stmt) -> list[str]:
    """Return the names that a statement at the top of a module gives a value to."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign | ast.TypeAlias if hasattr(ast, "TypeAlias") else ast.AnnAssign):
        targets = [node.target if isinstance(node, ast.AnnAssign) else node.name]
    return [target.id for target in targets if isinstance(target, ast.Name)]
