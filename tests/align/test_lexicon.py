"""The corpus's say on links, and links that come from elsewhere."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.align import TokenPair, token_pair
from labelproj.align.lexicon import Lexicon
from labelproj.align.record import GivenAligner, read_pharaoh
from labelproj.errors import FormatError, MissingInputError

NAMES = ["Amina", "Bala", "Chidi", "Dele", "Efe", "Fatima", "Gambo", "Hauwa"]


def corpus() -> list[tuple[TokenPair, dict[tuple[int, int], float]]]:
    """Sentences in which the pronoun "ta" is linked with the name, for want of a better word."""
    found = []
    for name in NAMES:
        pair = token_pair(f"{name} came today", f"{name} ta zo yau")
        found.append((pair, {(0, 0): 1.0, (0, 1): 1.0, (1, 2): 1.0, (2, 3): 1.0}))
    return found


def test_a_word_linked_with_everything_weighs_less() -> None:
    lexicon = Lexicon()
    for pair, votes in corpus():
        lexicon.add(pair, votes)
    pair, votes = corpus()[0]
    weighed = {(link.src, link.tgt): link.probability for link in lexicon.weigh(pair, votes)}
    assert weighed[0, 1] < 0.75 < weighed[0, 0]
    assert weighed[2, 3] == pytest.approx(1.0)


def test_a_missed_link_is_found() -> None:
    lexicon = Lexicon()
    for pair, votes in corpus():
        lexicon.add(pair, votes)
    pair = token_pair("Today Garba came", "Garba ya zo yau")
    weighed = {(link.src, link.tgt) for link in lexicon.weigh(pair, {})}
    assert {(0, 3), (2, 2)} <= weighed


@given(st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 3)), st.floats(0.01, 1.0)))
def test_probabilities_stay_probabilities(votes: dict[tuple[int, int], float]) -> None:
    lexicon = Lexicon()
    pair = token_pair("Amina came today", "Amina ta zo yau")
    lexicon.add(pair, votes)
    links = lexicon.weigh(pair, votes)
    assert all(0 < link.probability <= 1 for link in links)
    assert set(votes) <= {(link.src, link.tgt) for link in links}


def test_given_links() -> None:
    one, two = token_pair("a b", "c d"), token_pair("e", "f")
    aligner = GivenAligner("record:x", {one: "0-0 1-1 7-0"})
    first, second = aligner.align([one, two])
    assert [(link.src, link.tgt) for link in first.links] == [(0, 0), (1, 1)]
    assert second.status == "no links given"
    with pytest.raises(FormatError, match="0:0"):
        GivenAligner("record:x", {one: "0:0"})


@pytest.mark.parametrize("link", ["²-0", "0p0", "-1-0", "0-" + "9" * 5000, "0-0-0", "\ufeff0-0"])
def test_what_is_no_link_says_where_it_stands(link: str) -> None:
    pair = token_pair("a b", "c d")
    with pytest.raises(FormatError, match="is not a link") as caught:
        GivenAligner("record:x", {pair: f"1-1 {link}"}, places={pair: "links:7"})
    assert caught.value.where == "links:7"
    assert len(caught.value.message) < 100


def test_links_outside_their_pair_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    pair = token_pair("a b", "c d")
    with caplog.at_level("WARNING", logger="labelproj"):
        GivenAligner("record:x", {pair: "0-0 0-2 7-1"}, places={pair: "links:7"})
    assert "links:7" in caplog.text
    assert "0-2 7-1" in caplog.text


def test_pharaoh_files_of_other_systems(tmp_path: Path) -> None:
    pairs = [token_pair("a b", "c d"), token_pair("e", "f")]
    path = tmp_path / "links"
    for content in (
        b"\xef\xbb\xbf0-0 1-1\r\n\r\n",
        gzip.compress(b"0-0 1-1\n\n"),
        "0-0\u20281-1\n\n".encode(),
    ):
        path.write_bytes(content)
        assert [text.split() for text in read_pharaoh(path, pairs).values()] == [["0-0", "1-1"], []]
    path.write_bytes(b"0-0\n\xff\n")
    with pytest.raises(FormatError, match="UTF-8") as caught:
        read_pharaoh(path, pairs)
    assert caught.value.where == f"{path}:2"


def test_pharaoh_files(tmp_path: Path) -> None:
    pairs = [token_pair("a b", "c d"), token_pair("e", "f")]
    path = tmp_path / "links"
    path.write_text("0-0 1-1\n0-0\n")
    assert read_pharaoh(path, pairs)[pairs[1]] == "0-0"
    path.write_text("0-0\n")
    with pytest.raises(FormatError, match="1 lines of links for 2 pairs"):
        read_pharaoh(path, pairs)
    with pytest.raises(MissingInputError):
        read_pharaoh(tmp_path / "none", pairs)
