"""On which line of a YAML text a key stands, for messages about it."""

from collections.abc import Sequence

import yaml

__all__ = ["line_of"]


def line_of(text: str, keys: Sequence[int | str]) -> int:
    """Return the line, from 1, on which the value under ``keys`` (or the last there) stands."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            found = [pair for pair in node.value if pair[0].value == str(key)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            node = node.value[key]
            line = node.start_mark.line + 1
    return line
