"""brat standoff: a text file and, beside it, an annotation file with places in it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, unquote

import regex

from labelproj.errors import FormatError, MissingInputError, UsageError
from labelproj.formats.base import Format, checked_spans, joined_text, plain_document
from labelproj.formats.lines import UTF8_BOM, Line, numbered_lines, open_output, read_bytes
from labelproj.records import Document, Reject, Span

__all__ = ["Brat", "annotation_pairs", "file_name", "read_pair", "text_bound", "write_pairs"]

_PLACES = regex.compile(r"(?P<label>\S+) (?P<places>\d+ \d+(?:;\d+ \d+)*)")
_PACKED = ("", ".gz")


@dataclass(frozen=True, slots=True)
class Brat(Format):
    """A folder of ``NAME.txt`` and ``NAME.ann`` pairs (with subfolders), or one ``NAME.ann``.

    Text-bound annotations (``T`` lines) become spans; relations, events, attributes and notes
    are passed over. The parts of a discontinuous annotation become spans of one id. Offsets are
    code points of the text file with its line ends; where they only fit the text without a byte
    order mark, or with LF for CRLF, they are read so. An annotation whose text is not what its
    offsets cover makes its document a Reject.
    """

    name: ClassVar[str] = "brat"
    suffixes: ClassVar[tuple[str, ...]] = (".ann",)

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield one document a pair of files, in the order of names; see :meth:`Format.read`."""
        for file, base, name in annotation_pairs(source):
            yield read_pair(file, base, name, lang)

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Write a pair of files a document into the folder ``path``; see :meth:`Format.write`.

        File names are the documents' ids, with what cannot be in a file name as ``%XX``. Each
        file appears whole.
        """
        return write_pairs(documents, path, lambda _, text, spans: _lines(text, spans))


def write_pairs(
    documents: Iterable[Document],
    path: Path,
    annotations: Callable[[Document, str, Sequence[Span]], Iterable[str]],
) -> int:
    """Write each document's text and its ``annotations`` as two files; return how many there were.

    Raises UsageError where ``path`` is not a folder's name.
    """
    if path.suffix == ".ann":
        raise UsageError(
            "brat is written as a folder of files",
            where=str(path),
            remedy="give a folder's name, without .ann",
        )
    count = 0
    for document in documents:
        text, spans = joined_text(document)
        name = file_name(document.id)
        with open_output(path / f"{name}.txt") as stream:
            stream.write(text)
        with open_output(path / f"{name}.ann") as stream:
            stream.writelines(annotations(document, text, spans))
        count += 1
    return count


def annotation_pairs(source: str) -> Iterator[tuple[Path, Path, str]]:
    """Yield the annotation files of a folder (or the one file), each with its path without
    endings and the document's id. Raises FormatError where the folder has none.
    """
    path = Path(source)
    files = _annotation_files(path) if path.is_dir() else [path]
    if not files:
        raise FormatError(
            "no .ann file in this folder",
            where=source,
            remedy="give a folder of .txt and .ann pairs; "
            "a Hugging Face dataset folder is read as hf:FOLDER",
        )
    for file in files:
        base = file.parent / file.name.removesuffix(".gz").removesuffix(".ann")
        inside = base.relative_to(path) if path.is_dir() else Path(base.name)
        yield file, base, unquote(inside.as_posix())


def _annotation_files(folder: Path) -> list[Path]:
    return sorted(file for end in _PACKED for file in folder.rglob(f"*.ann{end}"))


def read_pair(file: Path, base: Path, name: str, lang: str) -> Document | Reject:
    """Read one pair of files: text-bound annotations as spans, named by their ids."""
    text_files = [base.parent / f"{base.name}.txt{end}" for end in _PACKED]
    text_file = next((one for one in text_files if one.is_file()), None)
    if text_file is None:
        return Reject(str(file), None, name, f"no {base.name}.txt beside it")
    try:
        raw = read_bytes(text_file)
    except MissingInputError:  # an empty text is a text, if nothing is said of it
        raw = b""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        reason = f"invalid UTF-8 in line {line} of {text_file.name}"
        return Reject(str(text_file), line, name, reason, raw.decode("utf-8", "backslashreplace"))
    try:
        notes = [_annotation(line) for line in _annotation_lines(file)]
        whole, spans = _placed(text, notes)
        return plain_document(name, lang, whole, spans)
    except _BadLineError as error:
        return Reject(str(file), error.line.number, name, error.reason, error.line.text)


@dataclass(frozen=True, slots=True)
class _Annotation:
    line: Line
    id: str
    label: str
    places: tuple[tuple[int, int], ...]
    surface: str


class _BadLineError(Exception):
    def __init__(self, line: Line, reason: str):
        super().__init__(reason)
        self.line = line
        self.reason = reason


def _annotation_lines(file: Path) -> Iterator[Line]:
    try:
        for line in numbered_lines(file):
            if line.problem:
                raise _BadLineError(line, line.problem)
            if line.text.startswith("T"):
                yield line
    except MissingInputError:
        if not file.is_file():
            raise
        # An empty file: a text in which nothing is annotated.


def _annotation(line: Line) -> _Annotation:
    columns = line.text.split("\t", 2)
    match = _PLACES.fullmatch(columns[1].strip()) if len(columns) > 1 else None
    if match is None:
        raise _BadLineError(line, "not 'ID TAB LABEL START END[;START END…] TAB TEXT'")
    pairs = [pair.split(" ") for pair in match["places"].split(";")]
    places = tuple((int(start), int(end)) for start, end in pairs)
    surface = columns[2] if len(columns) > 2 else ""
    return _Annotation(line, columns[0].strip(), match["label"], places, surface)


def _placed(raw: str, notes: list[_Annotation]) -> tuple[str, tuple[Span, ...]]:
    """Return the reading of the text that the annotations fit, and their spans in it."""
    mark = UTF8_BOM.decode()
    text = raw.removeprefix(mark)
    unix = text.replace("\r\n", "\n")
    readings = [(text, 0), (unix, 0)]
    if raw != text:
        readings += [(text, -1), (unix, -1)]  # the mark was counted as a character
    problems = []
    for reading, shift in readings:
        try:
            return reading, _spans(reading, notes, shift)
        except _BadLineError as error:
            problems.append(error)
    raise problems[0]


def _spans(text: str, notes: list[_Annotation], shift: int) -> tuple[Span, ...]:
    spans: list[Span] = []
    for note in notes:
        places = [(start + shift, end + shift) for start, end in note.places]
        parts = [Span(note.id, start, end, note.label) for start, end in places]
        try:
            checked = checked_spans(parts, text)
        except ValueError as error:
            raise _BadLineError(note.line, str(error)) from None
        covered = " ".join(text[start:end] for start, end in places)
        if note.surface.split() != covered.split():
            reason = f"{note.id} says {note.surface!r} and its offsets cover {covered!r}"
            raise _BadLineError(note.line, reason)
        spans += checked
    return tuple(spans)


def _lines(text: str, spans: Sequence[Span]) -> Iterator[str]:
    """Yield the ``T`` lines; the parts of one span make one line, as do its lines of text."""
    parts: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        parts.setdefault((span.id, span.label), []).append(span)
    for number, ((_, label), group) in enumerate(parts.items(), start=1):
        yield text_bound(f"T{number}", label, group, text)


def text_bound(name: str, label: str, parts: Iterable[Span], text: str) -> str:
    """Return the ``T`` line of a span in one or more parts; a line break parts it too."""
    places = [
        (span.start + match.start(), span.start + match.end())
        for span in sorted(parts, key=lambda span: span.start)
        for match in regex.finditer(r"[^\r\n]+", span.surface(text))
    ]
    where = ";".join(f"{start} {end}" for start, end in places)
    surface = " ".join(text[start:end] for start, end in places).replace("\t", " ")
    return f"{name}\t{'_'.join(label.split())} {where}\t{surface}\n"


def file_name(name: str) -> str:
    """Return a file name that stands for an id, short enough for every file system."""
    quoted = quote(name, safe=" ") or "_"
    if quoted.startswith("."):  # a hidden file, or no file at all
        quoted = f"%2E{quoted[1:]}"
    if len(quoted) <= 200:
        return quoted
    return f"{quoted[:160]}~{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}"
