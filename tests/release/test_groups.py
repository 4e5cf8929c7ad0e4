"""What belongs together is found; what does not is left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.minhash import Bands, jaccard
from labelproj.release.groups import Groups, TextIndex, normalised

LONG = "Amina Bello ta ziyarci Asibitin Tafki a Kano a ranar Litinin da safe, inji makwabta"


def test_normalising_forgets_case_signs_and_space() -> None:
    assert normalised("  ﬁne,  FINE —\n'Yan!  ") == "fine fine yan"
    assert normalised("!!! …") == ""


def test_equal_and_nearly_equal_texts_join_documents() -> None:
    groups = Groups(0.7)
    for document, text in {
        "a": LONG,
        "b": LONG.upper() + "!",
        "c": LONG.replace("Litinin", "Talata"),
        "d": "Manoma sun girbe gero da dawa a bana",
        "e": "",
    }.items():
        groups.add(document, text, lang="ha")
    assert [groups.group(one) for one in groups] == ["a", "a", "a", "d", "e"]
    assert len(groups) == 3


def test_languages_and_documents_tie_texts_together() -> None:
    groups = Groups(1.0)
    groups.add("x", "one text", lang="ha")
    groups.add("x", "its translation", lang="sw")
    groups.add("y", "Its translation.", lang="sw")
    groups.add("z", "one text", lang="sw")  # the same words in another language say nothing
    assert groups.group("y") == "x"
    assert groups.group("z") == "z"


def test_at_one_only_equal_texts_are_found() -> None:
    index = TextIndex(1.0)
    assert list(index.add(1, LONG, wanted=lambda _: True)) == []
    assert list(index.add(2, LONG + " kuma", wanted=lambda _: True)) == []
    assert list(index.add(3, LONG.lower(), wanted=lambda _: True)) == [(1, 1.0)]


texts = st.lists(st.sampled_from(["ruwa", "gona", "kasuwa", "Kano", "yau"]), max_size=6)


@settings(deadline=None, max_examples=40)
@given(st.lists(texts.map(" ".join), min_size=1, max_size=12))
def test_documents_of_one_text_are_of_one_group(given_texts: list[str]) -> None:
    groups = Groups(0.7)
    for number, text in enumerate(given_texts):
        groups.add(f"d{number:02}", text, lang="ha")
    place: dict[str, str] = {}
    for number, text in enumerate(given_texts):
        group = groups.group(f"d{number:02}")
        assert group <= f"d{number:02}"
        assert groups.group(group) == group
        if normalised(text):
            assert place.setdefault(normalised(text), group) == group


def similarity(one: str, two: str) -> float:
    """The Jaccard similarity of character 5-grams, as it is defined."""
    first, second = ({text[i : i + 5] for i in range(len(text) - 4)} for text in (one, two))
    return len(first & second) / len(first | second)


def test_near_duplicates_are_measured_exactly_and_seldom_missed() -> None:
    found = expected = 0
    for number in range(40):
        index = TextIndex(0.7)
        one = [f"kalma{number * 100 + i * 7919}" for i in range(40)]
        kept = 26 + number % 14
        two = one[:kept] + [f"wani{number * 100 + i * 104729}" for i in range(40 - kept)]
        first, second = normalised(" ".join(one)), normalised(" ".join(two))
        list(index.add(1, first, wanted=lambda _: True))
        matches = list(index.add(2, second, wanted=lambda _: True))
        alike = similarity(first, second)
        if alike < 0.7:
            assert matches == []
            continue
        expected += 1
        found += bool(matches)
        assert all(value == pytest.approx(alike, abs=0.01) for _, value in matches)
    assert expected > 10
    assert found >= expected - 1


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9])
def test_bands_find_what_is_as_alike_as_the_threshold(threshold: float) -> None:
    numbers = np.random.default_rng(5)
    found = 0
    for _ in range(200):
        one = np.unique(numbers.integers(0, 2**32, 300, dtype=np.uint32))
        shared = round(2 * threshold / (1 + threshold) * len(one)) + 1
        rest = numbers.integers(0, 2**32, len(one) - shared, dtype=np.uint32)
        two = np.unique(np.concatenate([one[:shared], rest]))
        bands = Bands(threshold)
        assert bands.add(one) == []
        found += bands.add(two) == [0]
    assert found >= 190


def test_bands_do_not_take_everything_for_a_candidate() -> None:
    numbers = np.random.default_rng(6)
    bands = Bands(0.7)
    candidates = 0
    for _ in range(400):
        candidates += len(bands.add(np.unique(numbers.integers(0, 2**32, 80, dtype=np.uint32))))
    assert candidates == 0


def test_a_similarity_is_what_is_shared_of_all() -> None:
    one, two = np.array([1, 2, 3], dtype=np.uint32), np.array([2, 3, 4, 5], dtype=np.uint32)
    assert jaccard(one, two) == pytest.approx(2 / 5)
    assert jaccard(one, one) == 1.0
