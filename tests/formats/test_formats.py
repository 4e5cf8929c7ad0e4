"""The registry: which format a source is, and what is said when it is none."""

import gzip
from pathlib import Path

import pytest

from labelproj.errors import FormatError, MissingInputError, StorageError, UsageError
from labelproj.formats import FORMATS, Format, format_of, read_documents, write_documents
from labelproj.records import Document, Segment, Span

SPANS = (Span("s0", 0, 4, "LOC"), Span("s1", 9, 13, "PER"))
DOCUMENTS = [
    Document(f"d{i}", "en", (Segment("text", "text", "Kano and Musa.", SPANS),)) for i in range(3)
]


def test_every_format_is_registered_under_its_name() -> None:
    assert all(issubclass(kind, Format) and kind.name == name for name, kind in FORMATS.items())
    suffixes = [suffix for kind in FORMATS.values() for suffix in kind.suffixes]
    assert len(suffixes) == len(set(suffixes))


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("a.conll", "conll"),
        ("a/b.en.TSV.gz", "conll"),
        ("a.iob", "conll"),
        ("a.txt", "conll"),
        ("a.jsonl.gz", "jsonl"),
        ("a.json", "jsonl"),
        ("a.spacy", "docbin"),
        ("a.ann.gz", "brat"),
        ("hf:a/b", "hf"),
        ("a.oneie.jsonl.gz", "oneie"),
        ("a.squad.json", "squad"),
        ("phee:a.txt", "phee"),
        ("brat_events:news", "brat_events"),
    ],
)
def test_formats_are_known_by_ending(spec: str, name: str) -> None:
    assert format_of(spec) == name


def test_what_is_there_already_does_not_say_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text('{"id": "a", "context": "x", "annotations": []}\n', encoding="utf-8")
    assert format_of(str(path)) == "phee"
    write_documents(DOCUMENTS, path)
    assert list(read_documents(str(path), lang="en")) == DOCUMENTS


def test_a_folder_is_brat(tmp_path: Path) -> None:
    assert format_of(str(tmp_path)) == "brat"


@pytest.mark.parametrize(
    "name", ["a.conll", "a.conll.gz", "a.jsonl", "a.jsonl.gz", "a.spacy", "a.spacy.gz"]
)
def test_all_file_formats_keep_texts_ids_and_places(tmp_path: Path, name: str) -> None:
    path = tmp_path / "deep" / name
    assert write_documents(iter(DOCUMENTS), path) == 3
    assert list(read_documents(str(path), lang="en")) == DOCUMENTS
    before = path.read_bytes()
    write_documents(DOCUMENTS, path)
    assert path.read_bytes() == before
    assert before.startswith(b"\x1f\x8b") == name.endswith(".gz")
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_formats_and_options_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "corpus"
    path.write_bytes(gzip.compress(b"x Kano B-LOC\n"))
    (document,) = read_documents(str(path), lang="en", format="conll", options={"token_column": 1})
    assert isinstance(document, Document)
    assert document.segments[0].text == "Kano"


def test_what_is_unknown_is_named_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<a/>")
    with pytest.raises(UsageError, match=r"what format is \.xml\?.*conll, jsonl, docbin, brat"):
        read_documents(str(path), lang="en")
    with pytest.raises(UsageError, match="no format 'xml'"):
        read_documents(str(path), lang="en", format="xml")
    with pytest.raises(UsageError, match=r"no such option: colour.*token_column"):
        read_documents(str(path), lang="en", format="conll", options={"colour": 1})
    with pytest.raises(MissingInputError, match=r"b\.conll: no such file"):
        read_documents(str(tmp_path / "b.conll"), lang="en")


def test_gzip_that_breaks_off_is_named_after_what_was_good(tmp_path: Path) -> None:
    path = tmp_path / "a.conll.gz"
    content = "".join(f"w{i * i}\tO\n\n" for i in range(20_000)).encode()
    path.write_bytes(gzip.compress(content)[:-100])
    records = read_documents(str(path), lang="en")
    assert isinstance(next(records), Document)
    with pytest.raises(FormatError, match=r"a\.conll\.gz:\d+: broken gzip"):
        list(records)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> object:
        yield DOCUMENTS[0]
        raise RuntimeError("stop")

    for name in ("a.conll", "a.jsonl.gz"):
        with pytest.raises(RuntimeError):
            write_documents(broken(), tmp_path / name)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_documents(DOCUMENTS, tmp_path / "file" / "a.jsonl")
