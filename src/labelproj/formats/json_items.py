"""The items of one big JSON array or object, one at a time."""

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from labelproj.errors import FormatError, MissingInputError
from labelproj.formats.lines import open_binary

__all__ = ["json_items"]

_PIECE = 1 << 18
_SPACE = " \t\r\n"


def json_items(path: Path) -> Iterator[tuple[str | None, object]]:
    """Yield the (key, value) of a JSON object's items, or (None, value) of an array's.

    One item is in memory at a time. Raises MissingInputError (not there; empty) and FormatError
    (neither array nor object; broken JSON, with the place, since nothing after it can be read).
    """
    with open_binary(path) as stream:
        reader = _Reader(path, iter(lambda: stream.read(_PIECE), b""))
        opening = reader.peek()
        if opening == "":
            raise MissingInputError("nothing in it", where=str(path), remedy="give another file")
        if opening not in "[{":
            raise reader.error("neither a JSON array nor a JSON object of dialogues")
        reader.take()
        closing = "]" if opening == "[" else "}"
        first = True
        while reader.peek() != closing:
            if not first:
                reader.demand(",")
            first = False
            key = None
            if opening == "{":
                key = str(reader.value())
                reader.demand(":")
            yield key, reader.value()
        reader.take()
        if reader.peek():
            raise reader.error("more after the end of the JSON value")


class _Reader:
    """Text that comes in pieces, of which JSON values are taken from the front."""

    def __init__(self, path: Path, pieces: Iterator[bytes]):
        self._path = path
        self._pieces = pieces
        self._decoder = json.JSONDecoder()
        self._characters = codecs.getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._passed = 0
        self._ended = False

    def peek(self) -> str:
        """Return the next character that is not white space; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self) -> str:
        """Take that character."""
        character = self.peek()
        self._at += 1
        return character

    def demand(self, character: str) -> None:
        """Take ``character``; FormatError where another one stands."""
        if self.peek() != character:
            raise self.error(f"broken JSON: {character!r} expected")
        self._at += 1

    def value(self) -> object:
        """Take a whole JSON value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except (ValueError, RecursionError) as error:
                if self._more():
                    continue
                raise self.error(f"broken JSON: {error}") from None
            if end == len(self._text) and self._more():
                continue  # a number may go on in the next piece
            self._at = end
            return value

    def error(self, message: str) -> FormatError:
        """Return an error at this place."""
        return FormatError(
            message,
            where=f"{self._path}, character {self._passed + self._at + 1}",
            remedy="is it the format named with --format? mend the file or fetch it again",
        )

    def _more(self) -> bool:
        if self._ended:
            return False
        # Doubling keeps the work linear where one item is larger than a piece.
        wanted = max(_PIECE, len(self._text) - self._at)
        pieces = []
        try:
            while wanted > 0 and (piece := next(self._pieces, b"")):
                wanted -= len(piece)
                pieces.append(self._characters.decode(piece))
            if wanted > 0:
                self._ended = True
                pieces.append(self._characters.decode(b"", final=True))
        except UnicodeDecodeError as error:
            raise self.error(f"not UTF-8: {error.reason}") from error
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise self.error(f"broken gzip: {error}") from error
        self._passed += self._at
        self._text = self._text[self._at :] + "".join(pieces)
        self._at = 0
        # A piece may hold no more than the first bytes of a character.
        return any(pieces) or not self._ended
