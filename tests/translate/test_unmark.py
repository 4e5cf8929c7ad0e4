"""Marks come back in every state of disrepair; none of them stays in the text."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.records import Span
from labelproj.translate.schemes import SCHEMES
from labelproj.translate.unmark import Unmarked, mark_spans, marking_order, unmark

SOURCE = "Amina met Bello in Kano"
SPANS = (Span("0", 0, 5, "PER"), Span("1", 10, 15, "PER"), Span("2", 19, 23, "LOC"))


def read(marked: str, scheme: str, source: str = SOURCE) -> Unmarked:
    return unmark(marked, source=source, spans=SPANS, scheme=SCHEMES[scheme])


def surfaces(found: Unmarked) -> list[tuple[str, int | None, bool]]:
    return [(found.text[p.start : p.end], p.number, p.repaired) for p in found.places]


def test_whole_brackets() -> None:
    found = read("[ Amina ] ta ga [ Bello ], a [ Kano ].", "brackets")
    assert (found.text, found.state) == ("Amina ta ga Bello, a Kano.", "whole")
    assert [surface for surface, *_ in surfaces(found)] == ["Amina", "Bello", "Kano"]


@pytest.mark.parametrize(
    ("marked", "text", "state"),
    [
        ("[ Amina ] ta ga [ Bello ]", "Amina ta ga Bello", "lost"),
        ("[ Amina ][ Bello ] a [ Kano", "Amina Bello a Kano", "lost"),
        ("】 Amina 【 ya [ ] zo ] [", "Amina ya zo", "lost"),
        ("在 [ 青尼罗河 ] 附近，[ 卡诺 ]。", "在青尼罗河附近，卡诺。", "lost"),
        ("na[ Kano ]wa", "naKanowa", "lost"),
    ],
)
def test_broken_brackets(marked: str, text: str, state: str) -> None:
    found = read(marked, "brackets")
    assert (found.text, found.state) == (text, state)


@pytest.mark.parametrize(
    ("marked", "text", "places"),
    [
        (
            "<a>Amina</a> ta ga <b>Bello</b> a <c>Kano</c>",
            "Amina ta ga Bello a Kano",
            [("Amina", 0, False), ("Bello", 1, False), ("Kano", 2, False)],
        ),
        (  # a slash too few, another name, a stutter, spaces, an escape
            "<a>Amina<a> <b>Bello</z> < c ><c>Kano&lt;/c&gt;",
            "Amina Bello Kano",
            [("Amina", 0, True), ("Bello", 1, True), ("Kano", 2, False)],
        ),
        (  # crossed
            "<a>Amina <b>ta</a> ga</b> <c>Kano</c>",
            "Amina ta ga Kano",
            [("Amina ta", 0, False), ("ta ga", 1, False), ("Kano", 2, False)],
        ),
        (  # only one name is left that <x> can be; a doubled span
            "<a>Amina</a> <x>Bello</x> <c>Kano</c> <c>Kano</c>",
            "Amina Bello Kano Kano",
            [("Amina", 0, False), ("Bello", 1, True), ("Kano", 2, True), ("Kano", 2, True)],
        ),
        (
            "<c>Kano</c><a>Amina</a> <b></b>",
            "Kano Amina",
            [("Amina", 0, False), ("", 1, False), ("Kano", 2, False)],
        ),
    ],
)
def test_tags_are_mended(marked: str, text: str, places: list[tuple[str, int, bool]]) -> None:
    found = read(marked, "xml")
    assert (found.text, found.state, surfaces(found)) == (text, "whole", places)


@pytest.mark.parametrize(
    "marked",
    [
        "<a>Amina</a> <b>Bello</b> <cKano</c>",
        "<a>Amina</a> <b>Bello</b> Kano</c>",
        "<a>Amina</a> <b>Bello /b <c>Kano</c>",
        "</a>Amina<a> <b>Bello</b> <c>Kano</c>",
        "<a>Amina</a> <b>Bello</b> <c>Kano</c> <x>da</x>",
    ],
)
def test_what_cannot_be_mended_is_broken(marked: str) -> None:
    found = read(marked, "xml")
    assert found.state == "broken"
    assert not re.search("[<>]", found.text)


def test_signs_of_the_source_come_back() -> None:
    source = "Amina [sic] met Bello <a>: 3 < 4/5"
    spans = (Span("0", 0, 5, "PER"), Span("1", 16, 21, "PER"))
    for scheme in SCHEMES.values():
        marked = mark_spans(source, spans, scheme)
        found = unmark(marked, source=source, spans=spans, scheme=scheme)
        assert (found.text, found.state) == (source, "whole")
        longer = marked.replace(" met", " (fa) ta ga")
        found = unmark(longer, source=source, spans=spans, scheme=scheme)
        assert "(fa)" in found.text  # not as many: they stay plain


def test_spans_that_touch_keep_touching() -> None:
    spans = (Span("0", 0, 2, "X"), Span("1", 2, 4, "X"))
    for scheme in SCHEMES.values():
        marked = mark_spans("abcd", spans, scheme)
        assert unmark(marked, source="abcd", spans=spans, scheme=scheme).text == "abcd"


texts = st.lists(
    st.sampled_from(["Kano", "ta", "ruwa", ".", ",", "(b)", "2019", "'yan", "ƙasa", "<", "[x]"]),
    min_size=1,
    max_size=9,
).map(" ".join)
spans_of = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12)), max_size=4)


def cut(text: str, places: list[tuple[int, int]]) -> tuple[Span, ...]:
    """Make spans without white space at their edges, some nested and crossing."""
    found = []
    for number, (start, length) in enumerate(places):
        surface = text[start : start + length]
        start += len(surface) - len(surface.lstrip())
        if surface.strip():
            found.append(Span(str(number), start, start + len(surface.strip()), "X"))
    return tuple(found)


@given(texts, spans_of, st.sampled_from(sorted(SCHEMES)))
def test_marks_that_come_back_whole_give_the_places(
    text: str, places: list[tuple[int, int]], name: str
) -> None:
    spans = cut(text, places)
    marked = mark_spans(text, spans, SCHEMES[name])
    found = unmark(marked, source=text, spans=spans, scheme=SCHEMES[name])
    assert found.state == "whole"
    if name == "xml":
        assert found.text == text
        where = {p.number: (p.start, p.end) for p in found.places}
        for number, k in enumerate(marking_order(spans)):
            assert where[number] == (spans[k].start, spans[k].end)


def corrupted(marked: str, pattern: str, rng: random.Random) -> str:
    """Drop, double, swap or damage some of the marks."""
    marks: list[str] = re.findall(pattern, marked)
    rng.shuffle(marks) if rng.random() < 0.2 else None
    waiting = iter(marks)

    def one(_: re.Match[str]) -> str:
        mark = next(waiting)
        roll = rng.random()
        if roll < 0.5:
            return mark
        if roll < 0.6:
            return ""
        if roll < 0.7:
            return mark + " " + mark
        place = rng.randrange(len(mark))
        return mark[:place] + rng.choice(["", " ", mark[place].upper()]) + mark[place + 1 :]

    return re.sub(pattern, one, marked)


@settings(max_examples=300)
@given(texts, spans_of, st.sampled_from(sorted(SCHEMES)), st.integers(0, 10**6))
def test_no_mark_and_no_part_of_one_is_left(
    text: str, places: list[tuple[int, int]], name: str, seed: int
) -> None:
    spans, scheme = cut(text, places), SCHEMES[name]
    pattern = r"</?[a-z]{1,2}>" if name == "xml" else r"[\[\]]"
    marked = corrupted(mark_spans(text, spans, scheme), pattern, random.Random(seed))
    found = unmark(marked, source=text, spans=spans, scheme=scheme)
    # Where the text may be used, it is the text; spaces apart, which a lost mark may take along.
    if found.state == "whole" or name == "brackets":
        assert re.sub(r"\s|[\[\]()]", "", found.text) == re.sub(r"\s|[\[\]()]", "", text)
        assert found.text.count("[") in (0, text.count("["))
    for place in found.places:
        assert 0 <= place.start <= place.end <= len(found.text)
        surface = found.text[place.start : place.end]
        assert surface == surface.strip()


@given(st.text(alphabet="<>/ab []K", max_size=30), st.sampled_from(sorted(SCHEMES)))
def test_anything_at_all_can_be_read(marked: str, name: str) -> None:
    found = read(marked, name)
    assert found.state in {"whole", "lost", "broken"}
    assert not re.search(r"[<>]" if name == "xml" else r"[\[\]]", found.text)
