"""Licences: the strictest is found, a conflict stops, what is unknown has to be said."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.errors import CheckFailedError, UsageError
from labelproj.release.licences import LICENCES, decide_licence, find_licence


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Apache-2.0", "apache-2.0"),
        ("CC-BY-NC-4.0", "cc-by-nc-4.0"),
        ("CC BY-NC 4.0", "cc-by-nc-4.0"),
        ("ODC-By-1.0", "odc-by"),
        ("gpl-3.0", "gpl-3.0"),
        ("CC BY", None),
        ("LDC User Agreement", None),
        (None, None),
    ],
)
def test_hub_and_spdx_ids_are_read(text: str | None, found: str | None) -> None:
    licence = find_licence(text)
    assert (licence.id if licence else None) == found


@pytest.mark.parametrize(
    ("source", "model", "strictest"),
    [
        ("apache-2.0", "cc-by-nc-4.0", "cc-by-nc-4.0"),
        ("cc0-1.0", "mit", "mit"),
        ("cc-by-4.0", "apache-2.0", "cc-by-4.0"),
        ("cc-by-sa-3.0", "cc-by-4.0", "cc-by-sa-3.0"),
        ("cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-sa-4.0"),
        ("cc-by-nc-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0"),
    ],
)
def test_the_strictest_of_data_and_model(source: str, model: str, strictest: str) -> None:
    decision = decide_licence({"data": source, "model": model}, asked=None)
    assert decision.licence == decision.strictest == strictest
    assert decision.compared


@pytest.mark.parametrize(
    ("inputs", "asked", "said"),
    [
        ({"model": "CC-BY-NC-4.0"}, "Apache-2.0", "forbids commercial use"),
        ({"data": "cc-by-sa-4.0", "model": "cc-by-nc-4.0"}, None, "no licence is allowed by all"),
        ({"data": "cc-by-nd-4.0"}, None, "no licence is allowed"),
        ({"data": "cc-by-nd-4.0", "model": "secret"}, "mine", "forbids to publish"),
        ({"data": "cc-by-nc-4.0", "model": "secret"}, "mit", "forbids commercial use"),
        ({"data": "cc-by-4.0"}, "cc0-1.0", "is stricter"),
        ({"data": "cc-by-sa-4.0"}, "cc-by-nc-sa-4.0", "asks for the same licence"),
    ],
)
def test_a_conflict_stops_the_release(inputs: dict[str, str], asked: str, said: str) -> None:
    with pytest.raises(CheckFailedError, match=said):
        decide_licence(inputs, asked=asked)


@pytest.mark.parametrize("text", [None, "", "unknown", "other"])
def test_an_unknown_licence_has_to_be_stated(text: str | None) -> None:
    with pytest.raises(UsageError, match="licence of the data is not known"):
        decide_licence({"data": text, "model": "mit"}, asked="mit")


def test_what_is_not_in_the_table_has_to_be_decided_by_a_person() -> None:
    with pytest.raises(UsageError, match="not compared: data: LDC"):
        decide_licence({"data": "LDC", "model": "mit"}, asked=None)
    decision = decide_licence({"data": "LDC", "model": "mit"}, asked="LDC")
    assert (decision.licence, decision.strictest, decision.compared) == ("LDC", None, False)


def test_every_licence_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "release.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| (.+?) \|", page, re.MULTILINE)
    said = {name: int(rank) for rank, names in rows for name in re.findall(r"`(.+?)`", names)}
    assert said == {name: licence.rank for name, licence in LICENCES.items()}


@given(st.lists(st.sampled_from(sorted(LICENCES)), min_size=1, max_size=4))
def test_the_decision_can_be_asked_for_and_no_freer_one(inputs: list[str]) -> None:
    given_inputs: dict[str, str | None] = {str(i): licence for i, licence in enumerate(inputs)}
    try:
        decision = decide_licence(given_inputs, asked=None)
    except CheckFailedError:
        for licence in LICENCES:
            with pytest.raises(CheckFailedError):
                decide_licence(given_inputs, asked=licence)
        return
    again = decide_licence(given_inputs, asked=decision.licence)
    assert again.licence == decision.licence
    chosen = LICENCES[decision.licence]
    assert chosen.rank >= max(LICENCES[licence].rank for licence in inputs)
    assert chosen.non_commercial or not any(LICENCES[one].non_commercial for one in inputs)
