"""Which values are kept, how the others are mapped, and that nothing pretends."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.dialogue.find import occurrences, value_spans
from labelproj.dialogue.keep import is_kept
from labelproj.dialogue.ontology import Ontology, read_ontology
from labelproj.dialogue.values import Lexicon, Mapped, ValueMap, likeness
from labelproj.errors import FormatError, MissingInputError

KEPT = (
    "7", "19:30", "7 pm", "7pm", "0803 555 12", "+234-803", "$20", "4.5", "10%", "2012-01-16",
    "TR4523", "CB2-1AB", "cb30aq", "https://a.org/x?y=1", "a.b@c.org", "www.a.org", "dontcare",
    "do n't care", "Don't Care", "any", "not mentioned", "true", "", "?",
)  # fmt: skip
CHANGED = (
    "rice",
    "north",
    "10 nights",
    "Dala Inn",
    "half past five",
    "moderate",
    "Kano 7th street",
)


@pytest.mark.parametrize("value", KEPT)
def test_values_that_are_the_same_everywhere(value: str) -> None:
    assert is_kept(value)


@pytest.mark.parametrize("value", CHANGED)
def test_values_that_have_names_in_a_language(value: str) -> None:
    assert not is_kept(value)


def lexicon(*found: tuple[str, str, str, float]) -> Lexicon:
    made = Lexicon()
    for one in found:
        made.add(*one)
    return made


def ask(
    slot: str,
    value: str,
    *,
    own: Lexicon | None = None,
    corpus: Lexicon | None = None,
    literal: frozenset[str] = frozenset(),
    ontology: Ontology | None = None,
    translated: dict[str, str] | None = None,
) -> Mapped:
    return ValueMap(
        own=own or Lexicon(),
        literal=literal,
        corpus=corpus or Lexicon(),
        ontology=ontology or Ontology(),
        translated=translated or {},
    )(slot, value)


def test_the_order_of_evidence() -> None:
    names = Ontology({"food": {"rice": ("shinkafa", "shinkafar")}})
    own = lexicon(("food", "rice", "Shinkafan", 0.9))
    assert ask("food", "7 pm", ontology=names).method == "kept"
    by_name = ask("Food", "Rice", own=own, corpus=own, ontology=names)
    assert (by_name.target, by_name.method, by_name.surfaces) == (
        "shinkafa", "ontology", ("Shinkafan",),
    )  # fmt: skip
    assert ask("food", "rice", own=own, corpus=own).method == "projected"
    literal = frozenset({"rice"})
    alone = ask("food", "rice", literal=literal, translated={"rice": "shinkafa"})
    assert (alone.target, alone.method) == ("shinkafa", "translated")


def test_a_value_found_nowhere_does_not_pretend() -> None:
    nothing = ask("food", "rice", translated={"rice": "shinkafa"})
    assert (nothing.target, nothing.method, nothing.known) == ("rice", "unmapped", False)
    once = lexicon(("food", "rice", "shinkafa", 0.9))
    assert not ask("food", "rice", corpus=once).known
    often = lexicon(*[("food", "rice", "shinkafa", 0.9)] * 3)
    assert ask("food", "rice", corpus=often).method == "corpus"


def test_the_canonical_form_is_that_of_the_corpus() -> None:
    corpus = lexicon(("area", "east", "Gabas", 0.9), *[("area", "east", "gabas", 0.8)] * 2)
    corpus.add("area", "east", "gabashin", 0.9)
    own = lexicon(("area", "east", "gabashin", 0.9))
    found = ask("area", "east", own=own, corpus=corpus)
    assert (found.target, found.surfaces) == ("gabas", ("gabashin",))


def test_a_list_of_target_values_takes_the_likest() -> None:
    names = Ontology(lists={"area": ("osten", "westen", "süden"), "price": ("billig",)})
    seen = lexicon(
        ("area", "east", "östlichen Teil", 0.9),
        ("area", "east", "Ostteil", 0.9),
        ("area", "south", "sudlichen", 0.9),
        ("price", "cheap", "günstiges", 0.9),
    )
    assert ask("area", "east", own=seen, corpus=seen, ontology=names).target == "osten"
    assert ask("area", "south", own=seen, corpus=seen, ontology=names).target == "süden"
    # What the ontology has no like of is not made up from a surface.
    assert not ask("price", "cheap", own=seen, corpus=seen, ontology=names).known


@given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_a_share(a: str, b: str) -> None:
    assert 0.0 <= likeness(a, b) <= 1.0


def test_ontologies_are_read_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "o.json"
    path.write_text(json.dumps({"food": {"Rice": ["shinkafa", "s."]}, "area": ["gabas"]}))
    names = read_ontology(path)
    assert names.lookup("FOOD", "rice") == ("shinkafa", "s.")
    assert names.values("area") == ("gabas",)
    for text in ("[]", "{", '{"food": 1}', '{"food": {"rice": 1}}', '{"food": []}'):
        path.write_text(text)
        with pytest.raises(FormatError):
            read_ontology(path)
    with pytest.raises(MissingInputError):
        read_ontology(tmp_path / "none.json")


def test_values_are_found_as_whole_words() -> None:
    assert occurrences("Chinese, not Chinesefood", "chinese") == [(0, 7)]
    assert occurrences("a\nprice  range", "price range") == [(2, 14)]
    assert occurrences("我要中餐吗", "中餐") == [(2, 4)]
    assert occurrences("", "a") == occurrences("a", "") == []


def test_longer_values_come_first_and_spans_do_not_overlap() -> None:
    wanted = [("area", "north"), ("food", "north african"), ("area", "north")]
    spans = value_spans("North African in the north", wanted, prefix="0.user")
    assert [(s.start, s.end, s.label, s.group) for s in spans] == [
        (0, 13, "food", "north african"),
        (21, 26, "area", "north"),
    ]
