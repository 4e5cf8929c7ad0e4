"""Plain text: a text a line, nothing lost, nothing invented."""

from pathlib import Path

import pytest

from labelproj.errors import MissingInputError, UsageError
from labelproj.formats import read_documents, write_documents
from labelproj.records import Document, Reject


def test_a_text_a_line(tmp_path: Path) -> None:
    path = tmp_path / "ha.txt"
    path.write_bytes("\ufeff Amina ta zo. \r\n\r\nAn yi ruwa.\nA\u2028b\n".encode() + b"\xff\n")
    found = list(read_documents(f"text:{path}", lang="ha"))
    documents = [one for one in found if isinstance(one, Document)]
    assert [(d.id, d.segments[0].text) for d in documents] == [
        ("ha-1", " Amina ta zo. "),
        ("ha-3", "An yi ruwa."),
        ("ha-4", "A\u2028b"),
    ]
    (bad,) = [one for one in found if isinstance(one, Reject)]
    assert (bad.line, bad.record_id) == (5, "ha-5")
    assert "invalid UTF-8" in bad.reason


def test_it_is_not_written_and_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no room for labels"):
        write_documents([], tmp_path / "out.txt", format="text")
    (tmp_path / "empty.txt").write_text("\n\n")
    with pytest.raises(MissingInputError, match="nothing in it"):
        list(read_documents(f"text:{tmp_path / 'empty.txt'}", lang="ha"))
