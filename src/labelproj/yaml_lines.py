"""On which line of a YAML text a key stands, or stands again, for messages about it."""

from collections.abc import Iterator, Sequence

import yaml

__all__ = ["line_of", "repeated_key"]


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


def repeated_key(text: str) -> tuple[str, int] | None:
    """Return the first key that a YAML text has twice in one place, and its line (from 1).

    YAML's reader would take the last of the two and say nothing.
    """
    for node in _mappings(yaml.compose(text, Loader=yaml.SafeLoader)):
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen and key.value != "<<":
                return str(key.value), key.start_mark.line + 1
            seen.add(key.value)
    return None


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _mappings(value)
