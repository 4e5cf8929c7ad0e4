"""One array of a large JSON object, item by item, and the object's other keys.

The text is read in pieces, so that memory holds a piece and one item.
"""

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from labelproj.errors import FormatError
from labelproj.formats.lines import UTF8_BOM, open_binary

__all__ = ["array_items", "other_keys"]

_PIECE = 1 << 20
_SPACE = " \t\r\n"
#: What may follow a value.
_AFTER = frozenset(",:]}" + _SPACE)
_DECODER = json.JSONDecoder()
_REMEDY = 'the file is one JSON object: {"data": [...]}'


class _Reader:
    """A JSON text as it comes, with what was not yet used of it."""

    def __init__(self, path: Path, pieces: Iterator[str]):
        self._path = path
        self._pieces = pieces
        self._text = ""
        self._at = 0

    def wrong(self, what: str) -> FormatError:
        return FormatError(what, where=str(self._path), remedy=_REMEDY)

    def _more(self) -> bool:
        piece = next(self._pieces, "")
        self._text = self._text[self._at :] + piece
        self._at = 0
        return bool(piece)

    def peek(self) -> str:
        """Return the next sign that is not white space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def expect(self, sign: str) -> None:
        """Go past ``sign``. Raises FormatError where another one stands."""
        if self.peek() != sign:
            raise self.wrong(f"expected {sign!r} and found {self.peek()!r}")
        self._at += 1

    def value(self) -> object:
        """Return the next value and go past it. Raises FormatError."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if not self._more():
                    raise self.wrong(f"not JSON: {error}") from error
                continue
            # A number may go on in the next piece: 12 of 12.5, and 12 of 12. of 12.5.
            if self._text[end : end + 1] not in _AFTER and self._more():
                continue
            self._at = end
            return value

    def members(self) -> Iterator[str]:
        """Yield the keys of an object; the value must be used up before the next key."""
        self.expect("{")
        yield from self._separated("}", key=True)

    def items(self) -> Iterator[None]:
        """Yield once for each item of an array, which must then be used up."""
        self.expect("[")
        for _ in self._separated("]", key=False):
            yield

    def _separated(self, end: str, *, key: bool) -> Iterator[str]:
        first = True
        while self.peek() != end:
            if not first:
                self.expect(",")
            first = False
            name = ""
            if key:
                value = self.value()
                if not isinstance(value, str):
                    raise self.wrong("a key is not a string")
                name = value
                self.expect(":")
            yield name
        self.expect(end)


def _pieces(path: Path) -> Iterator[str]:
    """Yield the text of a file (gzip too) in pieces. Raises MissingInputError and FormatError."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    first = True
    try:
        with open_binary(path) as stream:
            while raw := stream.read(_PIECE):
                text = decoder.decode(raw.removeprefix(UTF8_BOM) if first else raw)
                first = False
                if text:  # a piece may be no more than half of a character
                    yield text
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8", where=str(path), remedy="make it UTF-8") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FormatError(f"broken gzip: {error}", where=str(path)) from error


def array_items(path: Path, key: str) -> Iterator[object]:
    """Yield the items of the array under ``key`` of the object in ``path``.

    Raises MissingInputError, and FormatError where the file is no such object.
    """
    reader = _Reader(path, _pieces(path))
    found = False
    for name in reader.members():
        if name != key:
            reader.value()
            continue
        found = True
        for _ in reader.items():
            yield reader.value()
    if not found:
        raise reader.wrong(f"no key {key!r}")


def other_keys(path: Path, key: str) -> dict[str, object]:
    """Return the object in ``path`` without ``key``, whose items are passed over one by one.

    Raises as :func:`array_items` does.
    """
    reader = _Reader(path, _pieces(path))
    found: dict[str, object] = {}
    for name in reader.members():
        if name == key:
            for _ in reader.items():
                reader.value()
        else:
            found[name] = reader.value()
    return found
