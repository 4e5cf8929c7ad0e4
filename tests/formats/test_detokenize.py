"""Tokens to text: as people write it, with every token's place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.formats.detokenize import detokenize, join_with_spaces

TOKENS = st.lists(
    st.one_of(
        st.sampled_from(['"', "'", "(", ")", ",", ".", "'s", "n't", "$", "今", "。", "l'", "%"]),
        st.text("abB-é😀", min_size=1, max_size=4),
    )
)


@given(TOKENS, st.sampled_from(["en", "fr", "ha"]))
def test_every_token_is_where_its_offsets_say(tokens: list[str], lang: str) -> None:
    for text, offsets in (detokenize(tokens, lang=lang), join_with_spaces(tokens)):
        assert [text[start:end] for start, end in offsets] == tokens
        assert text.replace(" ", "") == "".join(tokens)
        assert "  " not in text
        assert text == text.strip()


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("The market 's roof fell , police said .", "The market's roof fell, police said."),
        ("It does n't ( yet ) cost $ 5 !", "It doesn't (yet) cost $5!"),
        ('He said , " we lost " .', 'He said, "we lost".'),
        ('" We lost , " he said .', '"We lost," he said.'),
        ('He said , " We lost .', 'He said, "We lost.'),
        ('We lost , " he said .', 'We lost," he said.'),
        ("the players ' cup", "the players' cup"),
        ("the ' cup ' here", "the 'cup' here"),
        ("growth of 5 % ; more [ 1 ] …", "growth of 5%; more [1]…"),
        ("-LRB- a -RRB- `` b ''", '(a) "b"'),
        ("'Yan sanda ‘ sun ’ zo .", "'Yan sanda ‘sun’ zo."),
        ("今天 下雨 。 Lagos 市", "今天下雨。 Lagos 市"),
    ],
)
def test_english_and_marks(tokens: str, text: str) -> None:
    assert detokenize(tokens.split())[0] == text


def test_clitics_and_elisions_are_of_their_languages() -> None:
    assert detokenize(["foto", "'s"], lang="ha")[0] == "foto 's"
    assert detokenize(["l'", "eau"], lang="fr")[0] == "l'eau"
    assert detokenize(["l'", "eau"], lang="ha")[0] == "l' eau"


def test_escapes_have_the_length_of_their_sign() -> None:
    text, offsets = detokenize(["-LRB-", "Lagos", "-RRB-"])
    assert [text[start:end] for start, end in offsets] == ["(", "Lagos", ")"]


def test_no_tokens_give_no_text() -> None:
    assert detokenize([]) == ("", [])
    assert join_with_spaces([]) == ("", [])
