"""JSON Lines as checked values: one object a line, and the spans in it."""

import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import regex

from labelproj.errors import LabelprojError
from labelproj.formats.base import checked_spans
from labelproj.formats.lines import numbered_lines, open_binary
from labelproj.records import Reject, Span

__all__ = [
    "NOT_JSON",
    "Record",
    "first_object",
    "json_records",
    "offsets_value",
    "spans_value",
    "text_value",
]

Record = dict[str, object]

#: Bytes of a file that are looked at to tell what it is, and a key in them.
_HEAD = 1 << 22
_KEY = regex.compile(r'"(\w+)"\s*:')
#: How the reason of a Reject begins where the line is no JSON object at all.
NOT_JSON = "not a JSON object"


def json_records(path: Path) -> Iterator[tuple[int, str, Record | Reject]]:
    """Yield line number, raw line and the object of each line that is not empty.

    What is not a JSON object in UTF-8 comes as a Reject. Raises as
    :func:`labelproj.formats.lines.numbered_lines` does.
    """
    for line in numbered_lines(path):
        if not line.text or line.text.isspace():
            continue
        reason = line.problem
        value: object = None
        if reason is None:
            try:
                value = json.loads(line.text, parse_constant=_no_constant)
            except (ValueError, RecursionError) as error:
                reason = f"{NOT_JSON}: {str(error) or 'nested too deeply'}"
            else:
                reason = _object_problem(value, line.text)
        if reason is not None or not isinstance(value, dict):
            reject = Reject(str(path), line.number, None, reason or NOT_JSON, line.text)
            yield line.number, line.text, reject
        else:
            yield line.number, line.text, value


def first_object(path: Path) -> Mapping[str, object]:
    """Return the object on a file's first line, or the keys that its beginning shows.

    A file that is one object over many lines, or on one very long line, has keys without values.
    Empty where there is no object.
    """
    try:
        with open_binary(path) as stream:
            text = stream.read(_HEAD).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    except (OSError, EOFError, zlib.error, LabelprojError):
        return {}
    if not text.startswith("{"):
        return {}
    try:
        value = json.loads(text.split("\n", 1)[0])
    except (ValueError, RecursionError):
        return dict.fromkeys(_KEY.findall(text))
    return value if isinstance(value, dict) else {}


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _object_problem(value: object, raw: str) -> str | None:
    if not isinstance(value, dict):
        return f"{NOT_JSON} but {'an array' if isinstance(value, list) else 'a plain value'}"
    if "\\ud" in raw.lower():  # only an escape can bring half of a surrogate pair
        try:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            return "half of a surrogate pair is not a character"
    return None


def text_value(record: Mapping[str, object], key: str, *, default: str | None = None) -> str:
    """Return the string under ``key``; ValueError where there is none and no ``default``."""
    value = record.get(key)
    if value is None:
        value = default
    if value is None:
        raise ValueError(f"no {key!r}")
    if key.endswith("id") and type(value) is int:
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"{key!r} is not a string")
    return value


def spans_value(record: Mapping[str, object], key: str, text: str) -> tuple[Span, ...]:
    """Return the spans under ``key`` over ``text`` (none where there is no such key).

    A span without ``id`` gets ``s0``, ``s1``, … by its place. Raises ValueError with the reason.
    """
    values = record.get(key)
    if values is None:
        return ()
    if not isinstance(values, list):
        raise ValueError(f"{key!r} is not a list")
    given = {str(value["id"]) for value in values if isinstance(value, dict) and "id" in value}
    spans = []
    for index, value in enumerate(values):
        if not isinstance(value, dict):
            raise ValueError(f"{key}[{index}] is not an object")
        name = f"s{index}"
        while name in given:
            name += "'"
        try:
            spans.append(
                Span(
                    text_value(value, "id", default=name),
                    _integer(value, "start"),
                    _integer(value, "end"),
                    text_value(value, "label"),
                    None if value.get("group") is None else text_value(value, "group"),
                )
            )
        except ValueError as error:
            raise ValueError(f"{key}[{index}]: {error}") from None
    return checked_spans(spans, text)


def offsets_value(
    record: Mapping[str, object], key: str, text: str
) -> tuple[tuple[int, int], ...] | None:
    """Return the [start, end] pairs under ``key`` over ``text``, or None without such a key.

    Raises ValueError where they are no such pairs or not in the order of the text.
    """
    values = record.get(key)
    if values is None:
        return None
    pairs = []
    at = 0
    for index, pair in enumerate(values if isinstance(values, list) else [values]):
        well_made = isinstance(pair, list) and len(pair) == 2 and all(type(x) is int for x in pair)
        if not well_made or not at <= pair[0] <= pair[1] <= len(text):
            raise ValueError(f"{key}[{index}] is not a [start, end] pair in order in its text")
        pairs.append((pair[0], pair[1]))
        at = pair[1]
    return tuple(pairs)


def _integer(value: Mapping[str, object], key: str) -> int:
    number = value.get(key)
    if type(number) is not int:
        raise ValueError(f"{key!r} is not an integer" if key in value else f"no {key!r}")
    return number
