"""Language codes, theirs and ours."""

import pytest

from labelproj.errors import UnknownLanguageError
from labelproj.languages import (
    flores_code,
    is_unspaced_language,
    iso_code,
    language_name,
    nearest,
)


@pytest.mark.parametrize(
    ("code", "flores"),
    [
        ("ha", "hau_Latn"),
        ("hau", "hau_Latn"),
        ("hau_Latn", "hau_Latn"),
        ("sw", "swh_Latn"),
        ("zh", "zho_Hans"),
        ("zh-Hant", "zho_Hant"),
        ("ar", "arb_Arab"),
        ("en", "eng_Latn"),
        ("sr", "srp_Cyrl"),
        ("ja", "jpn_Jpan"),
        ("kk", "kaz_Cyrl"),
        ("yo", "yor_Latn"),
    ],
)
def test_flores_codes(code: str, flores: str) -> None:
    assert flores_code(code) == flores


@pytest.mark.parametrize("code", ["ha", "sw", "zh", "ar", "fa", "en", "ne", "mn"])
def test_there_and_back(code: str) -> None:
    assert iso_code(flores_code(code)) == code


@pytest.mark.parametrize("code", ["xx", "hausa", "", "12", "_"])
def test_what_is_no_language(code: str) -> None:
    with pytest.raises(UnknownLanguageError, match="no ISO 639 language code"):
        iso_code(code)


def test_names_and_scripts() -> None:
    assert language_name("ha") == "Hausa"
    assert language_name("xx") == "xx"
    assert is_unspaced_language("zh")
    assert not is_unspaced_language("ha")


def test_nearest_codes() -> None:
    assert nearest("hau_Latin", ["hau_Latn", "spa_Latn", "xho_Latn"])[0] == "hau_Latn"
