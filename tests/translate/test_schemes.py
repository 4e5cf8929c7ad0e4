"""Marker schemes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.errors import UsageError
from labelproj.translate.schemes import SCHEMES, scheme

TEXT = "the Blue Nile at Bahir Dar"


def test_brackets() -> None:
    assert SCHEMES["brackets"].mark(TEXT, [(4, 13), (17, 26)]) == (
        "the [ Blue Nile ] at [ Bahir Dar ]"
    )


def test_xml_names_spans_and_nests() -> None:
    assert SCHEMES["xml"].mark(TEXT, [(4, 8), (4, 13), (0, 26)]) == (
        "<c>the <b><a>Blue</a> Nile</b> at Bahir Dar</c>"
    )


def test_a_mark_in_the_text_is_made_plain_and_keeps_its_length() -> None:
    assert SCHEMES["brackets"].mark("a [b] c", [(3, 4)]) == "a ([ b ]) c"
    assert SCHEMES["xml"].escape("x <a>y</a> < z") == "x (a)y(/a) < z"


def test_names_after_z() -> None:
    assert SCHEMES["xml"].marks(26) == ("<aa>", "</aa>")
    assert SCHEMES["xml"].marks(25) == ("<z>", "</z>")


@given(st.text(alphabet="ab []<>/", max_size=20), st.sampled_from(sorted(SCHEMES)))
def test_escaping_keeps_offsets(text: str, name: str) -> None:
    escaped = scheme(name).escape(text)
    assert len(escaped) == len(text)
    assert scheme(name).escape(escaped) == escaped


def test_unknown_scheme() -> None:
    with pytest.raises(UsageError, match="no marker scheme"):
        scheme("stars")
