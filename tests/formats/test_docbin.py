"""spaCy DocBin: texts and places survive, whatever the tokenizer says."""

from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import DocBin

from labelproj.errors import FormatError, MissingInputError
from labelproj.formats.docbin import DocBinFormat
from labelproj.records import Document, Segment, Span, span_problem


def documents_in(path: Path) -> list[Document]:
    found = list(DocBinFormat().read(str(path), lang="en"))
    assert all(isinstance(document, Document) for document in found)
    return [document for document in found if isinstance(document, Document)]


def places(document: Document) -> set[tuple[int, int, str]]:
    return {(span.start, span.end, span.label) for _, span in document.spans()}


def test_what_spacy_wrote_is_read(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    doc = nlp("👍 Musa's in Kano.")
    doc.ents = [doc.char_span(2, 6, label="PER")]
    doc.spans["sc"] = [doc.char_span(2, 6, label="PER"), doc.char_span(12, 16, label="LOC")]
    path = tmp_path / "news.spacy"
    DocBin(docs=[doc, nlp("Nothing.")]).to_disk(path)
    first, second = documents_in(path)
    assert (first.id, second.id) == ("news-1", "news-2")
    assert places(first) == {(2, 6, "PER"), (12, 16, "LOC")}
    assert places(second) == set()


def test_overlapping_spans_survive_and_the_longest_are_entities(tmp_path: Path) -> None:
    spans = (Span("a", 0, 13, "ORG"), Span("b", 8, 13, "LOC"), Span("c", 14, 16, "X"))
    document = Document("d/1", "ha", (Segment("text", "text", "Bank of Lagos'yan", spans),))
    path = tmp_path / "a.spacy"
    assert DocBinFormat().write([document], path) == 1
    (again,) = documents_in(path)
    assert again.id == "d/1"
    assert places(again) == places(document)
    (doc,) = DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab)
    assert [ent.text for ent in doc.ents] == ["Bank of Lagos", "ya"]


@settings(deadline=None, max_examples=30)
@given(
    st.text("ab'’. \n\t\u00a0今👍🏽-", max_size=20),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20))),
)
def test_texts_and_places_survive(
    tmp_path_factory: pytest.TempPathFactory, text: str, edges: list[tuple[int, int]]
) -> None:
    spans = tuple(
        span
        for start, end in edges
        if span_problem(span := Span("s", start, end, "X"), text) is None
    )
    path = tmp_path_factory.mktemp("docbin") / "a.spacy.gz"
    document = Document("a", "en", (Segment("text", "text", text, spans),))
    DocBinFormat().write([document], path)
    (again,) = documents_in(path)
    assert again.segments[0].text == text
    assert places(again) == places(document)


def test_segments_are_joined(tmp_path: Path) -> None:
    segments = (Segment("a", "q", "Who?"), Segment("b", "c", "Musa.", (Span("s", 0, 4, "PER"),)))
    path = tmp_path / "a.spacy"
    DocBinFormat().write([Document("a", "en", segments)], path)
    (again,) = documents_in(path)
    assert again.segments[0].text == "Who?\n\nMusa."
    assert places(again) == {(6, 10, "PER")}


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.spacy"
    path.write_bytes(b"no DocBin")
    with pytest.raises(FormatError, match="not a spaCy DocBin"):
        documents_in(path)
    path.write_bytes(b"")
    with pytest.raises(MissingInputError, match="nothing in it"):
        documents_in(path)
