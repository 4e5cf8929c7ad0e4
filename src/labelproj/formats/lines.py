"""Files as bytes and as numbered lines: gzip, byte order marks, CRLF and broken UTF-8."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from labelproj.errors import FormatError, MissingInputError
from labelproj.tables import atomic_path

__all__ = [
    "Line",
    "numbered_lines",
    "open_binary",
    "open_output",
    "plain_name",
    "read_bytes",
    "stem_of",
    "writing",
]

GZIP_MAGIC = b"\x1f\x8b"
UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


class Line(NamedTuple):
    """A line without its end. ``problem`` says why its bytes are not text, if they are not."""

    number: int
    text: str
    problem: str | None = None


def plain_name(path: Path) -> str:
    """Return a file's name in small letters, leaving out ``.gz``."""
    return path.name.lower().removesuffix(".gz")


def stem_of(path: Path) -> str:
    """Return a file's name without ``.gz`` and without its ending."""
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    return plain.stem


@contextmanager
def open_binary(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading; gzip is known by its first bytes, whatever the name.

    Raises MissingInputError when it is not there or cannot be read.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise MissingInputError(
            f"cannot be read: {error.strerror or error}",
            where=str(path),
            remedy="check the path",
        ) from error
    with raw:
        magic = raw.read(2)
        raw.seek(0)
        if magic != GZIP_MAGIC:
            yield raw
            return
        with gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:
            yield io.BufferedReader(unpacked, 1 << 18)


def numbered_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a UTF-8 file, counted from 1, without byte order mark and line ends.

    Only LF and CRLF end a line. A line that is not UTF-8 has a ``problem``, and its bad bytes
    escaped. Raises MissingInputError (not there; nothing but white space in it) and FormatError
    (UTF-16; gzip that breaks off).
    """
    number = 0
    found = False
    try:
        with open_binary(path) as stream:
            for number, raw in enumerate(stream, start=1):
                if number == 1:
                    raw = _without_mark(raw, path)
                raw = raw.rstrip(b"\r\n")
                found = found or bool(raw.strip())
                try:
                    yield Line(number, raw.decode("utf-8"))
                except UnicodeDecodeError as error:
                    problem = f"invalid UTF-8 at byte {error.start + 1} of line {number}"
                    yield Line(number, raw.decode("utf-8", "backslashreplace"), problem)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _broken_gzip(error, f"{path}:{number + 1}") from error
    if not found:
        raise _nothing_in(path)


def read_bytes(path: Path) -> bytes:
    """Return all (unpacked) bytes of a file. Raises as :func:`numbered_lines` does."""
    try:
        with open_binary(path) as stream:
            content = stream.read()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise _broken_gzip(error, str(path)) from error
    if not content:
        raise _nothing_in(path)
    return content


def _without_mark(raw: bytes, path: Path) -> bytes:
    if raw.startswith(UTF16_BOMS):
        raise FormatError(
            "the file is UTF-16",
            where=f"{path}:1",
            remedy="make it UTF-8: iconv -f UTF-16 -t UTF-8 OLD > NEW",
        )
    return raw.removeprefix(UTF8_BOM)


def _broken_gzip(error: Exception, where: str) -> FormatError:
    return FormatError(f"broken gzip: {error}", where=where, remedy="fetch or make the file again")


def _nothing_in(path: Path) -> MissingInputError:
    return MissingInputError(
        "nothing in it", where=str(path), remedy="give a file with at least one record"
    )


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Open ``path`` for writing bytes, gzipped when its name ends in ``.gz``.

    The file appears when all went well; the same content always gives the same bytes. Raises
    StorageError.
    """
    with atomic_path(path) as temporary, temporary.open("wb") as raw:
        if path.suffix.lower() != ".gz":
            yield raw
            return
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0, compresslevel=6) as packed:
            yield packed  # type: ignore[misc]


@contextmanager
def open_output(path: Path) -> Iterator[TextIO]:
    """Open ``path`` for writing UTF-8 text with LF line ends, as :func:`writing` does."""
    with writing(path) as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="\n") as stream:
        yield stream
