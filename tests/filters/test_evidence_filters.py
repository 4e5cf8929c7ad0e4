"""The witnesses against wrong pairs and wrong places: lexicon, links, and the filters over them."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import Pair, make_units
from labelproj.align import AlignedPair, Corpus, Link, TokenPair, token_pair
from labelproj.config import FilterParams
from labelproj.filters import FILTERS, Job
from labelproj.filters.evidence import Evidence
from labelproj.filters.lexical import LexicalModel
from labelproj.filters.places import PLACE_FACTS, of_table
from labelproj.filters.resources import Resources

NAMES = {"goat": "akuya", "house": "gida", "water": "ruwa", "road": "hanya", "school": "makaranta"}
VERBS = {"sees": "tana ganin", "buys": "tana sayen", "likes": "tana son", "leaves": "tana barin"}
TEXTS = [
    (f"Amina {verb} the {one} and the {two}", f"Amina {VERBS[verb]} {NAMES[one]} da {NAMES[two]}")
    for verb in VERBS
    for one, two in itertools.permutations(NAMES, 2)
]


class Straight:
    """An aligner that links words of the same number, for texts that need no better one."""

    name = "straight"

    def fit(self, corpus: Corpus) -> None:
        """Do nothing."""

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Link the words along the diagonal."""
        return [
            AlignedPair(tuple(Link(n, n, 1.0) for n in range(min(map(len, pair)))))
            for pair in pairs
        ]

    def params(self) -> dict[str, object]:
        """Return nothing."""
        return {}


def lexicon() -> LexicalModel:
    return LexicalModel(lambda: (token_pair(*texts) for texts in TEXTS))


def test_a_pair_is_judged_by_the_other_pairs() -> None:
    model = lexicon()
    right, _ = model.support(token_pair(*TEXTS[0])).means()
    wrong, _ = model.support(token_pair(TEXTS[0][0], TEXTS[-1][1])).means()
    assert right is not None and wrong is not None
    assert right > 0.4
    assert wrong < right - 0.4


def test_rare_words_of_a_wrong_pair_do_not_vouch_for_each_other() -> None:
    odd = ("zebras quarrel loudly", "wannan kalmomi babu su")
    model = LexicalModel(lambda: (token_pair(*texts) for texts in [*TEXTS, odd]))
    support = model.support(token_pair(*odd))
    assert np.isnan(support.forward).all() and np.isnan(support.backward).all()
    assert support.means() == (None, None)


def test_partners_are_the_translations() -> None:
    pair = token_pair(*TEXTS[0])
    partners = lexicon().support(pair).partners
    goat, house = pair.src.index("goat"), pair.src.index("house")
    assert pair.tgt[int(partners[goat].argmax())] == "akuya"
    assert pair.tgt[int(partners[house].argmax())] == "gida"


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.text(alphabet="ab 水.", max_size=12), st.text(max_size=12)), max_size=5)
)
def test_any_corpus_can_be_learnt_from(texts: list[tuple[str, str]]) -> None:
    model = LexicalModel(lambda: (token_pair(*pair) for pair in texts))
    for texts_ in [*texts, ("new words", "sababbin kalmomi"), ("", "")]:
        pair = token_pair(*texts_)
        support = model.support(pair)
        assert support.partners.shape == (len(pair.src), len(pair.tgt))
        assert ((support.partners >= 0) & (support.partners <= 1.0001)).all()


def job(aligner: bool = True) -> Job:
    evidence = Evidence(Straight() if aligner else None, lambda: TEXTS)
    return Job(resources=Resources(target="ha", source="en", evidence=evidence))


def signal(name: str, *pairs: Pair) -> list[float | None]:
    return list(FILTERS[name].of(FilterParams(), job()).signals(make_units([list(pairs)])))


def test_alignment_tells_a_right_pair_from_a_wrong_one() -> None:
    right, wrong = signal("alignment", Pair(*TEXTS[3]), Pair(TEXTS[3][0], TEXTS[40][1]))
    assert right is not None and wrong is not None
    assert right > 0.4 > wrong


def test_omission_and_linked() -> None:
    pairs = Pair("one two three four", "daya biyu"), Pair("one two", "daya biyu"), Pair("one", "")
    assert signal("omission", *pairs) == [0.5, 0.0, None]
    assert signal("linked", *pairs) == [0.5, 1.0, None]


def test_a_shifted_span_has_a_better_place() -> None:
    here = Pair("the [A:1 red] road ends", "jan [A:1 hanya] kare can")
    there = Pair("the [A:1 red] road ends", "jan hanya [A:1 kare] can")
    right, wrong = signal("span_alignment", here, there)
    assert right == 0.0
    assert wrong is not None and wrong < -1
    assert signal("complete_target", here, there) == [1.0, 0.0]
    here_covered, there_covered = signal("complete_source", here, there)
    assert here_covered == 1.0
    assert there_covered is not None and there_covered < 0.5  # "kare" looks a little like "red"


def test_the_lexicon_knows_the_place_without_links() -> None:
    source = "Amina sees the [A:1 goat] and the house"
    pairs = [
        Pair(source, "Amina tana ganin [A:1 akuya] da gida"),
        Pair(source, "Amina tana ganin akuya da [A:1 gida]"),
    ]
    made = FILTERS["span_lexicon"].of(FilterParams(), job(aligner=False))
    right, wrong = made.signals(make_units([pairs]))
    assert right == pytest.approx(0.0, abs=0.2)
    assert wrong is not None and wrong < -1


def test_null_spans_and_strange_texts_have_no_facts() -> None:
    table = make_units([[Pair("[A:1 red] road", "hanya"), Pair("[A:1 red]", "[A:1 !]")]])
    evidence = job().resources.evidence
    assert evidence is not None
    assert of_table(table, evidence) == [[None], [None]]


def test_the_facts_of_a_place_are_those_that_are_named() -> None:
    table = make_units([[Pair("the [A:1 red] road", "jan [A:1 hanya] can")]])
    evidence = job().resources.evidence
    assert evidence is not None
    ((facts,),) = of_table(table, evidence)
    assert facts is not None and tuple(facts) == PLACE_FACTS


def test_without_evidence_nothing_is_measured() -> None:
    for name in ("alignment", "linked", "omission", "span_alignment", "quality", "span_quality"):
        made = FILTERS[name].of(FilterParams(), Job())
        assert made.signals(make_units([[Pair("[A:1 a] b", "[A:1 c] d")]])) == [None]
