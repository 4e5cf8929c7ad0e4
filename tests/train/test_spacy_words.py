"""The tokenizer gives the text back, whatever is in it."""

from hypothesis import given
from hypothesis import strategies as st
from spacy.vocab import Vocab

from labelproj.text import words
from labelproj.train.spacy_words import WordsTokenizer

make_doc = WordsTokenizer(Vocab())


@given(st.text(max_size=80))
def test_the_text_comes_back_and_words_are_tokens(text: str) -> None:
    doc = make_doc(text)
    assert doc.text == text
    tokens = {(token.idx, token.idx + len(token)) for token in doc}
    assert set(words(text)) <= tokens
    assert all(text[start:end].isspace() for start, end in tokens - set(words(text)))


def test_a_language_without_spaces_is_cut() -> None:
    assert [token.text for token in make_doc("北京 Kano  Jos")] == ["北", "京", "Kano", " ", "Jos"]
