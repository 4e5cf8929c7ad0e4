"""What is wrong with ``params.yaml``, in words for its reader and not for a programmer."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

import pydantic

__all__ = ["key_of", "said"]

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
