"""Whether DVC knows of the files that a stage reads."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

__all__ = ["undeclared"]

_FILLED_IN = re.compile(r"\$\{[^}]*\}")


def undeclared(stage: str, files: Iterable[Path], *, root: Path) -> list[str]:
    """Return those of ``files`` that ``stage`` in ``root/dvc.yaml`` does not depend on.

    A dependency on a folder is one on all that is in it, and ``${…}`` in one stands for any text.
    Paths in ``root`` come back as seen from there, in order. Nothing where there is no dvc.yaml,
    or no such stage in it.
    """
    try:
        content = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))
        own = content["stages"][stage]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        return []
    patterns = [
        re.compile(".*".join(map(re.escape, _FILLED_IN.split(one.rstrip("/")))))
        for one in _deps(own)
    ]
    names = {_seen_from(root, file) for file in files}
    return sorted(
        name.as_posix()
        for name in names
        if not any(p.fullmatch(one.as_posix()) for p in patterns for one in (name, *name.parents))
    )


def _deps(stage: Any) -> Iterator[str]:
    """Yield the dependencies of a stage, whether it is one or one for each of several values."""
    if not isinstance(stage, dict):
        return
    inner = stage.get("do", stage)
    for one in (inner.get("deps") if isinstance(inner, dict) else None) or ():
        yield from map(str, one) if isinstance(one, dict) else [str(one)]


def _seen_from(root: Path, file: Path) -> Path:
    try:
        return file.resolve().relative_to(root.resolve())
    except ValueError:
        return file
