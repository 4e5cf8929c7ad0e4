"""CoNLL: one token a line with its tag, sentences parted by empty lines."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import ClassVar

import regex

from labelproj.errors import UsageError
from labelproj.formats.base import Format, demand_format, plain_document
from labelproj.formats.detokenize import detokenize, join_with_spaces
from labelproj.formats.lines import Line, numbered_lines, open_output, stem_of
from labelproj.progress import log
from labelproj.records import Document, Reject, Segment
from labelproj.tags import iob2_from_spans, spans_from_tags
from labelproj.text import words

__all__ = ["READ_LINES", "Conll"]

#: The key of a payload under which a document has the lines that it was read from.
READ_LINES = "conll"

#: ``# id = x`` and ``# sent_id = x`` (CoNLL-U), ``# id x domain=y`` (MultiCoNER).
_ID = regex.compile(r"#\s*(?:sent_)?id(?:\s*=\s*|\s+)(?P<id>\S.*?)(?:\t.*)?\s*")
_TEXT = regex.compile(r"# text = (?P<text>[^\t]*)")
_SETTING = regex.compile(r"#\s*[\w:.-]+\s*=[^\t]*")
_TAG = regex.compile(r"O|[BIELSUW]-.+")
_TOO_FEW = "too few columns"


@dataclass(frozen=True, slots=True)
class Conll(Format):
    """Two or more columns parted by TAB (or by spaces, where a line has no TAB).

    Columns count from 0, or from the end when negative. Tags may be IOB1, IOB2, BIOES or BILOU.
    Each sentence becomes a document, named by its ``# id = …`` comment or ``<file>-<n>``, n
    counting sentences from 1. Its text is that of its ``# text = …`` comment (CoNLL-U) where the
    tokens are all of it; else it is made from the tokens by
    :func:`~labelproj.formats.detokenize.detokenize`, or by joining them with spaces when
    ``detokenize`` is off. ``-DOCSTART-`` lines and other comments are passed over. Where the
    sentence has other columns, or other tokens than labelproj's words, its lines are in the
    payload (``conll``), so that writing gives them back.
    """

    token_column: int = 0
    tag_column: int = -1
    detokenize: bool = True

    name: ClassVar[str] = "conll"
    suffixes: ClassVar[tuple[str, ...]] = (".conll", ".iob", ".iob2", ".bio", ".tsv", ".txt")

    def __post_init__(self) -> None:
        if self.token_column == self.tag_column:
            raise UsageError(
                f"tokens and tags cannot both be in column {self.token_column}",
                remedy="columns count from 0, or from the end when negative (-1 is the last)",
            )

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield one document a sentence; see :meth:`Format.read`."""
        return demand_format(
            self._sentences(Path(source), lang),
            symptom=_TOO_FEW,
            remedy="each line is a token and its tag, parted by TAB or spaces",
        )

    def _sentences(self, path: Path, lang: str) -> Iterator[Document | Reject]:
        stem = stem_of(path)
        count = 0
        mended = 0
        first_mended = ""
        for block in _blocks(numbered_lines(path), self._is_comment):
            count += 1
            name = block.name or f"{stem}-{count}"
            lines = block.lines
            try:
                document, problems = self._document(name, block, lang)
            except ValueError as error:
                number, reason = error.args
                raw = "\n".join(line.text for line in lines)
                yield Reject(str(path), number, name, reason, raw)
                continue
            if problems:
                first_mended = first_mended or f"line {lines[0].number}: {problems[0]}"
                mended += 1
            if document is not None:
                yield document
        if mended:
            log.warning("%s: mended the tags of %d sentences (%s)", path, mended, first_mended)

    def _document(
        self, name: str, block: "_Block", lang: str
    ) -> tuple[Document | None, tuple[str, ...]]:
        """Return a sentence and what was mended; ValueError(line number, reason)."""
        tokens: list[str] = []
        tags: list[str] = []
        plain = True
        for line in block.lines:
            token, tag, others = self._token(line)
            plain = plain and not others
            if token:  # a token of white space has nothing to label
                tokens.append(token)
                tags.append(tag)
        if not tokens:
            return None, ()
        text, offsets = block.text, _places(tokens, block.text)
        if not offsets:
            join = partial(detokenize, lang=lang) if self.detokenize else join_with_spaces
            text, offsets = join(tokens)
        spans, problems = spans_from_tags(tags, offsets)
        document = plain_document(name, lang, text, spans)
        if not plain or list(offsets) != words(text):
            lines = [line.text for line in block.lines]
            said = {"lines": lines, "token": self.token_column, "tag": self.tag_column}
            document = replace(document, payload={READ_LINES: said})
        return document, problems

    def _token(self, line: Line) -> tuple[str, str, bool]:
        """Return a line's token and tag, and whether it has other columns."""
        if line.problem:
            raise ValueError(line.number, line.problem)
        columns = _columns(line.text)
        try:
            token, tag = columns[self.token_column], columns[self.tag_column].strip()
        except IndexError:
            columns = []
        if len(columns) < 2:
            found = len(_columns(line.text))
            wanted = f"token in {self.token_column}, tag in {self.tag_column}"
            raise ValueError(line.number, f"{_TOO_FEW}: {found} ({wanted})")
        if not _TAG.fullmatch(tag):
            raise ValueError(line.number, f"{tag!r} is not a tag (O, B-LABEL, I-LABEL, …)")
        return token.strip(), tag, len(columns) > 2

    def _is_comment(self, text: str) -> bool:
        if _ID.fullmatch(text) or _SETTING.fullmatch(text):
            return True
        return "\t" not in text and not _TAG.fullmatch(_columns(text)[-1])

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Write IOB2 tags over tokens, TAB between; see :meth:`Format.write`.

        Tokens, and columns beside the tag, are those that were read, as long as they are the
        text and the spans end where they do; else tokens are labelproj's words.

        Each document begins with ``# id = …``, each segment with ``# text = …`` (if it has no
        TAB or line break) and ends with an empty line. IOB2 cannot hold overlapping spans: the
        longest stays, and how many do not is logged.
        """
        count = lost = 0
        with open_output(path) as stream:
            for document in documents:
                stream.write(f"# id = {_one_line(document.id)}\n")
                for segment in document.segments:
                    block, left_over = _as_read(segment, document) or _tagged(segment)
                    stream.write(block)
                    lost += left_over
                count += 1
        if lost:
            log.warning("%s: %d spans overlap others and are not in the file", path, lost)
        return count


@dataclass(slots=True)
class _Block:
    """The token lines of one sentence, and what the comments before them say."""

    name: str | None = None
    text: str = ""
    lines: list[Line] = field(default_factory=list)


def _blocks(lines: Iterable[Line], is_comment: Callable[[str], bool]) -> Iterator[_Block]:
    block = _Block()
    for line in lines:
        text = line.text
        if not text or text.isspace() or text.startswith("-DOCSTART-"):
            if block.lines:
                yield block
                block = _Block()
        elif text[0] == "#" and not line.problem and is_comment(text):
            if match := _ID.fullmatch(text):
                block.name = match["id"]
            elif match := _TEXT.fullmatch(text):
                block.text = match["text"]
        else:
            block.lines.append(line)
    if block.lines:
        yield block


def _places(tokens: Iterable[str], text: str) -> list[tuple[int, int]]:
    """Return each token's place in ``text``, or nothing where they are not the whole text."""
    places = []
    at = 0
    for token in tokens:
        start = text.find(token, at)
        if start < 0 or text[at:start].strip():
            return []
        at = start + len(token)
        places.append((start, at))
    return [] if text[at:].strip() else places


