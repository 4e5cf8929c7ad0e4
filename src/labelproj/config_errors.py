"""What is wrong with ``params.yaml``, in words for its reader and not for a programmer."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import pydantic
import yaml

__all__ = ["key_of", "repeated_key", "said"]

#: What pydantic puts among the keys and no file has.
_NO_KEYS = {"all", "each", "[key]"}
_KINDS = {
    "tuple_type": "should be a list, such as [a, b]",
    "list_type": "should be a list, such as [a, b]",
    "dict_type": "should have keys of its own, such as {key: value}",
    "model_type": "should have keys of its own, such as {key: value}",
    "missing": "is missing",
}


def key_of(error: Mapping[str, Any]) -> list[Any]:
    """Return the keys, from the section down, at which one of pydantic's ``errors()`` stands."""
    return [part for part in error["loc"] if part not in _NO_KEYS]


def said(error: Mapping[str, Any], config: type[pydantic.BaseModel], under: str = "") -> str:
    """Return in words what is wrong: the key, what should stand there and what does.

    ``error`` is one of pydantic's ``errors()`` about ``config``, which stands ``under`` other keys
    (each with a dot behind). A key that there is not comes with the one that was probably meant.
    """
    keys = key_of(error)
    name = under + ".".join(map(str, keys))
    kind = error["type"]
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(str(keys[-1]), _fields(config, keys[:-1]), n=1)
        return f"unknown key {name}" + (f"; did you mean {close[0]}?" if close else "")
    if kind == "missing":
        return f"{name} {_KINDS[kind]}"
    message = _KINDS.get(kind) or error["msg"].removeprefix("Value error, ")
    message = message.replace("Input should", "should", 1).split(", unable to")[0]
    message = message.split(", got a number")[0]
    value = error.get("input")
    if message.startswith("should") and isinstance(value, str | int | float):
        message += f", and is {value!r}"
    return f"{name}: {message}"


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


def _fields(section: type[pydantic.BaseModel], keys: Sequence[Any]) -> list[str]:
    """Return the names of the keys under ``keys`` of a section."""
    for key in keys:
        field = section.model_fields.get(str(key))
        below = list(_sections(field.annotation)) if field else [section]
        if not below:
            return []
        section = below[0]
    return list(section.model_fields)


def _sections(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _sections(part)
