"""spaCy DocBin: the format spaCy trains from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from labelproj.errors import FormatError, LabelprojError
from labelproj.formats.base import Format, checked_spans, joined_text, plain_document
from labelproj.formats.lines import read_bytes, stem_of, writing
from labelproj.records import Document, Reject, Span
from labelproj.spacy_start import starting_spacy
from labelproj.text import blank_pipeline

__all__ = ["DocBinFormat"]

#: The span group that spaCy's span categoriser uses.
GROUP = "sc"


@dataclass(frozen=True, slots=True)
class DocBinFormat(Format):
    """``doc.ents`` and ``doc.spans["sc"]``, each place and label once.

    Written documents have all spans in ``doc.spans["sc"]`` and, of those that overlap, the
    longest in ``doc.ents``; ids are in ``doc.user_data["id"]``. Span ids, groups and payloads are
    not kept. A DocBin is packed as a whole, so it is held in memory, some 20 bytes a token.
    """

    name: ClassVar[str] = "docbin"
    suffixes: ClassVar[tuple[str, ...]] = (".spacy",)

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield the documents of a DocBin file; see :meth:`Format.read`."""
        with starting_spacy():
            from spacy.tokens import DocBin
            from spacy.vocab import Vocab

        path = Path(source)
        try:
            docs = DocBin().from_bytes(read_bytes(path)).get_docs(Vocab())
            for number, doc in enumerate(docs, start=1):
                yield _document(doc, f"{stem_of(path)}-{number}", lang, str(path))
        except LabelprojError:
            raise
        except Exception as error:  # zlib, msgpack and spaCy each raise their own
            raise FormatError(
                f"not a spaCy DocBin: {str(error).splitlines()[0] if str(error) else 'unreadable'}",
                where=source,
                remedy="give a file written by spaCy's DocBin.to_disk",
            ) from error

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Write a DocBin file; see :meth:`Format.write`.

        Tokens are those of spaCy's tokenizer for each document's language, cut where a span
        begins or ends inside one.
        """
        with starting_spacy():
            from spacy.tokens import DocBin

        pipelines: dict[str, Any] = {}
        packed = DocBin(store_user_data=True)
        for document in documents:
            if document.lang not in pipelines:
                pipelines[document.lang] = blank_pipeline(document.lang)
            packed.add(_doc(pipelines[document.lang], document))
        with writing(path) as stream:
            stream.write(packed.to_bytes())
        return len(packed)


def _document(doc: Any, default_name: str, lang: str, source: str) -> Document | Reject:
    name = doc.user_data.get("id")
    name = name if isinstance(name, str) else default_name
    found = [*doc.ents, *doc.spans.get(GROUP, ())]
    places = sorted({(span.start_char, span.end_char, span.label_) for span in found})
    spans = [Span(f"s{index}", *place) for index, place in enumerate(places)]
    try:
        return plain_document(name, lang, doc.text, checked_spans(spans, doc.text))
    except ValueError as error:
        return Reject(source, None, name, str(error), doc.text)


def _doc(nlp: Any, document: Document) -> Any:
    from spacy.tokens import Doc
    from spacy.util import filter_spans

    text, spans = joined_text(document)
    tokens, spaces = _tokens(nlp, text, spans)
    doc = Doc(nlp.vocab, words=tokens, spaces=spaces, user_data={"id": document.id})
    marked = [doc.char_span(span.start, span.end, label=span.label) for span in spans]
    doc.spans[GROUP] = marked
    doc.ents = filter_spans(marked)
    return doc


def _tokens(nlp: Any, text: str, spans: Sequence[Span]) -> tuple[list[str], list[bool]]:
    """Return spaCy's tokens of ``text``, cut at span edges, and which have a space after them."""
    edges = {edge for span in spans for edge in (span.start, span.end)}
    tokens: list[str] = []
    spaces: list[bool] = []
    for token in nlp.make_doc(text):
        end = token.idx + len(token.text)
        cuts = [token.idx, *sorted(e for e in edges if token.idx < e < end), end]
        tokens += [text[a:b] for a, b in pairwise(cuts)]
        spaces += [False] * (len(cuts) - 2) + [bool(token.whitespace_)]
    return tokens, spaces
