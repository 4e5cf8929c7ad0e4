"""New records: labels stay where their words are, and every record says what it is made of."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import marked
from labelproj.align import AlignedPair, Link, TokenPair
from labelproj.augment.changes import Change, apart, changed, replaceable
from labelproj.augment.maker import AUGMENTED, LONGEST, ExampleMaker, check_methods, token_pairs
from labelproj.augment.names import harvested_names, read_names
from labelproj.config import AugmentParams
from labelproj.errors import FormatError, MissingInputError, UsageError
from labelproj.records import Document, Segment, Span
from labelproj.tasks import TASKS
from labelproj.translate.bitext_spans import SpanFinder

SOURCE = "Yesterday [PER:1 Amina Bello] came to [LOC:2 Old Kano]."
TARGET = "Jiya [PER:1 Aminatu] ta zo [LOC:2 Tsohuwar Kano]."


def document(text: str, *, lang: str, name: str = "d1") -> Document:
    plain, spans = marked(text)
    return Document(name, lang, (Segment("text", "text", plain, spans),), {"topic": "news"})


PAIR = (document(TARGET, lang="ha"), document(SOURCE, lang="en"))


def surfaces(one: Document) -> list[str]:
    return [span.surface(segment.text) for segment, span in one.spans()]


def maker(**params: object) -> ExampleMaker:
    return ExampleMaker(AugmentParams.model_validate(params), 13, {})


class Diagonal:
    """An aligner that links word n with word n."""

    name = "diagonal"

    def fit(self, corpus: object) -> None:
        """Learn nothing."""

    def align(self, pairs: list[TokenPair]) -> list[AlignedPair]:
        return [
            AlignedPair(tuple(Link(n, n, 1.0) for n in range(min(len(p.src), len(p.tgt)))))
            for p in pairs
        ]

    def params(self) -> dict[str, object]:
        return {}


def test_spans_are_switched_and_stay_labelled() -> None:
    (new,) = maker(share=1.0).made([PAIR])
    assert (new.id, new.lang) == ("d1+switched1", "ha")
    assert new.segments[0].text == "Jiya Amina Bello ta zo Old Kano."
    assert surfaces(new) == ["Amina Bello", "Old Kano"]
    said = new.payload[AUGMENTED]
    assert said == {
        "from": "d1",
        "method": "code-switch",
        "seed": 13,
        "matrix": "ha",
        "changes": [
            {"segment": "text", "kind": "span", "start": 5, "end": 16, "was": "Aminatu"},
            {"segment": "text", "kind": "span", "start": 23, "end": 31, "was": "Tsohuwar Kano"},
        ],
    }
    assert new.payload["topic"] == "news"


def test_the_source_can_be_the_frame() -> None:
    (new,) = maker(share=1.0, matrix="source").made([PAIR])
    assert (new.lang, new.segments[0].text) == ("en", "Yesterday Aminatu came to Tsohuwar Kano.")
    assert surfaces(new) == ["Aminatu", "Tsohuwar Kano"]


def test_two_labels_of_one_place_need_the_same_words() -> None:
    text, other = "ya sha magani", "he took new medicine"
    here = (Span("a", 7, 13, "Treatment"), Span("b", 7, 13, "Drug"))
    there = (Span("a", 8, 20, "Treatment"), Span("b", 12, 20, "Drug"))
    target = Document("d1", "ha", (Segment("text", "text", text, here),))
    for spans, made in ((there, 0), ((there[0], Span("b", 8, 20, "Drug")), 1), (there[:1], 0)):
        source = Document("d1", "en", (Segment("text", "text", other, spans),))
        found = list(maker().made([(target, source)]))
        assert len(found) == made
        assert all(surfaces(one) == ["new medicine"] * 2 for one in found)


def test_aligned_words_outside_of_spans_are_switched_too() -> None:
    pair = (document("Jiya [PER:1 Amina] taje Jos", lang="ha"),)
    other = document("Yesterday [PER:1 Amina] visited Jos", lang="en")
    finder = SpanFinder(Diagonal())  # type: ignore[arg-type]
    finder.fit(lambda: token_pairs([(pair[0], other)]))
    for matrix, expected in (("target", "Yesterday Amina visited"), ("source", "Jiya Amina taje")):
        params = AugmentParams.model_validate({"share": 1.0, "matrix": matrix})
        (new,) = ExampleMaker(params, 1, {}, finder).made([(pair[0], other)])
        assert new.segments[0].text == f"{expected} Jos"
        assert surfaces(new) == ["Amina"]
        changes = new.payload[AUGMENTED]["changes"]  # type: ignore[index]
        assert {one["kind"] for one in changes} == {"fragment"}
    long = document("kogi " * (LONGEST + 1), lang="ha")
    assert list(token_pairs([(long, long), (pair[0], None)])) == []


def test_names_come_from_a_list_or_from_the_data(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("\ufeffPER\tMusa Sani\nLOC\tZaria\n\nLOC\tTsohuwar Kano\n", encoding="utf-8")
    names = read_names(path)
    assert names == {"LOC": ("Tsohuwar Kano", "Zaria"), "PER": ("Musa Sani",)}
    params = AugmentParams(methods=("names",), share=1.0, copies=2)
    first, second = ExampleMaker(params, 1, names).made([(PAIR[0], None)])
    assert (first.id, second.id) == ("d1+renamed1", "d1+renamed2")
    assert first.segments[0].text == "Jiya Musa Sani ta zo Zaria."
    assert surfaces(first) == ["Musa Sani", "Zaria"]
    assert harvested_names([PAIR[0]]) == {"LOC": ("Tsohuwar Kano",), "PER": ("Aminatu",)}
    assert list(ExampleMaker(params, 1, harvested_names([PAIR[0]])).made([PAIR])) == []


@pytest.mark.parametrize("line", ["PER Musa", "PER\t", "\tMusa", "PER\tMusa\tx"])
def test_lists_that_are_none(tmp_path: Path, line: str) -> None:
    path = tmp_path / "names.tsv"
    path.write_text(f"LOC\tJos\n{line}\n", encoding="utf-8")
    with pytest.raises(FormatError) as error:
        read_names(path)
    assert str(error.value.where).endswith("names.tsv:2")


def test_lists_without_names(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no such list"):
        read_names(tmp_path / "none.tsv")
    (tmp_path / "empty.tsv").write_text("\n")
    with pytest.raises(MissingInputError, match="no name"):
        read_names(tmp_path / "empty.tsv")
    (tmp_path / "latin.tsv").write_bytes(b"PER\tJos\xe9\n")
    with pytest.raises(FormatError, match="UTF-8"):
        read_names(tmp_path / "latin.tsv")


def test_nothing_comes_of_what_cannot_change() -> None:
    bare = document("Jiya", lang="ha")
    one = maker().made([(PAIR[0], None), (bare, bare), (PAIR[1], PAIR[1])])
    assert list(one) == []
    (new,) = maker().made([PAIR])
    assert list(maker().made([(new, PAIR[1])])) == []


def test_tasks_say_what_leaves_their_records_true() -> None:
    both = AugmentParams(methods=("code-switch", "names"))
    check_methods(both, TASKS["ner"])
    for task in ("eae", "qa", "tod"):
        with pytest.raises(UsageError):
            check_methods(both, TASKS[task])


def test_places_that_hold_parts_of_spans_do_not_change() -> None:
    spans = [Span("a", 2, 6, "X"), Span("b", 3, 5, "Y")]
    assert replaceable((3, 5), spans) and not replaceable((2, 6), spans)
    assert not replaceable((5, 8), spans) and replaceable((6, 8), spans)
    ones = [Change(0, 3, "x", "name"), Change(2, 4, "y", "name"), Change(5, 6, "", "name")]
    assert apart(ones) == [ones[0], ones[2]]


@st.composite
def segments(draw: st.DrawFn) -> tuple[Segment, list[Change]]:
    """Texts of words, spans over some of them (also nested), changes of whole words."""
    number = draw(st.integers(1, 8))
    text = " ".join(f"w{n}" for n in range(number))
    spans = []
    for k in range(draw(st.integers(0, 3))):
        first = draw(st.integers(0, number - 1))
        last = draw(st.integers(first, number - 1))
        spans.append(Span(f"s{k}", 3 * first, 3 * last + 2, "X"))
    places = [(3 * n, 3 * n + 2) for n in range(number)]
    chosen = draw(st.lists(st.sampled_from(places), unique=True))
    changes = [
        Change(*place, draw(st.sampled_from(["y", "longer word", "z z"])), "name")
        for place in sorted(chosen)
        if replaceable(place, spans)
    ]
    return Segment("0", "text", text, tuple(spans)), changes


@given(segments())
def test_every_label_keeps_its_words_but_for_what_changed(
    given_: tuple[Segment, list[Change]],
) -> None:
    segment, changes = given_
    new, made = changed(segment, changes)
    by_place = {(one.start, one.end): one.text for one in changes}
    words = [
        by_place.get((3 * n, 3 * n + 2), word) for n, word in enumerate(segment.text.split(" "))
    ]
    assert new.text == " ".join(words)
    for old, span in zip(segment.spans, new.spans, strict=True):
        assert span.surface(new.text) == " ".join(words[old.start // 3 : (old.end + 1) // 3])
        assert (span.id, span.label) == (old.id, old.label)
    for one, change in zip(made, changes, strict=True):
        start, end = one["start"], one["end"]
        assert isinstance(start, int) and isinstance(end, int)
        assert new.text[start:end] == change.text