def _columns(text: str) -> list[str]:
    if "\t" in text:
        return text.rstrip("\t ").split("\t")
    return [column for column in text.split(" ") if column]


def _as_read(segment: Segment, document: Document) -> tuple[str, int] | None:
    """Return what :func:`_tagged` does, of the lines that the segment was read from.

    None where there are none, or they are not this text and these spans any more.
    """
    said = document.payload.get(READ_LINES)
    if not isinstance(said, Mapping):
        return None
    try:
        rows = [_columns(line) for line in said["lines"]]
        tokens = [row[said["token"]].strip() for row in rows]
        place = [said["tag"] % len(row) for row in rows]
    except (AttributeError, IndexError, KeyError, TypeError, ZeroDivisionError):
        return None  # JSON Lines can say anything under this key
    whole = [token for token in tokens if token]
    places = _places(whole, segment.text)
    if not places:  # tokens are joined as people write: '' is a quotation mark
        text, joined = detokenize(whole, lang=document.lang)
        places = list(joined) if text == segment.text else []
    ends = {end for one in places for end in one}
    if not places or not ends.issuperset(
        end for span in segment.spans for end in (span.start, span.end)
    ):
        return None
    tags, left_over = iob2_from_spans(segment.spans, places)
    fresh = iter(tags)
    for row, token, at in zip(rows, tokens, place, strict=True):
        row[at] = _one_line(next(fresh)) if token else "O"
    lines = ["\t".join(row) + "\n" for row in rows]
    return _block(segment, lines), len(left_over)


def _tagged(segment: Segment) -> tuple[str, int]:
    """Return a segment's lines, with the empty line after it, and how many spans are not in."""
    tokens = words(segment.text)
    tags, left_over = iob2_from_spans(segment.spans, tokens)
    lines = [
        f"{segment.text[start:end]}\t{_one_line(tag)}\n"
        for (start, end), tag in zip(tokens, tags, strict=True)
    ]
    return _block(segment, lines), len(left_over)


def _block(segment: Segment, lines: list[str]) -> str:
    one_line = not regex.search(r"[\t\r\n]", segment.text)
    text = [f"# text = {segment.text}\n"] if one_line and lines else []
    return "".join([*text, *lines, "\n"])


def _one_line(text: str) -> str:
    return " ".join(text.split()) if "\n" in text or "\t" in text or "\r" in text else text
