"""Links between words of unlike case count less, where the links of the corpus say so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.align import Link, TokenPair
from labelproj.align.casing import Casing
from labelproj.align.lexicon import Lexicon

Links = dict[tuple[int, int], float]


def pair(src: str, tgt: str) -> TokenPair:
    return TokenPair(tuple(src.split()), tuple(tgt.split()))


def listed(links: Links) -> tuple[Link, ...]:
    return tuple(Link(i, j, share) for (i, j), share in sorted(links.items()))


def probabilities(links: tuple[Link, ...]) -> list[float]:
    return [link.probability for link in links]


#: Names come from names, what is not a name from what is not.
LIKE = pair("she saw Ama in Accra", "vio a Ama en Accra")
LIKE_LINKS = {(0, 0): 0.3, (1, 0): 0.7, (2, 2): 1.0, (3, 3): 1.0, (4, 4): 1.0}
#: Nouns have capitals in the translation alone.
NOUNS = pair("she saw the dog and the house", "sie sah den Hund und das Haus")
NOUNS_LINKS = {(k, k): 1.0 for k in range(7)}
#: A rare name, claimed by its own word and by two others.
RARE = pair("crews began around Manned Center", "el Centro de Tripuladas comenzó")
RARE_LINKS = {(1, 3): 0.1, (1, 4): 0.9, (2, 3): 0.1, (3, 3): 0.1, (4, 1): 0.8}


def learnt(own: TokenPair, links: Links, times: int = 100) -> Casing:
    casing = Casing()
    for _ in range(times):
        casing.add(own, links)
    return casing


def test_small_words_lose_their_claims_on_names_to_names() -> None:
    found = learnt(LIKE, LIKE_LINKS).agreed(RARE, listed(RARE_LINKS))
    began, comenzó, around, manned, centre = probabilities(found)
    assert manned > 0.25 > 0.03 > began == around
    assert began + around + manned == pytest.approx(0.3)
    assert [centre, comenzó] == pytest.approx([0.8, 0.9])


def test_where_nouns_have_capitals_small_words_keep_them() -> None:
    found = learnt(NOUNS, NOUNS_LINKS).agreed(RARE, listed(RARE_LINKS))
    assert probabilities(found) == pytest.approx([0.1, 0.9, 0.1, 0.1, 0.8])


def test_the_first_word_of_a_sentence_says_nothing() -> None:
    own = pair("hello . Manned crews", "hola . Tripuladas naves")
    found = learnt(LIKE, LIKE_LINKS).agreed(own, listed({(2, 2): 0.2, (3, 2): 0.2}))
    assert probabilities(found) == pytest.approx([0.2, 0.2])


def test_nothing_is_learnt_from_nothing() -> None:
    casing, links = Casing(), listed(RARE_LINKS)
    assert casing.agreed(RARE, links) == links
    casing.add(TokenPair((), ()), {})
    assert casing.agreed(RARE, links) == links
    assert casing.agreed(TokenPair((), ()), ()) == ()


def test_the_lexicon_of_a_corpus_looks_at_case() -> None:
    lexicon = Lexicon()
    for _ in range(50):
        lexicon.add(LIKE, LIKE_LINKS)
    lexicon.add(RARE, RARE_LINKS)
    began, _, around, manned, _ = probabilities(lexicon.weigh(RARE, RARE_LINKS))
    assert manned > 5 * max(began, around)


WORDS = st.lists(st.sampled_from(["ama", "Ama", "AMA", "12", ".", ",", "灯", "ß"]), min_size=1)


@given(data=st.data(), src=WORDS, tgt=WORDS)
def test_no_word_gains_claims(data: st.DataObject, src: list[str], tgt: list[str]) -> None:
    places = st.tuples(st.integers(0, len(src) - 1), st.integers(0, len(tgt) - 1))
    where = sorted(data.draw(st.sets(places, min_size=1)))
    shares = st.floats(1e-6, 1.0)
    own = TokenPair(tuple(src), tuple(tgt))
    links = tuple(Link(i, j, data.draw(shares)) for i, j in where)
    found = learnt(LIKE, LIKE_LINKS).agreed(own, links)
    assert [(x.src, x.tgt) for x in found] == where
    claims = [np.zeros(len(tgt)), np.zeros(len(tgt))]
    for claim, one in zip(claims, (links, found), strict=True):
        for link in one:
            assert 0 <= link.probability <= 1
            claim[link.tgt] += link.probability
    assert (claims[1] <= claims[0] + 1e-6).all()
    alone = [number for number in range(len(tgt)) if sum(j == number for _, j in where) == 1]
    assert claims[1][alone] == pytest.approx(claims[0][alone])
