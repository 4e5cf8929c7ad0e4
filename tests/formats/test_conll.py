"""CoNLL: all schemes in, IOB2 out, nothing bad stops the reading."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.errors import FormatError, MissingInputError, UsageError
from labelproj.formats.conll import Conll
from labelproj.formats.jsonl import Jsonl
from labelproj.progress import log
from labelproj.records import Document, Reject, Segment, Span
from labelproj.text import words


def read(path: Path, content: str | bytes, reader: Conll | None = None) -> list[Document | Reject]:
    file = path / "news.conll"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return list((reader or Conll()).read(str(file), lang="en"))


def labelled(record: Document | Reject) -> list[tuple[str, str]]:
    assert isinstance(record, Document), record
    return [(span.surface(segment.text), span.label) for segment, span in record.spans()]


def text_of(record: Document | Reject) -> str:
    assert isinstance(record, Document), record
    return record.segments[0].text


def test_sentences_become_documents(tmp_path: Path) -> None:
    content = (
        "-DOCSTART-\tO\n\nMusa\tB-PER\nBello\tI-PER\nwon\tO\n.\tO\n\n"
        "# id = flood-7\n# text = Kano is wet\nKano\tB-LOC\nis\tO\nwet\tO\n\n\n"
    )
    first, second = read(tmp_path, content)
    assert isinstance(first, Document) and isinstance(second, Document)
    assert (first.id, text_of(first), first.lang) == ("news-1", "Musa Bello won.", "en")
    assert labelled(first) == [("Musa Bello", "PER")]
    assert (second.id, labelled(second)) == ("flood-7", [("Kano", "LOC")])


@pytest.mark.parametrize(
    "tags",
    ["I-PER I-PER B-PER O", "B-PER I-PER B-PER O", "B-PER E-PER S-PER O", "B-PER L-PER U-PER O"],
)
def test_all_schemes_give_the_same_spans(tmp_path: Path, tags: str) -> None:
    pairs = zip(["Ann", "Lee", "Bob", "ran"], tags.split(), strict=True)
    lines = [f"{token} {tag}" for token, tag in pairs]
    (document,) = read(tmp_path, "\n".join(lines))
    assert labelled(document) == [("Ann Lee", "PER"), ("Bob", "PER")]


def test_spaces_around_a_tab_are_no_part_of_tokens_and_tags(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "Kano \t B-LOC\nwon\t O \n")
    assert labelled(document) == [("Kano", "LOC")]
    assert text_of(document) == "Kano won"


def test_columns_are_options(tmp_path: Path) -> None:
    content = "1 Kano B-LOC NNP\n2 won O VBD\n"
    (document,) = read(tmp_path, content, Conll(token_column=1, tag_column=2))
    assert labelled(document) == [("Kano", "LOC")]


def test_without_detokenizing_tokens_have_spaces_between(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "Kano\tO\n.\tO\n", Conll(detokenize=False))
    assert text_of(document) == "Kano ."


def test_crlf_mark_and_odd_characters(tmp_path: Path) -> None:
    content = "\ufeffKano\u200b\tB-LOC\r\n👍🏽\tO\r\n \tO\r\n\u2028x\u0085\tO\r\n\r\nwet\tO\r\n"
    first, second = read(tmp_path, content)
    assert labelled(first) == [("Kano\u200b", "LOC")]
    assert text_of(first) == "Kano\u200b 👍🏽 x"
    assert text_of(second) == "wet"


def test_a_hash_can_be_a_token(tmp_path: Path) -> None:
    content = "# a comment\n# id 12\tdomain=news\n#\tO\n# O\n#wet B-TAG\n"
    (document,) = read(tmp_path, content)
    assert isinstance(document, Document)
    assert (document.id, text_of(document)) == ("12", "# # #wet")


def test_bad_sentences_are_rejected_with_their_line(tmp_path: Path) -> None:
    good = b"Kano\tB-LOC\n\n"
    bad = b"Kano\tB-LOC\nwon\tVBD\n\n" + b"a\tO\nb\xff\tO\n\n" + b"a\tO\nb\n\n" + b"c\tB-\n\n"
    records = read(tmp_path, good + bad + good)
    rejects = [record for record in records if isinstance(record, Reject)]
    assert [(r.line, r.record_id) for r in rejects] == [
        (4, "news-2"),
        (7, "news-3"),
        (10, "news-4"),
        (12, "news-5"),
    ]
    assert "'VBD' is not a tag" in rejects[0].reason
    assert "invalid UTF-8 at byte 2 of line 7" in rejects[1].reason
    assert "too few columns: 1" in rejects[2].reason
    assert rejects[1].raw == "a\tO\nb\\xff\tO"
    assert len(records) == 6 and isinstance(records[5], Document)


def test_broken_tags_are_mended_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log.addHandler(caplog.handler)  # the package's messages do not go to the root logger
    try:
        (document,) = read(tmp_path, "a\tB-X\nb\tO\nc\tS-X\n")
    finally:
        log.removeHandler(caplog.handler)
    assert labelled(document) == [("a", "X"), ("c", "X")]
    assert "mended the tags of 1 sentences (line 1: span X at token 1 is not closed)" in caplog.text


@pytest.mark.parametrize(
    ("content", "error"), [("", MissingInputError), (" \n\n", MissingInputError)]
)
def test_nothing_in_it(tmp_path: Path, content: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"news\.conll: nothing in it"):
        read(tmp_path, content)


def test_one_column_everywhere_is_not_this_format(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"news\.conll:1: too few columns: 1 .*TAB or space"):
        read(tmp_path, "a\nb\n\nc\n")


def test_no_such_column(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"too few columns: 2 \(token in 0, tag in 5\)"):
        read(tmp_path, "a O\nb O\n", Conll(tag_column=5))


def test_tokens_and_tags_in_one_column() -> None:
    with pytest.raises(UsageError):
        Conll(token_column=1, tag_column=1)


def test_utf16_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"UTF-16.*iconv"):
        read(tmp_path, "a\tO\n".encode("utf-16"))


def test_golden_file(tmp_path: Path) -> None:
    text = "Musa's '‘yan Kano’ (5%)\nran\u00a0on."
    spans = (Span("a", 0, 4, "PER"), Span("b", 8, 17, "TV area"), Span("c", 13, 17, "LOC"))
    segments = (Segment("q", "question", text, spans), Segment("a", "context", "# Yes"))
    path = tmp_path / "out.conll"
    assert Conll().write([Document("d 1", "en", segments), Document("d2", "en", ())], path) == 2
    assert path.read_text(encoding="utf-8") == (
        "# id = d 1\nMusa\tB-PER\n's\tO\n'\tO\n‘yan\tB-TV area\nKano\tI-TV area\n’\tO\n(\tO\n5\tO\n"
        "%\tO\n)\tO\nran\tO\non\tO\n.\tO\n\n# text = # Yes\n#\tO\nYes\tO\n\n# id = d2\n"
    )
    assert len(list(Conll().read(str(path), lang="en"))) == 2


@settings(deadline=None)
@given(st.text(max_size=40), st.data())
def test_what_is_written_is_read_with_the_same_tokens_and_tags(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    text = text.encode("utf-8", "replace").decode()
    tokens = words(text)
    if not tokens:
        return
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first, len(tokens) - 1))
    span = Span("s0", tokens[first][0], tokens[last][1], "X")
    document = Document("d", "en", (Segment("text", "text", text, (span,)),))
    path = tmp_path_factory.mktemp("conll") / "a.conll.gz"
    Conll().write([document], path)
    (again,) = Conll(detokenize=False).read(str(path), lang="en")
    if not set(text) & set("\t\r\n"):
        assert again == document
        return
    assert text_of(again) == " ".join(text[start:end] for start, end in tokens)
    inside = [text[start:end] for start, end in tokens[first : last + 1]]
    assert labelled(again) == [(" ".join(inside), "X")]


#: Tokens that are not labelproj's words, and columns beside tokens and tags.
ODD = (
    "Musa\tNNP\tB-PER\n's\tPOS\tO\n2,5\tCD\tO\n00\tCD\tO\nwhite-\tJJ\tB-ORG\n"
    "walls\tNN\tI-ORG\n\nKano\tNNP\tB-LOC\n''\tNN\tO\n@ada\tXX\tB-PER\n.\t.\tO\n\n"
)


@pytest.mark.parametrize("content", [ODD, ODD.replace("NNP\t", "").replace("\t.\t", "\tX\t")])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tokens_and_columns_are_written_back_as_they_were(
    tmp_path: Path, content: str, end: str
) -> None:
    records = read(tmp_path, "\ufeff" + content.replace("\n", end))
    documents = [record for record in records if isinstance(record, Document)]
    # JSON Lines keeps them too.
    Jsonl().write(documents, tmp_path / "between.jsonl")
    between = list(Jsonl().read(str(tmp_path / "between.jsonl"), lang="en"))
    for held in (documents, between):
        path = tmp_path / "out.conll"
        Conll().write([record for record in held if isinstance(record, Document)], path)
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        assert "".join(line for line in lines if line[0] != "#") == content


def test_tags_become_iob2_and_own_words_serve_where_tokens_do_not(tmp_path: Path) -> None:
    (document,) = read(
        tmp_path, "1 @ada I-PER\n2 \u200b O\n3 Bello's I-PER\n", Conll(token_column=1)
    )
    assert isinstance(document, Document)
    (segment,) = document.segments
    path = tmp_path / "out.conll"
    Conll().write([document], path)
    assert "1\t@ada\tB-PER\n2\t\u200b\tO\n3\tBello's\tB-PER\n" in path.read_text(encoding="utf-8")
    start = segment.text.index("Bello")
    moved = replace(segment, spans=(Span("a", start, start + 5, "PER"),))
    Conll().write([replace(document, segments=(moved,))], path)
    assert "Bello\tB-PER\n's\tO\n" in path.read_text(encoding="utf-8")
    strange = ({"lines": ["x"]}, {"lines": 3}, "x", {"lines": [], "token": 0, "tag": 0})
    for said in strange:
        Conll().write([replace(document, segments=(moved,), payload={"conll": said})], path)
        assert "Bello\tB-PER\n's\tO\n" in path.read_text(encoding="utf-8")


def test_a_text_that_is_not_its_tokens_is_passed_over(tmp_path: Path) -> None:
    tokens = "Kano\tB-LOC\n.\tO\n\n"
    comments = ["Kano .", "Kano  .", "Kano", "In Kano.", "Kano. Yes"]
    records = read(tmp_path, "".join(f"# text = {text}\n{tokens}" for text in comments))
    texts = [text_of(record) for record in records]
    assert texts == ["Kano .", "Kano  .", "Kano.", "Kano.", "Kano."]


def test_a_very_long_sentence(tmp_path: Path) -> None:
    (document,) = read(tmp_path, "word\tO\n" * 4000 + "Kano\tB-LOC\n")
    assert len(text_of(document)) == 20_004
    assert labelled(document) == [("Kano", "LOC")]


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("今天在Google音乐上播放𠮷野的歌。", "𠮷野"),
        ("東京タワーの近くで会いましょう", "東京タワー"),
        ("ผมรักประเทศไทย 2015", "ประเทศไทย"),
        ("នៅភ្នំពេញ ថ្ងៃនេះ", "ភ្នំពេញ"),
        ("서울에서 만나요", "서울에서"),
    ],
)
def test_texts_without_spaces_come_back_whole(tmp_path: Path, text: str, surface: str) -> None:
    start = text.index(surface)
    span = Span("s0", start, start + len(surface), "LOC")
    path = tmp_path / "out.conll"
    Conll().write([Document("d", "zh", (Segment("0", "text", text, (span,)),))], path)
    (document,) = Conll().read(str(path), lang="zh")
    assert isinstance(document, Document)
    (segment,) = document.segments
    assert segment.text == text
    assert [one.surface(text) for one in segment.spans] == [surface]
