"""Change ``params.yaml`` and leave the rest of it, comments included, as it is."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelproj import tables
from labelproj.config import load_config
from labelproj.errors import ConfigError, DependencyError

__all__ = ["write_thresholds"]


def write_thresholds(
    path: Path, *, pair: str, calibrated: str, thresholds: Mapping[str, float], combiner: str | None
) -> None:
    """Put the thresholds of a language pair (``en-ha``) into ``filter.pairs`` of a params file.

    What the pair had before is replaced; all else stays, byte for byte where ruamel.yaml can
    (comments, order, quotes). Raises DependencyError without ruamel.yaml and ConfigError where
    the result would not be read; the file is then as it was.
    """
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.comments import CommentedMap
    except ImportError as error:
        raise DependencyError(
            "writing into params.yaml needs ruamel.yaml",
            remedy="pip install 'labelproj[quality]', or copy the thresholds by hand",
        ) from error
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    document = yaml.load(path.read_text(encoding="utf-8"))
    if document is None:
        document = CommentedMap()
    if not isinstance(document, CommentedMap):
        raise ConfigError("not a mapping of sections", where=str(path))
    section = _child(document, "filter", CommentedMap)
    pairs = _child(section, "pairs", CommentedMap)
    own = CommentedMap({"calibrated": calibrated})
    if combiner is not None:
        own["combiner"] = combiner
    own["thresholds"] = CommentedMap(thresholds)
    pairs[pair] = own
    stream = io.StringIO()
    yaml.dump(document, stream)
    check = path.with_name(f".{path.name}.check")
    try:
        check.write_text(stream.getvalue(), encoding="utf-8")
        load_config(check)
    finally:
        check.unlink(missing_ok=True)
    with tables.atomic_path(path) as temporary:
        temporary.write_text(stream.getvalue(), encoding="utf-8")


def _child(parent: Any, key: str, kind: type[Any]) -> Any:
    child = parent.get(key)
    if not isinstance(child, kind):
        child = kind()
        parent[key] = child
    return child
