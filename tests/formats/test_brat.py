"""brat: offsets are code points of the text file, whatever its line ends."""

from pathlib import Path

import pytest

from labelproj.errors import FormatError, UsageError
from labelproj.formats.brat import Brat
from labelproj.records import Document, Reject, Segment, Span


def pair(folder: Path, text: str | bytes, ann: str | bytes, name: str = "a") -> None:
    (folder / f"{name}.txt").write_bytes(text.encode() if isinstance(text, str) else text)
    (folder / f"{name}.ann").write_bytes(ann.encode() if isinstance(ann, str) else ann)


def read(path: Path) -> list[Document | Reject]:
    return list(Brat().read(str(path), lang="en"))


def spans_of(record: Document | Reject) -> list[tuple[str, int, int, str]]:
    assert isinstance(record, Document), record
    return [(s.id, s.start, s.end, s.label) for _, s in record.spans()]


def test_text_bound_annotations_are_read_and_others_passed_over(tmp_path: Path) -> None:
    ann = (
        "T1\tLOC 2 6\tKano\nT2\tORG 9 12;17 20\tnew man\nR1\tIn Arg1:T1 Arg2:T2\n#1\tNote T1\thi\n"
    )
    pair(tmp_path, "👍 Kano,\n\nnew old man", ann)
    (document,) = read(tmp_path)
    assert spans_of(document) == [("T1", 2, 6, "LOC"), ("T2", 9, 12, "ORG"), ("T2", 17, 20, "ORG")]


@pytest.mark.parametrize(
    ("text", "ann"),
    [
        ("one\r\nKano", "T1\tLOC 5 9\tKano\n"),  # counted with CRLF
        ("one\r\nKano", "T1\tLOC 4 8\tKano\r\n"),  # counted with LF
        ("\ufeffone\nKano", "T1\tLOC 4 8\tKano\n"),  # the mark not counted
        ("\ufeffone\nKano", "T1\tLOC 5 9\tKano\n"),  # the mark counted
    ],
)
def test_line_ends_and_marks(tmp_path: Path, text: str, ann: str) -> None:
    pair(tmp_path, text, ann)
    (document,) = read(tmp_path)
    assert isinstance(document, Document)
    segment = document.segments[0]
    assert [span.surface(segment.text) for span in segment.spans] == ["Kano"]


@pytest.mark.parametrize(
    ("text", "ann", "reason"),
    [
        ("Kano", "T1\tLOC 0 9\tKano\n", "outside its text"),
        ("Kano", "T1\tLOC 0 3\tKano\n", "T1 says 'Kano' and its offsets cover 'Kan'"),
        ("Kano", "T1 LOC 0 4 Kano\n", "not 'ID TAB LABEL"),
        (b"Ka\n\xffno", "", "invalid UTF-8 in line 2 of a.txt"),
        ("Kano", b"T1\tLOC 0 4\tK\xff\n", "invalid UTF-8 at byte 13 of line 1"),
    ],
)
def test_bad_pairs_are_rejected_and_the_others_read(
    tmp_path: Path, text: str | bytes, ann: str | bytes, reason: str
) -> None:
    pair(tmp_path, text, ann)
    pair(tmp_path, "Lagos", "T1\tLOC 0 5\tLagos\n", "b")
    (tmp_path / "c.ann").write_text("")
    bad, good, alone = read(tmp_path)
    assert isinstance(bad, Reject) and isinstance(good, Document) and isinstance(alone, Reject)
    assert reason in bad.reason
    assert bad.record_id == "a"
    assert alone.reason == "no c.txt beside it"


def test_one_file_and_an_empty_annotation(tmp_path: Path) -> None:
    pair(tmp_path, "Kano", "")
    (document,) = read(tmp_path / "a.ann")
    assert document == Document("a", "en", (Segment("text", "text", "Kano"),))


def test_a_folder_without_annotations(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Kano")
    with pytest.raises(FormatError, match=r"no \.ann file in this folder"):
        read(tmp_path)


def test_round_trip(tmp_path: Path) -> None:
    text = "Bank of\nLagos\tand 👍 Kano"
    spans = (
        Span("T1", 0, 7, "ORG"),
        Span("T1", 8, 13, "ORG"),
        Span("T2", 8, 13, "LOC"),
        Span("T3", 20, 24, "LOC"),
    )
    names = ["x/1", "..", "50%", "ɗan " * 80]
    documents = [Document(name, "en", (Segment("text", "text", text, spans),)) for name in names]
    out = tmp_path / "out"
    assert Brat().write(documents, out) == 4
    again = {d.id: d for d in read(out) if isinstance(d, Document)}
    assert set(names[:3]) < set(again)
    assert [d.segments[0] for d in again.values()] == [documents[0].segments[0]] * 4


def test_a_span_over_a_line_break_is_written_in_parts(tmp_path: Path) -> None:
    document = Document(
        "a", "en", (Segment("text", "text", "Bank of\nLagos", (Span("s", 0, 13, "O"),)),)
    )
    Brat().write([document], tmp_path)
    assert (tmp_path / "a.ann").read_text() == "T1\tO 0 7;8 13\tBank of Lagos\n"


def test_written_as_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Brat().write([], tmp_path / "a.ann")
